#include "tests/statfeed/raw_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <system_error>

namespace paceline::test {
namespace {

// The request, if all of it is there.
std::optional<ServerRequest> parsed(const std::string& text) {
  const auto end = text.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  ServerRequest request;
  const auto space = text.find(' ');
  const auto target = text.substr(space + 1, text.find(' ', space + 1) - space - 1);
  request.method = text.substr(0, space);
  request.path = target.substr(0, target.find('?'));
  std::size_t length = 0;
  if (const auto at = text.find("Content-Length: "); at < end)
    length = std::stoul(text.substr(at + 16));
  request.body = text.substr(end + 4);
  if (request.body.size() < length) return std::nullopt;
  return request;
}

}  // namespace

RawServer::RawServer(Loop& loop, Handle handle) : loop_{loop}, handle_{std::move(handle)} {
  listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (listening_ < 0 || ::bind(listening_, generic, size) != 0 || ::listen(listening_, 64) != 0 ||
      ::getsockname(listening_, generic, &size) != 0)
    throw std::system_error{errno, std::generic_category(), "raw server"};
  port_ = ntohs(address.sin_port);
  loop_.watch_fd(listening_, true, false, [this] { accept_one(); });
}

RawServer::~RawServer() {
  for (const auto& [fd, text] : received_) {
    loop_.forget_fd(fd);
    ::close(fd);
  }
  loop_.forget_fd(listening_);
  ::close(listening_);
}

std::string RawServer::bytes(const ServerAnswer& answer) {
  std::string text =
      "HTTP/1.1 " + std::to_string(answer.status) +
      " -\r\nConnection: close\r\nContent-Length: " + std::to_string(answer.body.size()) + "\r\n";
  for (const auto& [name, value] : answer.headers) text += name + ": " + value + "\r\n";
  return text + "\r\n" + answer.body;
}

void RawServer::accept_one() {
  const int fd = ::accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  received_[fd];
  loop_.watch_fd(fd, true, false, [this, fd] { read_some(fd); });
}

void RawServer::read_some(int fd) {
  char buffer[16384];
  const auto got = ::read(fd, buffer, sizeof buffer);
  auto& text = received_[fd];
  if (got > 0) text.append(buffer, static_cast<std::size_t>(got));
  const auto request = parsed(text);
  if (got > 0 && !request) return;
  if (request) {
    const auto answer = handle_(*request);
    (void)!::write(fd, answer.data(), answer.size());
  }
  loop_.forget_fd(fd);
  ::close(fd);
  received_.erase(fd);
}

}  // namespace paceline::test
