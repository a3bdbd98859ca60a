#include "services/pacelinectl/check_group.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "topology/supervisor.h"

namespace paceline::pacelinectl {
namespace {

struct Line {
  int number = 0;
  std::string_view text;
};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  for (int number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && !line.starts_with(';') && !line.starts_with('#'))
      lines.push_back({number, line});
  }
  return lines;
}

/// The sections of the node: its programs and its group.
std::vector<Line> lines_of_node(std::string_view configuration, const std::string& node) {
  std::vector<Line> ours;
  bool is_ours = false;
  for (const Line& line : lines_of(configuration)) {
    if (line.text.starts_with('['))
      is_ours = line.text.starts_with(fmt::format("[program:{}-", node)) ||
                line.text == fmt::format("[group:{}]", node);
    if (is_ours) ours.push_back(line);
  }
  return ours;
}

std::string_view value_of(const std::vector<Line>& lines, std::string_view key) {
  for (const Line& line : lines) {
    const auto equals = line.text.find('=');
    if (equals != line.text.npos && trimmed(line.text.substr(0, equals)) == key)
      return trimmed(line.text.substr(equals + 1));
  }
  return {};
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text[i] == '%' && i + 1 < text.size() && text[i + 1] == '%') ++i;
  }
  return out;
}

std::string folder_of(std::string_view path) {
  return unescaped(path.substr(0, path.rfind('/')));
}

/// What --bin, --log-dir and --user must have been.
SupervisorOptions options_in(const std::vector<Line>& lines, const Topology& topology,
                             const std::string& node) {
  const std::string_view command = value_of(lines, "command");
  const std::string_view program = command.substr(0, command.find(' '));
  const std::string logs = folder_of(value_of(lines, "stdout_logfile"));
  const bool are_usual = logs == fmt::format("{}/{}/log", topology.run_dir, node);
  return {.bin_dir = folder_of(program),
          .topology = topology.file,
          .run_dir = {},
          .log_dir = are_usual ? std::string{} : logs,
          .user = std::string{value_of(lines, "user")}};
}

}  // namespace

bool has_group(std::string_view configuration, std::string_view node) {
  const std::string head = fmt::format("[group:{}]", node);
  return std::ranges::any_of(lines_of(configuration),
                             [&](const Line& line) { return line.text == head; });
}

std::vector<std::string> log_folders(std::string_view configuration, const std::string& node) {
  std::vector<std::string> folders;
  for (const Line& line : lines_of_node(configuration, node)) {
    const auto equals = line.text.find('=');
    if (equals == line.text.npos || trimmed(line.text.substr(0, equals)) != "stdout_logfile")
      continue;
    std::string folder = folder_of(trimmed(line.text.substr(equals + 1)));
    if (std::ranges::find(folders, folder) == folders.end()) folders.push_back(std::move(folder));
  }
  return folders;
}

GroupFacts read_group(std::string_view configuration, const Topology& topology,
                      const std::string& node) {
  const auto lines = lines_of_node(configuration, node);
  const SupervisorOptions options = options_in(lines, topology, node);
  const std::string generated = supervisor_group(topology, *topology.node(node), options);
  const auto wanted = lines_of(generated);
  GroupFacts facts{.user = options.user, .difference = {}};
  const auto [here, there] = std::ranges::mismatch(lines, wanted, {}, &Line::text, &Line::text);
  if (here == lines.end() && there == wanted.end()) return facts;
  const int number = here != lines.end() ? here->number : lines.empty() ? 1 : lines.back().number;
  facts.difference =
      there == wanted.end() ? fmt::format("{}: '{}' is too much", number, here->text)
      : here == lines.end()
          ? fmt::format("{}: '{}' is missing below it", number, there->text)
          : fmt::format("{}: '{}' where the topology makes '{}'", number, here->text, there->text);
  return facts;
}

}  // namespace paceline::pacelinectl
