#include "services/pacelinectl/commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "common/base/check.h"
#include "services/pacelinectl/cells.h"

namespace paceline::pacelinectl {
namespace {

constexpr auto table = std::to_array<Command>({
    {"status", command_status},
    {"check", command_check},
    {"support-bundle", command_support_bundle},
    {"targets", command_targets},
    {"targets check", command_targets_check},
    {"targets diff", command_targets_diff},
    {"targets import", command_targets_import},
    {"targets move", command_targets_move},
    {"targets remove", command_targets_remove},
    {"targets rollback", command_targets_rollback},
    {"targets export", command_targets_export},
    {"explain", command_explain},
    {"decide", command_decide},
    {"election", command_election},
    {"statserver", command_statserver},
    {"statserver status", command_statserver},
    {"statserver switch", command_statserver_switch},
    {"statserver unseen", command_statserver_unseen},
    {"handover", command_handover},
    {"pause", command_pause},
    {"resume", command_resume},
    {"drain", command_drain},
    {"undrain", command_undrain},
    {"wait", command_wait},
    {"topology check", command_topology_check},
    {"topology diff", command_topology_diff},
    {"topology edit", command_topology_edit},
    {"topology import", command_topology_import},
    {"topology plan", command_topology_plan},
    {"topology rollback", command_topology_rollback},
    {"topology draw", command_topology_draw},
    {"topology rename", command_topology_rename},
    {"topology supervisor", command_topology_supervisor},
    {"topology units", command_topology_units},
    {"init", command_init},
    {"keys", command_keys},
    {"keys check", command_keys_check},
    {"keys export", command_keys_export},
    {"keys import", command_keys_import},
    {"keys plan", command_keys_plan},
    {"metrics", command_metrics},
    {"loglevel", command_loglevel},
    {"record", command_record},
    {"record check", command_record_check},
    {"reload", command_reload},
    {"version", command_version},
    {"top", command_top},
    {"what-if", command_what_if},
    {"history", command_history},
    {"compliance", command_compliance},
    {"events", command_events},
    {"watch", command_watch},
    {"schema", command_schema},
    {"bench", command_bench},
    {"completion", command_completion},
    {"man", command_man},
    {"__complete", command_complete},
});

// What a watch answers over HTTP.
constexpr auto by_url = std::to_array<std::string_view>(
    {"status", "top", "targets", "explain", "events", "metrics", "history", "compliance"});

bool works_by_url(std::string_view command) {
  return command == "__complete" || std::ranges::find(by_url, command) != by_url.end();
}

}  // namespace

std::span<const Command> commands() {
  return table;
}

Outcome run_command(const Request& request, Environment& environment) {
  if (!request.url.empty() && !works_by_url(request.command))
    return failed(exit_usage, fmt::format("{} asks more than a watch knows, so not by --url; {} do",
                                          request.command, fmt::join(by_url, ", ")));
  const auto command = std::ranges::find(table, request.command, &Command::name);
  CHECK(command != table.end());
  const auto cells = cells_of(request);
  if (cells.size() > 1 && !takes_cells_itself(request))
    return run_in_cells(request, cells, command->run, environment);
  return command->run(request, environment);
}

}  // namespace paceline::pacelinectl
