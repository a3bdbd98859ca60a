// `targets diff [FILE [OTHER]]`: what FILE would change, compared with what runs, and which nodes run
// something else; or what OTHER changes, compared with FILE.
#include <fmt/format.h>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/table.h"
#include "services/pacelinectl/target_sets.h"

namespace paceline::pacelinectl {
namespace {

std::string lines(const TargetsDiff& diff, bool colour) {
  std::string out;
  for (const auto& id : diff.added) out += coloured("+ " + id, Colour::good, colour) + "\n";
  for (const auto& id : diff.removed) out += coloured("- " + id, Colour::bad, colour) + "\n";
  for (const auto& change : diff.changed) {
    out += "~ " + change.id;
    const char* between = "  ";
    for (const auto& field : change.fields) {
      out += fmt::format("{}{} {} -> {}", between, field.name, field.before, field.after);
      between = ", ";
    }
    out += "\n";
  }
  return out + diff.summary() + "\n";
}

Outcome told(const TargetsDiff& diff, const Request& request) {
  return {.out = request.json ? diff_json(diff) : lines(diff, request.colour)};
}

}  // namespace

Outcome command_targets_diff(const Request& request, Environment& environment) {
  const auto in_file = [&](const std::string& file) {
    return read_targets_file(file, request, environment);
  };
  if (request.arguments.size() > 1) {
    const auto old = in_file(request.arguments[0]);
    if (old.outcome.exit != exit_fine) return old.outcome;
    const auto next = in_file(request.arguments[1]);
    if (next.outcome.exit != exit_fine) return next.outcome;
    return told(diff_targets(old.targets.all, next.targets.all), request);
  }
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  const auto next =
      in_file(request.arguments.empty() ? cluster->topology.targets_file : request.arguments[0]);
  if (next.outcome.exit != exit_fine) return next.outcome;
  const auto running = ask_running_targets(*cluster, environment);
  if (!running) return failed(exit_of(running.error()), running.error().detail);
  Outcome outcome = told(diff_targets(running->targets.all, next.targets.all), request);
  outcome.error = ask_nodes_apart(*cluster, environment) + disagreement(*running);
  if (outcome.error.ends_with('\n')) outcome.error.pop_back();
  if (!outcome.error.empty()) outcome.exit = exit_not_answered;
  return outcome;
}

}  // namespace paceline::pacelinectl
