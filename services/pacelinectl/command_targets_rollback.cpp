// `targets rollback [FILE]`: what the last import replaced takes its place again, and may be brought back by another one.
#include <fmt/format.h>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/target_sets.h"

namespace paceline::pacelinectl {

Outcome command_targets_rollback(const Request& request, Environment& environment) {
  const auto file = targets_file_of(request, 0, environment);
  if (!file) return failed(exit_of(file.error()), file.error().detail);
  const auto kept = replaced_name(*file);
  const auto text = environment.read(kept);
  if (!text)
    return failed(exit_usage, fmt::format("nothing to go back to: {}", text.error().detail));
  const auto read = read_targets_file(kept, request, environment);
  if (read.outcome.exit != exit_fine) return read.outcome;
  const auto now = environment.read(*file);
  if (!now && now.error().code != Errc::not_found)
    return failed(exit_not_answered,
                  now.error().detail + ": what would be replaced could not be kept");
  const auto was = difference_to(*file, read.targets, environment);
  // In this order: whatever ends it between the two, what was asked for is there.
  std::vector<FileToWrite> files = {{.path = *file, .content = *text}};
  if (now) files.push_back({.path = kept, .content = *now});
  if (const auto done = environment.write_all(files); !done)
    return failed(exit_not_answered, done.error().detail);
  return replaced_outcome(request, *file, read.targets, was, environment);
}

}  // namespace paceline::pacelinectl
