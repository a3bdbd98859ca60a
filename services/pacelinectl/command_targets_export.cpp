// `targets export [FILE]`: what runs, as a targets file; to standard output without FILE.
#include <fmt/format.h>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/target_sets.h"

namespace paceline::pacelinectl {

Outcome command_targets_export(const Request& request, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  const auto running = ask_running_targets(*cluster, environment);
  if (!running) return failed(exit_of(running.error()), running.error().detail);
  const std::string file = request.arguments.empty() ? "" : request.arguments[0];
  Outcome outcome;
  outcome.error = disagreement(*running);
  if (!outcome.error.empty()) outcome.exit = exit_not_answered;
  const std::string text =
      request.csv ? targets_as_csv(running->targets) : targets_as(file, running->targets);
  if (file.empty()) {
    outcome.out = text;
    return outcome;
  }
  if (const auto done = environment.write(file, text, 0644); !done)
    return failed(exit_not_answered, done.error().detail);
  const auto count = std::to_string(running->targets.all.size());
  outcome.out = request.json ? texts_json({{{"file", file}, {"targets", count}}})
                             : fmt::format("{}: {} targets\n", file, count);
  return outcome;
}

}  // namespace paceline::pacelinectl
