// Causes that lie on the way from a publisher to the endpoint.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/base/certainly.h"
#include "services/watch/cause_rules.h"
#include "services/watch/remedies.h"

namespace paceline::watch {
namespace {

// An accepted publication may be this many refresh periods old before a master counts as unfit.
constexpr double periods_without_acceptance = 5;
constexpr double clock_wrong_s = 3;

constexpr RequestSettings token_settings{"publisher", "base_auth_url", "client_id and its secret"};
constexpr RequestSettings endpoint_settings{"publisher", "base_service_url",
                                            "client_id and its secret"};

// Why a publication of this node would not go out, or be worth nothing, if it were master now.
void find_publisher_causes(Findings& out, const NodeAnswer& node) {
  const auto& report = node.publication->report;
  const auto tell = [&](CauseId id, std::string cause, std::string remedy) {
    out.add({.id = id,
             .weight = out.weight_at(node),
             .node = node.name,
             .cause = std::move(cause),
             .remedy = std::move(remedy),
             .unfit = out.is_own(node)});
  };
  if (!report.token_usable && !report.token_error.empty())
    tell(CauseId::no_token,
         fmt::format("node {} gets no access token: {}", node.name, report.token_error),
         remedy_of(report.token_error, token_settings));
  else if (report.endpoint_tried && !report.endpoint_reachable)
    tell(CauseId::endpoint_unreachable,
         fmt::format("the endpoint does not serve node {}{}{}", node.name,
                     report.detail.empty() ? "" : ": ", report.detail),
         remedy_of(report.detail, endpoint_settings));
  if (report.disputed_term != 0)
    tell(CauseId::cluster_disputed,
         fmt::format("another cluster publishes under this name, in term {} too ({})",
                     report.disputed_term, report.detail),
         "stop it, or give one of them another name: pacelinectl topology rename");
  const double skew_s = report.clock_skew_ms / 1000;
  if (report.clock_skew_error_ms >= 0 &&
      certainly_apart(skew_s, report.clock_skew_error_ms / 1000) > clock_wrong_s)
    tell(CauseId::clock_wrong,
         fmt::format("the clock of node {} is {:.1f} s {} the endpoint's", node.name,
                     std::abs(skew_s), skew_s > 0 ? "ahead of" : "behind"),
         "check its time synchronisation (chronyc tracking, timedatectl)");
  if (report.pace_age_s >= 0 && report.stat_age_s < 0)
    tell(CauseId::pacer_without_statistics,
         fmt::format("a pacer of node {} hears no statistics", node.name),
         "is its statfeed running, and does a Stat Server serve it? There: pacelinectl statserver");
  if (report.awaiting_targets * 2 > report.paced_targets)
    tell(CauseId::waiting_for_peer,
         fmt::format("{} targets of node {} still wait for what the pacer of another node has "
                     "learned",
                     report.awaiting_targets, node.name),
         "it takes some seconds after a start; if it stays, look at the logs of both pacers");
}

// "failed HTTP status 503"; of a publisher that has sent nothing, that.
std::string outcome_text(const PublicationReport& report) {
  if (report.outcome == PublicationOutcome::none) return "nothing was sent";
  return fmt::format("{}{}{}", to_string(report.outcome), report.detail.empty() ? "" : " ",
                     report.detail);
}

void find_rejections(Findings& out, const NodeAnswer& master) {
  const auto& report = master.publication->report;
  if (report.rejected_targets == 0) return;
  const bool most = report.rejected_targets * 2 > report.paced_targets;
  out.add({.id = CauseId::targets_rejected,
           .weight = most ? CauseWeight::stops : CauseWeight::tells,
           .node = master.name,
           .cause = fmt::format("the endpoint rejects {} of {} targets of node {}",
                                report.rejected_targets, report.paced_targets, master.name),
           .remedy = "are they known there? pacelinectl events has the first and its code",
           .unfit = most});
}

// Whether invitations go out at all: asked on every node, since a master that publishes nothing
// may not know it, or not say it.
void find_master_causes(Findings& out, const NodeAnswer& master) {
  const auto& report = master.publication->report;
  const auto tell = [&](CauseId id, std::string cause, std::string remedy) {
    out.add({.id = id,
             .weight = CauseWeight::stops,
             .node = master.name,
             .cause = std::move(cause),
             .remedy = std::move(remedy),
             .unfit = true});
  };
  if (master.publisher == "shut")
    tell(CauseId::publisher_shut,
         fmt::format("node {} is master, and its publisher is shut", master.name),
         "it opens with the elector's next grant; if it stays, the publisher's log has "
         "grant_refused "
         "or what it waits for");
  const std::string remedy =
      out.is_told(CauseId::no_token, master.name) ||
              out.is_told(CauseId::endpoint_unreachable, master.name)
          ? "it follows from the cause above"
      : report.outcome == PublicationOutcome::none
          ? "it publishes with its first refresh period; if it stays, look at the publisher's log"
          : remedy_of(report.detail, endpoint_settings);
  if (report.since_accepted_s < 0)
    tell(CauseId::not_accepted,
         fmt::format("the endpoint accepted nothing from node {} yet ({})", master.name,
                     outcome_text(report)),
         remedy);
  else if (report.since_accepted_s > acceptance_bound_s(report))
    tell(CauseId::not_accepted,
         fmt::format("the endpoint accepted nothing from node {} for {:.1f} s ({})", master.name,
                     report.since_accepted_s, outcome_text(report)),
         remedy);
  else
    find_rejections(out, master);
  if (master.publication->round_trip_share > 1)
    out.add({.id = CauseId::endpoint_slow,
             .weight = CauseWeight::tells,
             .node = master.name,
             .cause = fmt::format("a publication of node {} takes {:.0f} ms, more than the refresh "
                                  "period of {:.0f} ms",
                                  master.name, report.round_trip_ms, report.period_ms),
             .remedy = "the endpoint or the line is slow; a longer refresh_period, or compression, "
                       "helps"});
}

}  // namespace

double acceptance_bound_s(const PublicationReport& report) {
  return std::max(2.0, periods_without_acceptance * report.period_ms / 1000);
}

void find_publishing_causes(Findings& out) {
  for (const auto& node : out.status.nodes) {
    if (!node.publication || node.publisher == "down") continue;  // find_silence() tells it.
    find_publisher_causes(out, node);
    if (node.name == out.status.master) find_master_causes(out, node);
  }
}

}  // namespace paceline::watch
