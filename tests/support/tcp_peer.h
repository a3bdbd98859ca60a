// A TCP server of a test, which may do to its connections what no well-behaved one would.
#pragma once

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "common/base/check.h"
#include "common/runtime/loop.h"

namespace paceline::test {

class TcpPeer {
 public:
  /// Bytes came over a connection: 1 is the first one that was accepted.
  using OnBytes = std::function<void(int connection, std::string_view bytes)>;

  /// port   0 = any free one
  TcpPeer(Loop& loop, const std::string& address, int port, OnBytes on_bytes)
      : loop_{loop}, on_bytes_{std::move(on_bytes)} {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* there = nullptr;
    if (getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &there) != 0)
      check_failed("getaddrinfo", __FILE__, __LINE__);
    listening_ = socket(there->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int yes = 1;
    setsockopt(listening_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const bool good =
        bind(listening_, there->ai_addr, there->ai_addrlen) == 0 && listen(listening_, 64) == 0;
    freeaddrinfo(there);
    if (!good) check_failed("listen", __FILE__, __LINE__);
    loop_.watch_fd(listening_, true, false, [this] { accept_one(); });
  }
  ~TcpPeer() {
    while (!open_.empty()) close_connection(open_.begin()->first);
    loop_.forget_fd(listening_);
    close(listening_);
  }
  TcpPeer(const TcpPeer&) = delete;
  TcpPeer& operator=(const TcpPeer&) = delete;

  int port() const {
    sockaddr_storage here{};
    socklen_t size = sizeof here;
    getsockname(listening_, reinterpret_cast<sockaddr*>(&here), &size);
    char service[NI_MAXSERV];
    getnameinfo(reinterpret_cast<sockaddr*>(&here), size, nullptr, 0, service, sizeof service,
                NI_NUMERICSERV);
    return std::stoi(service);
  }
  int connections() const { return accepted_; }

  /// Whether all of it went out; else the connection is closed.
  bool send(int connection, std::string_view bytes) {
    const auto found = open_.find(connection);
    if (found == open_.end()) return false;
    const auto sent = ::send(found->second, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    const bool is_whole = sent == static_cast<ssize_t>(bytes.size());
    if (!is_whole) close_connection(connection);
    return is_whole;
  }
  /// In good order, or by a reset.
  void close_connection(int connection, bool reset = false) {
    const auto found = open_.extract(connection);
    if (found.empty()) return;
    const linger hard{.l_onoff = 1, .l_linger = 0};
    if (reset) setsockopt(found.mapped(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    loop_.forget_fd(found.mapped());
    close(found.mapped());
  }

 private:
  void accept_one() {
    const int fd = accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int yes = 1;  // What it sends is not to wait for an acknowledgement.
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const int connection = ++accepted_;
    open_[connection] = fd;
    loop_.watch_fd(fd, true, false, [this, connection, fd] {
      char bytes[16384];
      const auto got = read(fd, bytes, sizeof bytes);
      if (got <= 0) return close_connection(connection);
      on_bytes_(connection, {bytes, static_cast<std::size_t>(got)});
    });
  }

  Loop& loop_;
  OnBytes on_bytes_;
  int listening_ = -1;
  int accepted_ = 0;
  std::map<int, int> open_;  // File descriptors by connection.
};

}  // namespace paceline::test
