// The simulator's own port, for people and tests: what happened so far, and what shall break now.
//
//   GET /report, GET /health, GET /faults
//   POST /fault {"statserver_primary": "down", "acceptance": 0.1}
#pragma once

#include "common/runtime/http_server.h"
#include "services/simulator/publication_endpoint.h"
#include "services/simulator/service.h"

namespace paceline::simulator {

class ReportAdapter {
 public:
  /// Throws std::system_error if the port cannot be bound.
  ReportAdapter(Loop& loop, SimulatedWorld& world, const PublicationEndpoint& endpoint,
                const std::string& address, int port);

  int port() const { return http_.port(); }

 private:
  ServerAnswer answer(const ServerRequest& request);
  ServerAnswer fault(const std::string& body);

  SimulatedWorld& world_;
  const PublicationEndpoint& endpoint_;
  HttpServer http_;
};

}  // namespace paceline::simulator
