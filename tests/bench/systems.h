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

/// The prototype that the design's figures come from; `oracle`: it is told when each agent will be
/// free.
std::unique_ptr<System> make_prototype(const Scenario& scenario, bool oracle, std::uint64_t seed);

/// An order-up-to policy by number in the system, asked at every event: runs an Optimum.
std::unique_ptr<System> make_order_up_to(std::vector<int> up_to);

/// The ways in which Paceline can be run.
struct PacelineWays {
  bool start_times = true;   // False: it sees the counts alone.
  bool closed_form = false;  // PREDICTIVE_B instead of SUPER_PROGRESSIVE.
  double debounce_s = -1;    // [s] after a change it decides again; negative: on the refresh alone.
};

std::unique_ptr<System> make_paceline(const Scenario& scenario, PacelineWays ways,
                                      std::uint64_t seed);

}  // namespace paceline::test
