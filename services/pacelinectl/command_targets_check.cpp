// `targets check FILE`: every mistake of a targets file, with its line; and which targets share agents, by the file and by the
// topology's membership.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "services/pacelinectl/cluster_file.h"
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

// The membership that the services would read beside the file.
//   returns  why it could not be read; "" otherwise, also where there is none
//   errors   its mistakes
Result<std::string> add_topology_membership(Targets& targets, const Request& request,
                                            Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return "";
  const auto added = add_own_membership(targets, cluster->topology, environment);
  if (added) return "";
  if (added.error().code == Errc::bad_value) return tl::unexpected{added.error()};
  return added.error().detail + ": what it tells of shared agents is left out";
}

}  // namespace

Outcome command_targets_check(const Request& request, Environment& environment) {
  const std::string& file = request.arguments[0];
  auto read = read_targets_file(file, request, environment);
  if (read.outcome.exit != exit_fine) return read.outcome;
  const auto left_out = add_topology_membership(read.targets, request, environment);
  if (!left_out) return {.exit = exit_mistakes, .out = left_out.error().detail + "\n"};
  if (const auto once = check_pools(read.targets); !once)
    return {.exit = exit_mistakes, .out = fmt::format("{}: {}\n", file, once.error().detail)};
  if (request.json) return {.out = mistakes_json(file, {})};
  return {.out = fmt::format("{}: good, {} targets\n", file, read.targets.all.size()) +
                 shared_text(read.targets),
          .error = *left_out};
}

}  // namespace paceline::pacelinectl
