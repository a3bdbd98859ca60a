#include "tests/elector/cluster_fixture.h"

namespace paceline::test {

TEST_CASE("the standby publishes within 3.5 heartbeats of the loss of the master's node",
          "[elector][scenario]") {
  const auto seed = GENERATE(range(0u, 200u));
  CAPTURE(seed);
  Cluster cluster{seed};
  REQUIRE(cluster.await_publisher("a", 3s));
  cluster.sim.link({.delay_min = 100us, .delay_max = 3ms});  // Each lost message may cost a round.
  cluster.sim.run_for(2s);

  cluster.kill("a");
  cluster.kill_publisher("a");

  CHECK(cluster.await_publisher("b", 700ms));
  CHECK(cluster.electors["b"]->election().term() > cluster.stores["a"].state.term);
}

TEST_CASE("the death of the publisher moves mastership in milliseconds", "[elector][scenario]") {
  Cluster cluster{GENERATE(range(0u, 20u))};
  cluster.sim.link({.delay_min = 100us, .delay_max = 2ms});
  REQUIRE(cluster.await_publisher("a", 3s));
  cluster.sim.run_for(1s);

  cluster.kill_publisher("a");

  CHECK(cluster.await_publisher("b", 40ms));
}

TEST_CASE("a planned stop hands over first and then ends", "[elector][scenario]") {
  Cluster cluster{GENERATE(range(0u, 20u))};
  cluster.sim.link({.delay_min = 100us, .delay_max = 2ms});
  REQUIRE(cluster.await_publisher("a", 3s));
  cluster.sim.run_for(1s);
  int stopped = 0;

  cluster.electors["a"]->stop([&] { ++stopped; });

  CHECK(cluster.await_publisher("b", 60ms));
  cluster.sim.run_for(500ms);
  CHECK(stopped == 1);
  CHECK(cluster.sim.count("term_not_stored") == 0);
}

TEST_CASE("an operator hands over, and may ask any node", "[elector][scenario]") {
  Cluster cluster{3};
  REQUIRE(cluster.await_publisher("a", 3s));

  const auto answer = ask<StatusReply>(cluster, "w", request_of(Question::handover, {"b"}));

  REQUIRE(answer);
  CHECK(cluster.publishing() == "b");
  const auto refused = ask<StatusReply>(cluster, "b", request_of(Question::handover, {"x"}));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail == "no voter is called x");
}

TEST_CASE("the election can be seen from every node", "[elector][scenario]") {
  Cluster cluster{4};
  REQUIRE(cluster.await_publisher("a", 3s));
  cluster.sim.run_for(500ms);

  const auto seen = ask<ElectionView>(cluster, "a", request_of(Question::election));

  REQUIRE(seen);
  CHECK(seen->self.role == ElectorRole::master);
  CHECK(seen->self.master == "a");
  CHECK(seen->self.master_since_ms > 0);
  CHECK(seen->peers.size() == 2);
  CHECK(seen->peer_age_s.size() == 2);
  CHECK(seen->lease_left_s > 0);
  REQUIRE(seen->transitions.size() >= 3);
  CHECK(seen->transitions.back().role == ElectorRole::master);
  CHECK(seen->peers[0].master == "a");
}

TEST_CASE("a full disk keeps a node out of elections and is told once", "[elector][scenario]") {
  Cluster cluster{5};
  REQUIRE(cluster.await_publisher("a", 3s));
  cluster.stores["b"].full = true;
  cluster.kill("a");
  cluster.kill_publisher("a");

  cluster.sim.run_for(5s);
  CHECK(cluster.publishing() == "");
  CHECK(cluster.sim.count("term_not_stored") == 1);
  cluster.stores["b"].full = false;

  CHECK(cluster.await_publisher("b", 3s));
}

TEST_CASE("a restarted node does not depose a healthy master", "[elector][scenario]") {
  const auto seed = GENERATE(range(0u, 20u));
  Cluster cluster{seed};
  REQUIRE(cluster.await_publisher("a", 3s));
  const auto term = cluster.electors["a"]->election().term();
  const std::string node = seed % 2 ? "b" : "w";

  cluster.kill(node);
  cluster.sim.run_for(1100ms);
  cluster.start(node);
  cluster.sim.run_for(5s);

  CHECK(cluster.publishing() == "a");
  CHECK(cluster.electors["a"]->election().term() == term);
}

TEST_CASE("any bytes on the bus are counted, and the elector goes on", "[elector][scenario]") {
  Cluster cluster{6};
  REQUIRE(cluster.await_publisher("a", 3s));
  World& stranger = cluster.sim.process({"b", "stranger", 0});
  SimRandom random{9};

  for (int i = 0; i < 300; ++i) {
    Bytes bytes(random.bits() % 64);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random.bits());
    for (const auto* channel : {"heartbeat", "vote", "publication"})
      stranger.bus.publish(channel, bytes);
  }
  cluster.sim.run_for(2s);

  CHECK(cluster.publishing() == "a");
  CHECK(cluster.sim.count("message_undecodable") >= 1);
}

TEST_CASE("with a witness's connection a release in another's name changes nothing",
          "[elector][scenario]") {
  Cluster cluster{7};
  REQUIRE(cluster.await_publisher("a", 3s));
  cluster.sim.link({.delay_min = 100us, .delay_max = 2ms});
  World& liar = cluster.sim.process({"w", "liar", 0});
  const auto term = cluster.electors["a"]->election().term();
  ElectionMessage forged = cluster.electors["a"]->view().self;
  forged.kind = ElectionMessageKind::release;
  forged.sequence += 1000;

  for (int i = 0; i < 50; ++i) {
    liar.bus.publish("heartbeat", encode(forged));
    cluster.sim.run_for(20ms);
  }

  CHECK(cluster.publishing() == "a");
  CHECK(cluster.electors["b"]->election().master() == "a");
  CHECK(cluster.electors["a"]->election().term() == term);
  const auto told = lines_of(cluster, "b/elector/0", "forged_sender");
  CHECK(has(told, "node=w claims=a"));
  CHECK(std::ranges::count(told, '\n') == 1);
  cluster.sim.run_for(12s);
  CHECK(has(lines_of(cluster, "b/elector/0", "forged_sender_over"), "node=w count=50"));
}

TEST_CASE("a report in the name of our publisher from another node is not heard",
          "[elector][scenario]") {
  Cluster cluster{8};
  REQUIRE(cluster.await_publisher("a", 3s));
  World& liar = cluster.sim.process({"b", "liar", 0});
  PublicationReport forged;
  forged.node = "a";
  forged.incarnation = ~std::uint64_t{0};
  forged.stopped_term = largest_term;

  liar.bus.publish("publication", encode(forged));
  cluster.sim.run_for(1s);

  CHECK(cluster.publishing() == "a");
  CHECK(has(lines_of(cluster, "a/elector/0", "forged_sender"), "node=b claims=a"));
}

TEST_CASE("a publisher whose incarnation fell is heard after some silence", "[elector][scenario]") {
  Cluster cluster{9};
  REQUIRE(cluster.await_publisher("a", 3s));
  cluster.kill_publisher("a");
  REQUIRE(cluster.await_publisher("b", 1s));
  cluster.start_publisher("a");  // Of a larger incarnation than the first.
  cluster.sim.run_for(1s);
  cluster.kill_publisher("a");

  cluster.start_publisher("a");
  cluster.publishers["a"]->change = [](PublicationReport& report) { report.incarnation = 0; };
  cluster.sim.run_for(1s);
  CHECK(cluster.electors["a"]->election().publisher().tier == Tier::no_publisher);
  cluster.sim.run_for(1500ms);

  CHECK(cluster.electors["a"]->election().publisher().tier == Tier::fit);
}

TEST_CASE("a master whose token fails makes way and says why", "[elector][scenario]") {
  Cluster cluster{10};
  REQUIRE(cluster.await_publisher("a", 3s));

  cluster.publishers["a"]->change = [](PublicationReport& report) {
    report.endpoint_tried = report.endpoint_reachable = true;
    report.token_error = "https://login: 401 invalid_client";
  };

  CHECK(cluster.await_publisher("b", 4s));
  cluster.sim.run_for(1s);
  const auto told = lines_of(cluster, "a/elector/0", "fitness_changed");
  CHECK(has(told, "tier=cannot_publish why=\"it has no usable token: https://login: 401"));
  const auto seen = ask<ElectionView>(cluster, "b", request_of(Question::election));
  REQUIRE(seen);
  CAPTURE(seen->peers[0].node, seen->peers[0].why);
  CHECK(has(seen->peers[0].why, "(less fit: it has no usable token: https://login: 401"));
}

TEST_CASE("a peer whose wall clock differs is told once, and when it is over",
          "[elector][scenario]") {
  Cluster cluster{11};
  REQUIRE(cluster.await_publisher("a", 3s));
  cluster.sim.step_wall("b", 5s);
  cluster.sim.run_for(5s);

  const auto told = lines_of(cluster, "a/elector/0", "clock_differs");
  CHECK(has(told, "node=b by=-"));
  CHECK(std::ranges::count(told, '\n') == 1);
  cluster.sim.step_wall("b", -5s);
  cluster.sim.run_for(5s);

  CHECK(has(lines_of(cluster, "a/elector/0", "clock_differs_over"), "node=b"));
}

TEST_CASE("nodes with other targets are told after ten seconds", "[elector][scenario]") {
  Cluster cluster{12};
  const auto targets = [&](const std::string& node, const std::string& version) {
    cluster.publishers[node]->change = [version](auto& r) { r.targets_version = version; };
  };
  targets("a", "v1");
  targets("b", "v1");
  REQUIRE(cluster.await_publisher("a", 3s));
  cluster.sim.run_for(15s);
  CHECK(cluster.sim.count("targets_differ") == 0);

  targets("b", "v2");
  cluster.sim.run_for(9s);
  CHECK(cluster.sim.count("targets_differ") == 0);
  cluster.sim.run_for(6s);

  CHECK(has(lines_of(cluster, "a/elector/0", "targets_differ"), "node=b ours=v1 theirs=v2"));
  CHECK(cluster.sim.count("targets_differ") == 2);  // By a and by b.
  targets("a", "v2");
  cluster.sim.run_for(3s);
  CHECK(cluster.sim.count("targets_differ_over") == 2);
}

TEST_CASE("a term that another cluster uses is left at once, with an error that says what to do",
          "[elector][scenario]") {
  Cluster cluster{13};
  REQUIRE(cluster.await_publisher("a", 3s));
  const auto term = cluster.electors["a"]->election().term();

  cluster.publishers["a"]->change = [term](PublicationReport& report) {
    report.disputed_term = report.stopped_term = term;
  };

  CHECK(cluster.await_publisher("b", 1s));
  const auto told = lines_of(cluster, "a/elector/0", "cluster_disputed");
  CHECK(has(told, "another cluster publishes under this name: sim"));
  CHECK(has(told, "pacelinectl topology rename"));
  CHECK(std::ranges::count(told, '\n') == 1);
}

TEST_CASE("terms that nobody reached by electing are told with the remedy", "[elector][scenario]") {
  Cluster cluster{14};
  for (const auto* node : {"a", "b", "w"}) {
    cluster.kill(node);
    cluster.stores[node].state.term = (most_elections_apart + 5) << 8;
    cluster.start(node);
  }

  REQUIRE(cluster.await_publisher("a", 3s));

  CHECK(has(lines_of(cluster, "a/elector/0", "terms_running_out"), "topology rename NEW-NAME"));
}

TEST_CASE("a wall clock that jumps moves nobody", "[elector][scenario]") {
  const auto step = GENERATE(values<Duration>({1h, -1h}));
  Cluster cluster{15};
  REQUIRE(cluster.await_publisher("a", 3s));
  const auto term = cluster.electors["a"]->election().term();

  cluster.sim.step_wall("a", step);
  for (int i = 0; i < 50; ++i) {
    cluster.sim.run_for(100ms);
    CHECK(cluster.publishing() == "a");
  }

  CHECK(cluster.electors["b"]->election().term() == term);
  cluster.kill("b");
  cluster.start("b");
  cluster.sim.run_for(2s);
  CHECK(cluster.electors["b"]->election().master() == "a");
}

}  // namespace paceline::test
