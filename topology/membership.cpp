#include "topology/membership.h"

#include <fmt/format.h>

#include <unordered_map>
#include <unordered_set>

#include "common/base/ascii.h"
#include "common/base/utf8.h"
#include "topology/check.h"
#include "topology/csv_lines.h"
#include "topology/target_fields.h"

namespace paceline {
namespace {

constexpr std::size_t max_bytes = 256u << 20;

class MembershipReader {
 public:
  MembershipReader(const Targets& targets, std::string_view file) : findings{file} {
    for (const Target& target : targets.all) paced_.insert(target.group);
  }

  void read(std::string_view text) {
    if (text.size() > max_bytes)
      return findings.add(1, 1, fmt::format("{} bytes, over {}", text.size(), max_bytes));
    auto lines = CsvLines::of(text);
    if (!lines) return findings.add(1, 1, lines.error().detail);
    const auto heading = lines->next();
    if (!read_heading(heading.value_or(CsvLine{}), lines->separator())) return;
    while (!findings.full()) {
      const auto row = lines->next();
      if (!row) return;
      if (agent_ == 1 || !row->text.starts_with('#')) read_row(*row, lines->separator());
    }
  }

  Findings findings;
  std::vector<AgentSet> agents;

 private:
  bool read_heading(const CsvLine& line, char separator) {
    auto cells = split_csv(line.text, separator);
    if (cells)
      while (cells->size() > 2 && cells->back().text.empty()) cells->pop_back();
    if (cells && cells->size() == 2)
      for (const std::size_t agent : {0u, 1u})
        if (same_word((*cells)[agent].text, "agent") &&
            same_word((*cells)[1 - agent].text, "groups")) {
          agent_ = agent;
          return true;
        }
    findings.add(
        line.number, 1,
        fmt::format("\"{}\": the first line is \"agent,groups\"", repaired_utf8(line.text)));
    return false;
  }

  void read_row(const CsvLine& line, char separator) {
    auto cells = split_csv(line.text, separator);
    if (!cells) return findings.add(line.number, 1, cells.error().detail);
    const std::size_t told = cells->size();
    while (cells->size() > 2 && cells->back().text.empty()) cells->pop_back();
    // Semicolons part the groups, whether quoted or not.
    if (separator == ';' && agent_ == 0)
      for (; cells->size() > 2; cells->erase(cells->begin() + 2))
        (*cells)[1].text += ";" + (*cells)[2].text;
    if (cells->size() != 2)
      return findings.add(line.number, 1,
                          fmt::format("{} cells, not an agent and its groups", told));
    read_agent((*cells)[agent_], (*cells)[1 - agent_], line.number);
  }

  void read_agent(const CsvCell& agent, const CsvCell& groups, int line) {
    if (!is_object(agent.text))
      return findings.add(line, agent.column,
                          fmt::format("agent = \"{}\": not 1 to 256 bytes of text", agent.text));
    const auto [before, is_new] = lines_.emplace(agent.text, line);
    if (!is_new)
      return findings.add(
          line, agent.column,
          fmt::format("agent = \"{}\": stands in line {} already", agent.text, before->second));
    AgentSet set;
    std::string_view left = groups.text;
    for (std::size_t count = 0; !left.empty(); ++count) {
      const auto end = std::min(left.find(';'), left.size());
      const auto group = left.substr(0, end);
      left.remove_prefix(std::min(end + 1, left.size()));
      if (!is_object(group) || count == most_groups)
        return findings.add(
            line, groups.column,
            fmt::format("groups = \"{}\": not 1 to {} object ids, parted by semicolons",
                        groups.text, most_groups));
      if (paced_.contains(group)) set.groups.emplace_back(group);
    }
    if (!set.groups.empty()) agents.push_back(std::move(set));
  }

  std::size_t agent_ = 0;  // The column of the agent: 0 or 1; groups are in the other.
  std::unordered_set<std::string_view> paced_;
  std::unordered_map<std::string, int> lines_;  // By agent.
};

}  // namespace

Result<void> add_membership(Targets& targets, std::string_view text, std::string_view file) {
  MembershipReader reader{targets, file};
  reader.read(text);
  if (!reader.findings.empty()) {
    const auto mistakes = reader.findings.in_order();
    const auto more = mistakes.size() == 1 ? std::string{}
                                           : fmt::format(" (and {}{} more mistakes)",
                                                         reader.findings.full() ? "at least " : "",
                                                         mistakes.size() - 1);
    return tl::unexpected(error_at(mistakes.front().where, mistakes.front().what + more));
  }
  targets.agents.insert(targets.agents.end(), reader.agents.begin(), reader.agents.end());
  merge_agents(targets.agents);
  return {};
}

}  // namespace paceline
