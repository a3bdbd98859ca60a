#include "services/elector/health.h"

namespace paceline::elector {

const char* to_string(Tier tier) {
  switch (tier) {
    case Tier::fit:
      return "fit";
    case Tier::stale_pace:
      return "stale_pace";
    case Tier::cannot_reach:
      return "cannot_reach";
    case Tier::no_publisher:
      return "no_publisher";
  }
  return "unknown";
}

Tier tier_of(const PublicationReport& report, Duration pace_stale) {
  // A standby that has neither published nor probed counts as fit until it has.
  const bool tried = report.endpoint_tried || report.outcome != PublicationOutcome::none;
  if (tried && !report.endpoint_reachable) return Tier::cannot_reach;
  const bool pace_known = report.pace_age_s >= 0;  // Also false for NaN.
  if (!pace_known || report.pace_age_s > to_seconds(pace_stale)) return Tier::stale_pace;
  return Tier::fit;
}

}  // namespace paceline::elector
