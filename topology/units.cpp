#include "topology/units.h"

#include <fmt/format.h>

#include <string_view>

namespace paceline {
namespace {

/// One word of a line that systemd splits at blanks, in which % and $ and \ mean something.
std::string word(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '%' || c == '$')
      out += c;
    else if (c == '"' || c == '\\')
      out += '\\';
    out += c;
  }
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%";
  return text.find_first_not_of(plain) == text.npos ? out.substr(1) : out + '"';
}

std::string command_line(const Node& node, const std::string& process, bool several,
                         const SupervisorOptions& options) {
  std::string line;
  for (const auto& each : process_command(node, process, {}, options))
    line += (line.empty() ? "" : " ") + word(each);
  return several ? line + " --index %i" : line;
}

std::string service(const Topology& topology, const Node& node, const std::string& process,
                    bool several, const SupervisorOptions& options) {
  return fmt::format(
      "# Node {node} of cluster {cluster}, from {topology}: do not edit, make it anew after a "
      "change "
      "there.\n"
      "# What it may do stands in paceline-.service.d/; exit 78 is a bad configuration: not "
      "started "
      "again.\n"
      "[Unit]\n"
      "Description=Paceline's {process}{index} of node {node}\n"
      "Wants=network-online.target\n"
      "After=network-online.target\n"
      "PartOf=paceline-node.target\n"
      "StartLimitIntervalSec=0\n"
      "\n"
      "[Service]\n"
      "Type=exec\n"
      "User={user}\n"
      "ExecStart={command}\n"
      "ExecReload=/bin/sh -c \"kill -HUP ${{MAINPID}}\"\n"
      "Restart=on-failure\n"
      "RestartSec=100ms\n"
      "RestartPreventExitStatus=78\n"
      "TimeoutStopSec=5s\n"
      "ReadWritePaths={run}\n",
      fmt::arg("node", node.name), fmt::arg("cluster", topology.cluster),
      fmt::arg("topology", options.topology), fmt::arg("process", process),
      fmt::arg("index", several ? " %i" : ""),
      fmt::arg("user", options.user.empty() ? "paceline" : options.user),
      fmt::arg("command", command_line(node, process, several, options)),
      fmt::arg("run", word("-" + (options.run_dir.empty() ? topology.run_dir : options.run_dir))));
}

}  // namespace

std::vector<std::pair<std::string, std::string>> systemd_units(const Topology& topology,
                                                               const Node& node,
                                                               const SupervisorOptions& options) {
  std::vector<std::pair<std::string, std::string>> units;
  std::string wants;
  for (const auto& [process, count] : topology.processes(node)) {
    const bool several = count > 1;
    units.emplace_back(fmt::format("paceline-{}{}.service", process, several ? "@" : ""),
                       service(topology, node, process, several, options));
    for (int index = 0; index < count; ++index)
      wants += fmt::format("Wants=paceline-{}{}.service\n", process,
                           several ? "@" + std::to_string(index) : std::string{});
  }
  units.emplace_back(
      "paceline-node.target",
      fmt::format(
          "# Node {} of cluster {}, from {}: do not edit, make it anew after a change there.\n"
          "[Unit]\n"
          "Description=Paceline's node {}, a unit for each process\n"
          "Conflicts=paceline.service\n"
          "{}"
          "\n"
          "[Install]\n"
          "WantedBy=multi-user.target\n",
          node.name, topology.cluster, options.topology, node.name, wants));
  return units;
}

}  // namespace paceline
