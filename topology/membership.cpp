#include "topology/membership.h"

#include <fmt/format.h>

#include <unordered_map>
#include <unordered_set>

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
    if (const auto header = take_line(text); header != "agent,groups")
      return findings.add(1, 1, fmt::format("\"{}\": the first line is \"agent,groups\"", header));
    for (int line = 2; !text.empty() && !findings.full(); ++line) {
      const std::string_view row = take_line(text);
      if (row.empty() || row.starts_with('#')) continue;
      const auto cells = split_csv(row);
      if (!cells || cells->size() != 2)
        findings.add(line, 1,
                     cells ? fmt::format("{} cells, not an agent and its groups", cells->size())
                           : cells.error().detail);
      else
        read_agent((*cells)[0], (*cells)[1], line);
    }
  }

  Findings findings;
  std::vector<AgentSet> agents;

 private:
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
