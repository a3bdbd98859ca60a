// What a simulated contact centre is like: its people, its customers, its day, and how much of it a
// pacing system gets to see. Every scenario of the bench is a value of this type.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/trace.h"

namespace paceline::test {

enum class ServiceLaw { exponential, lognormal };

/// From `from_h` [h since the day began] on, until the next phase or the day's end.
struct DayPhase {
  double from_h = 0;
  double acceptance = 0.3;  // [0..1]
  double handle_s = 240;    // [s, > 0] mean.
  double staffing = 1;      // Times `agents`.
  double reactive = 1;      // Times `reactive_load`.
  double hidden_s = 0;      // [s] more than `hidden_s` of the scenario.
};

struct Scenario {
  std::string name;
  int agents = 10;       // [1..2000]
  int slots = 1;         // [1..8] chats an agent may have at once.
  double slow_down = 0;  // [0..1] each further chat makes all chats of the agent this much slower.
  double acceptance = 0.3;  // [0..1] chance that an invitation is accepted.
  double answer_s = 10;  // [s] mean delay until an invitation is accepted or refused, exponential.
  ServiceLaw law = ServiceLaw::lognormal;
  double handle_s = 240;  // [s] mean talk time (without wrap-up).
  double handle_cv = 1;
  double wrap_up_s = 0;          // [s] mean, exponential; 0 = none.
  double patience_s = 60;        // [s] mean, exponential; 0 = for ever.
  double reactive_load = 0;      // [erlang per slot] offered by visitors who come by themselves.
  double refresh_s = 1;          // [s] pacing's refresh period.
  double delay_s = 0;            // [s] age of the statistics that a system sees.
  double hidden_s = 0;           // [s] the same, but nobody tells it: they claim to be fresh.
  double warm_up_h = 2;          // [h] before the first day; not counted.
  double day_h = 10;             // [h]
  bool cold = false;             // Each day starts with a new system and no warm-up.
  std::vector<DayPhase> phases;  // Empty: the figures above all day long. Repeats every day.
  // Agents who are shown ready and take nothing: some for ever, or each now and then.
  int absent = 0;           // [agents, 0..agents]
  double away_every_s = 0;  // [s] 0 = never.
  double away_s = 0;        // [s] of that.
  // [s] An interaction rings that long, uniformly drawn; meanwhile its agent is shown ready and it
  // waiting. Nobody leaves then.
  double ring_from_s = 0;
  double ring_to_s = 0;
  // Acceptance moves to this one and back, each time after an exponential of mean
  // `acceptance_moves_s`; 0 = never.
  double other_acceptance = 0;
  double acceptance_moves_s = 0;
  // What the endpoint tells of invitations, as Paceline sees it.
  bool feedback = true;
  double feedback_lag_s = 0;      // [s] as old as that,
  bool feedback_age_told = true;  // and whether that is known.
  const Trace* trace = nullptr;   // Reactive traffic, service times and staffing of real days.

  double goal = 0.03;           // [0..1] proactive abandonment no more than; or busy no less than.
  bool busy_goal = false;       // `goal` is an occupancy.
  bool dual = false;            // Both kinds of traffic are paced for.
  double reactive_goal = 0.05;  // [0..1] reactive abandonment that a dual system should keep.
  double proactive_ratio = 1;   // [0..1] cap on the share of capacity for proactive traffic.

  // [h] How much later than the days that are counted the windows begin in which a system keeps its goal.
  double windows_later_h = 0;
  // [s] `goal` is the share of proactive visitors who are answered within; 0 = it is abandonment.
  double service_level_s = 0;
  double threshold_s = 0;  // [s] Who leaves sooner does not count as abandoned.
  // The goal is kept in so many days together as well (the option); 0 = in each day alone.
  int rolling_days = 0;
  int judged_days = 0;  // So many days together are judged, whether or not that is kept; 0 = none.
  // Ten seconds before every so many-th day ends so many visitors leave whom nobody could serve.
  int lost_each_days = 0;
  int lost = 0;  // [visitors] An agent.
  // [h] A part of the day of which the table tells abandonment; nothing if both are 0.
  double watched_from_h = 0;
  double watched_to_h = 0;

  /// Whether the statistics claim to be fresher than they are, at least at times.
  bool hides_age() const {
    return hidden_s > 0 || std::any_of(phases.begin(), phases.end(),
                                       [](const DayPhase& phase) { return phase.hidden_s > 0; });
  }
  int total_slots() const { return agents * slots; }
};

/// All scenarios that have that name: one for every size and goal it is measured at.
///
///   sizes    restricts the numbers of agents; empty = the scenario's own
///   quick    fewer sizes and goals, for a look in under a minute
///   returns  empty if there is no such name, or no size of it is asked for
std::vector<Scenario> scenarios_named(std::string_view name, const std::vector<int>& sizes,
                                      bool quick);

/// Every name, in the order of the table.
const std::vector<std::string>& scenario_names();

}  // namespace paceline::test
