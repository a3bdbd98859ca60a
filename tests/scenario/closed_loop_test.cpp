// Days of a centre through the whole path, from its statistics to its invitations.
#include "tests/scenario/closed_loop.h"

#include "tests/support/catch.h"

namespace paceline::test {
namespace {

ClosedLoop::Totals day_of(const ClosedLoop::Plan& plan, std::uint64_t seed) {
  ClosedLoop loop{plan, seed};
  loop.run_for(ClosedLoop::learns);
  const auto before = loop.totals();
  loop.run_for(ClosedLoop::day);
  return loop.totals() - before;
}

}  // namespace

TEST_CASE("a centre's day keeps its goal, and is busier if it is told promptly", "[scenario]") {
  ClosedLoop::Plan plan{.agents = 5, .groups = 6};
  const auto prompt = day_of(plan, 1);
  plan.prompt_gap = 0s;
  const auto patient = day_of(plan, 1);

  CHECK(prompt.answered > 3600);
  CHECK(100 * prompt.abandonment() < 3.15);
  CHECK(100 * patient.abandonment() < 3.15);
  CHECK(100 * prompt.occupancy() > 89.5);  // One for each free agent: 87.3 at a refresh of 1 s.
  CHECK(prompt.occupancy() > patient.occupancy());
  CHECK(patient.prompts == 0);
  CHECK(patient.publications == 18'000);
  // The vendor's limit is 300 a minute.
  CHECK(prompt.publications < 230u * 600);
}

TEST_CASE("an endpoint that throttles is asked once a period at most", "[scenario]") {
  ClosedLoop loop{{.agents = 5, .groups = 10}, 2};
  loop.run_for(30min);
  loop.throttle();
  loop.run_for(1s);
  const auto before = loop.totals();

  loop.run_for(10min);

  const auto after = loop.totals() - before;
  CHECK(after.prompts == 0);
  CHECK(after.publications < 300);
}

}  // namespace paceline::test
