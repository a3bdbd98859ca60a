// What an elector tells the person who reads its log, and what it keeps for whom asks.
#include "tests/elector/cluster_fixture.h"

namespace paceline::test {
namespace {

std::size_t lines(const Cluster& cluster, const std::string& process, std::string_view event) {
  const std::string all = lines_of(cluster, process, event);
  return static_cast<std::size_t>(std::ranges::count(all, '\n'));
}

}  // namespace

TEST_CASE("the last twenty changes of role are kept, with their reasons", "[elector][scenario]") {
  Cluster cluster{31};
  cluster.sim.link({.delay_min = 100us, .delay_max = 3ms});
  REQUIRE(cluster.await_publisher("a", 3s));
  for (int i = 0; i < 20; ++i) {
    REQUIRE(ask<StatusReply>(cluster, "w", request_of(Question::handover, {i % 2 ? "a" : "b"})));
    cluster.sim.run_for(2s);
  }
  REQUIRE(cluster.publishing() == "a");

  const auto kept = ask<ElectionView>(cluster, "a", request_of(Question::election))->transitions;

  std::vector<std::string> told;  // All of them.
  for (const auto& entry : cluster.sim.log())
    if (entry.process == "a/elector/0" && entry.event == "role_changed") told.push_back(entry.line);
  REQUIRE(told.size() > 25);
  REQUIRE(kept.size() == 20);
  for (std::size_t i = 0; i < 20; ++i) {
    const std::string& line = told[told.size() - 20 + i];
    CAPTURE(line);
    CHECK(has(line, std::string{"role="} + to_string(kept[i].role) + " "));
    CHECK(has(line, "term=" + std::to_string(kept[i].term) + " "));
    CHECK(!kept[i].why.empty());
    CHECK(has(line, kept[i].why));
  }
}

TEST_CASE("a publisher that falls silent loses its grant, and that is told until it speaks",
          "[elector][scenario]") {
  Cluster cluster{32};
  REQUIRE(cluster.await_publisher("a", 3s));
  cluster.sim.run_for(1s);

  cluster.sim.pause_process({"a", "publisher", 0});
  CHECK(cluster.await_publisher("b", 3s));
  cluster.sim.run_for(2s);
  CHECK(lines(cluster, "a/elector/0", "publisher_silent") == 1);
  CHECK(lines(cluster, "a/elector/0", "publisher_silent_over") == 0);
  CHECK(lines(cluster, "a/elector/0", "publisher_died") == 0);

  cluster.sim.resume_process({"a", "publisher", 0});
  cluster.sim.run_for(2s);
  CHECK(lines(cluster, "a/elector/0", "publisher_silent") == 1);
  CHECK(lines(cluster, "a/elector/0", "publisher_silent_over") == 1);
}

TEST_CASE("a publisher whose process cannot be watched is told, and its silence tells its death",
          "[elector][scenario]") {
  Cluster cluster{33};
  REQUIRE(cluster.await_publisher("a", 3s));
  cluster.processes["a"].blind = true;
  cluster.kill_publisher("a");
  cluster.start_publisher("a");
  cluster.sim.run_for(3s);
  CHECK(has(lines_of(cluster, "a/elector/0", "publisher_not_watched"),
            "why=\"pid 42 is none\" then=\"its silence will tell\""));
  REQUIRE(ask<StatusReply>(cluster, "w", request_of(Question::handover, {"a"})));
  REQUIRE(cluster.await_publisher("a", 3s));

  cluster.kill_publisher("a");

  CHECK(cluster.await_publisher("b", 3s));
  CHECK(lines(cluster, "a/elector/0", "publisher_not_watched") == 1);
  CHECK(lines(cluster, "a/elector/0", "publisher_silent") == 1);
}

TEST_CASE("a lost term is told at each start, and stays lost on disk until it is learned",
          "[elector][scenario]") {
  Cluster cluster{34};
  REQUIRE(cluster.await_publisher("a", 3s));
  cluster.kill("b");
  cluster.stores["b"].state = {.lost = true};

  for (int i = 0; i < 2; ++i) {
    cluster.start("b");
    cluster.sim.run_for(300ms);
    cluster.kill("b");
  }
  CHECK(lines(cluster, "b/elector/0", "term_lost") == 2);
  CHECK(cluster.stores["b"].state.lost);

  cluster.start("b");
  cluster.sim.run_for(3s);
  CHECK(!cluster.stores["b"].state.lost);
  CHECK(cluster.stores["b"].state.term == cluster.electors["a"]->election().term());
}

TEST_CASE("a node of another configuration is told once, and once that it is over",
          "[elector][scenario]") {
  Cluster cluster{35};
  REQUIRE(cluster.await_publisher("a", 3s));
  cluster.kill("b");
  cluster.config.policy.missed = 4;
  cluster.start("b");
  cluster.sim.run_for(5s);
  CHECK(has(lines_of(cluster, "a/elector/0", "configuration_differs"),
            "node=b then=\"neither vote counts for the other\""));
  CHECK(cluster.publishing() == "a");

  cluster.kill("b");
  cluster.config.policy.missed = 3;
  cluster.start("b");
  cluster.sim.run_for(20s);
  CHECK(lines(cluster, "a/elector/0", "configuration_differs") == 1);
  CHECK(lines(cluster, "a/elector/0", "configuration_differs_over") == 1);
}

TEST_CASE("a node that says what nobody may say is told once by its name, and when it is over",
          "[elector][scenario]") {
  const auto [node, event] =
      GENERATE(table<std::string, std::string>({{"w", "witness_leads"}, {"b", "impossible_term"}}));
  CAPTURE(event);
  Cluster cluster{36};
  REQUIRE(cluster.await_publisher("a", 3s));
  const auto term = cluster.electors["a"]->election().term();
  World& liar = cluster.sim.process({node, "liar", 0});
  ElectionMessage lie = cluster.electors[node]->view().self;
  lie.kind = ElectionMessageKind::heartbeat;
  lie.role = ElectorRole::master;
  constexpr std::uint64_t last_counter = largest_term >> 8;  // Below it: which node's term it is.
  lie.term = node == "w" ? (term >> 8 << 8) + 3 : (last_counter << 8) + 2;

  for (int i = 0; i < 20; ++i) {
    ++lie.sequence;
    liar.bus.publish("heartbeat", encode(lie));
    cluster.sim.run_for(10ms);
  }

  CHECK(has(lines_of(cluster, "a/elector/0", event), "node=" + node + " claims=" + node));
  CHECK(lines(cluster, "a/elector/0", event) == 1);
  CHECK(cluster.publishing() == "a");
  CHECK(cluster.electors["a"]->election().term() == term);
  cluster.sim.run_for(12s);
  CHECK(lines(cluster, "a/elector/0", event) == 1);
  CHECK(lines(cluster, "a/elector/0", event + "_over") == 1);
}

TEST_CASE("a master whose disk is full goes on in its term", "[elector][scenario]") {
  Cluster cluster{37};
  REQUIRE(cluster.await_publisher("a", 3s));
  const auto term = cluster.electors["a"]->election().term();
  cluster.stores["a"].full = true;

  for (int i = 0; i < 50; ++i) {
    cluster.sim.run_for(200ms);
    CHECK(cluster.publishing() == "a");
  }

  CHECK(cluster.electors["a"]->election().term() == term);
}

TEST_CASE("a stop and a hand-over that were asked for are told", "[elector][scenario]") {
  Cluster cluster{38};
  REQUIRE(cluster.await_publisher("a", 3s));

  REQUIRE(ask<StatusReply>(cluster, "a", request_of(Question::handover)));
  cluster.electors["b"]->stop([] {});
  cluster.sim.run_for(1s);

  CHECK(has(lines_of(cluster, "a/elector/0", "handover_asked"), "target=\"the fittest\""));
  CHECK(has(lines_of(cluster, "b/elector/0", "stop_asked"), "role=master"));
}

}  // namespace paceline::test
