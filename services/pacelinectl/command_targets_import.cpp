// `targets import FROM [TO]`: a checked targets file takes the place of another, in TOML or CSV; what it replaces is kept.
#include <fmt/format.h>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/input.h"
#include "services/pacelinectl/target_move.h"
#include "services/pacelinectl/target_sets.h"
#include "topology/target_fields.h"

namespace paceline::pacelinectl {

namespace {

/// What the file would be with those of `offered` beside its own.
tl::expected<Targets, Outcome> beside_those_of(const std::string& file, const Targets& offered,
                                               const Request& request, Environment& environment) {
  auto there = read_targets_file(file, request, environment);
  if (there.outcome.exit != exit_fine) return tl::unexpected{std::move(there.outcome)};
  Targets both = with_targets(std::move(there.targets), offered, request.held);
  // What each is right in alone may be wrong together: too many, a pool beside a membership.
  const auto checked = parse_targets(targets_as_toml(both), "", max_targets(request, environment));
  if (!checked) return tl::unexpected{failed(exit_mistakes, file + ": " + checked.error().detail)};
  return both;
}

}  // namespace

Outcome command_targets_import(const Request& request, Environment& environment) {
  if (request.cluster) return command_targets_rollout(request, environment);
  auto read = read_targets_file(request.arguments[0], request, environment);
  if (read.outcome.exit != exit_fine) return read.outcome;
  const auto to = targets_file_of(request, 1, environment);
  if (!to) return failed(exit_of(to.error()), to.error().detail);
  if (request.add) {
    auto both = beside_those_of(*to, read.targets, request, environment);
    if (!both) return both.error();
    read.targets = *std::move(both);
  }
  if (!read.targets.agents.empty() && csv_by_name(*to).value_or(false))
    return failed(
        exit_usage,
        fmt::format("{} says by [[agents]] who shares agents, for which CSV has no place: "
                    "import it into a .toml file",
                    request.arguments[0]));
  const auto was = difference_to(*to, read.targets, environment);
  const auto text = targets_as(*to, read.targets);
  const auto before = environment.read(*to);
  // Where nodes share a file the first of them wrote it.
  const bool is_there = before && *before == text;
  if (const auto state = given(request, "replaces");
      !state.empty() && state != was.state && !is_there)
    return failed(exit_not_answered, *to + " is another file than when it was looked at");
  if (!before && before.error().code != Errc::not_found)
    return failed(exit_not_answered,
                  before.error().detail + ": what would be replaced could not be kept");
  if (request.dry_run) return replaced_outcome(request, *to, read.targets, was, environment);
  std::vector<FileToWrite> files;
  if (before && !is_there) files.push_back({.path = replaced_name(*to), .content = *before});
  files.push_back({.path = *to, .content = text});
  if (const auto done = environment.write_all(files); !done)
    return failed(exit_not_answered, done.error().detail);
  return put_to_work(replaced_outcome(request, *to, read.targets, was, environment), request,
                     environment);
}

}  // namespace paceline::pacelinectl
