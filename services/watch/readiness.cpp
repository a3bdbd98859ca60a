#include "services/watch/readiness.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "common/base/certainly.h"
#include "common/base/check.h"

namespace paceline::watch {
namespace {

// An accepted publication may be this many refresh periods old before a master counts as unfit.
constexpr double periods_without_acceptance = 5;
constexpr double clocks_differ_s = 3;
constexpr double feedback_late_s = 30;

using Reasons = std::vector<std::string>;

constexpr std::size_t word(auto value) {
  return static_cast<std::size_t>(value);
}

// Why a publication of this node would not go out, or be worth nothing, if it were master now.
void check_publisher_fitness(const PublicationReport& report, Reasons& reasons) {
  if (!report.token_usable && !report.token_error.empty())
    reasons.push_back(
        fmt::format("no access token: {}; check base_auth_url, client_id and secret of this node; "
                    "a mended secret file is read by itself, the rest after pacelinectl reload "
                    "publisher",
                    report.token_error));
  else if (report.endpoint_tried && !report.endpoint_reachable)
    reasons.push_back(fmt::format("the engagement endpoint does not serve this node{}{}; {}",
                                  report.detail.empty() ? "" : ": ", report.detail,
                                  report.detail.starts_with("HTTP status")
                                      ? "it answers, so ask who runs it"
                                      : "check network, proxy and ca_file"));
  if (report.disputed_term != 0)
    reasons.push_back(
        fmt::format("another cluster publishes under this name, in term {} too ({}); stop it, or "
                    "give one of them another name: pacelinectl topology rename",
                    report.disputed_term, report.detail));
  const double skew_s = report.clock_skew_ms / 1000;
  if (report.clock_skew_error_ms >= 0 &&
      certainly_apart(skew_s, report.clock_skew_error_ms / 1000) > clocks_differ_s)
    reasons.push_back(
        fmt::format("the clock of this host is {:.1f} s {} the endpoint's; check its "
                    "time synchronisation",
                    std::abs(skew_s), skew_s > 0 ? "ahead of" : "behind"));
  if (report.pace_age_s >= 0 && report.stat_age_s < 0)
    reasons.push_back("a pacer hears no statistics; is statfeed running, and its socket there?");
  if (report.awaiting_targets * 2 > report.paced_targets)
    reasons.push_back(
        fmt::format("{} targets still wait for what the pacer of another node has learned",
                    report.awaiting_targets));
}

void check_publisher(const NodeAnswer& self, Reasons& reasons) {
  if (self.publisher == "down")
    reasons.push_back("the publisher of this node is not heard");
  else
    check_publisher_fitness(self.publication->report, reasons);
}

// "failed HTTP status 503"; of a publisher that has sent nothing, that.
std::string outcome_text(const PublicationReport& report) {
  if (report.outcome == PublicationOutcome::none) return "nothing was sent";
  return fmt::format("{}{}{}", to_string(report.outcome), report.detail.empty() ? "" : " ",
                     report.detail);
}

// For how long a master may go without an accepted publication.
double acceptance_bound_s(const PublicationReport& report) {
  return std::max(2.0, periods_without_acceptance * report.period_ms / 1000);
}

void check_rejections(const PublicationReport& report, const std::string& who, Reasons& reasons) {
  if (report.rejected_targets * 2 > report.paced_targets)
    reasons.push_back(
        fmt::format("the endpoint rejects {} of {} targets of {}; pacelinectl events has the first "
                    "and its code: are they known there?",
                    report.rejected_targets, report.paced_targets, who));
}

// Whether invitations go out at all: asked on every node, since a master that publishes nothing
// may not know it, or not say it.
void check_master_publishes(const StatusAnswer& status, Reasons& reasons) {
  const auto* master = find_node(status, status.master);
  if (!master) return;  // Said already.
  const bool is_own = master->name == status.node;
  const auto who = is_own ? "this node" : "node " + master->name;
  if (master->publisher == "down") {
    if (!is_own)
      reasons.push_back(fmt::format("{} is master, and its publisher is not heard here", who));
    return;
  }
  if (master->publisher == "shut")
    reasons.push_back(fmt::format("{} is master, and its publisher is shut", who));
  const auto& report = master->publication->report;
  if (report.since_accepted_s < 0)
    reasons.push_back(
        fmt::format("the endpoint accepted nothing from {} yet ({})", who, outcome_text(report)));
  else if (report.since_accepted_s > acceptance_bound_s(report))
    reasons.push_back(fmt::format("the endpoint accepted nothing from {} for {:.1f} s ({})", who,
                                  report.since_accepted_s, outcome_text(report)));
  else
    check_rejections(report, who, reasons);
}

// Targets that are switched off are as they should be.
void check_targets(const TotalsAnswer& totals, Reasons& reasons) {
  const auto active = totals.paced - totals.by_state.by_word[word(PaceState::disabled)];
  const auto stale = totals.by_state.by_word[word(PaceState::stale)];
  if (stale * 2 <= active) return;
  const auto unseen = totals.by_reason.by_word[word(PaceReason::not_visible)];
  reasons.push_back(
      unseen * 2 > stale
          ? fmt::format(
                "no invitations for {} of {} targets: no values come for them; may the Stat "
                "Server see these groups and queues, or does the feed send all that is "
                "needed? See pacelinectl statserver unseen",
                stale, active)
          : fmt::format("no invitations for {} of {} targets: their statistics are too old; "
                        "statfeed's log says why",
                        stale, active));
}

// What the nodes say of each other.
void check_cluster(const StatusAnswer& status, Reasons& reasons) {
  std::vector<std::string> differ;
  std::size_t agree = 0;
  for (const auto& node : status.nodes) {
    if (node.name == status.node || node.role == NodeRole::down) continue;
    if (node.elector == "master" && node.name != status.master)
      reasons.push_back(fmt::format("{} {}; is its key in other hands?", node.name, node.why));
    if (node.targets_differ)
      reasons.push_back(
          fmt::format("{} paces by another targets file (version {}); copy the file there and "
                      "reload: see pacelinectl targets diff",
                      node.name, node.targets));
    if (std::abs(node.clock_ahead_s) > clocks_differ_s)
      differ.push_back(fmt::format("{} ({:+.1f} s)", node.name, node.clock_ahead_s));
    else
      ++agree;
  }
  if (differ.size() > agree)
    reasons.push_back(
        fmt::format("the clock of this host differs from those of {}; check its time "
                    "synchronisation",
                    fmt::join(differ, ", ")));
}

void check_feedback(const StatusAnswer& status, Reasons& reasons) {
  if (status.feedback.head.epoch.empty()) return;  // Nothing yet, or an endpoint without feedback.
  const auto* master = find_node(status, status.master);
  if (!master || !master->publication) return;
  const auto& report = master->publication->report;
  if (report.since_accepted_s > acceptance_bound_s(report)) return;  // Then there can be none.
  double oldest_s = -1;
  for (const auto& shard : status.pacers) oldest_s = std::max(oldest_s, shard.cycle.feedback_age_s);
  if (oldest_s > feedback_late_s)
    reasons.push_back(
        fmt::format("the endpoint's feedback is {:.0f} s old: what is pending is "
                    "estimated; is the publisher of {} heard here?",
                    oldest_s, status.master));
}

}  // namespace

ReadinessAnswer readiness(const StatusAnswer& status, const TotalsAnswer& totals) {
  const auto* self = find_node(status, status.node);
  CHECK(self);  // The topology names the node that we run on.
  ReadinessAnswer result{.role = self->role};
  auto& reasons = result.reasons;
  if (self->role == NodeRole::down)
    reasons.push_back("the elector of this node is not heard");
  else if (status.master.empty())
    reasons.push_back("the cluster has no master");
  if (!status.statistics.fresh)
    reasons.push_back("statfeed is not heard");
  else if (status.statistics.source.in_use.empty())
    reasons.push_back(
        "no statistics: neither primary nor backup is heard; pacelinectl statserver says how each "
        "stands");
  else if (!status.statistics.source.push_doubt.empty())
    reasons.push_back(
        fmt::format("statistics may be wrong: the push of the {} is in doubt ({}); it is begun "
                    "anew, then it is "
                    "polled; if this stays, ask who runs the server or a proxy before it",
                    status.statistics.source.in_use, status.statistics.source.push_doubt));
  for (const auto& shard : status.pacers)
    if (!shard.fresh) reasons.push_back(fmt::format("pacer shard {} is not heard", shard.shard));
  check_publisher(*self, reasons);
  check_master_publishes(status, reasons);
  check_targets(totals, reasons);
  if (self->role != NodeRole::down && self->tier > 0)
    reasons.push_back(fmt::format("the elector rates this node at tier {}", self->tier));
  check_cluster(status, reasons);
  check_feedback(status, reasons);
  result.ready = reasons.empty();
  return result;
}

}  // namespace paceline::watch
