// An HTTP server that may break every rule of HTTP: what a test gives it goes out byte for byte,
// then the connection is closed.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "common/runtime/http_server.h"
#include "common/runtime/loop.h"

namespace paceline::test {

class RawServer {
 public:
  using Handle = std::function<std::string(const ServerRequest& request)>;

  RawServer(Loop& loop, Handle handle);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  int port() const { return port_; }

  /// The bytes of an answer as it should be.
  static std::string bytes(const ServerAnswer& answer);

 private:
  void accept_one();
  void read_some(int fd);

  Loop& loop_;
  Handle handle_;
  int listening_ = -1;
  int port_ = 0;
  std::map<int, std::string> received_;  // By file descriptor.
};

}  // namespace paceline::test
