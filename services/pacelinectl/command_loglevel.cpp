// `loglevel PROCESS LEVEL`: how much a process logs, until it restarts.
#include <fmt/format.h>

#include "common/ports/log.h"
#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/process_name.h"

namespace paceline::pacelinectl {

Outcome command_loglevel(const Request& request, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  const std::string& level = request.arguments[1];
  if (const auto known = parse_log_level(level); !known)
    return failed(exit_usage, known.error().detail);
  const auto named = parse_process_name(request.arguments[0], cluster->topology, cluster->self());
  if (!named) return failed(exit_usage, named.error().detail);
  std::vector<std::pair<std::string, std::string>> set;
  Outcome outcome;
  for (const auto& [process, index] : *named) {
    const auto body = ask_own_process(*cluster, process, index,
                                      request_of(Question::loglevel, {level}), environment);
    if (!body) {  // The others are told all the same.
      outcome.exit = exit_not_answered;
      outcome.error += (outcome.error.empty() ? "" : "; ") + body.error().detail;
      continue;
    }
    set.emplace_back(fmt::format("{}-{}", process, index), level);
    outcome.out += fmt::format("{}-{} logs {} and above\n", process, index, level);
  }
  if (request.json) outcome.out = texts_json(set);
  return outcome;
}

}  // namespace paceline::pacelinectl
