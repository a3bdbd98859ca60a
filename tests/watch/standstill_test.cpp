// Green must mean pacing: what keeps invitations from going out shows, whoever has fallen silent.
#include "services/watch/readiness.h"
#include "services/watch/service.h"
#include "tests/support/catch.h"
#include "tests/support/sim_world.h"
#include "tests/watch/fixtures.h"

namespace paceline::test {
using namespace watch;
namespace {

StatusAnswer good_status() {
  ClusterView view{two_nodes_and_a_witness()};
  hear_a_good_cluster(view, start);
  return view.status(start, morning);
}

TotalsAnswer of_a_hundred(PaceState state, PaceReason reason, std::uint64_t count) {
  TotalsAnswer totals{.targets = 100};
  totals.paced = 100;
  totals.by_state.by_word[static_cast<std::size_t>(state)] = count;
  totals.by_reason.by_word[static_cast<std::size_t>(reason)] = count;
  return totals;
}

}  // namespace

TEST_CASE("most targets without statistics are a reason", "[watch]") {
  const auto reasons = [](const TotalsAnswer& totals) {
    return readiness(good_status(), totals).reasons;
  };

  CHECK(reasons(of_a_hundred(PaceState::stale, PaceReason::stale_statistics, 50)).empty());
  CHECK(reasons(of_a_hundred(PaceState::stale, PaceReason::stale_statistics, 51)) ==
        std::vector<std::string>{"no invitations for 51 of 100 targets: their statistics are too "
                                 "old; statfeed's log says why"});
  const auto unseen = reasons(of_a_hundred(PaceState::stale, PaceReason::not_visible, 100));
  REQUIRE(unseen.size() == 1);
  CHECK(
      unseen[0].starts_with("no invitations for 100 of 100 targets: no values come for them; "
                            "pacelinectl statserver unseen"));
  CHECK(reasons(of_a_hundred(PaceState::disabled, PaceReason::disabled, 100)).empty());
}

TEST_CASE("those that are switched off do not count", "[watch]") {
  auto totals = of_a_hundred(PaceState::stale, PaceReason::stale_statistics, 6);
  totals.by_state.by_word[static_cast<std::size_t>(PaceState::disabled)] = 90;

  CHECK(readiness(good_status(), totals)
            .reasons.at(0)
            .starts_with("no invitations for 6 of 10 targets"));
}

TEST_CASE("a publisher that fell silent has accepted nothing since", "[watch]") {
  ClusterView view{two_nodes_and_a_witness()};
  hear_a_good_cluster(view, start);
  const auto said = find_node(view.status(start, morning), "a")->publication;
  REQUIRE(said);

  const auto later = find_node(view.status(start + 7s, morning), "a")->publication;
  REQUIRE(later);
  CHECK(later->report.since_accepted_s == Approx(said->report.since_accepted_s + 7));
}

TEST_CASE("what a pacer granted is not shown while it is not heard", "[watch][scenario]") {
  SimWorld sim{7};
  WatchConfig config;
  config.node = "a";
  config.cluster = two_nodes_and_a_witness();
  config.targets = names({"t0", "t1"});
  config.pacers = 1;
  config.pace_stale = 5s;
  Watch watch{config, sim.process({"a", "watch", 0})};
  World& pacer = sim.process({"a", "pacer", 0});
  StateWriter<TargetPace> rows{pacer, "pace", {.ids = {"t0", "t1"}, .keyframe = 1h}};
  rows.set(0, paced(PaceReason::granted, 7));
  rows.set(1, paced(PaceReason::granted, 2));
  const auto totals = [&] { return watch.targets().totals(); };

  rows.publish({});
  sim.run_for(2s);
  CHECK(totals().paced == 2);
  CHECK(totals().proactive == 9);

  sim.run_for(5s);
  CHECK(totals().paced == 0);
  CHECK(totals().proactive == 0);
  CHECK_FALSE(watch.targets().row(0).has_pace);

  rows.set(1, paced(PaceReason::granted, 3));
  rows.publish({});  // One row changed; the other one counts again too.
  sim.run_for(1s);
  CHECK(totals().paced == 2);
  CHECK(totals().proactive == 10);
}

}  // namespace paceline::test
