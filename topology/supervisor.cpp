#include "topology/supervisor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "common/base/check.h"

namespace paceline {
namespace {

/// supervisord expands %(...)s in every value.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '%' ? std::string{"%%"} : std::string{c};
  return out;
}

std::string run_dir(const Topology& topology, const SupervisorOptions& options) {
  return options.run_dir.empty() ? topology.run_dir : options.run_dir;
}

std::string log_folder(const Topology& topology, const Node& node,
                       const SupervisorOptions& options) {
  if (!options.log_dir.empty()) return options.log_dir;
  return run_dir(topology, options) + "/" + node.name + "/log";
}

std::string program(const Topology& topology, const Node& node, const std::string& process,
                    int count, const SupervisorOptions& options) {
  const std::string instance = count > 1 ? process + "-%(process_num)d" : process;
  SupervisorOptions there = options;  // The number's own % is none to escape.
  there.bin_dir = escaped(options.bin_dir);
  there.topology = escaped(options.topology);
  return fmt::format(
      "[program:{node}-{process}]\n"
      "command={command}\n{user}"
      "process_name={instance}\n"
      "numprocs={count}\n"
      "autostart=true\n"
      "autorestart=unexpected\n"
      "exitcodes=0,78\n"
      "startsecs=0\n"
      "startretries=1000000\n"
      "stopsignal=TERM\n"
      "stopwaitsecs=5\n"
      "redirect_stderr=true\n"
      "stdout_logfile={log}/{log_prefix}{instance}.log\n"
      "stdout_logfile_maxbytes=10MB\n"
      "stdout_logfile_backups=5\n\n",
      fmt::arg("node", node.name), fmt::arg("process", process),
      fmt::arg("command",
               fmt::join(process_command(node, process, count > 1 ? "%(process_num)d" : "", there),
                         " ")),
      fmt::arg("user",
               options.user.empty() ? std::string{} : fmt::format("user={}\n", options.user)),
      fmt::arg("instance", instance), fmt::arg("count", count),
      fmt::arg("log", escaped(log_folder(topology, node, options))),
      fmt::arg("log_prefix", options.log_dir.empty() ? std::string{} : node.name + "-"));
}

const Node& node_named(const Topology& topology, const std::string& name) {
  const Node* node = topology.node(name);
  CHECK(node);
  return *node;
}

struct Found {
  int line;
  int count;
};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// Program name -> its line and numprocs.
std::map<std::string, Found, std::less<>> programs(std::string_view configuration) {
  std::map<std::string, Found, std::less<>> found;
  Found* current = nullptr;
  for (int line = 1; !configuration.empty(); ++line) {
    const auto end = std::min(configuration.find('\n'), configuration.size());
    const std::string_view text = trimmed(configuration.substr(0, end));
    configuration.remove_prefix(std::min(end + 1, configuration.size()));
    if (text.starts_with('[')) {
      constexpr std::string_view opening = "[program:";
      const bool is_program = text.starts_with(opening) && text.ends_with(']');
      current =
          is_program
              ? &found[std::string{text.substr(opening.size(), text.size() - opening.size() - 1)}]
              : nullptr;
      if (current) *current = {line, 1};
    } else if (current && trimmed(text.substr(0, text.find('='))) == "numprocs") {
      const std::string_view value =
          trimmed(text.substr(std::min(text.find('='), text.size() - 1) + 1));
      std::from_chars(value.data(), value.data() + value.size(), current->count);
    }
  }
  return found;
}

}  // namespace

std::vector<std::string> process_command(const Node& node, const std::string& process,
                                         const std::string& index,
                                         const SupervisorOptions& options) {
  std::vector<std::string> words = {options.bin_dir + "/" + process, options.topology, "--node",
                                    node.name};
  if (!index.empty()) words.insert(words.end(), {"--index", index});
  return words;
}

std::string supervisor_group(const Topology& topology, const Node& node,
                             const SupervisorOptions& options) {
  std::string text = fmt::format(
      "; Node {} of cluster {}, from {}: do not edit, make it anew after a change there.\n"
      "; {} has to exist (--folders makes it). Exit 78 is a bad configuration: not started "
      "again.\n\n",
      node.name, topology.cluster, options.topology, log_folder(topology, node, options));
  std::vector<std::string> names;
  for (const auto& [process, count] : topology.processes(node)) {
    text += program(topology, node, process, count, options);
    names.push_back(node.name + "-" + process);
  }
  text += fmt::format("[group:{}]\nprograms={}\n", node.name, fmt::join(names, ","));
  return text;
}

std::string supervisor_groups(const Topology& topology, const std::vector<std::string>& nodes,
                              const SupervisorOptions& options) {
  std::string text;
  for (const std::string& name : nodes)
    text += (text.empty() ? "" : "\n") +
            supervisor_group(topology, node_named(topology, name), options);
  return text;
}

std::vector<std::string> supervisor_folders(const Topology& topology,
                                            const std::vector<std::string>& nodes,
                                            const SupervisorOptions& options) {
  std::vector<std::string> folders;
  for (const std::string& name : nodes) {
    std::string folder = log_folder(topology, node_named(topology, name), options);
    if (std::ranges::find(folders, folder) == folders.end()) folders.push_back(std::move(folder));
  }
  return folders;
}

std::vector<Mistake> check_supervisor(const Topology& topology, std::string_view configuration) {
  std::vector<Mistake> mistakes;
  const auto found = programs(configuration);
  const auto complain = [&](int line, std::string what) {
    mistakes.push_back({.where = {"supervisor", line}, .what = std::move(what)});
  };
  for (const Node& node : topology.nodes) {
    const std::string prefix = node.name + "-";
    const auto ours = [&](const auto& entry) { return entry.first.starts_with(prefix); };
    if (std::ranges::none_of(found, ours)) continue;  // The configuration of another node.
    const auto wanted = topology.processes(node);
    for (const auto& [process, count] : wanted) {
      const auto at = found.find(prefix + process);
      if (at == found.end())
        complain(1, fmt::format("node {} runs {}, here is no [program:{}{}]", node.name, process,
                                prefix, process));
      else if (at->second.count != count)
        complain(at->second.line,
                 fmt::format("[program:{}{}] numprocs = {}: the topology runs {}{}", prefix,
                             process, at->second.count, count,
                             process == "pacer" ? fmt::format(" (pacers = {})", topology.pacers)
                                                : std::string{}));
    }
    for (const auto& [name, program] : found) {
      if (!name.starts_with(prefix)) continue;
      const std::string_view process = std::string_view{name}.substr(prefix.size());
      if (std::ranges::none_of(wanted, [&](const auto& entry) { return entry.first == process; }))
        complain(program.line,
                 fmt::format("[program:{}]: node {} does not run {}", name, node.name, process));
    }
  }
  return mistakes;
}

}  // namespace paceline
