#include "services/watch/readiness.h"

#include "common/base/check.h"

namespace paceline::watch {

ReadinessAnswer readiness_of(const StatusAnswer& status, const std::vector<Finding>& findings) {
  const auto* self = find_node(status, status.node);
  CHECK(self);  // The topology names the node that we run on.
  ReadinessAnswer result{.role = self->role};
  for (const auto& finding : findings)
    if (finding.unfit && result.reasons.size() < most_causes)
      result.reasons.push_back(sentence_of(finding.cause));
  result.ready = result.reasons.empty();
  return result;
}

ReadinessAnswer readiness(const StatusAnswer& status, const TotalsAnswer& totals,
                          const Surroundings& around) {
  return readiness_of(status, find_causes(status, totals, around));
}

}  // namespace paceline::watch
