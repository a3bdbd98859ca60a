// One cell of the table: a system in a scenario, over many days, with 95 % intervals.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/centre.h"

namespace paceline::test {

/// A mean over days and half of its 95 % interval.
struct Estimate {
  double value = 0;
  double half = 0;
};

struct Row {
  std::string scenario;
  std::string system;
  int agents = 0;
  double goal_pct = 0;
  int days = 0;
  Estimate occupancy_pct;
  Estimate abandonment_pct;  // Proactive.
  Estimate reactive_abandonment_pct;
  // Of the proactive visitors whom the goal counts: who left, or by a service level was not answered in
  // time; who left before the threshold does not count.
  Estimate lost_pct;
  double days_over_goal_pct = 0;
  double windows_over_goal_pct = 0;  // Of `judged_days` together, ending with each day.
  double worst_window_pct = 0;       // Who is lost in the worst of them.
  double watched_pct = 0;            // Abandonment of the watched hours, over all days,
  int watched_pending = 0;           // and invitations outstanding at their beginning, at most.
  double mean_wait_s = 0;            // Of all who were served or left.
  double invitations_per_accepted = 0;
  double wasted_pct = 0;  // Of the invitations: never talked to an agent.
  double ns_per_decision = 0;
  double events_per_s = 0;          // Speed of the simulation, deciding included.
  double worst_target_pct = 0;      // Shared agents alone: abandonment of the target that has most.
  double worth_per_answered = 0;    // Likewise, where targets are worth differently,
  double worth_per_agent_hour = 0;  // and so much an hour of an agent.
  std::array<double, 24> hour_occupancy_pct{};  // Trace alone; 0 = nobody at work.
  std::string note;
};

/// Days of one scenario and one way to make its system.
class Record {
 public:
  void add(const Totals& day, const Scenario& scenario);
  void fill(Row& row) const;
  /// The windows of so many days that are complete, by the share that `scenario` allows.
  void fill_windows(Row& row, const Scenario& scenario) const;
  std::int64_t events() const { return sum_.events; }

 private:
  std::vector<double> counted_, lost_;
  std::vector<double> busy_, logged_in_, abandoned_, ended_, reactive_abandoned_, reactive_ended_;
  Totals sum_;
  double everyone_ = 0;
  int days_over_ = 0;
};

/// Ratio of sums over days, with the interval of the ratio estimator (delta method).
///
///   errors   the lists differ in length (CHECK)
Estimate ratio_of(const std::vector<double>& numerators, const std::vector<double>& denominators);

/// Runs `days` [>= 1] days. Days follow one another in one centre, after the warm-up; in a cold
/// scenario each is a new centre with a new system.
///
///   system   a name of make_system, or "vicidial_tuned" or "optimum_table" (tuned on the very days
///            that are measured), or "ctmdp" (computed, not run)
///   returns  a row whose `note` says why, if the system does not apply to the scenario (days = 0)
Row measure(const Scenario& scenario, const std::string& system, int days, std::uint64_t seed);

}  // namespace paceline::test
