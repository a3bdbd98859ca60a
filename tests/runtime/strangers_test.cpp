#include "topology/process/strangers.h"

#include "tests/support/catch.h"
#include "tests/support/sim_world.h"

namespace paceline::test {
namespace {

Topology three_nodes() {
  Topology topology;
  topology.nodes = {{"a", "10.0.0.1"}, {"b", "10.0.0.2"}, {"w", "10.0.0.3"}};
  return topology;
}

}  // namespace

TEST_CASE("a stranger has a line when it begins, one a minute, and one when it ends", "[runtime]") {
  SimWorld sim{1};
  auto& world = sim.process({"a", "elector", 0});
  Strangers strangers{three_nodes(), "a", world.log};
  const Instant start{1h};

  for (int i = 0; i < 13'000; ++i) strangers.refuse("10.9.9.9", "why", start + i * 10ms);  // 130 s.
  strangers.tick(start + 130s);
  CHECK(sim.count("key_refused") == 3);
  CHECK(sim.count("key_refused_over") == 0);
  strangers.tick(start + 191s);

  REQUIRE(sim.count("key_refused_over") == 1);
  CHECK(sim.log().back().line.find("address=10.9.9.9") != std::string::npos);
  CHECK(sim.log().back().line.find("count=13000") != std::string::npos);
  CHECK(strangers.nodes().empty());
}

TEST_CASE("a node whose key is refused is named", "[runtime]") {
  SimWorld sim{1};
  auto& world = sim.process({"a", "elector", 0});
  Strangers strangers{three_nodes(), "a", world.log};

  strangers.refuse("10.0.0.2", "its key is none", Instant{1h});

  CHECK(strangers.nodes() == std::vector<std::string>{"b"});
  CHECK(sim.log().back().line.find("node=b why=\"its key is none\"") != std::string::npos);
}

TEST_CASE("strangers from everywhere cost a bounded number of lines", "[runtime]") {
  SimWorld sim{1};
  auto& world = sim.process({"a", "elector", 0});
  Strangers strangers{three_nodes(), "a", world.log};

  for (int i = 0; i < 100'000; ++i) strangers.refuse("x" + std::to_string(i), "why", Instant{1h});

  CHECK(sim.count("key_refused") == 65);
}

}  // namespace paceline::test
