// `targets remove TARGET...`: takes targets out of the topology's targets file; what it replaces is kept.
#include <fmt/format.h>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/target_move.h"
#include "services/pacelinectl/target_sets.h"

namespace paceline::pacelinectl {

Outcome command_targets_remove(const Request& request, Environment& environment) {
  Request file_alone = request;
  file_alone.arguments.clear();
  const auto file = targets_file_of(file_alone, 0, environment);
  if (!file) return failed(exit_of(file.error()), file.error().detail);
  const auto read = read_targets_file(*file, request, environment);
  if (read.outcome.exit != exit_fine) return read.outcome;
  const Targets left = without_targets(read.targets, request.arguments);
  if (left.all.empty())
    return failed(exit_usage, *file + " would have no target left: stop the cluster instead");
  const auto was = difference_to(*file, left, environment);
  if (left.all.size() == read.targets.all.size())
    return put_to_work(replaced_outcome(request, *file, left, was, environment), request,
                       environment);
  const auto before = environment.read(*file);
  if (!before)
    return failed(exit_not_answered,
                  before.error().detail + ": what would be replaced could not be kept");
  const std::string text = targets_as(*file, left);
  const std::vector<FileToWrite> files = {{.path = replaced_name(*file), .content = *before},
                                          {.path = *file, .content = text}};
  if (const auto done = environment.write_all(files); !done)
    return failed(exit_not_answered, done.error().detail);
  return put_to_work(replaced_outcome(request, *file, left, was, environment), request,
                     environment);
}

}  // namespace paceline::pacelinectl
