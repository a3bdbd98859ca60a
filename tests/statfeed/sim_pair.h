// The simulator's Stat Server pair on virtual time, behind the Http port of a statfeed. The pair is a
// process of its own: while statfeed is stopped it goes on.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>

#include "common/ports/http.h"
#include "common/ports/world.h"
#include "services/simulator/stat_server.h"
#include "services/statfeed/adapter_statistics.h"
#include "services/statfeed/service.h"
#include "tests/support/sim_world.h"

namespace paceline::test {
using namespace simulator;
using namespace statfeed;

class SimPair final : public Http {
 public:
  SimPair(SimWorld& sim, World& world, Centre& centre);
  ~SimPair() override;

  struct Held {  // A connect that waits for something to tell.
    HttpCall call;
    Instant until;
  };
  struct Side {
    std::optional<StatServer> server;
    bool up = true;
    std::map<std::string, Held> held{};    // By client.
    std::map<std::string, Instant> due{};  // When a client may be told what there is.
  };
  std::array<Side, 2> sides;
  Duration push_delay{};  // Of every pushed update, as the simulator's fault of that name.

  /// As a process that died and came back: sessions are lost, counters begin at zero.
  void restart(int side);
  /// Its sessions and subscriptions are lost, its counters stay.
  void forget(int side);

  HttpCall send(HttpRequest request, Done done) override;
  void cancel(HttpCall call) override { calls_.erase(call); }

 private:
  Timestamp moment() const;
  void serve(Side& side, HttpCall call, const HttpRequest& request);
  void answer(HttpCall call, std::string body, HttpHeaders headers = {}, int status = 200);
  void deliver(HttpCall call, Result<HttpAnswer> answer);
  void finish(HttpCall call, Result<HttpAnswer> answer);
  void reset(Side& side);
  void tick();
  void tell(Side& side, const std::string& client, HttpCall call);

  SimWorld& sim_;  // The servers live by true time, statfeed by its node's clock.
  World& world_;
  World& servers_;
  Centre& centre_;
  std::uint64_t seed_ = 100;
  std::map<HttpCall, Done> calls_;
  HttpCall last_ = 0;
  TimerId timer_;
};

/// The statfeed of a node, with a pair of its own that tells of the centre.
struct PairedStatfeed {
  PairedStatfeed(SimWorld& sim, const std::string& node, Centre& centre,
                 StatfeedConfig wanted = {});

  TargetStat row(std::uint32_t target) const { return statfeed->writer(0).row(target); }

  World& world;
  StatfeedConfig config;
  SimPair pair;
  std::optional<Statfeed> statfeed;
  std::array<std::optional<StatisticsAdapter>, 2> adapters;
};

}  // namespace paceline::test
