// Takes TCP connections in the loop.
//
//   TcpListener listener{loop, "127.0.0.1", 0, [](int socket, const sockaddr_storage& peer) { ... }};
#pragma once

#include <functional>
#include <string>

#include "common/runtime/loop.h"

struct sockaddr_storage;

namespace paceline {

class TcpListener {
 public:
  /// `socket` is non-blocking and the caller's from then on.
  using Take = std::function<void(int socket, const sockaddr_storage& peer)>;

  ///   address   IPv4 or IPv6, without brackets
  ///   port      0 = any free one
  ///   errors    throws std::system_error: not an address, or it cannot be bound
  TcpListener(Loop& loop, const std::string& address, int port, Take take);
  ~TcpListener();
  TcpListener(const TcpListener&) = delete;
  TcpListener& operator=(const TcpListener&) = delete;

  int port() const;

 private:
  void take_all();
  void pause();

  Loop& loop_;
  Take take_;
  int socket_ = -1;
  TimerId pause_ = 0;
};

}  // namespace paceline
