// `targets check FILE`: every mistake of a targets file, with its line.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/target_sets.h"
#include "topology/shared_agents.h"

namespace paceline::pacelinectl {
namespace {

constexpr std::size_t most_named = 10;  // Targets of one pool.

// A line for each pool: which targets share agents, directly or through others.
std::string shared_text(const Targets& targets) {
  std::map<std::uint32_t, std::vector<std::string>> pools;
  const auto heads = pool_heads(targets);
  for (std::uint32_t i = 0; i < heads.size(); ++i) pools[heads[i]].push_back(targets.all[i].id);
  std::string text;
  for (const auto& [head, members] : pools) {
    if (members.size() == 1) continue;
    const std::size_t named = std::min(members.size(), most_named);
    text += fmt::format(
        "{} targets share agents: {}{}\n", members.size(),
        fmt::join(members.begin(), members.begin() + static_cast<std::ptrdiff_t>(named), ", "),
        named < members.size() ? ", ..." : "");
  }
  return text;
}

}  // namespace

Outcome command_targets_check(const Request& request, Environment& environment) {
  const std::string& file = request.arguments[0];
  const auto read = read_targets_file(file, request, environment);
  if (read.outcome.exit != exit_fine) return read.outcome;
  if (const auto once = check_pools(read.targets); !once)
    return {.exit = exit_mistakes, .out = fmt::format("{}: {}\n", file, once.error().detail)};
  if (request.json) return {.out = mistakes_json(file, {})};
  return {.out = fmt::format("{}: good, {} targets\n", file, read.targets.all.size()) +
                 shared_text(read.targets)};
}

}  // namespace paceline::pacelinectl
