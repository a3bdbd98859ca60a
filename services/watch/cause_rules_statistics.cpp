// Causes that lie in what decisions are made of: statistics and feedback. A watch hears those of its own node only.
#include <fmt/format.h>

#include <algorithm>

#include "services/watch/cause_rules.h"
#include "services/watch/remedies.h"

namespace paceline::watch {
namespace {

constexpr double feedback_late_s = 30;

constexpr RequestSettings primary_settings{"statfeed", "primary", "user and password"};
constexpr RequestSettings backup_settings{"statfeed", "backup", "user and password"};

constexpr std::size_t word(auto value) {
  return static_cast<std::size_t>(value);
}

const char* targets_word(std::uint64_t count) {
  return count == 1 ? "target" : "targets";
}

void find_server_causes(Findings& out, const NodeAnswer& self) {
  const auto& source = out.status.statistics.source;
  const auto tell = [&](CauseId id, CauseWeight weight, std::string cause, std::string remedy,
                        bool unfit) {
    out.add({.id = id,
             .weight = weight,
             .node = self.name,
             .cause = std::move(cause),
             .remedy = std::move(remedy),
             .unfit = unfit});
  };
  const std::string& primary = source.primary_trouble;
  const std::string& backup = source.backup_trouble;
  if (source.in_use.empty()) {
    std::string why = "neither primary nor backup is heard";
    if (!primary.empty() && !backup.empty())
      why = fmt::format("primary: {}; backup: {}", primary, backup);
    else if (!primary.empty() || !backup.empty())
      why = primary.empty() ? "backup: " + backup : "primary: " + primary;
    tell(CauseId::no_statistics, out.weight_at(self),
         fmt::format("node {} has no statistics: {}", self.name, why),
         primary.empty() && backup.empty() ? "pacelinectl statserver says how each stands"
         : primary.empty()                 ? remedy_of(backup, backup_settings)
                                           : remedy_of(primary, primary_settings),
         true);
    return;
  }
  if (!source.push_doubt.empty())
    tell(CauseId::statistics_doubted, out.weight_at(self),
         fmt::format("statistics of node {} may be wrong: the push of the {} is in doubt ({})",
                     self.name, source.in_use, source.push_doubt),
         "it is begun anew, then it is polled; if this stays, ask who runs the server or a proxy "
         "before it",
         true);
  for (const auto& [name, trouble, settings] :
       {std::tuple{"primary", primary, primary_settings}, {"backup", backup, backup_settings}})
    if (!trouble.empty())
      tell(CauseId::stat_server_down, CauseWeight::endangers,
           fmt::format("the {} source of statistics does not serve node {}: {}", name, self.name,
                       trouble),
           remedy_of(trouble, settings), false);
}

// Targets that are switched off are as they should be.
void find_target_causes(Findings& out, const NodeAnswer& self) {
  const auto& totals = out.totals;
  const auto active = totals.paced - totals.by_state.by_word[word(PaceState::disabled)];
  const auto stale = totals.by_state.by_word[word(PaceState::stale)];
  const auto unseen = totals.by_reason.by_word[word(PaceReason::not_visible)];
  const bool most = stale * 2 > active;
  const auto told = [&](CauseId id, std::uint64_t count, std::string why, std::string remedy) {
    out.add({.id = id,
             .weight = most ? out.weight_at(self) : CauseWeight::tells,
             .node = self.name,
             .cause = fmt::format("no invitations for {} of {} targets: {}", count, active, why),
             .remedy = std::move(remedy),
             .unfit = most});
  };
  const bool all_unseen = unseen * 2 > stale;
  if (unseen > 0 && (all_unseen || !most))
    told(CauseId::targets_unseen, most ? stale : unseen, "no values come for them",
         "pacelinectl statserver unseen names what is missing: a group or queue is misspelt, the "
         "Stat Server may not see it, or the feed leaves it out");
  if (stale > 0 && most && !all_unseen)
    told(CauseId::targets_stale, stale, "their statistics are too old", "statfeed's log says why");
}

void find_reason_causes(Findings& out, const NodeAnswer& self) {
  const auto& by_reason = out.totals.by_reason.by_word;
  if (const auto count = by_reason[word(PaceReason::statistics_contradicted)]; count > 0)
    out.add({.id = CauseId::statistics_contradicted,
             .weight = CauseWeight::tells,
             .node = self.name,
             .cause = fmt::format("the endpoint contradicts the statistics of {} {}", count,
                                  targets_word(count)),
             .remedy = "pacelinectl targets --reason statistics_contradicted, then explain TARGET: "
                       "which queue does the target name?"});
  if (const auto count = by_reason[word(PaceReason::idle_not_answering)]; count > 0)
    out.add({.id = CauseId::agents_not_answering,
             .weight = CauseWeight::tells,
             .node = self.name,
             .cause = fmt::format("agents of {} {} count as ready and take nothing", count,
                                  targets_word(count)),
             .remedy = "pacelinectl targets --reason idle_not_answering; log them off or set them "
                       "not ready"});
}

}  // namespace

void find_statistics_causes(Findings& out) {
  const auto* self = find_node(out.status, out.status.node);
  if (!self) return;
  if (out.status.statistics.fresh) find_server_causes(out, *self);  // Else find_silence() tells it.
  find_target_causes(out, *self);
  find_reason_causes(out, *self);
}

void find_feedback_causes(Findings& out) {
  const auto& status = out.status;
  if (status.feedback.head.epoch.empty()) return;  // Nothing yet, or an endpoint without feedback.
  const auto* master = find_node(status, status.master);
  if (!master || !master->publication) return;
  const auto& report = master->publication->report;
  if (report.since_accepted_s > acceptance_bound_s(report)) return;  // Then there can be none.
  double oldest_s = -1;
  for (const auto& shard : status.pacers) oldest_s = std::max(oldest_s, shard.cycle.feedback_age_s);
  if (oldest_s <= feedback_late_s) return;
  out.add(
      {.id = CauseId::feedback_old,
       .weight = status.master == status.node ? CauseWeight::stops : CauseWeight::endangers,
       .node = status.node,
       .cause = fmt::format("the endpoint's feedback is {:.0f} s old on node {}: what is pending "
                            "is estimated",
                            oldest_s, status.node),
       .remedy = fmt::format("is the publisher of {} heard here, and does the endpoint give "
                             "feedback?",
                             status.master),
       .unfit = true});
}

}  // namespace paceline::watch
