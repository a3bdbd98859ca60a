// `topology supervisor FILE`: supervisord's configuration of a node, or of all on one machine; `topology units FILE`: a node's units
// of systemd. Both from the same commands.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "topology/supervisor.h"
#include "topology/units.h"

namespace paceline::pacelinectl {
namespace {

SupervisorOptions options_of(const Request& request, const std::string& file,
                             Environment& environment) {
  const auto absolute = [&](const std::string& path) {
    return path.empty() ? path : environment.absolute(path);
  };
  return {
      .bin_dir = request.bin_dir.empty() ? environment.program_folder() : absolute(request.bin_dir),
      .topology = absolute(file),
      .run_dir = {},
      .log_dir = absolute(request.log_dir),
      .user = request.user};
}

Outcome units_in_files(const std::vector<std::pair<std::string, std::string>>& units,
                       const Request& request, Environment& environment) {
  std::vector<std::string> written;
  for (const auto& [name, text] : units) {
    const std::string file = request.only + "/" + name;
    if (const auto done = environment.write(file, text, 0644); !done)
      return failed(exit_not_answered, done.error().detail);
    written.push_back(file);
  }
  if (request.json) return {.out = list_json("written", written)};
  return {.out = fmt::format("{}\nthen: systemctl daemon-reload && systemctl enable --now {}\n",
                             fmt::join(written, "\n"), units.back().first)};
}

}  // namespace

Outcome command_topology_supervisor(const Request& request, Environment& environment) {
  const auto opened = open_topology(request, environment);
  if (!opened) return opened.error();
  const auto& [file, text, topology] = *opened;
  std::vector<std::string> nodes;
  for (const Node& node : topology.nodes)
    if (request.node.empty() || node.name == request.node) nodes.push_back(node.name);
  if (nodes.empty()) return failed(exit_usage, fmt::format("{}: no node '{}'", file, request.node));
  const SupervisorOptions options = options_of(request, file, environment);
  const std::string configuration = supervisor_groups(topology, nodes, options);
  const auto folders = supervisor_folders(topology, nodes, options);
  if (request.folders)
    for (const auto& folder : folders)
      if (const auto made = environment.make_folder(folder, 0750); !made)
        return failed(exit_not_answered, made.error().detail);
  return {.out = request.json ? supervisor_json(configuration, folders) : configuration};
}

Outcome command_topology_units(const Request& request, Environment& environment) {
  const auto opened = open_topology(request, environment);
  if (!opened) return opened.error();
  const auto& [file, text, topology] = *opened;
  const Node* node = topology.node(request.node);
  if (!node)
    return failed(exit_usage, request.node.empty()
                                  ? std::string{"units are those of one node: name it by --node"}
                                  : fmt::format("{}: no node '{}'", file, request.node));
  const auto units = systemd_units(topology, *node, options_of(request, file, environment));
  if (!request.only.empty()) return units_in_files(units, request, environment);
  if (request.json) return {.out = texts_json(units)};
  Outcome outcome;
  for (const auto& [name, unit] : units)
    outcome.out += fmt::format("{}## {}\n{}", outcome.out.empty() ? "" : "\n", name, unit);
  return outcome;
}

}  // namespace paceline::pacelinectl
