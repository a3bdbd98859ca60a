#include "services/pacelinectl/adapter_environment.h"

#include <fmt/format.h>
#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>

#include "common/runtime/connector.h"
#include "common/runtime/curl_http.h"
#include "common/runtime/files.h"
#include "common/runtime/system_clock.h"
#include "services/pacelinectl/adapter_owner.h"
#include "services/pacelinectl/adapter_program.h"
#include "services/pacelinectl/adapter_screen.h"
#include "services/pacelinectl/table.h"
#include "topology/process/zmq_bus.h"

namespace paceline::pacelinectl {
namespace {

constexpr Duration step = 50ms;

/// Warnings of the bus go to standard error; what is quieter is not for a person at a terminal.
class TerminalLog final : public Log {
 public:
  void write(LogLevel level, std::string_view event, std::span<const LogField> fields) override {
    if (level < LogLevel::warn) return;
    const std::string line =
        format_log_line(SystemClock{}.wall(), level, "pacelinectl", event, fields);
    std::fprintf(stderr, "%s\n", printable(line).c_str());
  }
  void set_level(LogLevel) override {}
};

tl::unexpected<Error> interrupted() {
  return fail(Errc::refused, "interrupted");
}

/// What `act` does at a place, by the rights of who laid what stands there.
template <class Act>
auto by_owner(const HeldPlace& place, Act&& act) -> decltype(act(std::string{})) {
  const AsOwner rights = TRY(AsOwner::of(place));
  return place.told(act(place.path()));
}

}  // namespace

Loop& HostEnvironment::loop() {
  if (!loop_) {
    loop_.emplace();
    loop_->on_stop([this] { stopped_ = true; });
    loop_->on_reload([this]() -> Result<std::string> {  // SIGHUP: the terminal is gone.
      stopped_ = true;
      return std::string{};
    });
  }
  return *loop_;
}

Result<std::string> HostEnvironment::read(const std::string& path) {
  return by_owner(HeldPlace{path}, [](const std::string& file) { return read_file(file); });
}

Result<FileView> HostEnvironment::map(const std::string& path) {
  return by_owner(HeldPlace{path}, [](const std::string& file) { return map_file(file); });
}

Result<std::string> HostEnvironment::read_end(const std::string& path, std::size_t most) {
  return by_owner(HeldPlace{path},
                  [&](const std::string& file) { return read_file_end(file, most); });
}

bool HostEnvironment::exists(const std::string& path) {
  return by_owner(HeldPlace{path},
                  [](const std::string& file) -> Result<bool> {
                    std::error_code error;
                    return std::filesystem::exists(file, error);
                  })
      .value_or(false);
}

Result<void> HostEnvironment::write(const std::string& path, std::string_view content,
                                    unsigned mode) {
  const FileToWrite file{path, content, mode};
  return write_all({&file, 1});
}

// What lies in one folder is written by one owner's rights; of several folders, by those of the first who is
// not root.
Result<void> HostEnvironment::write_all(std::span<const FileToWrite> files) {
  std::vector<HeldPlace> places;
  std::vector<FileToWrite> there;
  const HeldPlace* theirs = nullptr;
  places.reserve(files.size());
  for (const FileToWrite& file : files) {
    const HeldPlace& place = places.emplace_back(file.path, HeldPlace::End::itself);
    there.push_back({place.path(), file.content, file.mode});
    if (theirs == nullptr && place.owner()) theirs = &place;
  }
  if (places.empty()) return {};
  const AsOwner rights = TRY(AsOwner::of(theirs ? *theirs : places.front()));
  auto done = write_files_atomically(there);
  for (const HeldPlace& place : places) done = place.told(std::move(done));
  return done;
}

// A link stays one: what it leads to is replaced.
Result<void> HostEnvironment::replace(const std::string& path, std::string_view content) {
  return by_owner(HeldPlace{path}, [&](const std::string& real) -> Result<void> {
    struct stat about {};
    if (stat(real.c_str(), &about) != 0) return fail(Errc::not_found, real + ": cannot be found");
    if (auto done = write_file_atomically(real, content, 0600); !done) return done;
    const bool is_given = geteuid() != 0 || chown(real.c_str(), about.st_uid, about.st_gid) == 0;
    if (is_given && chmod(real.c_str(), about.st_mode & 07777u) == 0) return {};
    return fail(Errc::unavailable, real + " was written, but cannot be given to its owner again: " +
                                       std::strerror(errno));
  });
}

void HostEnvironment::remove(const std::string& path) {
  const auto ignored = by_owner(HeldPlace{path, HeldPlace::End::itself},
                                [](const std::string& file) -> Result<void> {
                                  std::error_code error;
                                  std::filesystem::remove(file, error);
                                  return {};
                                });
  static_cast<void>(ignored);
}

Result<void> HostEnvironment::make_folder(const std::string& path, unsigned mode) {
  return by_owner(HeldPlace{path}, [&](const std::string& folder) -> Result<void> {
    std::error_code error;
    const bool made = std::filesystem::create_directories(folder, error);
    if (!error && made)
      std::filesystem::permissions(folder, static_cast<std::filesystem::perms>(mode), error);
    if (error) return fail(Errc::unavailable, folder + ": " + error.message());
    return {};
  });
}

std::string HostEnvironment::absolute(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

std::string HostEnvironment::program_folder() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
}

Result<KeyPair> HostEnvironment::make_keys() {
  char public_key[41];
  char secret_key[41];
  if (zmq_curve_keypair(public_key, secret_key) != 0)
    return fail(Errc::unsupported, "libzmq was built without CURVE");
  return KeyPair{public_key, secret_key};
}

Result<std::string> HostEnvironment::public_key_of(const std::string& secret_key) {
  std::uint8_t binary[32];
  char public_key[41];
  if (secret_key.size() != 40 || !zmq_z85_decode(binary, secret_key.c_str()) ||
      zmq_curve_public(public_key, secret_key.c_str()) != 0)
    return fail("not a key of 40 characters");
  return std::string{public_key};
}

std::string HostEnvironment::fingerprint(std::string_view text) {
  constexpr std::size_t shown = 8;  // Bytes.
  unsigned char hash[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash);
  std::string out;
  for (std::size_t i = 0; i < shown; ++i)
    out += fmt::format("{}{:02x}", i > 0 && i % 2 == 0 ? " " : "", hash[i]);
  return out;
}

Result<unsigned> HostEnvironment::mode(const std::string& path) {
  return by_owner(HeldPlace{path}, [](const std::string& file) -> Result<unsigned> {
    struct stat about {};
    if (stat(file.c_str(), &about) != 0)
      return fail(Errc::not_found, file + ": " + std::strerror(errno));
    return about.st_mode & 07777u;
  });
}

// Until all have come, or the person asks to stop.
template <class Answer>
std::vector<Result<Answer>> HostEnvironment::wait_for(
    std::vector<std::optional<Result<Answer>>>& answers) {
  while (!stopped_ && std::ranges::any_of(answers, [](const auto& one) { return !one; }))
    loop().run_once(step);
  std::vector<Result<Answer>> all;
  all.reserve(answers.size());
  for (auto& answer : answers) all.push_back(answer ? *std::move(answer) : interrupted());
  return all;
}

Result<Bytes> HostEnvironment::ask(const Topology& topology, const Address& whom,
                                   const ControlRequest& request) {
  const Asked question{whom, request};
  return std::move(ask_all(topology, {&question, 1}).front());
}

std::vector<Result<Bytes>> HostEnvironment::ask_all(const Topology& topology,
                                                    std::span<const Asked> questions) {
  constexpr std::string_view ipc = "ipc://";
  // As a process of the asked node we use its ipc socket, which needs no keys.
  Topology local = topology;
  local.encrypted = false;
  TerminalLog log;
  Metrics metrics;
  std::map<std::string, ZmqBus> buses;  // By node.
  std::vector<std::optional<Result<Bytes>>> answers(questions.size());
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const Address& whom = questions[i].whom;
    const auto where =
        endpoint(topology, topology.control, *topology.node(whom.node), whom.process, whom.index);
    if (!where) {
      answers[i] = tl::unexpected(where.error());
    } else if (where->starts_with(ipc) && !exists(where->substr(ipc.size()))) {
      // Else ZeroMQ would wait for it.
      answers[i] = fail(Errc::unavailable, *where + ": no such socket");
    } else {
      auto& bus = buses
                      .try_emplace(whom.node, local, Address{whom.node, "pacelinectl", 0}, loop(),
                                   log, metrics)
                      .first->second;
      bus.ask(whom, encode(questions[i].request), timeout,
              [&answers, i](Result<Bytes> bytes) { answers[i] = std::move(bytes); });
    }
  }
  auto replies = wait_for(answers);
  for (std::size_t i = 0; i < replies.size(); ++i)
    replies[i] = [&]() -> Result<Bytes> {
      const ControlReply reply = TRY(decode<ControlReply>(TRY(std::move(replies[i]))));
      if (!reply.ok) return fail(Errc::refused, questions[i].whom.text() + ": " + reply.error);
      return Bytes{reply.body.begin(), reply.body.end()};
    }();
  return replies;
}

Result<HttpAnswer> HostEnvironment::fetch(HttpRequest request) {
  request.timeout = timeout;
  std::vector<HttpRequest> requests;
  requests.push_back(std::move(request));
  return std::move(fetch_all(std::move(requests)).front());
}

std::vector<Result<HttpAnswer>> HostEnvironment::fetch_all(std::vector<HttpRequest> requests) {
  Metrics metrics;
  CurlHttp http{loop(), metrics};
  std::vector<std::optional<Result<HttpAnswer>>> answers(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i)
    http.send(std::move(requests[i]),
              [&answers, i](Result<HttpAnswer> came) { answers[i] = std::move(came); });
  return wait_for(answers);
}

std::vector<Result<void>> HostEnvironment::connect_all(std::span<const TcpPlace> places,
                                                       Duration within) {
  Metrics metrics;
  Connector connector{loop(), metrics, {}};
  std::vector<std::optional<Result<int>>> sockets(places.size());
  for (std::size_t i = 0; i < places.size(); ++i)
    connector.connect(places[i].host, places[i].port, within, [&sockets, i](Result<int> socket) {
      if (socket) close(*socket);
      sockets[i] = std::move(socket);
    });
  std::vector<Result<void>> outcomes;
  for (auto& socket : wait_for(sockets)) {
    const bool is_refused =
        !socket && socket.error().detail.find(std::strerror(ECONNREFUSED)) != std::string::npos;
    if (socket)
      outcomes.emplace_back();
    else
      outcomes.push_back(
          fail(is_refused ? Errc::refused : socket.error().code, std::move(socket).error().detail));
  }
  return outcomes;
}

Result<std::size_t> HostEnvironment::read_input(std::span<char> into) {
  for (;;) {
    const ssize_t count = ::read(STDIN_FILENO, into.data(), into.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR)
      return fail(Errc::unavailable, std::string{"standard input: "} + std::strerror(errno));
  }
}

Result<void> HostEnvironment::write_output(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return fail(Errc::unavailable, std::string{"standard output: "} + std::strerror(errno));
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<ProgramEnd> HostEnvironment::run(const std::vector<std::string>& words,
                                        std::string_view input, Duration limit) {
  return run_program(words, input, limit);
}

Result<int> HostEnvironment::edit(std::vector<std::string> words, const std::string& file) {
  words.push_back(file);
  const auto before = words_by_owner_of(file);
  words.insert(words.begin(), before.begin(), before.end());
  return run_program_at_terminal(words);
}

Result<void> HostEnvironment::subscribe(const Topology& topology, const std::string& node,
                                        const std::string& channel, Duration first_timeout,
                                        const OnMessage& on_message) {
  const Channel* found = topology.channel(channel);
  if (!found) return fail(Errc::not_found, "the topology has no channel " + channel);
  // What stays on this host needs no keys.
  Topology seen = topology;
  seen.encrypted = topology.encrypted && found->endpoint.starts_with("tcp://");
  TerminalLog log;
  Metrics metrics;
  std::optional<ZmqBus> bus;
  try {
    bus.emplace(seen, Address{node, "pacelinectl", 0}, loop(), log, metrics);
  } catch (const std::exception& error) {
    return fail(Errc::refused, error.what());
  }
  bool any = false;
  bool enough = false;
  bus->subscribe(channel, [&](const Address& from, Payload bytes) {
    any = true;
    if (!enough) enough = !on_message(from, bytes);
  });
  const SystemClock clock;
  const Instant until = clock.now() + first_timeout;
  while (!enough && !stopped_) {
    loop().run_once(step);
    if (!any && first_timeout > Duration::zero() && clock.now() > until)
      return fail(Errc::unavailable, "nothing was heard");
  }
  return {};
}

bool HostEnvironment::pause(Duration duration) {
  const SystemClock clock;
  const Instant until = clock.now() + duration;
  Loop& signals = loop();  // From now on who asks us to stop does not end us.
  for (;;) {
    const Duration left = until - clock.now();  // Once: a negative time to wait would be for ever.
    if (stopped_ || left <= Duration::zero()) return !stopped_;
    signals.run_once(std::min(left, step));
  }
}

Instant HostEnvironment::now() {
  return SystemClock{}.now();
}

WallTime HostEnvironment::wall() {
  return SystemClock{}.wall();
}

std::unique_ptr<Screen> HostEnvironment::screen() {
  return Terminal::open(loop(), stopped_);
}

}  // namespace paceline::pacelinectl
