#include "services/watch/metrics_merge.h"

#include "tests/support/catch.h"

namespace paceline::test {
using namespace watch;

TEST_CASE("families of all processes become one page", "[watch]") {
  Metrics pacer;
  pacer.counter("paceline_decisions_total", "Decisions.").add(7);
  pacer.histogram("paceline_decide_seconds", "Time.", std::vector<double>{0.1}).observe(0.05);
  Metrics other;
  other.counter("paceline_decisions_total", "Decisions, said otherwise.", {{"why", "a\"b"}}).add(2);

  const auto merged = merge_metrics({{"a", "pacer", 0, true, pacer.snapshot()},
                                     {"a", "pacer", 1, true, other.snapshot()},
                                     {"a", "elector", 0, false, {}}});

  CHECK(merged.left_out == 0);
  CHECK(to_prometheus_text(merged.families) ==
        "# HELP paceline_decide_seconds Time.\n"
        "# TYPE paceline_decide_seconds histogram\n"
        "paceline_decide_seconds_bucket{node=\"a\",process=\"pacer\",index=\"0\",le=\"0.1\"} 1\n"
        "paceline_decide_seconds_bucket{node=\"a\",process=\"pacer\",index=\"0\",le=\"+Inf\"} 1\n"
        "paceline_decide_seconds_sum{node=\"a\",process=\"pacer\",index=\"0\"} 0.05\n"
        "paceline_decide_seconds_count{node=\"a\",process=\"pacer\",index=\"0\"} 1\n"
        "# HELP paceline_decisions_total Decisions.\n"
        "# TYPE paceline_decisions_total counter\n"
        "paceline_decisions_total{node=\"a\",process=\"pacer\",index=\"0\"} 7\n"
        "paceline_decisions_total{node=\"a\",process=\"pacer\",index=\"1\",why=\"a\\\"b\"} 2\n"
        "# HELP paceline_process_up Whether the process answered watch in time.\n"
        "# TYPE paceline_process_up gauge\n"
        "paceline_process_up{node=\"a\",process=\"pacer\",index=\"0\"} 1\n"
        "paceline_process_up{node=\"a\",process=\"pacer\",index=\"1\"} 1\n"
        "paceline_process_up{node=\"a\",process=\"elector\",index=\"0\"} 0\n");
}

TEST_CASE("families that do not fit together are left out and counted", "[watch]") {
  const std::vector<MetricFamily> gauge{{"x_total", "", "gauge", {{"", {}, 1}}}};
  const std::vector<MetricFamily> counter{{"x_total", "", "counter", {{"", {}, 2}}}};
  const std::vector<MetricFamily> hostile{{"x y\n", "", "gauge", {{"", {}, 3}, {"", {}, 4}}}};

  const auto merged = merge_metrics(
      {{"a", "p", 0, true, gauge}, {"a", "q", 0, true, counter}, {"a", "r", 0, true, hostile}});

  CHECK(merged.left_out == 3);
  CHECK(merged.families.size() == 2);
}

TEST_CASE("a process cannot say that it is another", "[watch]") {
  const std::vector<MetricFamily> families{
      {"x_total", "", "counter", {{"", {{"process", "elector"}, {"why", "z"}}, 1}}}};

  const auto merged = merge_metrics({{"a", "pacer", 0, true, families}});

  const Labels expected{{"node", "a"}, {"process", "pacer"}, {"index", "0"}, {"why", "z"}};
  CHECK(merged.families.back().samples[0].labels == expected);
}

}  // namespace paceline::test
