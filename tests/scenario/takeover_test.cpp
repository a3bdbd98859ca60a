// The cluster's promises over many seeds: one master, publications in order, pacing comes back.
#include <algorithm>

#include "tests/scenario/cluster.h"
#include "tests/support/catch.h"

namespace paceline::test {
namespace {

constexpr auto processes = {"statfeed", "pacer", "elector", "publisher"};

bool in_order(const std::vector<Engagement::Accepted>& accepted) {
  return std::ranges::adjacent_find(accepted, [](const auto& before, const auto& after) {
           return after.term < before.term ||
                  (after.term == before.term && after.sequence <= before.sequence);
         }) == accepted.end();
}

}  // namespace

TEST_CASE("a cluster elects one master and paces", "[scenario]") {
  Cluster cluster{1};

  cluster.sim.run_for(10s);

  CHECK_FALSE(cluster.master().empty());
  CHECK(cluster.open() == std::vector<std::string>{cluster.master()});
  REQUIRE(cluster.engagement.accepted.size() > 3);
  CHECK(cluster.engagement.accepted.back().invitations > 0);
  CHECK(cluster.engagement.fenced == 0);
}

TEST_CASE("the standby publishes soon after the master's node is gone", "[scenario]") {
  const auto seed = GENERATE(range(0u, 200u));
  CAPTURE(seed);
  Cluster cluster{seed};
  cluster.sim.run_for(8s);
  const auto master = cluster.master();
  const std::string standby = master == "a" ? "b" : "a";
  REQUIRE_FALSE(master.empty());
  const auto before = cluster.engagement.accepted.back();

  cluster.kill(master);
  cluster.sim.run_for(3s);

  REQUIRE(cluster.master() == standby);
  const auto after = cluster.engagement.accepted.back();
  CHECK(after.node == standby);
  CHECK(after.term > before.term);
  CHECK(in_order(cluster.engagement.accepted));
}

TEST_CASE("the death of one process of the master never ends pacing", "[scenario]") {
  const auto process = GENERATE("statfeed", "pacer", "elector", "publisher");
  CAPTURE(process);
  Cluster cluster{7};
  cluster.sim.run_for(8s);
  const auto master = cluster.master();

  cluster.kill_process(master, process);
  cluster.sim.run_for(1200ms);
  cluster.start_process(master, process);
  cluster.sim.run_for(6s);

  REQUIRE(cluster.open().size() == 1);
  const auto now = cluster.sim.elapsed();
  CHECK(now - cluster.engagement.accepted.back().at < Duration{2s});
  CHECK(cluster.engagement.accepted.back().invitations > 0);
  CHECK(in_order(cluster.engagement.accepted));
}

TEST_CASE("feedback goes on for every node over a change of the master", "[scenario]") {
  const auto seed = GENERATE(range(0u, 20u));
  CAPTURE(seed);
  Cluster cluster{seed};
  const auto paced_well = [&](const std::string& node) {
    for (std::uint32_t i = 0; i < cluster.pacer(node).size(); ++i)
      if (cluster.pacer(node).decision(i).state != PaceState::ok) return false;
    return true;
  };
  cluster.sim.run_for(10s);
  const auto master = cluster.master();
  const std::string standby = master == "a" ? "b" : "a";
  REQUIRE(paced_well("a"));
  REQUIRE(paced_well("b"));

  cluster.kill_process(master, "publisher");
  cluster.sim.run_for(8s);
  cluster.start_process(master, "publisher");
  cluster.sim.run_for(40s);

  CHECK(paced_well("a"));
  CHECK(paced_well("b"));
  CHECK(cluster.sim.count("feedback_of_no_master") == 0);
}

TEST_CASE("a node that comes back with nothing learned takes it up from the other", "[scenario]") {
  Cluster cluster{3};
  cluster.sim.run_for(60s);
  const auto learned_before = cluster.sim.count("learned_from");

  cluster.kill("a");
  cluster.sim.run_for(5s);
  cluster.start("a");
  cluster.sim.run_for(5s);

  CHECK(cluster.sim.count("learned_from") == learned_before + 1);
  const auto delay_s = [&](const char* node) {
    return cluster.pacer(node).decision(0).explanation.answer_delay_s;
  };
  // Whoever knows nothing begins at the prior. What was learned outweighs that, but not as much as at
  // the other node, where the targets of the channel have been pooled meanwhile.
  CHECK(delay_s("b") < 0.1 * pacer::PacingTuning{}.default_answer_delay_s);
  CHECK(delay_s("a") < 0.1 * pacer::PacingTuning{}.default_answer_delay_s);
  CHECK(cluster.pacer("a").decision(0).reason != PaceReason::warm_up);
}

TEST_CASE("a publisher without its elector falls silent by itself", "[scenario]") {
  Cluster cluster{3};
  cluster.sim.run_for(8s);
  const auto master = cluster.master();
  for (const auto* node : {"a", "b", "w"})
    if (node == master)
      cluster.kill_process(node, "elector");
    else
      cluster.kill(node);
  cluster.sim.run_for(700ms);
  const auto sent = cluster.engagement.accepted.size();

  cluster.sim.run_for(30s);

  CHECK(cluster.open().empty());
  CHECK(cluster.engagement.accepted.size() == sent);
}

TEST_CASE("stale statistics are paced to zero and come back by themselves", "[scenario]") {
  Cluster cluster{4};
  cluster.sim.run_for(8s);

  cluster.kill_process("a", "statfeed");
  cluster.kill_process("b", "statfeed");
  cluster.sim.run_for(12s);
  CHECK(cluster.engagement.accepted.back().invitations == 0);

  cluster.start_process("a", "statfeed");
  cluster.start_process("b", "statfeed");
  const bool back = cluster.sim.run_until(
      [&] { return cluster.engagement.accepted.back().invitations > 0; }, 30s);
  CHECK(back);
}

TEST_CASE("whatever breaks there is one open publisher at most and pacing comes back",
          "[scenario]") {
  const auto seed = GENERATE(range(0u, 200u));
  CAPTURE(seed);
  Cluster cluster{seed};
  auto& random = cluster.sim.random();
  const auto pick = [&](std::initializer_list<const char*> words) {
    return std::string{words.begin()[random.bits() % words.size()]};
  };
  cluster.lose(seed % 3 == 0 ? 0.2 : 0.0);
  cluster.sim.link(
      {.loss = seed % 2 == 0 ? 0.05 : 0.0, .duplicate = 0.02, .delay_min = 1ms, .delay_max = 20ms});
  cluster.sim.set_clock("b", 0s, 1.0005);
  for (int step = 0; step < 12; ++step) {
    const auto node = pick({"a", "b", "w"});
    const auto process = pick({"statfeed", "pacer", "elector", "publisher"});
    switch (random.bits() % 5) {
      case 0:
        cluster.kill(node);
        break;
      case 1:
        cluster.kill_process(node, process);
        break;
      case 2:
        cluster.start(node);
        break;
      case 3:
        cluster.sim.cut(node, pick({"a", "b", "w"}));
        break;
      case 4:
        cluster.sim.heal_all();
        break;
    }
    for (int tick = 0; tick < 30; ++tick) {
      cluster.sim.run_for(50ms);
      REQUIRE(cluster.open().size() <= 1);
    }
  }

  cluster.sim.heal_all();
  cluster.sim.link({});
  cluster.lose(0);
  for (const auto* node : {"a", "b", "w"})
    for (const auto* process : processes)
      if (!cluster.runs(node, process)) cluster.start_process(node, process);
  cluster.sim.run_for(30s);

  CHECK(cluster.open().size() == 1);
  REQUIRE_FALSE(cluster.engagement.accepted.empty());
  CHECK(cluster.sim.elapsed() - cluster.engagement.accepted.back().at < Duration{3s});
  CHECK(in_order(cluster.engagement.accepted));
  CHECK(std::ranges::none_of(cluster.sim.log(),
                             [](const SimEvent& e) { return e.level == LogLevel::error; }));
}

TEST_CASE("a master that cannot reach the endpoint makes way for a node that can", "[scenario]") {
  const auto seed = GENERATE(range(0u, 50u));
  CAPTURE(seed);
  Cluster cluster{seed};
  cluster.sim.run_for(8s);
  const auto master = cluster.master();
  const std::string standby = master == "a" ? "b" : "a";
  REQUIRE_FALSE(master.empty());

  cluster.cut_uplink(master, true);
  cluster.sim.run_for(8s);

  CHECK(cluster.master() == standby);
  CHECK(cluster.engagement.accepted.back().node == standby);
  CHECK(cluster.sim.elapsed() - cluster.engagement.accepted.back().at < Duration{2s});
  CHECK(in_order(cluster.engagement.accepted));
}

TEST_CASE("nobody gives up mastership for a node that cannot publish either", "[scenario]") {
  const auto seed = GENERATE(range(0u, 20u));
  CAPTURE(seed);
  Cluster cluster{seed};
  cluster.sim.run_for(8s);
  const auto master = cluster.master();
  const std::string standby = master == "a" ? "b" : "a";
  cluster.cut_uplink(standby, true);
  cluster.sim.run_for(12s);  // The standby's probes find out.

  cluster.cut_uplink(master, true);
  cluster.sim.run_for(30s);
  CHECK(cluster.master() == master);

  cluster.cut_uplink(standby, false);
  cluster.sim.run_for(15s);
  CHECK(cluster.master() == standby);
}

}  // namespace paceline::test
