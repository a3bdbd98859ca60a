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
    tally.sum.impossible_terms += verdict.impossible_terms;
    tally.sum.forged_senders += verdict.forged_senders;
    tally.sum.leading_witnesses += verdict.leading_witnesses;
    tally.sum.absurd_fences += verdict.absurd_fences;
    tally.sum.disputes += verdict.disputes;
    tally.sum.capped_terms += verdict.capped_terms;
    tally.sum.caught_up += verdict.caught_up;
    tally.sum.failed_publications += verdict.failed_publications;
    tally.sum.remembered_failures += verdict.remembered_failures;
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
  CHECK(tally.sum.impossible_terms > 0);
  CHECK(tally.sum.forged_senders > 0);
  CHECK(tally.sum.leading_witnesses > 0);
  CHECK(tally.sum.absurd_fences > 0);
  CHECK(tally.sum.disputes > 0);
  CHECK(tally.sum.capped_terms > 0);
  CHECK(tally.sum.caught_up > 0);
  CHECK(tally.sum.failed_publications > 0);
  CHECK(tally.sum.remembered_failures > 0);
  WARN(tally.seeds << " seeds, " << tally.sum.events << " events, " << tally.sum.masters
                   << " masters, " << tally.sum.accepted << " publications accepted, "
                   << tally.sum.fenced << " fenced, " << tally.sum.graces_survived
                   << " graces survived, " << tally.sum.recovered_terms << " lost terms learned; "
                   << "refused: " << tally.sum.impossible_terms << " impossible terms, "
                   << tally.sum.forged_senders << " forged senders, " << tally.sum.leading_witnesses
                   << " leading witnesses, " << tally.sum.absurd_fences << " absurd fences; "
                   << tally.sum.disputes << " disputes, " << tally.sum.capped_terms
                   << " capped terms, " << tally.sum.caught_up << " far terms caught up, "
                   << tally.sum.failed_publications << " publications too late, "
                   << tally.sum.remembered_failures << " reports by a remembered failure");
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

TEST_CASE("the simulation misses every rule about liars, fences and copies that is left out",
          "[elector][scenario]") {
  const auto [rule, promise] = GENERATE(
      std::pair{SafetyRule::bounded_lift, "L"}, std::pair{SafetyRule::sender_is_key, ""},
      std::pair{SafetyRule::witness_never_leads, "L"}, std::pair{SafetyRule::possible_fence, "L"},
      std::pair{SafetyRule::clone_is_noticed, "C1"});
  CAPTURE(static_cast<int>(rule));

  const auto tally = run_seeds(1, 5000, 1, [rule = rule](SimPlan& plan) {
    plan.policy.omitted = rule;
    const auto last = plan.policy.voters.size() - 1;
    if (rule == SafetyRule::bounded_lift || rule == SafetyRule::sender_is_key) plan.liar = 0;
    if (rule == SafetyRule::witness_never_leads)
      plan.liar = plan.policy.voters[last].priority == 0 ? static_cast<int>(last) : -1;
    if (rule == SafetyRule::possible_fence) plan.absurd_fences = 0.1;
    if (rule == SafetyRule::clone_is_noticed)
      plan.weights[static_cast<std::size_t>(Fault::clone)] = 3;
  });

  REQUIRE(tally.broken.size() == 1);
  CAPTURE(tally.broken[0]);
  CHECK(tally.broken[0].starts_with(promise));
}

namespace {

// Masters that there were in ten minutes in which publications come back too late, probes do not.
int masters_at_a_slow_endpoint(std::uint64_t seed, int nodes, int witnesses, bool remembers) {
  SimPlan plan = ElectionSim::calm(seed, nodes, witnesses);
  plan.remembers_failures = remembers;
  ElectionSim sim{plan};
  REQUIRE(sim.run_until([&] { return sim.publishing() >= 0; }, 10s));
  sim.run_for(2s);
  const int before = sim.verdict().masters;
  sim.slow_endpoint(true);
  sim.run_for(600s);
  CHECK(sim.verdict().broken == "");
  return sim.verdict().masters - before;
}

}  // namespace

TEST_CASE("an endpoint too slow for publications moves mastership once, not to and fro",
          "[elector][scenario]") {
  const auto seed = GENERATE(range(0u, 10u));
  CAPTURE(seed);

  CHECK(masters_at_a_slow_endpoint(seed, 2, 1, true) <= 1);
  CHECK(masters_at_a_slow_endpoint(seed, 3, 0, true) <= 2);  // To each that has not tried.
}

TEST_CASE("the simulation misses a failure that is forgotten", "[elector][scenario]") {
  CHECK(masters_at_a_slow_endpoint(1, 2, 1, false) > 10);
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
