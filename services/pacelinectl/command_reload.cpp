// `reload [PROCESS]`: has the processes here read the topology and targets files again.
#include <fmt/format.h>

#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/process_name.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

using Processes = std::vector<ProcessName>;

// Whoever feeds others first; the elector last, since it may hand over.
Result<Processes> named(const Request& request, const ClusterFile& cluster) {
  if (!request.arguments.empty())
    return parse_process_name(request.arguments[0], cluster.topology, cluster.self());
  Processes all;
  for (const auto& [process, count] : cluster.topology.processes(cluster.self()))
    for (int index = 0; index < count && process != "elector"; ++index)
      all.push_back({process, index});
  all.push_back({"elector", 0});
  return all;
}

Result<std::string> outcome_of(const Result<Bytes>& body) {
  const auto reply = TRY(decode<StatusReply>(TRY(body)));
  if (reply.fields.empty()) return fail("it answered nothing");
  return reply.fields[0].second;
}

}  // namespace

Outcome command_reload(const Request& request, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  const auto processes = named(request, *cluster);
  if (!processes) return failed(exit_usage, processes.error().detail);
  std::vector<std::pair<std::string, std::string>> told;
  Outcome outcome;
  for (const auto& [process, index] : *processes) {
    const auto name = process == "pacer" ? fmt::format("{}-{}", process, index) : process;
    const auto what = outcome_of(
        ask_own_process(*cluster, process, index, request_of(Question::reload), environment));
    told.emplace_back(name, what ? *what : "refused: " + what.error().detail);
    if (!what) {
      outcome.exit = exit_not_answered;
      outcome.error += fmt::format("{}{} goes on as before: {}", outcome.error.empty() ? "" : "; ",
                                   name, printable(what.error().detail));
    }
    outcome.out += fmt::format("{:<10} {}\n", name, printable(told.back().second));
  }
  if (request.json) outcome.out = texts_json(told);
  return outcome;
}

}  // namespace paceline::pacelinectl
