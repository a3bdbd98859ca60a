#include "services/watch/target_metrics.h"

#include <algorithm>

#include "tests/support/catch.h"

namespace paceline::test {
using namespace watch;
namespace {

std::vector<TargetName> three() {
  return {{.id = "t0", .media_channel = "chat", .options = {}},
          {.id = "t1", .media_channel = "chat", .options = {}},
          {.id = "t2",
           .media_channel = "callback",
           .options = {.optimization_target = OptimizationTarget::busy_factor}}};
}

const MetricFamily* named(const std::vector<MetricFamily>& families, std::string_view name) {
  const auto found = std::ranges::find(families, name, &MetricFamily::name);
  return found == families.end() ? nullptr : &*found;
}

void over(TargetTable& table, std::uint32_t index, std::uint64_t abandoned) {
  table.set_feedback(index, {.sent = 100, .answered = 30, .abandoned = abandoned});
  table.set_pace(index, {.proactive = 7, .abandonment = 0.05, .goal = 3});
}

TEST_CASE("series of single targets come only when asked for, and no more than asked", "[watch]") {
  TargetTable table{three()};
  over(table, 0, 2);

  const auto none = target_families(table, 0);
  const auto two = target_families(table, 2);

  CHECK(std::ranges::none_of(
      none, [](const MetricFamily& f) { return f.name.starts_with("paceline_target_"); }));
  CHECK(named(none, "paceline_watch_targets_without_series")->samples[0].value == 3);
  REQUIRE(named(two, "paceline_target_granted"));
  CHECK(named(two, "paceline_target_granted")->samples ==
        std::vector<MetricSample>{{"", {{"target", "t0"}, {"channel", "chat"}}, 7},
                                  {"", {{"target", "t1"}, {"channel", "chat"}}, 0}});
  CHECK(named(two, "paceline_watch_targets_without_series")->samples[0].value == 1);
  std::size_t series = 0;
  for (const auto& family : two)
    if (family.name.starts_with("paceline_target_")) series += family.samples.size();
  CHECK(series == 2 * 12);  // As SETTINGS.md says.
  CHECK(named(target_families(table, 100), "paceline_target_granted")->samples.size() == 3);
}

TEST_CASE("over the goal needs outcomes that make it certain, and a goal of abandonment",
          "[watch]") {
  TargetTable table{three()};
  const auto is_over = [&](std::uint64_t outcomes, double abandonment) {
    const auto abandoned = static_cast<std::uint64_t>(abandonment * static_cast<double>(outcomes));
    table.set_feedback(0, {.answered = outcomes - abandoned, .abandoned = abandoned});
    table.set_pace(0, {.abandonment = abandonment, .goal = 3});
    return over_goal(table.row(0));
  };

  CHECK_FALSE(is_over(27, 1.0 / 27));  // Lies between 0.7 and 18.3 %.
  CHECK_FALSE(is_over(6, 0.5));
  CHECK(is_over(30, 0.2));
  CHECK_FALSE(is_over(100, 0.05));
  CHECK(is_over(1000, 0.05));
  CHECK_FALSE(is_over(1'000'000, 0.031));  // Most of them are of another time.
  CHECK_FALSE(is_over(1000, 0.029));

  over(table, 0, 200);
  over(table, 2, 200);  // Its goal is a busy factor.
  table.set_pace(0, {.abandonment = 0.5, .goal = 3});
  table.set_pace(2, {.abandonment = 0.5, .goal = 3});
  CHECK_FALSE(over_goal(table.row(2)));
  CHECK(named(target_families(table, 0), "paceline_watch_targets_over_goal")->samples[0].value ==
        1);
}

}  // namespace
}  // namespace paceline::test
