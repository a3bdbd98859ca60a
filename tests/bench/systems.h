// The systems that are compared, by the functions that make them. Each .cpp names its source.
#pragma once

#include <memory>
#include <vector>

#include "tests/bench/system.h"

namespace paceline::test {

/// No invitations at all: what reactive traffic gets when nobody is invited.
std::unique_ptr<System> make_silent(const Scenario& scenario);

std::unique_ptr<System> make_progressive(const Scenario& scenario);

enum class VicidialMode { hard_limit, average, tapered };

/// `most` [1..20]: the operator's maximum dial level (the product's usual one is 3.0).
std::unique_ptr<System> make_vicidial(const Scenario& scenario, VicidialMode mode, double most);

std::unique_ptr<System> make_webitel(const Scenario& scenario);

std::unique_ptr<System> make_erlang_rate(const Scenario& scenario);

/// The prototype that the design's figures come from;
/// `oracle`: it is told when each agent will be free.
std::unique_ptr<System> make_prototype(const Scenario& scenario, bool oracle, std::uint64_t seed);

/// Invitations to have outstanding, by number in the system: the tables of two Optimums, the bold
/// one in `bold_share` [0..1] of the hours. Mixed so, any abandonment between theirs is met.
struct OrderUpTo {
  std::vector<int> careful;
  std::vector<int> bold;
  double bold_share = 0;
};

/// Plays the tables: on the period alone, or also at every event.
std::unique_ptr<System> make_order_up_to(OrderUpTo tables, double period_s, bool at_events);

/// The ways in which Paceline can be run.
struct PacelineVariant {
  bool closed_form = false;  // PREDICTIVE_B instead of SUPER_PROGRESSIVE.
  // [s] after a change it decides again, as the service does; negative: on the refresh alone.
  double debounce_s = 0.25;
};

std::unique_ptr<System> make_paceline(const Scenario& scenario, PacelineVariant variant,
                                      std::uint64_t seed);

}  // namespace paceline::test
