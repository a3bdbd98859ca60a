#include "services/pacelinectl/cluster_file.h"

#include "tests/pacelinectl/fake_environment.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

/// The shipped two nodes on two hosts.
ClusterFile two_hosts(const std::string& node) {
  FakeEnvironment environment;
  std::ifstream in{source_folder() + "/topology/two-node.toml"};
  environment.files["/etc/two-node.toml"].text = {std::istreambuf_iterator<char>{in}, {}};
  auto cluster = load_cluster({.topology = "/etc/two-node.toml", .node = node}, environment);
  if (!cluster) FAIL(cluster.error().detail);
  return *std::move(cluster);
}

TEST_CASE("a watch on the loopback of another host is not asked", "[pacelinectl]") {
  const auto endpoints = watch_endpoints(two_hosts("b"));

  REQUIRE(endpoints.size() == 1);
  CHECK(endpoints[0].node == "b");
  CHECK(endpoints[0].url == "http://127.0.0.1:7110");
}

TEST_CASE("nodes that share our host are asked after ours", "[pacelinectl]") {
  FakeEnvironment environment;
  const auto cluster = load_cluster({.topology = "/etc/demo.toml", .node = "b"}, environment);
  REQUIRE(cluster);

  const auto nodes = local_nodes(*cluster);

  REQUIRE(nodes.size() == 3);
  CHECK(nodes[0]->name == "b");
  CHECK(nodes[1]->name == "a");
  CHECK(nodes[2]->name == "w");
  CHECK(local_nodes(two_hosts("b")).size() == 1);
}

TEST_CASE("without --node it is the node whose elector has its socket here", "[pacelinectl]") {
  FakeEnvironment environment;
  CHECK(load_cluster({.topology = "/etc/demo.toml"}, environment)->node == "a");

  environment.files["/etc/../build/demo/w/elector-0.ctl"].text = "";
  CHECK(load_cluster({.topology = "/etc/demo.toml"}, environment)->node == "a");

  environment.files["/etc/../build/demo/b/elector-0.ctl"].text = "";
  CHECK(load_cluster({.topology = "/etc/demo.toml"}, environment)->node == "b");
}

TEST_CASE("a witness is ours only if it is named, whatever runs here", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.files["/etc/../build/demo/w/elector-0.ctl"].text = "";
  CHECK(load_cluster({.topology = "/etc/demo.toml"}, environment)->node != "w");

  const auto named = load_cluster({.topology = "/etc/demo.toml", .node = "w"}, environment);

  REQUIRE(named);
  CHECK(named->node == "w");
  CHECK(local_nodes(*named).front()->name == "w");
}

TEST_CASE("a node that the topology does not have is named with those it has", "[pacelinectl]") {
  FakeEnvironment environment;

  const auto cluster = load_cluster({.topology = "/etc/demo.toml", .node = "x"}, environment);

  REQUIRE_FALSE(cluster);
  CHECK(cluster.error().detail == "/etc/demo.toml: no node 'x', there are a, b, w");
  CHECK(exit_of(cluster.error()) == exit_usage);
}

}  // namespace
}  // namespace paceline::test
