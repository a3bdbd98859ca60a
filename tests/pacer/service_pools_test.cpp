// Targets that share agents, through the pacer's shell.
#include <map>
#include <string>

#include "common/base/random.h"
#include "tests/pacer/node_of_pacer.h"
#include "tests/support/catch.h"

namespace paceline::test {
namespace {

int granted(const NodeOfPacer& node) {
  int sum = 0;
  for (std::uint32_t i = 0; i < node.ids.size(); ++i) sum += node.heard->row(i).max_pending;
  return sum;
}

// Agents of `sales` are those of `help` too: what one begins or ends shows in both counts.
void play(NodeOfPacer& node, int minutes) {
  SplitMix64 random{7};
  TargetStat both = calm_stat();
  TargetStat other = calm_stat();
  const auto step = [&](TargetStat& stat) {
    const bool begins = stat.busy == 0 || (stat.busy < stat.logged_in && random.uniform() < 0.5);
    stat.busy += begins ? 1 : -1;
    stat.ready = stat.logged_in - stat.busy;
  };
  for (int s = 0; s < minutes * 60; s += 4) {
    if (random.uniform() < 0.3) step(both);
    if (random.uniform() < 0.3) step(other);
    node.feed->set(0, both);
    node.feed->set(1, both);
    node.feed->set(2, other);
    node.feed->publish({});
    node.sim.run_for(4s);
  }
}

// The figures of section `pool` of a target's explanation, by name.
std::map<std::string, ExplanationStep> pool_figures(NodeOfPacer& node, const std::string& id) {
  std::map<std::string, ExplanationStep> figures;
  bool is_answered = false;
  ask_control<Explanation>(node.sim.process({"a", "pacelinectl", 0}).bus, {"a", "pacer", 0},
                           request_of(Question::explain, {id}), 1s,
                           [&](Result<Explanation> answer) {
                             REQUIRE(answer);
                             is_answered = true;
                             for (auto& step : answer->steps)
                               if (step.group == "pool") figures[step.name] = step;
                           });
  node.sim.run_for(1s);
  REQUIRE(is_answered);
  return figures;
}

PacerConfig three_targets(PoolDetection detection) {
  PacerConfig config = one_shard({"sales", "help", "apart"});
  config.pool_detection = detection;
  return config;
}

}  // namespace

TEST_CASE("targets that share agents promise each of them once", "[pacer][scenario]") {
  const auto seed = GENERATE(range(0u, 50u));
  CAPTURE(seed);
  PacerConfig config = one_shard({"sales", "help"});
  config.shard.shared = {{{0, 1}, 10}};
  NodeOfPacer node{seed, config};
  node.feed->set(0, calm_stat());
  node.feed->set(1, calm_stat());

  node.sim.run_for(2s);

  CHECK(granted(node) == 4);
  CHECK((node.heard->row(0).reason == PaceReason::shared_agents ||
         node.heard->row(1).reason == PaceReason::shared_agents));
}

TEST_CASE("explain says whose goal rules where that of another target is less",
          "[pacer][scenario]") {
  PacerConfig config = one_shard({"sales", "help"});
  config.shard.shared = {{{0, 1}, 10}};
  config.shard.targets[0].options.optimization_goal = 5;
  config.shard.targets[1].options.optimization_goal = 3;
  NodeOfPacer node{1, config};
  node.feed->set(0, calm_stat());
  node.feed->set(1, calm_stat());
  node.sim.run_for(2s);

  std::map<std::string, std::string> notes;  // Of pool_goal, by target.
  World& asker = node.sim.process({"a", "pacelinectl", 0});
  for (const auto& id : node.ids)
    ask_control<Explanation>(asker.bus, {"a", "pacer", 0}, request_of(Question::explain, {id}), 1s,
                             [&](Result<Explanation> answer) {
                               REQUIRE(answer);
                               for (const auto& step : answer->steps)
                                 if (step.name == "pool_goal") notes[id] = step.note;
                             });
  node.sim.run_for(1s);

  CHECK(notes == std::map<std::string, std::string>{{"sales", "the goal of help"}, {"help", ""}});
}

TEST_CASE("targets that share no agents are each given theirs", "[pacer][scenario]") {
  NodeOfPacer node{1};
  node.feed->set(0, calm_stat());
  node.feed->set(1, calm_stat());

  node.sim.run_for(2s);

  CHECK(granted(node) == 8);
}

TEST_CASE("a reload that puts two targets into one pool is followed", "[pacer][scenario]") {
  NodeOfPacer node{1};
  node.feed->set(0, calm_stat());
  node.feed->set(1, calm_stat());
  node.sim.run_for(2s);

  node.pacer->take_targets({node.config.shard.targets, {{{0, 1}, 1}}}, "2");
  node.sim.run_for(10s);

  CHECK(granted(node) <= 4);
}

TEST_CASE("agents that are shared though nobody tells it are seen by their counts",
          "[pacer][scenario]") {
  NodeOfPacer node{1, three_targets(PoolDetection::warn)};

  play(node, 90);

  CHECK(node.sim.count("agents_shared") == 1);
  CHECK(node.sim.count("agents_shared_over") == 0);
}

TEST_CASE("and are used when they are to be", "[pacer][scenario]") {
  NodeOfPacer used{1, three_targets(PoolDetection::use)};
  NodeOfPacer warned{1, three_targets(PoolDetection::warn)};
  play(used, 90);
  play(warned, 90);
  for (NodeOfPacer* node : {&used, &warned}) {
    for (std::uint32_t i = 0; i < 3; ++i) node->feed->set(i, calm_stat());
    node->feed->publish({});
    node->sim.run_for(10s);
  }

  const auto shared = [](const NodeOfPacer& node) {
    return node.heard->row(0).max_pending + node.heard->row(1).max_pending;
  };
  CHECK(shared(warned) > 0);
  CHECK(shared(used) <= 0.6 * shared(warned));
}

TEST_CASE("explain says with whom agents seem shared, how surely, and whether that is used",
          "[pacer][scenario]") {
  const auto detection = GENERATE(PoolDetection::warn, PoolDetection::use);
  const bool is_used = detection == PoolDetection::use;
  NodeOfPacer node{1, three_targets(detection)};
  CHECK(pool_figures(node, "sales").empty());

  play(node, 90);

  const auto sales = pool_figures(node, "sales");
  REQUIRE(sales.contains("overlap_share"));
  CHECK(sales.at("overlap_share").value == Approx(1).margin(0.05));
  CHECK(sales.at("overlap_share").note == "help");
  CHECK(pool_figures(node, "help").at("overlap_share").note == "sales");
  CHECK(sales.at("overlap_certainty").value > 4);
  CHECK(sales.at("overlap_certainty").note ==
        (is_used ? "decided by" : "not decided by: pool_detection is not use"));
  CHECK(sales.contains("pool_members") == is_used);
  CHECK(pool_figures(node, "apart").empty());
}

TEST_CASE("nothing is looked for where that is switched off", "[pacer][scenario]") {
  NodeOfPacer node{1, three_targets(PoolDetection::off)};

  play(node, 90);

  CHECK(node.sim.count("agents_shared") == 0);
  CHECK(pool_figures(node, "sales").empty());
}

}  // namespace paceline::test
