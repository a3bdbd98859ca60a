// The table of commands. One more command: its file command_NAME.cpp, a line here, a line in
// commands.cpp, and its options in arguments.cpp.
#pragma once

#include <span>
#include <string_view>

#include "services/pacelinectl/reach.h"
#include "services/pacelinectl/request.h"

namespace paceline::pacelinectl {

Outcome command_bench(const Request& request, Reach& reach);
Outcome command_complete(const Request& request, Reach& reach);
Outcome command_completion(const Request& request, Reach& reach);
Outcome command_decide(const Request& request, Reach& reach);
Outcome command_election(const Request& request, Reach& reach);
Outcome command_events(const Request& request, Reach& reach);
Outcome command_explain(const Request& request, Reach& reach);
Outcome command_handover(const Request& request, Reach& reach);
Outcome command_history(const Request& request, Reach& reach);
Outcome command_keys(const Request& request, Reach& reach);
Outcome command_loglevel(const Request& request, Reach& reach);
Outcome command_man(const Request& request, Reach& reach);
Outcome command_metrics(const Request& request, Reach& reach);
Outcome command_record(const Request& request, Reach& reach);
Outcome command_record_check(const Request& request, Reach& reach);
Outcome command_reload(const Request& request, Reach& reach);
Outcome command_statserver(const Request& request, Reach& reach);
Outcome command_statserver_switch(const Request& request, Reach& reach);
Outcome command_statserver_unseen(const Request& request, Reach& reach);
Outcome command_status(const Request& request, Reach& reach);
Outcome command_targets(const Request& request, Reach& reach);
Outcome command_targets_check(const Request& request, Reach& reach);
Outcome command_top(const Request& request, Reach& reach);
Outcome command_targets_diff(const Request& request, Reach& reach);
Outcome command_targets_export(const Request& request, Reach& reach);
Outcome command_targets_import(const Request& request, Reach& reach);
Outcome command_topology_check(const Request& request, Reach& reach);
Outcome command_topology_draw(const Request& request, Reach& reach);
Outcome command_topology_supervisor(const Request& request, Reach& reach);
Outcome command_version(const Request& request, Reach& reach);
Outcome command_watch(const Request& request, Reach& reach);
Outcome command_what_if(const Request& request, Reach& reach);

struct Command {
  std::string_view name;
  Outcome (*run)(const Request& request, Reach& reach);
};

std::span<const Command> commands();

/// Runs the command that the request names; it has to be one of the table.
Outcome run_command(const Request& request, Reach& reach);

}  // namespace paceline::pacelinectl
