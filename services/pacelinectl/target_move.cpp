#include "services/pacelinectl/target_move.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "services/pacelinectl/input.h"
#include "topology/shared_agents.h"

namespace paceline::pacelinectl {
namespace {

constexpr std::string_view end_of_targets = "END_OF_TARGETS";

std::set<std::string> groups_of(const Targets& targets) {
  std::set<std::string> groups;
  for (const Target& target : targets.all) groups.insert(target.group);
  return groups;
}

class Mover {
 public:
  explicit Mover(const TargetMove& move)
      : move_{move}, ids_{fmt::format("{}", fmt::join(move.ids, " "))} {}

  std::vector<PlanStep> all() {
    hold();
    let_go();
    take();
    clear_away();
    return std::move(steps_);
  }

 private:
  static std::string ctl(const MoveNode& node, std::string_view words) {
    const std::string file = node.topology.empty() ? "" : "--topology " + node.topology + " ";
    return fmt::format("{}pacelinectl {}--node {} {}", node.way, file, node.name, words);
  }
  void step(const MoveNode& node, std::string command, std::string why = {}) {
    steps_.push_back({node.name, node.host, std::move(command), std::move(why)});
  }
  // The master last.
  std::vector<const MoveNode*> standbys_first(const MoveCell& cell) const {
    std::vector<const MoveNode*> nodes;
    for (auto node = cell.nodes.rbegin(); node != cell.nodes.rend(); ++node)
      nodes.push_back(&*node);
    return nodes;
  }
  std::string learned_file(const MoveNode& node, int shard) const {
    return fmt::format("{}/{}/moved-from-{}-{}.checkpoint", move_.to.run_dir, node.name,
                       move_.from.cluster, shard);
  }

  // Switched off, nothing is offered for them; but their statistics come, and what was learned is taken up.
  void hold() {
    const MoveNode& source = move_.from.nodes.front();
    const std::string owner = move_.owner.empty() ? "" : fmt::format(" -o {0} -g {0}", move_.owner);
    for (const MoveNode* node : standbys_first(move_.to)) {
      std::string why = fmt::format("{} of {} holds them switched off, with what {} has learned",
                                    node->name, move_.to.cluster, move_.from.cluster);
      for (const int shard : move_.from.shards) {
        step(*node,
             fmt::format("{}cat {}/{}/pacer-{}.checkpoint | {}install -m 640{} /dev/stdin {}",
                         source.way, move_.from.run_dir, source.name, shard, node->way, owner,
                         learned_file(*node, shard)),
             std::move(why));
        why.clear();
      }
      step(*node, "rows | " + ctl(*node, "targets import - --add --held --reload"));
    }
    std::string sees;
    for (const std::string& id : move_.ids) sees += " --sees " + id;
    std::string why = "and sees them";
    for (const MoveNode& node : move_.to.nodes) {
      step(node, ctl(node, "wait --timeout 120" + sees), std::move(why));
      why.clear();
    }
  }

  // The standbys first, and none of them is in the way any more when the master lets go: from its publication without them until
  // the other cell's master paces them nobody does, so nothing but what has to be lies between.
  void let_go() {
    const MoveNode& master = move_.from.nodes.front();
    for (const MoveNode* node : standbys_first(move_.from))
      if (node != &master) forget(*node, "");
    for (const MoveNode* node : standbys_first(move_.from))
      if (node != &master) step(*node, published(*node, ""));
    forget(master, ", and the endpoint has heard it");
    // By now none has them, so it is enough that the endpoint has accepted that of one: of the master, or of whoever has become it
    // since this was made.
    std::string heard;
    for (const MoveNode& node : move_.from.nodes)
      heard += (heard.empty() ? "" : " || ") + published(node, " --accepted");
    step(master, std::move(heard));
  }
  void forget(const MoveNode& node, std::string_view more) {
    step(node, ctl(node, "targets remove --reload " + ids_),
         fmt::format("{} of {} lets them go{}", node.name, move_.from.cluster, more));
  }
  static std::string published(const MoveNode& node, std::string_view more) {
    return ctl(node, fmt::format("wait --published{} --timeout 60", more));
  }

  void take() {
    for (const MoveNode& node : move_.to.nodes)
      step(node, "rows | " + ctl(node, "targets import - --add --reload"),
           fmt::format("{} of {} paces them", node.name, move_.to.cluster));
    for (const MoveNode& node : move_.to.nodes) step(node, published(node, ""));
  }

  void clear_away() {
    std::string why = "what was brought along is known by now";
    for (const MoveNode& node : move_.to.nodes) {
      std::string files;
      for (const int shard : move_.from.shards) files += " " + learned_file(node, shard);
      step(node, fmt::format("{}rm -f{}", node.way, files), std::move(why));
      why.clear();
    }
  }

  const TargetMove& move_;
  std::string ids_;
  std::vector<PlanStep> steps_;
};

}  // namespace

Targets with_targets(Targets there, const Targets& more, bool held) {
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < there.all.size(); ++i) places.emplace(there.all[i].id, i);
  for (const Target& target : more.all) {
    const auto known = places.find(target.id);
    if (known == places.end()) {
      there.all.push_back(target);
      if (held) there.all.back().options.enabled = false;
    } else if (!held) {
      there.all[known->second] = target;
    }
  }
  for (const AgentSet& set : more.agents)
    if (std::ranges::find(there.agents, set.groups, &AgentSet::groups) == there.agents.end())
      there.agents.push_back(set);
  return there;
}

Targets without_targets(Targets there, const std::vector<std::string>& ids) {
  const std::set<std::string> gone(ids.begin(), ids.end());
  std::erase_if(there.all, [&](const Target& target) { return gone.contains(target.id); });
  const auto groups = groups_of(there);
  std::erase_if(there.agents, [&](const AgentSet& set) {
    return std::ranges::none_of(set.groups,
                                [&](const std::string& group) { return groups.contains(group); });
  });
  return there;
}

Result<Targets> targets_to_move(const Targets& there, const std::vector<std::string>& ids) {
  const std::set<std::string> moved(ids.begin(), ids.end());
  for (const std::string& id : ids)
    if (std::ranges::find(there.all, id, &Target::id) == there.all.end())
      return fail(Errc::not_found, id + ": no such target");
  if (moved.size() == there.all.size())
    return fail(Errc::unsupported,
                "these are all that it has, and a cluster needs one: stop that cluster instead");
  const auto heads = pool_heads(there);
  std::unordered_map<std::uint32_t, std::size_t> moves;  // One of each pool.
  for (std::size_t i = 0; i < heads.size(); ++i)
    if (moved.contains(there.all[i].id)) moves.emplace(heads[i], i);
  for (std::size_t i = 0; i < heads.size(); ++i)
    if (const auto pool = moves.find(heads[i]);
        pool != moves.end() && !moved.contains(there.all[i].id))
      return fail(Errc::unsupported,
                  fmt::format("{} shares agents with {}: two cells would promise them twice, so "
                              "move both",
                              there.all[pool->second].id, there.all[i].id));
  std::vector<std::string> others;
  for (const Target& target : there.all)
    if (!moved.contains(target.id)) others.push_back(target.id);
  return without_targets(there, others);
}

Result<std::vector<PlanStep>> move_steps(const TargetMove& move) {
  std::vector<std::string> names = move.ids;
  for (const MoveCell* cell : {&move.from, &move.to}) {
    names.insert(names.end(), {cell->cluster, cell->run_dir});
    for (const MoveNode& node : cell->nodes) names.push_back(node.topology);
  }
  for (const std::string& name : names)
    if (!is_plain(name))
      return fail(Errc::unsupported,
                  name + ": a script of simple words has no way to say this name");
  return Mover{move}.all();
}

std::string move_script(const TargetMove& move, const std::vector<PlanStep>& steps,
                        const std::vector<PlanStep>& back, std::string_view rows) {
  const std::string ids = fmt::format("{}", fmt::join(move.ids, " "));
  return fmt::format(
      "#!/bin/bash\n"
      "# Takes {0} from cell {1} to cell {2}. Lost: for them, some seconds without an offer, once; "
      "what was learned since the last checkpoint.\n"
      "# It ends at the first step that fails, and may be run again. With the argument `back` it "
      "takes them back to {1}.\n"
      "set -Eeuo pipefail\n"
      "trap 'echo \"It ended in the middle: run it again, or with the argument back.\" >&2' ERR\n"
      "rows() {{ cat <<'{3}'\n{4}{5}{3}\n}}\n\n"
      "if [ \"${{1:-}}\" = back ]; then\n{6}\nelse\n{7}\nfi < /dev/null\necho 'done'\n",
      ids, move.from.cluster, move.to.cluster, end_of_targets, rows,
      rows.ends_with('\n') ? "" : "\n", steps_text(back), steps_text(steps));
}

}  // namespace paceline::pacelinectl
