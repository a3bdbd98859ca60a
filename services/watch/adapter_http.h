// The HTTP server before Watch: requests of the runtime to those of web.h, and back.
#pragma once

#include <string>

#include "common/runtime/http_server.h"
#include "services/watch/service.h"

namespace paceline::watch {

class WatchServer {
 public:
  /// Serves until it is destroyed.
  ///   errors   throws std::system_error: the address cannot be bound, a certificate not be read
  WatchServer(const WatchConfig& config, Watch& watch, Loop& loop);

  int port() const { return server_.port(); }

 private:
  HttpServer server_;
};

}  // namespace paceline::watch
