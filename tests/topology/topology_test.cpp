#include "topology/topology.h"

#include <rapidcheck.h>
#include <algorithm>

#include "tests/support/catch.h"
#include "tests/topology/files.h"

namespace paceline::test {
namespace {

TEST_CASE("every shipped topology is good", "[topology]") {
  const auto name = GENERATE(as<std::string>{}, "demo.toml", "two-node.toml", "five-node.toml");
  CAPTURE(name);

  const auto topology = parse_topology(shipped(name), name);

  if (!topology) FAIL(topology.error().detail);
  CHECK(topology->channels.size() == 7);
  CHECK(std::ranges::count_if(topology->nodes, [](const Node& node) { return !node.witness(); }) >=
        2);
}

TEST_CASE("the demo is two nodes and a witness, ten times faster than life", "[topology]") {
  const auto topology = parse_topology(shipped("demo.toml"), "/etc/paceline/demo.toml");

  REQUIRE(topology);
  CHECK(topology->cluster == "demo");
  CHECK(topology->run_dir == "/etc/paceline/../build/demo");
  CHECK(topology->targets_file == "/etc/paceline/demo-targets.toml");
  CHECK(topology->pacers == 2);
  CHECK(topology->encrypted);
  CHECK(topology->mode == ElectionMode::quorum);
  REQUIRE(topology->nodes.size() == 3);
  CHECK(topology->nodes[2].name == "w");
  CHECK(topology->nodes[2].witness());
  CHECK(topology->node("b")->port == 7120);
  CHECK(topology->node("c") == nullptr);
  CHECK(topology->channel("pace")->period == 200ms);
  CHECK(topology->channel("pace")->stale == 1s);
  CHECK(topology->channel("heartbeat")->period == 200ms);
  CHECK(topology->channel("heartbeat")->scope == Scope::cluster);
}

TEST_CASE("a node runs the whole pipeline, a witness an elector alone", "[topology]") {
  const auto topology = parse_topology(shipped("demo.toml"), "demo.toml");
  REQUIRE(topology);

  const auto node = topology->processes(*topology->node("a"));
  const auto witness = topology->processes(*topology->node("w"));

  const std::vector<std::pair<std::string, int>> whole = {
      {"statfeed", 1}, {"pacer", 2}, {"elector", 1}, {"publisher", 1}, {"watch", 1}};
  CHECK(node == whole);
  CHECK(witness == std::vector<std::pair<std::string, int>>{{"elector", 1}});
}

TEST_CASE("a place has the cluster and its own process's table", "[topology]") {
  const std::string text = shipped("demo.toml") + "[pacer]\nseed = 7\n[watch]\nseed = 8\n";

  auto place = parse_place(text, "demo.toml", "b", "pacer", 1);

  REQUIRE(place);
  CHECK(place->self().name == "b");
  CHECK(place->index == 1);
  CHECK(place->settings.integer("seed") == 7);
  CHECK(place->settings.finish(0));
}

TEST_CASE("a process without a table has settings without keys", "[topology]") {
  auto place = parse_place(shipped("demo.toml"), "demo.toml", "w", "elector", 0);

  REQUIRE(place);
  CHECK(place->settings.finish(0));
  CHECK(place->settings.integer("seed", {.fallback = 3}) == 3);
}

TEST_CASE("a place that the topology does not have is not found", "[topology]") {
  const std::string text = shipped("demo.toml");
  const auto code = [&](const char* node, const char* process, int index) {
    const auto place = parse_place(text, "demo.toml", node, process, index);
    return place ? "found" : to_string(place.error().code);
  };

  CHECK(code("a", "pacer", 1) == std::string{"found"});
  CHECK(code("c", "pacer", 0) == std::string{"not_found"});
  CHECK(code("w", "pacer", 0) == std::string{"not_found"});
  CHECK(code("a", "pacer", 2) == std::string{"not_found"});
  CHECK(code("a", "pacer", -1) == std::string{"not_found"});
  CHECK(code("a", "simulator", 0) == std::string{"not_found"});
}

TEST_CASE("an endpoint pattern is filled for one process", "[topology]") {
  const auto topology = parse_topology(shipped("demo.toml"), "/x/demo.toml");
  REQUIRE(topology);
  const Node& node = *topology->node("b");
  const auto filled = [&](std::string_view pattern) {
    return endpoint(*topology, pattern, node, "pacer", 1).value_or("an error");
  };

  CHECK(filled("ipc://{run}/{node}/{process}-{index}.ctl") ==
        "ipc:///x/../build/demo/b/pacer-1.ctl");
  CHECK(filled("tcp://{host}:{port}") == "tcp://127.0.0.1:7120");
  CHECK(filled("tcp://{host}:{port+9}") == "tcp://127.0.0.1:7129");
  CHECK(filled("tcp://{host}:{port+11+index}") == "tcp://127.0.0.1:7132");
  CHECK(filled("tcp://{host}:{port+index}") == "tcp://127.0.0.1:7121");
  CHECK(filled("plain") == "plain");
  CHECK(filled("") == "");
  for (const char* wrong : {"{", "}", "{}", "{run", "{runs}", "{port+}", "{port+x}", "{port-1}",
                            "{port+-1}", "{port+x+index}", "{port+65000+index}", "{port+65000}",
                            "{port+99999999999}", "{port+1 }"}) {
    CAPTURE(wrong);
    CHECK(filled(wrong) == "an error");
  }
}

TEST_CASE("any pattern gives an endpoint or an error", "[topology][property]") {
  const auto topology = parse_topology(shipped("demo.toml"), "demo.toml");
  REQUIRE(topology);

  REQUIRE(rc::check([&](const std::vector<std::uint8_t>& picks) {
    constexpr std::string_view parts[] = {
        "{",      "}",    "port",    "+", "9",      "{run}", "{port+70000}",
        "+index", "node", "{index}", "x", "{host}", "-"};
    std::string pattern;
    for (const auto pick : picks) pattern += parts[pick % std::size(parts)];
    const auto filled = endpoint(*topology, pattern, topology->nodes[0], "pacer", 3);
    if (filled) RC_ASSERT(filled->find_first_of("{}") == std::string::npos);
    if (!filled) RC_ASSERT(!filled.error().detail.empty());
  }));
}

TEST_CASE("times of the pacing world alone are divided by time_scale", "[topology]") {
  const auto real = parse_topology(
      changed(shipped("demo.toml"), "time_scale = 10", "time_scale = 1"), "demo.toml");
  const auto fast = parse_topology(shipped("demo.toml"), "demo.toml");
  REQUIRE(real);
  REQUIRE(fast);

  for (const char* name : {"stat", "pace", "feedback"}) {
    CHECK(real->channel(name)->period == 10 * fast->channel(name)->period);
    CHECK(real->channel(name)->stale == 10 * fast->channel(name)->stale);
    CHECK(real->channel(name)->keyframe == 10 * fast->channel(name)->keyframe);
  }
  for (const char* name : {"heartbeat", "vote", "grant", "publication"}) {
    CHECK(real->channel(name)->period == fast->channel(name)->period);
    CHECK(real->channel(name)->stale == fast->channel(name)->stale);
  }
}

TEST_CASE("the first mistake is the error, with its place", "[topology]") {
  const auto topology =
      parse_topology(changed(shipped("demo.toml"), "pacers = 2", "pacers = 65"), "demo.toml");

  REQUIRE(!topology);
  CHECK(topology.error().code == Errc::bad_value);
  CHECK(topology.error().detail == "demo.toml:6:10: pacers = 65: not in [1, 64]");
}

}  // namespace
TEST_CASE("what concerns a process is what it is linked to", "[topology]") {
  const auto text = shipped("two-node.toml");
  const auto before = parse_topology(text, "t.toml").value();
  const auto same = [&](const std::string& next, const char* process) {
    return same_links(before, parse_topology(next, "t.toml").value(), process);
  };
  const auto more_pacers = changed(text, "pacers = 2", "pacers = 3");
  CHECK(same(more_pacers, "elector"));
  CHECK_FALSE(same(more_pacers, "publisher"));
  CHECK(same("# a line more, so every place in the file moves\n" + text, "publisher"));
  const auto other_priority = changed(text, "priority = 90", "priority = 80");
  CHECK_FALSE(same(other_priority, "elector"));
}

}  // namespace paceline::test
