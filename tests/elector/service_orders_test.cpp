// What operators order: pauses through cuts, losses and restarts, and nodes that are out of service.
#include "tests/elector/cluster_fixture.h"

namespace paceline::test {
namespace {

Result<StatusReply> give(Cluster& cluster, const std::string& node, const std::string& order,
                         const std::string& why = "") {
  return ask<StatusReply>(cluster, node, request_of(Question::handover, {order, why}));
}

std::string paused_at(const Cluster& cluster, const std::string& node) {
  return cluster.electors.at(node)->view().self.pause;
}

ElectorRole role_of(const Cluster& cluster, const std::string& node) {
  return cluster.electors.at(node)->election().role();
}

void cut_off(Cluster& cluster, const std::string& node) {
  cluster.sim.cut(node, "*");
  cluster.sim.cut("*", node);
}

void kill_node(Cluster& cluster, const std::string& node) {
  cluster.kill(node);
  cluster.kill_publisher(node);
}

void start_node(Cluster& cluster, const std::string& node) {
  cluster.start_publisher(node);
  cluster.start(node);
}

}  // namespace

TEST_CASE("a pause that is ordered anywhere is in every grant, over failovers and restarts",
          "[elector][scenario]") {
  Cluster cluster{GENERATE(range(40u, 50u))};
  REQUIRE(cluster.await_publisher("a", 3s));
  CHECK(cluster.publishers["a"]->pause.empty());

  const auto answer = give(cluster, "w", "pause", "a drill");
  REQUIRE(answer);
  CHECK(cluster.publishers["a"]->pause == "a drill");

  kill_node(cluster, "a");
  REQUIRE(cluster.await_publisher("b", 5s));
  CHECK(cluster.publishers["b"]->pause == "a drill");

  kill_node(cluster, "b");
  cluster.kill("w");
  cluster.sim.run_for(3s);
  for (const auto* node : {"a", "b"}) start_node(cluster, node);
  cluster.start("w");
  REQUIRE(cluster.sim.run_until([&] { return !cluster.publishing().empty(); }, 5s));
  CHECK(cluster.publishers[cluster.publishing()]->pause == "a drill");

  REQUIRE(give(cluster, "b", "resume", "anna on acme-1"));
  CHECK(has(lines_of(cluster, "b/elector/0", "resumed"), "said_by=\"anna on acme-1\""));
  CHECK(cluster.publishers[cluster.publishing()]->pause.empty());
  for (const auto* node : {"a", "b", "w"}) CHECK(cluster.stores[node].orders.pause.why.empty());
  CHECK(cluster.sim.count("paused") >= 3);
  CHECK(has(lines_of(cluster, "w/elector/0", "paused"), "said_by=\"an operator here\""));
}

TEST_CASE("a node that was cut off takes the cluster's word, or brings a later one",
          "[elector][scenario]") {
  Cluster cluster{51};
  REQUIRE(cluster.await_publisher("a", 3s));
  cut_off(cluster, "b");
  REQUIRE(give(cluster, "a", "pause", "a drill"));
  CHECK(paused_at(cluster, "b").empty());

  cluster.sim.heal_all();
  cluster.sim.run_for(1s);
  CHECK(paused_at(cluster, "b") == "a drill");

  cut_off(cluster, "b");
  REQUIRE(give(cluster, "b", "resume"));
  CHECK(cluster.publishers["a"]->pause == "a drill");
  cluster.sim.heal_all();
  cluster.sim.run_for(1s);
  CHECK(cluster.publishers["a"]->pause.empty());
}

TEST_CASE("all nodes come to the last word, whatever is cut, killed and lost on the way",
          "[elector][scenario]") {
  const auto seed = GENERATE(range(0u, 20u));
  CAPTURE(seed);
  Cluster cluster{seed};
  cluster.sim.link({.loss = 0.1, .duplicate = 0.1, .delay_min = 100us, .delay_max = 300ms});
  for (const auto* node : {"a", "b", "w"})  // Clocks that are hours apart.
    cluster.sim.step_wall(node,
                          std::chrono::hours{static_cast<int>(cluster.sim.random().bits() % 9)});
  const auto any_node = [&] { return std::string(1, "abw"[cluster.sim.random().bits() % 3]); };
  std::string last;
  for (int i = 0; i < 30; ++i) {
    const auto node = any_node();
    switch (cluster.sim.random().bits() % 5) {
      case 0:
        cut_off(cluster, node);
        break;
      case 1:
        cluster.sim.heal_all();
        break;
      case 2:
        cluster.start(node);  // As kill -9 and the supervisor's respawn.
        break;
      default: {
        // An operator who knows the last word; what nodes that hear nothing are told counts later.
        cluster.sim.heal_all();
        cluster.sim.run_for(4s);
        last = i % 2 ? "" : "pause " + std::to_string(i);
        REQUIRE(give(cluster, node, last.empty() ? "resume" : "pause", last));
        break;
      }
    }
    cluster.sim.run_for(from_seconds(cluster.sim.random().uniform()));
  }

  cluster.sim.heal_all();
  cluster.sim.run_for(6s);

  for (const auto* node : {"a", "b", "w"}) {
    CAPTURE(node);
    CHECK(paused_at(cluster, node) == last);
    CHECK(cluster.stores[node].orders.pause.why == last);
  }
}

TEST_CASE("a drained master hands over, votes, and is not master again until it is taken back",
          "[elector][scenario]") {
  Cluster cluster{GENERATE(range(52u, 57u))};
  REQUIRE(cluster.await_publisher("a", 3s));

  REQUIRE(give(cluster, "a", "drain", "new disks"));

  CHECK(cluster.publishing() == "b");
  CHECK(role_of(cluster, "a") == ElectorRole::observer);
  CHECK(cluster.electors["b"]->election().peers().find("a")->said.maintenance == "new disks");
  const auto refused = ask<StatusReply>(cluster, "b", request_of(Question::handover, {"a"}));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail == "a could not take over: it is in maintenance (new disks)");

  cluster.kill("w");  // b needs a's vote to go on.
  cluster.sim.run_for(3s);
  CHECK(cluster.publishing() == "b");
  cluster.start("w");

  cluster.start("a");  // Over a restart too.
  cluster.sim.run_for(2s);
  kill_node(cluster, "b");
  cluster.sim.run_for(5s);
  CHECK(cluster.publishing().empty());
  CHECK(role_of(cluster, "a") == ElectorRole::observer);

  REQUIRE(give(cluster, "a", "undrain", "anna on acme-1"));
  CHECK(cluster.await_publisher("a", 3s));
  CHECK(has(lines_of(cluster, "a/elector/0", "undrained"), "said_by=\"anna on acme-1\""));
  CHECK(has(lines_of(cluster, "a/elector/0", "drained"), "why=\"new disks\""));
  CHECK(cluster.sim.count("undrained") == 1);
}

TEST_CASE("the last node that can be master is drained only by force", "[elector][scenario]") {
  Cluster cluster{58};
  REQUIRE(cluster.await_publisher("a", 3s));
  REQUIRE(give(cluster, "b", "drain", "new disks"));

  const auto refused = give(cluster, "a", "drain", "no reason");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail == "no other node could take over");
  CHECK(cluster.publishing() == "a");
  CHECK(cluster.stores["a"].orders.maintenance.empty());

  REQUIRE(give(cluster, "a", "drain_anyway", "no reason"));
  CHECK(cluster.publishing().empty());
  REQUIRE(give(cluster, "a", "drain", "another reason"));
  CHECK(cluster.stores["a"].orders.maintenance == "another reason");
}

TEST_CASE("a witness has nothing to drain, and what is no order is refused by name",
          "[elector][scenario]") {
  Cluster cluster{59};
  REQUIRE(cluster.await_publisher("a", 3s));

  const auto witness = give(cluster, "w", "drain_anyway", "x");
  REQUIRE_FALSE(witness);
  CHECK(witness.error().detail == "w is a witness: it is never master");
  const auto unknown = give(cluster, "a", "dance");
  REQUIRE_FALSE(unknown);
  CHECK(has(unknown.error().detail, "no order: dance; there are pause, resume, drain"));
  CHECK_FALSE(give(cluster, "a", "pause", ""));
  CHECK_FALSE(give(cluster, "a", "pause", "two\nlines"));
  CHECK_FALSE(give(cluster, "a", "drain", std::string(257, 'x')));
  CHECK(cluster.publishing() == "a");
  CHECK(cluster.publishers["a"]->pause.empty());
}

TEST_CASE("an order that cannot be stored holds, is told once, and is stored when it can be",
          "[elector][scenario]") {
  Cluster cluster{60};
  REQUIRE(cluster.await_publisher("a", 3s));
  cluster.stores["a"].full = true;

  const auto answer = give(cluster, "a", "pause", "a drill");

  REQUIRE(answer);
  CHECK(answer->fields.back() == std::pair<std::string, std::string>{"stored", "false"});
  CHECK(cluster.publishers["a"]->pause == "a drill");
  cluster.sim.run_for(5s);
  CHECK(cluster.sim.count("orders_not_stored") == 1);
  cluster.stores["a"].full = false;
  cluster.sim.run_for(3s);
  CHECK(cluster.stores["a"].orders.pause.why == "a drill");
  CHECK(cluster.sim.count("orders_not_stored_over") == 1);
}

TEST_CASE("a node whose orders are unreadable is out of service until somebody has looked",
          "[elector][scenario]") {
  Cluster cluster{61};
  REQUIRE(cluster.await_publisher("a", 3s));
  REQUIRE(give(cluster, "a", "pause", "a drill"));
  cluster.kill("b");
  cluster.stores["b"].orders = {};
  cluster.stores["b"].orders_torn = true;

  cluster.start("b");
  cluster.sim.run_for(3s);

  CHECK(cluster.sim.count("orders_lost") == 1);
  CHECK(role_of(cluster, "b") == ElectorRole::observer);
  CHECK(has(cluster.electors["b"]->view().self.maintenance, "cannot be read"));
  CHECK(paused_at(cluster, "b") == "a drill");
  cluster.start("b");
  cluster.sim.run_for(3s);
  CHECK(role_of(cluster, "b") == ElectorRole::observer);
  REQUIRE(give(cluster, "b", "undrain"));
  CHECK(role_of(cluster, "b") == ElectorRole::follower);
}

TEST_CASE("a flood of words about a pause is taken once a second, and what is no reason never",
          "[elector][scenario]") {
  Cluster cluster{62};
  REQUIRE(cluster.await_publisher("a", 3s));
  World& liar = cluster.sim.process({"w", "liar", 0});
  ElectionMessage said = cluster.electors["w"]->view().self;
  said.kind = ElectionMessageKind::vote;  // Its own order stays as it is.
  said.to = "b";
  said.pause_ms = 4'000'000'000'000;

  for (int i = 0; i < 200; ++i) {
    said.pause = i % 2 ? "word " + std::to_string(i) : "no\nreason";
    ++said.pause_ms;
    liar.bus.publish("vote", encode(said));
    cluster.sim.run_for(25ms);
  }

  const auto told = lines_of(cluster, "b/elector/0", "paused");
  CHECK(std::ranges::count(told, '\n') >= 2);
  CHECK(std::ranges::count(told, '\n') <= 6);
  CHECK_FALSE(has(told, "reason"));
  REQUIRE(give(cluster, "b", "resume"));
  CHECK(cluster.publishers["a"]->pause.empty());
}

}  // namespace paceline::test
