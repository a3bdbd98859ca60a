// The whole path of a statistic in one thread: a simulated centre, the real statfeed, pacer and
// publisher, and an endpoint that invites as the last publication allows. Days in seconds.
//
//   ClosedLoop loop{{.agents = 10, .groups = 20, .prompt_gap = 300ms}, seed};
//   loop.run_for(ClosedLoop::learns);
//   const auto before = loop.totals();
//   loop.run_for(ClosedLoop::day);
//   loop.totals() - before                // what the centre had of it
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "services/pacer/service.h"
#include "services/publisher/service.h"
#include "services/simulator/centre_model.h"
#include "services/statfeed/service.h"
#include "tests/scenario/no_checkpoint.h"
#include "tests/support/fake_elector.h"
#include "tests/support/sim_world.h"

namespace paceline::test {
using namespace pacer;
using namespace publisher;
using namespace simulator;
using namespace statfeed;

class LoopCentre;

class ClosedLoop {
 public:
  /// What the pacer knows of targets that share agents: what the files tell; what it sees by itself
  /// (`pool_detection = "use"`); or nothing, so that each is paced alone.
  enum class Sharing : std::uint8_t { told, detected, unknown };

  struct Plan {
    int agents = 10;  // Of each group.
    int groups = 20;  // Each of so many targets:
    int targets_per_group = 1;
    // Not empty: the centre is instead this one of `ops/bench pacing`, whose agents have some of its
    // skills, `groups` times side by side. Files tell of it by the membership.
    std::string skills;
    Sharing sharing = Sharing::told;
    Duration hidden_lag{};         // The statistics are so old and claim to be of now.
    Duration refresh_period = 2s;  // Of the targets and of the publisher.
    Duration prompt_gap = 300ms;   // Of the publisher; 0 = nothing between two periods.
    Duration way = 20ms;           // To the endpoint, and back.
    GroupKind kind = chat();       // All groups are of it.
    bool tells_slots = false;      // The site has figures of what agents hold and may hold.
    int capacity = 1;              // The targets' option.
  };

  /// The goal's accounting windows are days that begin when so much is learned.
  static constexpr Duration learns = 2h;
  static constexpr Duration day = 10h;

  /// Section 10 of the design: invitations 30 % accepted after 10 s, talks of 240 s, patience 60 s,
  /// always somebody to invite. Nobody comes by himself.
  static GroupKind chat();

  /// Since the start, over all groups.
  struct Totals {
    double busy_s = 0;       // [slot seconds]
    double logged_in_s = 0;  // [slot seconds]
    std::uint64_t answered = 0;
    std::uint64_t abandoned = 0;
    std::uint64_t publications = 0;
    std::uint64_t prompts = 0;
    std::uint64_t bytes = 0;  // Of their bodies.

    Totals operator-(const Totals& before) const;
    double occupancy() const { return busy_s / logged_in_s; }
    double abandonment() const {
      return static_cast<double>(abandoned) / static_cast<double>(answered + abandoned);
    }
  };

  ClosedLoop(Plan plan, std::uint64_t seed);
  ~ClosedLoop();

  void run_for(Duration time) { sim_.run_for(time); }
  Totals totals();
  /// From now on every publication is answered 429.
  void throttle() { throttled_ = true; }

 private:
  class StatisticSource;
  class Way;
  HttpAnswer answer(const HttpRequest& request);
  void grant();

  Plan plan_;
  SimWorld sim_;
  std::unique_ptr<LoopCentre> centre_;
  NoCheckpoint no_checkpoint_;
  World& elector_;
  std::unique_ptr<FakeElector> its_master_;
  World& publisher_world_;
  std::uint64_t grants_ = 0;
  std::uint64_t publications_ = 0;
  std::uint64_t bytes_ = 0;
  bool throttled_ = false;
  std::unique_ptr<Statfeed> statfeed_;
  std::unique_ptr<StatisticSource> source_;
  std::unique_ptr<Pacer> pacer_;
  std::unique_ptr<Way> way_;
  std::unique_ptr<Publisher> publisher_;
};

}  // namespace paceline::test
