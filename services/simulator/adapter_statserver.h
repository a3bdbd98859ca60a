// A Stat Server of the simulated pair on its port:
//   - the Statistics API v3 over HTTP, with CometD long polling;
//   - the same without push, under another prefix;
//   - the Stat Service of GMS.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/runtime/http_server.h"
#include "services/simulator/gms_service.h"
#include "services/simulator/service.h"
#include "services/simulator/stat_server.h"

namespace paceline::simulator {

class StatServerAdapter {
 public:
  struct Options {
    bool primary = true;
    std::string address = "127.0.0.1";
    int port = 0;  // 0 = any free one.
    std::uint64_t seed = 1;
    std::string authorization;  // What /genesys/1/statistic wants in that header.
    StatServer::Options server;
  };

  /// Throws std::system_error if the port cannot be bound.
  StatServerAdapter(Loop& loop, SimulatedWorld& world, Log& log, Options options);
  ~StatServerAdapter();
  StatServerAdapter(const StatServerAdapter&) = delete;
  StatServerAdapter& operator=(const StatServerAdapter&) = delete;

  /// The port, also while the server is down.
  int port() const { return options_.port; }
  bool up() const { return http_.has_value(); }
  const StatServer& server() const { return *server_; }

 private:
  // A connect request that waits for something to tell.
  struct Held {
    Responder respond;
    std::vector<BayeuxMessage> connect;  // The reply to it.
    Instant until{};
  };

  void start(bool fresh_counters);
  void stop();
  void follow(const Faults& faults);
  void serve(ServerRequest request, Responder respond);
  void send(Responder& respond, ServerAnswer answer) const;
  void ask_gms(const ServerRequest& request, Responder& respond);
  void receive(const ServerRequest& request, Responder respond);
  void tick();
  void tell(const std::string& client, Held& held);

  Loop& loop_;
  SimulatedWorld& world_;
  Log& log_;
  Options options_;
  std::optional<StatServer> server_;
  std::optional<GmsService> gms_;
  std::optional<HttpServer> http_;
  std::map<std::string, Held> held_;    // By client.
  std::map<std::string, Instant> due_;  // When a client may be told what there is; by client.
  std::vector<Responder> hanging_;      // Requests that a hanging server took; bounded.
  ServerFault fault_ = ServerFault::up;
  std::uint64_t resets_ = 0;
  std::uint64_t forgets_ = 0;
  TimerId timer_ = 0;
  TimerId following_ = 0;
};

}  // namespace paceline::simulator
