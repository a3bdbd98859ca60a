// `targets import FROM [TO]`: a checked targets file takes the place of another, in TOML or CSV.
#include <fmt/format.h>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/target_sets.h"
#include "topology/targets_diff.h"

namespace paceline::pacelinectl {

Outcome command_targets_import(const Request& request, Environment& environment) {
  const auto read = read_targets_file(request.arguments[0], request, environment);
  if (read.outcome.exit != exit_fine) return read.outcome;
  std::string to = request.arguments.size() > 1 ? request.arguments[1] : "";
  if (to.empty()) {
    const auto cluster = load_cluster(request, environment);
    if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
    to = cluster->topology.targets_file;
  }
  std::string was = "there was no such file";
  if (const auto text = environment.read(to)) {
    const auto before = parse_targets(*text, to, max_rows);
    was = before ? diff_targets(before->all, read.targets.all).summary()
                 : "what was there had mistakes";
  }
  if (const auto done = environment.write(to, targets_as(to, read.targets), 0644); !done)
    return failed(exit_not_answered, done.error().detail);
  const auto count = read.targets.all.size();
  if (request.json)
    return {.out = texts_json(
                {{{"file", to}, {"targets", std::to_string(count)}, {"difference", was}}})};
  return {.out = fmt::format("{}: {} targets, {}; pacelinectl reload puts them to work\n", to,
                             count, was)};
}

}  // namespace paceline::pacelinectl
