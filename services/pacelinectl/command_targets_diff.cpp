// `targets diff FILE [OTHER]`: what FILE would change, compared with what runs; or what OTHER
// changes, compared with FILE.
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

}  // namespace

Outcome command_targets_diff(const Request& request, Environment& environment) {
  const auto first = read_targets_file(request.arguments[0], request, environment);
  if (first.outcome.exit != exit_fine) return first.outcome;
  Outcome outcome;
  TargetsDiff diff;
  if (request.arguments.size() > 1) {
    const auto second = read_targets_file(request.arguments[1], request, environment);
    if (second.outcome.exit != exit_fine) return second.outcome;
    diff = diff_targets(first.targets.all, second.targets.all);
  } else {
    const auto cluster = load_cluster(request, environment);
    if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
    const auto running = ask_running_targets(*cluster, environment);
    if (!running) return failed(exit_of(running.error()), running.error().detail);
    diff = diff_targets(running->targets.all, first.targets.all);
    outcome.error = disagreement(*running);
    if (!outcome.error.empty()) outcome.exit = exit_not_answered;
  }
  outcome.out = request.json ? diff_json(diff) : lines(diff, request.colour);
  return outcome;
}

}  // namespace paceline::pacelinectl
