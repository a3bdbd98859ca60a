// The steps from one topology file to another on a running cluster, as a script for whoever wants to read it first. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/wire/json_writer.h"
#include "services/pacelinectl/topology_change.h"

namespace paceline::pacelinectl {

/// One thing that is done on one host.
struct PlanStep {
  std::string node;  // On whose host.
  std::string host;
  std::string command;  // As it stands in the script, with the way to that host.
  std::string why;      // Of the first of several that belong together; else "".
};

/// What a plan has to know of the world.
struct PlanFacts {
  std::string our_host;            // Where the script will run.
  std::string master;              // Now; "" = nobody knows.
  std::string topology;            // Where every host has the file.
  std::string owner;               // The user of the processes; "" = whoever runs the script.
  std::vector<std::string> files;  // Of a node that paces: targets, secrets, authorities.
  std::string term_file;           // Of the node that changes.
  std::string keys;                // The folder of keys.
  std::string run_dir;             // With a folder a node, in which pacers keep what they learned.
  std::string shell;               // What leads to a host, as of rollout.h.
  std::string service;             // What starts, stops and reloads the processes: {verb}.
};

///   errors   unsupported: a file whose name is more than one word of a shell
Result<std::vector<PlanStep>> plan_steps(const Topology& before, const Topology& after,
                                         const Needed& needed, const PlanFacts& facts);

/// Whether a file's name is one word of a shell, here and behind ssh.
bool is_plain(std::string_view path);

/// As they stand in a script: each with what it is for before it.
std::string steps_text(const std::vector<PlanStep>& steps);

/// As a list of that name, of an object each.
void write_steps(JsonWriter& json, const char* name, const std::vector<PlanStep>& steps);

/// For bash. It ends at the first step that fails, and may be run again.
///   next   the text of the topology file, which the script carries; "" = it stays
std::string plan_script(const std::vector<PlanStep>& steps, std::string_view head,
                        std::string_view next);

}  // namespace paceline::pacelinectl
