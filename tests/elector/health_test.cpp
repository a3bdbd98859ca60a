#include "tests/support/catch.h"
// The rest after Catch: its CHECK is the one we mean.
#include <limits>

#include "services/elector/health.h"

namespace paceline::test {
using namespace elector;

TEST_CASE("health is judged by what the publisher tried and how old the pace is", "[elector]") {
  PublicationReport report;
  report.pace_age_s = 1;
  CHECK(tier_of(report, 5s) == Tier::fit);  // A standby that has not tried.
  report.pace_age_s = 6;
  CHECK(tier_of(report, 5s) == Tier::stale_pace);
  report.pace_age_s = -1;
  CHECK(tier_of(report, 5s) == Tier::stale_pace);
  report.pace_age_s = std::numeric_limits<double>::quiet_NaN();
  CHECK(tier_of(report, 5s) == Tier::stale_pace);
  report.outcome = PublicationOutcome::failed;
  CHECK(tier_of(report, 5s) == Tier::cannot_reach);
  report.endpoint_reachable = true;
  report.pace_age_s = 0;
  CHECK(tier_of(report, 5s) == Tier::fit);
}

TEST_CASE("a standby whose probes fail cannot reach the endpoint", "[elector]") {
  PublicationReport report;
  report.pace_age_s = 1;
  report.endpoint_tried = true;
  CHECK(tier_of(report, 5s) == Tier::cannot_reach);

  report.endpoint_reachable = true;
  CHECK(tier_of(report, 5s) == Tier::fit);
}

TEST_CASE("a pace as old as allowed is good, and every tier has its name", "[elector]") {
  PublicationReport report;
  report.pace_age_s = 5;
  CHECK(tier_of(report, 5s) == Tier::fit);
  report.pace_age_s = 0;
  CHECK(tier_of(report, 5s) == Tier::fit);
  report.pace_age_s = 5.001;
  CHECK(tier_of(report, 5s) == Tier::stale_pace);

  CHECK(to_string(Tier::fit) == std::string{"fit"});
  CHECK(to_string(Tier::stale_pace) == std::string{"stale_pace"});
  CHECK(to_string(Tier::cannot_reach) == std::string{"cannot_reach"});
  CHECK(to_string(Tier::no_publisher) == std::string{"no_publisher"});
}

}  // namespace paceline::test
