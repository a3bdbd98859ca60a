// The table of commands. One more command: its file command_NAME.cpp, a line here, a line in
// commands.cpp, and its options in arguments.cpp.
#pragma once

#include <span>
#include <string_view>

#include "services/pacelinectl/environment.h"
#include "services/pacelinectl/request.h"

namespace paceline::pacelinectl {

Outcome command_bench(const Request& request, Environment& environment);
Outcome command_check(const Request& request, Environment& environment);
Outcome command_complete(const Request& request, Environment& environment);
Outcome command_completion(const Request& request, Environment& environment);
Outcome command_decide(const Request& request, Environment& environment);
Outcome command_drain(const Request& request, Environment& environment);
Outcome command_election(const Request& request, Environment& environment);
Outcome command_events(const Request& request, Environment& environment);
Outcome command_explain(const Request& request, Environment& environment);
Outcome command_handover(const Request& request, Environment& environment);
Outcome command_compliance(const Request& request, Environment& environment);
Outcome command_history(const Request& request, Environment& environment);
Outcome command_init(const Request& request, Environment& environment);
Outcome command_keys(const Request& request, Environment& environment);
Outcome command_keys_check(const Request& request, Environment& environment);
Outcome command_keys_export(const Request& request, Environment& environment);
Outcome command_keys_import(const Request& request, Environment& environment);
Outcome command_keys_plan(const Request& request, Environment& environment);
Outcome command_loglevel(const Request& request, Environment& environment);
Outcome command_man(const Request& request, Environment& environment);
Outcome command_metrics(const Request& request, Environment& environment);
Outcome command_pause(const Request& request, Environment& environment);
Outcome command_record(const Request& request, Environment& environment);
Outcome command_record_check(const Request& request, Environment& environment);
Outcome command_reload(const Request& request, Environment& environment);
Outcome command_resume(const Request& request, Environment& environment);
Outcome command_schema(const Request& request, Environment& environment);
Outcome command_statserver(const Request& request, Environment& environment);
Outcome command_statserver_switch(const Request& request, Environment& environment);
Outcome command_statserver_unseen(const Request& request, Environment& environment);
Outcome command_status(const Request& request, Environment& environment);
Outcome command_support_bundle(const Request& request, Environment& environment);
Outcome command_targets(const Request& request, Environment& environment);
Outcome command_targets_check(const Request& request, Environment& environment);
Outcome command_top(const Request& request, Environment& environment);
Outcome command_targets_diff(const Request& request, Environment& environment);
Outcome command_targets_export(const Request& request, Environment& environment);
Outcome command_targets_import(const Request& request, Environment& environment);
/// `targets import --cluster`
Outcome command_targets_rollout(const Request& request, Environment& environment);
Outcome command_targets_move(const Request& request, Environment& environment);
Outcome command_targets_remove(const Request& request, Environment& environment);
Outcome command_targets_rollback(const Request& request, Environment& environment);
Outcome command_topology_check(const Request& request, Environment& environment);
Outcome command_topology_diff(const Request& request, Environment& environment);
Outcome command_topology_draw(const Request& request, Environment& environment);
Outcome command_topology_edit(const Request& request, Environment& environment);
Outcome command_topology_import(const Request& request, Environment& environment);
Outcome command_topology_plan(const Request& request, Environment& environment);
Outcome command_topology_rename(const Request& request, Environment& environment);
Outcome command_topology_rollback(const Request& request, Environment& environment);
Outcome command_topology_supervisor(const Request& request, Environment& environment);
Outcome command_topology_units(const Request& request, Environment& environment);
Outcome command_undrain(const Request& request, Environment& environment);
Outcome command_version(const Request& request, Environment& environment);
Outcome command_wait(const Request& request, Environment& environment);
Outcome command_watch(const Request& request, Environment& environment);
Outcome command_what_if(const Request& request, Environment& environment);

struct Command {
  std::string_view name;
  Outcome (*run)(const Request& request, Environment& environment);
};

std::span<const Command> commands();

/// Runs the command that the request names; it has to be one of the table.
Outcome run_command(const Request& request, Environment& environment);

}  // namespace paceline::pacelinectl
