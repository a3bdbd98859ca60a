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
  const auto was = difference_to(*file, read.targets, environment);
  // In this order: whatever ends it between the two, what was asked for is there.
  if (const auto done = environment.write(*file, *text, 0644); !done)
    return failed(exit_not_answered, done.error().detail);
  if (now)
    if (const auto done = environment.write(kept, *now, 0644); !done)
      return failed(exit_not_answered,
                    fmt::format("{} is back, but what it replaced is not kept: {}", *file,
                                done.error().detail));
  return replaced_outcome(request, *file, read.targets, was, environment);
}

}  // namespace paceline::pacelinectl
