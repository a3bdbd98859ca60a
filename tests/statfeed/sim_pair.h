// The simulator's Stat Server pair on virtual time, behind the Http port of a statfeed.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>

#include "common/ports/http.h"
#include "common/ports/world.h"
#include "services/simulator/stat_server.h"
#include "tests/support/sim_world.h"

namespace paceline::test {
using namespace simulator;

class SimPair final : public Http {
 public:
  SimPair(SimWorld& sim, World& world, Centre& centre);
  ~SimPair() override;

  struct Side {
    std::optional<StatServer> server;
    bool up = true;
    std::map<std::string, HttpCall> held;  // By client.
  };
  std::array<Side, 2> sides;

  /// As a process that died and came back: sessions are lost, counters begin at zero.
  void restart(int side);

  HttpCall send(HttpRequest request, Done done) override;
  void cancel(HttpCall call) override { calls_.erase(call); }

 private:
  Timestamp moment() const;
  void serve(Side& side, HttpCall call, const HttpRequest& request);
  void answer(HttpCall call, std::string body, HttpHeaders headers = {}, int status = 200);
  void finish(HttpCall call, Result<HttpAnswer> answer);
  void tick();
  void tell(Side& side, const std::string& client, HttpCall call);

  SimWorld& sim_;  // The servers live by true time, statfeed by its node's clock.
  World& world_;
  Centre& centre_;
  std::uint64_t seed_ = 100;
  std::map<HttpCall, Done> calls_;
  HttpCall last_ = 0;
  TimerId timer_;
};

}  // namespace paceline::test
