#include "services/watch/readiness.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/check.h"

namespace paceline::watch {
namespace {

// An accepted publication may be this many refresh periods old before a master counts as unfit.
constexpr double periods_without_acceptance = 5;

void check_publisher(const NodeAnswer& self, std::vector<std::string>& reasons) {
  if (self.publisher == "down") {
    reasons.push_back("the publisher of this node is not heard");
    return;
  }
  if (self.role != NodeRole::master) return;
  if (self.publisher == "shut") reasons.push_back("this node is master, and its publisher is shut");
  const auto& report = self.publication->report;
  const double bound_s = std::max(2.0, periods_without_acceptance * report.period_ms / 1000);
  if (report.since_accepted_s < 0)
    reasons.push_back(fmt::format("the endpoint accepted nothing yet ({} {})",
                                  to_string(report.outcome), report.detail));
  else if (report.since_accepted_s > bound_s)
    reasons.push_back(fmt::format("the endpoint accepted nothing for {:.1f} s ({} {})",
                                  report.since_accepted_s, to_string(report.outcome),
                                  report.detail));
}

}  // namespace

ReadinessAnswer readiness(const StatusAnswer& status) {
  const auto* self = find_node(status, status.node);
  CHECK(self);  // The topology names the node that we run on.
  ReadinessAnswer result{.role = self->role};
  auto& reasons = result.reasons;
  if (self->role == NodeRole::down)
    reasons.push_back("the elector of this node is not heard");
  else if (status.master.empty())
    reasons.push_back("the cluster has no master");
  if (self->role != NodeRole::down && self->tier > 0)
    reasons.push_back(fmt::format("the elector rates this node at tier {}", self->tier));
  if (!status.statistics.fresh)
    reasons.push_back("statfeed is not heard");
  else if (status.statistics.source.in_use.empty())
    reasons.push_back("neither Stat Server answers");
  for (const auto& shard : status.pacers)
    if (!shard.fresh) reasons.push_back(fmt::format("pacer shard {} is not heard", shard.shard));
  check_publisher(*self, reasons);
  result.ready = reasons.empty();
  return result;
}

}  // namespace paceline::watch
