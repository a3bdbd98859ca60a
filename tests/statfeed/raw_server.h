// An HTTP server that may break every rule of HTTP: what a test gives it goes out byte for byte,
// then the connection is closed.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "common/runtime/http_server.h"
#include "tests/support/tcp_peer.h"

namespace paceline::test {

class RawServer {
 public:
  using Handle = std::function<std::string(const ServerRequest& request)>;

  RawServer(Loop& loop, Handle handle);

  int port() const { return peer_.port(); }

  /// The bytes of an answer as it should be.
  static std::string bytes(const ServerAnswer& answer);

 private:
  void hear(int connection, std::string_view bytes);

  Handle handle_;
  std::map<int, std::string> received_;  // By connection.
  TcpPeer peer_;
};

}  // namespace paceline::test
