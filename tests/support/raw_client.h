// A TCP client that only speaks when it is told to.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>

namespace paceline::test {

class RawClient {
 public:
  explicit RawClient(int port) : fd_{socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  ~RawClient() { close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// As many of the bytes as the socket takes now; the rest.
  std::string_view say(std::string_view bytes) {
    const auto sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    return bytes;
  }
  /// Adds what has come to `heard`; false at the end of the connection.
  bool listen() {
    static char buffer[1u << 16];
    for (;;) {
      const auto got = recv(fd_, buffer, sizeof buffer, 0);
      if (got < 0) return errno == EAGAIN || errno == EINTR;
      if (got == 0) return false;
      heard.append(buffer, static_cast<std::size_t>(got));
    }
  }

  std::string heard;

 private:
  int fd_;
};

}  // namespace paceline::test
