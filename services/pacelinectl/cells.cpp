#include "services/pacelinectl/cells.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "common/base/url.h"
#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/order.h"

namespace paceline::pacelinectl {
namespace {

constexpr std::size_t most_named = 3;  // Targets of one cause.

// One of them names all that two cells have in common.
CauseAnswer paced_by_both(const Cell& one, const Cell& other, const std::vector<std::string>& ids) {
  const std::vector<std::string> first(
      ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), most_named)));
  const auto more = ids.size() - first.size();
  return {
      .id = "paced_by_two_cells",
      .weight = CauseWeight::stops,
      .node = "",
      .cause =
          fmt::format("both cells {} and {} pace {}{}", one.name, other.name,
                      fmt::join(first, ", "), more == 0 ? "" : fmt::format(" and {} more", more)),
      .remedy = "take it out of one: pacelinectl targets remove there, then pacelinectl reload"};
}

CauseAnswer named_alike(const Cell& one, const Cell& other) {
  return {
      .id = "cells_named_alike",
      .weight = CauseWeight::stops,
      .node = "",
      .cause = fmt::format("{} and {} are both of a cluster {}: the endpoint takes them for one",
                           one.where, other.where, one.name),
      .remedy = "give one another name: pacelinectl topology rename"};
}

// What its watch says runs.
Result<std::vector<CellTarget>> running_targets(const ClusterFile& cluster, const std::string& part,
                                                Environment& environment) {
  const auto reply = TRY(ask_watch(cluster,
                                   fmt::format("/api/v1/targets?limit=1000000{}{}",
                                               part.empty() ? "" : "&q=", percent_encoded(part)),
                                   environment));
  const auto answer = TRY(parse_targets_answer(reply.body));
  std::vector<CellTarget> targets;
  for (const TargetAnswer& target : answer.targets)
    targets.push_back({target.id, target.pace.reason != PaceReason::disabled});
  return targets;
}

std::vector<CellTarget> targets_of_file(const ClusterFile& cluster, const std::string& part,
                                        Environment& environment) {
  std::vector<CellTarget> found;
  if (const auto targets = load_targets(cluster, environment))
    for (const Target& target : targets->all)
      if (target.id.find(part) != target.id.npos)
        found.push_back({target.id, target.options.enabled});
  return found;
}

// Hosts of two cells may have nodes of the same names, whose watches listen on the loopback alone: then the one that is here
// answers for either.
void ask_status(Cell& cell, const ClusterFile& cluster, Environment& environment) {
  auto reply = ask_watch(cluster, "/api/v1/status", environment);
  if (!reply) {
    cell.obstacle = reply.error().detail;
    return;
  }
  auto status = parse_status(reply->body);
  if (!status) {
    cell.obstacle = "watch answered, but " + status.error().detail;
  } else if (!cluster.remote && status->cluster != cell.name) {
    cell.is_another = true;
    cell.obstacle = fmt::format(
        "it is cluster {} that answers here: {} is on other hosts, whose watches are to be opened "
        "to this one by `listen` of [watch]",
        status->cluster, cell.name);
  } else {
    cell.name = status->cluster;
    cell.status = *std::move(status);
    cell.status_body = std::move(reply->body);
  }
}

}  // namespace

std::vector<Request> cells_of(const Request& request) {
  const auto& named = request.url.empty() ? request.topologies : request.urls;
  if (named.size() <= 1) return {request};
  std::vector<Request> cells;
  for (const std::string& name : named) {
    Request cell = request;
    (request.url.empty() ? cell.topology : cell.url) = name;
    cell.is_one_of_several = true;
    cell.topologies.clear();
    cell.urls.clear();
    cells.push_back(std::move(cell));
  }
  return cells;
}

bool takes_cells_itself(const Request& request) {
  return request.command == "top" || request.command == "__complete";
}

void doubt_files_of_several(std::span<Cell> cells) {
  for (Cell& cell : cells)
    if (cell.is_of_file && std::ranges::count(cells, cell.targets_file, &Cell::targets_file) > 1)
      cell.targets.clear();
}

std::vector<CauseAnswer> causes_between(std::span<const Cell> cells) {
  std::vector<CauseAnswer> causes;
  for (std::size_t i = 0; i < cells.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (cells[i].name == cells[j].name) causes.push_back(named_alike(cells[j], cells[i]));
  std::map<std::string_view, std::size_t> first;  // Who paces it.
  std::map<std::pair<std::size_t, std::size_t>, std::vector<std::string>> both;
  for (std::size_t i = 0; i < cells.size(); ++i)
    for (const CellTarget& target : cells[i].targets) {
      if (!target.is_paced) continue;
      const auto [known, is_new] = first.emplace(target.id, i);
      if (!is_new && known->second != i) both[{known->second, i}].push_back(target.id);
    }
  for (const auto& [pair, ids] : both)
    causes.push_back(paced_by_both(cells[pair.first], cells[pair.second], ids));
  return causes;
}

bool is_cell_here(const Request& request, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster || cluster->remote) return false;
  const auto view = election_view(*cluster, environment);
  return view && view->self.cluster == cluster->topology.cluster;
}

Cell look_at_cell(const Request& request, const std::optional<std::string>& part,
                  Environment& environment) {
  Cell cell;
  cell.where = request.url.empty() ? request.topology : request.url;
  cell.name = cell.where;
  const auto cluster = load_cluster(request, environment);
  if (!cluster) {
    cell.obstacle = cluster.error().detail;
    return cell;
  }
  if (!cluster->remote) {
    cell.name = cluster->topology.cluster;
    cell.targets_file = environment.absolute(cluster->topology.targets_file);
  }
  if (!request.offline) ask_status(cell, *cluster, environment);
  if (!part) return cell;
  auto running = cell.status ? running_targets(*cluster, *part, environment)
                             : tl::unexpected{Error{Errc::unavailable, cell.obstacle}};
  cell.is_of_file = !running && !cluster->remote;
  if (running)
    cell.targets = *std::move(running);
  else if (cell.is_of_file)
    cell.targets = targets_of_file(*cluster, *part, environment);
  return cell;
}

}  // namespace paceline::pacelinectl
