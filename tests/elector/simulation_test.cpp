#include "tests/support/catch.h"
// The rest after Catch: its CHECK is the one we mean.
#include <cstdlib>
#include <string>

#include "tests/elector/election_sim.h"

namespace paceline::test {
using namespace elector;
namespace {

struct Tally {
  SimVerdict sum;
  std::vector<std::string> broken;
  std::uint64_t seeds = 0;
};

std::uint64_t number_from(const char* variable, std::uint64_t fallback) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : fallback;
}

// Runs seeds until `count` are done or `enough` are broken.
template <class Change>
Tally run_seeds(std::uint64_t first, std::uint64_t count, std::size_t enough, Change change) {
  Tally tally;
  for (std::uint64_t seed = first; seed < first + count && tally.broken.size() < enough; ++seed) {
    SimPlan plan = ElectionSim::plan(seed);
    change(plan);
    const auto verdict = ElectionSim{plan}.run();
    ++tally.seeds;
    tally.sum.masters += verdict.masters;
    tally.sum.fenced += verdict.fenced;
    tally.sum.accepted += verdict.accepted;
    tally.sum.graces_survived += verdict.graces_survived;
    tally.sum.refused_votes += verdict.refused_votes;
    tally.sum.recovered_terms += verdict.recovered_terms;
    tally.sum.releases += verdict.releases;
    tally.sum.store_failures += verdict.store_failures;
    tally.sum.late += verdict.late;
    tally.sum.events += verdict.events;
    if (!verdict.broken.empty())
      tally.broken.push_back(
          verdict.broken + "\n  replay: PACELINE_ELECTION_SEED=" + std::to_string(seed) +
          " build/dev/bin/test_elector \"one seed of the election is replayed\"");
  }
  return tally;
}

void require_sound(const Tally& tally) {
  for (const auto& line : tally.broken) UNSCOPED_INFO(line);
  REQUIRE(tally.broken.empty());
  // A run in which nothing happens proves nothing.
  CHECK(tally.sum.masters > 0);
  CHECK(tally.sum.fenced > 0);
  CHECK(tally.sum.graces_survived > 0);
  CHECK(tally.sum.refused_votes > 0);
  CHECK(tally.sum.recovered_terms > 0);
  CHECK(tally.sum.releases > 0);
  CHECK(tally.sum.store_failures > 0);
  CHECK(tally.sum.late > 0);
  WARN(tally.seeds << " seeds, " << tally.sum.events << " events, " << tally.sum.masters
                   << " masters, " << tally.sum.accepted << " publications accepted, "
                   << tally.sum.fenced << " fenced, " << tally.sum.graces_survived
                   << " graces survived, " << tally.sum.recovered_terms << " lost terms learned");
}

}  // namespace

TEST_CASE("no promise of the election is broken in 2000 seeds", "[elector][scenario]") {
  require_sound(run_seeds(number_from("PACELINE_ELECTION_FIRST", 1),
                          number_from("PACELINE_ELECTION_SEEDS", 2000), 3, [](SimPlan&) {}));
}

TEST_CASE("no promise of the election is broken in 100000 seeds", "[.long][elector][scenario]") {
  require_sound(run_seeds(1'000'000, 100'000, 3, [](SimPlan&) {}));
}

TEST_CASE("one seed of the election is replayed", "[.replay][elector]") {
  SimPlan plan = ElectionSim::plan(number_from("PACELINE_ELECTION_SEED", 1));
  plan.trace = true;

  const auto verdict = ElectionSim{plan}.run();

  CHECK(verdict.broken == "");
}

TEST_CASE("the simulation misses every rule that is left out", "[elector][scenario]") {
  const auto rule = GENERATE(SafetyRule::lease_from_send, SafetyRule::lease_within_lock,
                             SafetyRule::quiet_after_start, SafetyRule::locks_hold,
                             SafetyRule::publisher_stops_first, SafetyRule::quorum);
  CAPTURE(static_cast<int>(rule));

  const auto tally = run_seeds(1, 5000, 1, [&](SimPlan& plan) {
    plan.policy.omitted = rule;
    // Under the conditions that the rule is for, so that it is missed early.
    if (rule == SafetyRule::lease_from_send) plan.delay_max = plan.policy.lock() / 2;
    if (rule == SafetyRule::quiet_after_start)
      plan.weights[static_cast<std::size_t>(Fault::kill_elector)] = 3;
  });

  REQUIRE(tally.broken.size() == 1);
  CHECK(tally.broken[0].starts_with("S"));
}

TEST_CASE("the simulation misses a term that is not kept over a restart", "[elector][scenario]") {
  const auto tally = run_seeds(1, 3000, 1, [](SimPlan& plan) { plan.keeps_term = false; });

  REQUIRE(tally.broken.size() == 1);
}

TEST_CASE("the simulation misses the endpoint's fence", "[elector][scenario]") {
  const auto tally = run_seeds(1, 3000, 1, [](SimPlan& plan) { plan.fence = false; });

  REQUIRE(tally.broken.size() == 1);
  CHECK(tally.broken[0].starts_with("S4"));
}

}  // namespace paceline::test
