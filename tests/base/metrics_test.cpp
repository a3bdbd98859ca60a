#include "common/base/metrics.h"

#include <array>

#include "tests/support/catch.h"

namespace paceline::test {

TEST_CASE("the same name and labels give the same metric", "[base]") {
  Metrics metrics;
  auto& first = metrics.counter("asked_total", "Questions.", {{"who", "a"}});
  auto& other = metrics.counter("asked_total", "Questions.", {{"who", "b"}});

  metrics.counter("asked_total", "Questions.", {{"who", "a"}}).add(2);

  CHECK(first.value() == 2);
  CHECK(other.value() == 0);
}

TEST_CASE("a value on a bucket's bound belongs to that bucket", "[base]") {
  constexpr std::array bounds = {1.0, 10.0};
  Histogram histogram{bounds};

  for (const double value : {0.5, 1.0, 5.0, 10.0, 11.0}) histogram.observe(value);

  CHECK(histogram.counts() == std::vector<std::uint64_t>{2, 2, 1});
  CHECK(histogram.sum() == 27.5);
}

TEST_CASE("the text form is Prometheus' exposition format with escapes", "[base]") {
  Metrics metrics;
  metrics.counter("a_total", "Line\nbreak.", {{"path", "x\"y\\z"}}).add();
  metrics.gauge("b", "B.").set(0.5);
  constexpr std::array bounds = {1.0};
  metrics.histogram("c_seconds", "C.", bounds).observe(2);

  CHECK(to_prometheus_text(metrics.snapshot()) ==
        "# HELP a_total Line\\nbreak.\n# TYPE a_total counter\na_total{path=\"x\\\"y\\\\z\"} 1\n"
        "# HELP b B.\n# TYPE b gauge\nb 0.5\n"
        "# HELP c_seconds C.\n# TYPE c_seconds histogram\n"
        "c_seconds_bucket{le=\"1\"} 0\nc_seconds_bucket{le=\"+Inf\"} 1\n"
        "c_seconds_sum 2\nc_seconds_count 1\n");
}

}  // namespace paceline::test
