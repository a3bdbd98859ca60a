#include "services/statfeed/visibility.h"

#include "tests/support/catch.h"

namespace paceline::test {
using namespace statfeed;
namespace {

struct Ground {
  Ground() {
    targets_index.apply({{"t0", "g0", "q0"}, {"t1", "g1", "q1"}, {"t2", "g2", "q2"}});
    ledger.resize(targets_index.capacity());
    for (std::uint32_t statistic = 0; statistic < 3 * statistic_kind_count; ++statistic)
      say(statistic, StatisticUpdate::Status::value);
  }
  void say(Statistic statistic, StatisticUpdate::Status status) {
    ledger.take({.statistic = statistic, .status = status, .timestamp_ms = 0, .value = 1});
  }
  Visibility seen(std::size_t most = 20) const {
    return visibility_of(ledger, targets_index, mapping, most);
  }
  Mapping mapping = default_mapping();
  TargetsIndex targets_index;
  Ledger ledger{mapping};
};

}  // namespace

TEST_CASE("when all is known there is nothing to say", "[statfeed]") {
  const Ground ground;

  CHECK(ground.seen().targets_mark == 0);
  CHECK(ground.seen().statistics_mark == 0);
  CHECK(ground.seen().targets == 0);
  CHECK(missing_statistics(ground.ledger, ground.targets_index, ground.mapping).empty());
}

TEST_CASE("missing statistics are named with target, kind and why", "[statfeed]") {
  Ground ground;
  ground.say(statistic_of(1, StatisticKind::in_queue), StatisticUpdate::Status::unseen);
  ground.say(statistic_of(2, StatisticKind::ready), StatisticUpdate::Status::invalid);
  ground.say(statistic_of(2, StatisticKind::waiting_time), StatisticUpdate::Status::unseen);

  const auto seen = ground.seen();
  const auto missing = missing_statistics(ground.ledger, ground.targets_index, ground.mapping);

  CHECK(seen.targets == 2);
  CHECK(seen.statistics == 3);
  CHECK(seen.names == "t1 lacks in_queue (unknown), t2 lacks ready (invalid)");
  CHECK(
      seen.by_kind ==
      "ready CurrentReadyAgents 1, in_queue Current_In_Queue 1, waiting_time AverageWaitingTime 1");
  REQUIRE(missing.size() == 3);
  CHECK(missing[0].first == "t1");
  CHECK(missing[0].second == "in_queue\tunknown\tQueue\tq1\tCurrent_In_Queue");
  CHECK(ground.seen(1).names == "t1 lacks in_queue (unknown), ...");
}

TEST_CASE("other things missing are another mark, even if as many", "[statfeed]") {
  Ground ground;
  ground.say(statistic_of(1, StatisticKind::in_queue), StatisticUpdate::Status::unseen);
  const auto first = ground.seen();

  ground.say(statistic_of(1, StatisticKind::in_queue), StatisticUpdate::Status::value);
  ground.say(statistic_of(2, StatisticKind::in_queue), StatisticUpdate::Status::unseen);
  const auto second = ground.seen();
  ground.say(statistic_of(2, StatisticKind::in_queue), StatisticUpdate::Status::invalid);

  CHECK(first.targets == second.targets);
  CHECK(first.targets_mark != second.targets_mark);
  CHECK(ground.seen().statistics_mark != second.statistics_mark);
}

TEST_CASE("what is missing is said once, when it has lasted", "[statfeed]") {
  VisibilityReport report;
  const Visibility none;
  Visibility missing;
  missing.targets = 1;
  missing.statistics = 2;
  missing.targets_mark = 7;
  missing.statistics_mark = 8;
  const auto quiet = [](const VisibilityReport::Outcome& say) {
    return !say.statistics_missing && !say.targets_missing && !say.targets_complete;
  };
  CHECK(quiet(report.step(none)));

  CHECK(quiet(report.step(missing)));  // Perhaps a session that is still being filled.
  const auto told = report.step(missing);
  CHECK(told.statistics_missing);
  CHECK(told.targets_missing);
  CHECK_FALSE(told.targets_complete);
  CHECK(quiet(report.step(missing)));

  report.repeat();
  CHECK(report.step(missing).targets_missing);
  CHECK(quiet(report.step(none)));
  const auto over = report.step(none);
  CHECK(over.targets_complete);
  CHECK_FALSE(over.statistics_missing);
  CHECK(quiet(report.step(none)));
}

TEST_CASE("a statistic that no target needs is said without naming targets", "[statfeed]") {
  VisibilityReport report;
  Visibility missing;
  missing.statistics = 1;
  missing.statistics_mark = 8;
  report.step(missing);

  const auto told = report.step(missing);

  CHECK(told.statistics_missing);
  CHECK_FALSE(told.targets_missing);
  CHECK_FALSE(told.targets_complete);
}

}  // namespace paceline::test
