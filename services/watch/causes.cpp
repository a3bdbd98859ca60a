#include "services/watch/causes.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/watch/cause_rules.h"

namespace paceline::watch {
namespace {

void find_operators_doing(Findings& out) {
  const StatusAnswer& status = out.status;
  if (!status.paused.empty())
    out.add({.id = CauseId::paused,
             .weight = CauseWeight::stops,
             .node = "",
             .cause = fmt::format("an operator stopped all invitations{}: {}",
                                  status.paused_since ? " at " + *status.paused_since : "",
                                  status.paused),
             .remedy = "pacelinectl resume lets them go out again",
             .unfit = true});
  for (const auto& node : status.nodes)
    if (!node.maintenance.empty())
      out.add(
          {.id = CauseId::maintenance,
           .weight = CauseWeight::tells,
           .node = node.name,
           .cause = fmt::format("node {} is in maintenance: {}", node.name, node.maintenance),
           .remedy = fmt::format("pacelinectl undrain {} puts it into service again", node.name),
           .unfit = node.name == status.node});
}

void find_own_causes(Findings& out) {
  const Surroundings& around = out.around;
  const auto tell = [&](CauseId id, std::string cause, std::string remedy) {
    out.add({.id = id,
             .weight = CauseWeight::tells,
             .node = out.status.node,
             .cause = std::move(cause),
             .remedy = std::move(remedy)});
  };
  for (const auto& [process, starts] : around.restarting)
    out.add({.id = CauseId::restarting,
             .weight = CauseWeight::endangers,
             .node = process.substr(0, process.find('/')),
             .cause = fmt::format("{} was started {} times in ten minutes", process, starts),
             .remedy = restarts_remedy(around.starter)});
  if (!around.history_off.empty())
    tell(CauseId::history_off, "no history is kept on disk: " + around.history_off,
         "when that is mended: pacelinectl reload watch");
  if (!around.history_not_written.empty())
    tell(CauseId::history_not_written,
         "history cannot be written, and only the last eleven minutes are known: " +
             around.history_not_written,
         "look at the disk of that file (df, mount); writing is tried again by itself");
  for (const auto& why : around.exposed)
    tell(CauseId::file_exposed, why, "then change the secrets that stand in it");
}

}  // namespace

void Findings::add(Told told) {
  found.push_back({.id = told.id,
                   .cause = {.id = to_string(told.id),
                             .weight = told.weight,
                             .node = std::move(told.node),
                             .cause = std::move(told.cause),
                             .remedy = std::move(told.remedy)},
                   .unfit = told.unfit});
}

CauseWeight Findings::weight_at(const NodeAnswer& node) const {
  if (node.name == status.master || status.master.empty()) return CauseWeight::stops;
  return node.maintenance.empty() ? CauseWeight::endangers : CauseWeight::tells;
}

bool Findings::is_told(CauseId id, std::string_view node) const {
  return std::ranges::any_of(
      found, [&](const Finding& each) { return each.id == id && each.cause.node == node; });
}

std::vector<Finding> find_causes(const StatusAnswer& status, const TotalsAnswer& totals,
                                 const Surroundings& around) {
  Findings out{status, totals, around};
  find_operators_doing(out);
  find_election_causes(out);
  find_silence(out);
  find_link_causes(out);
  find_statistics_causes(out);
  find_publishing_causes(out);
  find_disagreement(out);
  find_feedback_causes(out);
  find_fitness_causes(out);
  find_own_causes(out);
  std::ranges::stable_sort(out.found, {}, [](const Finding& each) { return each.cause.weight; });
  return std::move(out.found);
}

std::vector<CauseAnswer> causes_of(const std::vector<Finding>& findings) {
  std::vector<CauseAnswer> causes;
  for (const auto& finding : findings)
    if (causes.size() < most_causes) causes.push_back(finding.cause);
  return causes;
}

std::string sentence_of(const CauseAnswer& cause) {
  return cause.cause + "; " + cause.remedy;
}

}  // namespace paceline::watch
