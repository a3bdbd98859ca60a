#include "services/pacelinectl/adapter_reach.h"

#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>

#include "common/runtime/curl_http.h"
#include "common/runtime/files.h"
#include "common/runtime/system_clock.h"
#include "common/runtime/zmq_bus.h"

namespace paceline {
namespace {

constexpr Duration step = 50ms;

/// Warnings of the bus go to standard error; what is quieter is not for a person at a terminal.
class TerminalLog final : public Log {
 public:
  void write(LogLevel level, std::string_view event, std::span<const LogField> fields) override {
    if (level < LogLevel::warn) return;
    const std::string line =
        format_log_line(SystemClock{}.wall(), level, "pacelinectl", event, fields);
    std::fprintf(stderr, "%s\n", line.c_str());
  }
  void set_level(LogLevel) override {}
};

}  // namespace

Result<std::string> HostReach::read(const std::string& path) {
  return read_file(path);
}

Result<FileView> HostReach::map(const std::string& path) {
  return map_file(path);
}

bool HostReach::exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

Result<void> HostReach::write(const std::string& path, std::string_view content, unsigned mode) {
  return write_file_atomically(path, content, mode);
}

Result<void> HostReach::make_folder(const std::string& path, unsigned mode) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(path, error);
  if (!error && made)
    std::filesystem::permissions(path, static_cast<std::filesystem::perms>(mode), error);
  if (error) return fail(Errc::unavailable, path + ": " + error.message());
  return {};
}

std::string HostReach::absolute(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

std::string HostReach::program_folder() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
}

Result<KeyPair> HostReach::make_keys() {
  char public_key[41];
  char secret_key[41];
  if (zmq_curve_keypair(public_key, secret_key) != 0)
    return fail(Errc::unsupported, "libzmq was built without CURVE");
  return KeyPair{public_key, secret_key};
}

Result<Bytes> HostReach::ask(const Topology& topology, const Address& whom,
                             const ControlRequest& request) {
  const auto where = TRY(
      endpoint(topology, topology.control, *topology.node(whom.node), whom.process, whom.index));
  constexpr std::string_view ipc = "ipc://";
  if (where.starts_with(ipc) && !exists(where.substr(ipc.size())))
    return fail(Errc::unavailable, where + ": no such socket");  // Else ZeroMQ would wait for it.
  // As a process of the asked node we use its ipc socket, which needs no keys.
  Topology local = topology;
  local.encrypted = false;
  Loop loop;
  TerminalLog log;
  Metrics metrics;
  ZmqBus bus{local, {whom.node, "pacelinectl", 0}, loop, log, metrics};
  std::optional<Result<Bytes>> answer;
  bus.ask(whom, encode(request), patience, [&](Result<Bytes> bytes) { answer = std::move(bytes); });
  while (!answer) loop.run_once(step);
  const ControlReply reply = TRY(decode<ControlReply>(TRY(*std::move(answer))));
  if (!reply.ok) return fail(Errc::refused, whom.text() + ": " + reply.error);
  return Bytes{reply.body.begin(), reply.body.end()};
}

Result<WebReply> HostReach::fetch(const WebQuestion& question) {
  Loop loop;
  Metrics metrics;
  CurlHttp http{loop, metrics};
  HttpRequest request;
  request.url = question.url;
  request.ca_file = question.ca_file;
  request.timeout = patience;
  if (!question.token.empty())
    request.headers.emplace_back("Authorization", "Bearer " + question.token);
  std::optional<Result<HttpAnswer>> answer;
  http.send(request, [&](Result<HttpAnswer> came) { answer = std::move(came); });
  while (!answer) loop.run_once(step);
  HttpAnswer got = TRY(*std::move(answer));
  return WebReply{.status = got.status, .body = std::move(got.body)};
}

Result<std::size_t> HostReach::read_input(std::span<char> into) {
  for (;;) {
    const ssize_t count = ::read(STDIN_FILENO, into.data(), into.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR)
      return fail(Errc::unavailable, std::string{"standard input: "} + std::strerror(errno));
  }
}

Result<void> HostReach::write_output(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return fail(Errc::unavailable, std::string{"standard output: "} + std::strerror(errno));
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

}  // namespace paceline
