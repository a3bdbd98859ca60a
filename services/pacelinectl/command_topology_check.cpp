// `topology check FILE`: every mistake of a topology file, with line and column.
#include <fmt/format.h>

#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/process_tables.h"

namespace paceline::pacelinectl {

Outcome command_topology_check(const Request& request, Environment& environment) {
  const std::string& file = topology_name(request);
  const auto text = environment.read(file);
  if (!text) return failed(exit_usage, text.error().detail);
  std::string supervisor;
  if (!request.supervisor_file.empty()) {
    auto read = environment.read(request.supervisor_file);
    if (!read) return failed(exit_usage, read.error().detail);
    supervisor = *std::move(read);
  }
  const auto mistakes = check_whole_topology(*text, file, supervisor);
  if (!mistakes.empty()) return mistakes_outcome(request, file, mistakes);
  return {.out = request.json ? mistakes_json(file, mistakes) : file + ": good\n"};
}

}  // namespace paceline::pacelinectl
