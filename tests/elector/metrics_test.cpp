#include "tests/support/catch.h"
// The rest after Catch: its CHECK is the one we mean.
#include <vector>

#include "services/elector/metrics.h"
#include "tests/support/start.h"

namespace paceline::test {
using namespace elector;
namespace {

// The value of a sample; -1 = there is none.
double value_of(const Metrics& metrics, std::string_view name, const Labels& labels) {
  for (const auto& family : metrics.snapshot())
    if (family.name == name)
      for (const auto& sample : family.samples)
        if (sample.labels == labels) return sample.value;
  return -1;
}

}  // namespace

TEST_CASE("what happens to an elector is counted by kind, reason and sender", "[elector]") {
  Metrics metrics;
  ElectorMetrics elector{metrics};

  elector.became(ElectorRole::master);
  elector.refused("unknown_node");
  elector.refused("unknown_node");
  elector.heartbeats_lost("b", 3);
  elector.sent(ElectionMessageKind::vote);

  const std::string prefix = "paceline_elector_";
  CHECK(value_of(metrics, prefix + "transitions_total", {{"role", "master"}}) == 1);
  CHECK(value_of(metrics, prefix + "messages_refused_total", {{"why", "unknown_node"}}) == 2);
  CHECK(value_of(metrics, prefix + "heartbeats_lost_total", {{"of", "b"}}) == 3);
  CHECK(value_of(metrics, prefix + "messages_sent_total", {{"kind", "vote"}}) == 1);
}

TEST_CASE("a failover lasts from a master's loss until a master is known", "[elector]") {
  Metrics metrics;
  ElectorMetrics elector{metrics};
  elector.master_is("a", start);
  CHECK(elector.failover_seconds.sum() == 0);

  elector.master_is("", start + 1s);
  elector.master_is("b", start + 3s);
  elector.master_is("a", start + 9s);  // A hand-over that left nobody masterless.

  CHECK(elector.failover_seconds.sum() == 2);
}

TEST_CASE("the buckets of the histograms stay, since dashboards name them", "[elector]") {
  Metrics metrics;
  const ElectorMetrics elector{metrics};

  CHECK(elector.store_seconds.bounds() ==
        std::vector{0.0005, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0});
  CHECK(elector.failover_seconds.bounds() ==
        std::vector{0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0});
}

}  // namespace paceline::test
