// `topology rename NEW-NAME [FILE]`: gives the cluster another name, under which terms begin anew.
#include <fmt/format.h>

#include <optional>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "topology/check.h"
#include "topology/topology_reader.h"

namespace paceline::pacelinectl {
namespace {

/// Where a place is, in bytes from the start. Empty: there is no such line.
std::optional<std::size_t> offset_of(std::string_view text, const Location& place) {
  std::size_t line = 0;
  for (int i = 1; i < place.line; ++i) {
    line = text.find('\n', line);
    if (line == std::string_view::npos) return {};
    ++line;
  }
  return line + static_cast<std::size_t>(place.column - 1);
}

/// The text with another value of the key `cluster`, and nothing else changed. Empty: the value is
/// written in a way that this does not know, as over several lines.
std::optional<std::string> renamed(const std::string& text, const Settings& root,
                                   const std::string& was, const std::string& name) {
  const auto at = offset_of(text, root.where("cluster"));
  if (!at || *at >= text.size()) return {};
  const char quote = text[*at];
  if (quote != '"' && quote != '\'') return {};
  if (text.compare(*at, was.size() + 2, quote + was + quote) != 0) return {};
  return std::string{text}.replace(*at + 1, was.size(), name);
}

std::string next_steps(const std::string& file, const std::string& was, const std::string& name) {
  return fmt::format(
      "{}: the cluster is called {} now, and was {}\n"
      "next, in this order:\n"
      "  1. on every other node: pacelinectl topology rename {}\n"
      "  2. on every node, witnesses too: pacelinectl reload elector\n"
      "  3. on every node: pacelinectl reload\n"
      "Terms begin anew, here and at the endpoint. Until a majority of the nodes has done 2, and "
      "the\n"
      "master 3, nothing is published. The term files of {} stay where they are.\n",
      file, name, was, name, was);
}

}  // namespace

Outcome command_topology_rename(const Request& request, Environment& environment) {
  const std::string& name = request.arguments[0];
  const std::string& file = request.arguments.size() > 1 ? request.arguments[1] : request.topology;
  const auto text = environment.read(file);
  if (!text) return failed(exit_usage, text.error().detail);
  const auto before = read_topology(*text, file);
  if (const auto mistakes = check_topology(*text, file, ""); !mistakes.empty())
    return failed(exit_mistakes, fmt::format("{} has mistakes, and was not touched: {}", file,
                                             mistakes.front().text()));
  const std::string& was = before.topology.cluster;
  if (was == name)
    return {.out = fmt::format("{}: the cluster is called {} already\n", file, name)};
  const auto after = renamed(*text, before.root, was, name);
  if (!after)
    return failed(exit_mistakes, fmt::format("{}: cluster is not written as cluster = \"{}\"; "
                                             "write it so, or change it by hand",
                                             before.root.where("cluster").text(), was));
  if (const auto mistakes = check_topology(*after, file, ""); !mistakes.empty())
    return failed(exit_mistakes, mistakes.front().text() + "; the file was not touched");
  if (read_topology(*after, file).topology.cluster != name)
    return failed(exit_mistakes,
                  fmt::format("{} is no name for a cluster; the file was not touched", name));
  if (const auto done = environment.replace(file, *after); !done)
    return failed(exit_not_answered, done.error().detail);
  if (request.json) return {.out = texts_json({{{"file", file}, {"was", was}, {"cluster", name}}})};
  return {.out = next_steps(file, was, name)};
}

}  // namespace paceline::pacelinectl
