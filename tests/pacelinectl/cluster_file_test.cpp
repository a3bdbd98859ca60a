#include "services/pacelinectl/cluster_file.h"

#include "services/pacelinectl/commands.h"
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

TEST_CASE("the node that the units of this host begin is ours, a witness too", "[pacelinectl]") {
  FakeEnvironment environment;
  auto& file = environment.files["/etc/node.env"];
  file.text =
      "# PACELINE_NODE=a\nPACELINE_LOG_LEVEL=info\nPACELINE_NODE=a\nPACELINE_NODE=\"w\"\r\n";
  CHECK(load_cluster({.topology = "/etc/demo.toml"}, environment)->node == "w");
  CHECK(load_cluster({.topology = "/etc/demo.toml", .node = "b"}, environment)->node == "b");

  file.text = "PACELINE_NODE=nobody";
  const auto unknown = load_cluster({.topology = "/etc/demo.toml"}, environment);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().detail == "/etc/demo.toml: no node 'nobody', there are a, b, w");
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

/// The demo, whose watches want a token that stands in a file.
FakeEnvironment with_token_file() {
  FakeEnvironment environment;
  environment.files["/etc/demo.toml"].text += "\n[watch]\nread_token_file = \"watch-token\"\n";
  environment.files["/etc/watch-token"].text = "sesame\nof Monday\n";
  return environment;
}

TEST_CASE("watch is asked with the token of its file", "[pacelinectl]") {
  FakeEnvironment environment = with_token_file();
  environment.web["http://127.0.0.1:7110/api/v1/events"] = {200, "{}"};

  const auto answer =
      ask_watch(*load_cluster(request("events"), environment), "/api/v1/events", environment);

  REQUIRE(answer);
  CHECK(environment.requests.at(0).headers == HttpHeaders{{"Authorization", "Bearer sesame"}});
}

TEST_CASE("status needs no secret: the watch of this host tells it at its control socket",
          "[pacelinectl]") {
  FakeEnvironment environment = with_token_file();
  environment.unreadable.insert("/etc/watch-token");
  const std::string body = "{}";
  environment.replies.emplace("a/watch/0 cluster", Bytes{body.begin(), body.end()});
  const auto cluster = load_cluster(request("status"), environment);

  const auto status = ask_watch(*cluster, "/api/v1/status", environment);
  const auto events = ask_watch(*cluster, "/api/v1/events", environment);

  REQUIRE(status);
  CHECK(status->body == body);
  CHECK(environment.requests.empty());
  REQUIRE_FALSE(events);
  CHECK(events.error().detail.find("/etc/watch-token: cannot be opened") != std::string::npos);
}

TEST_CASE("a watch with a certificate is asked by its node's address and its authority",
          "[pacelinectl]") {
  FakeEnvironment environment;
  auto& text = environment.files["/etc/demo.toml"].text;
  text +=
      "\n[watch]\nlisten = \"0.0.0.0:443\"\nread_token = \"x\"\ncertificate_file = \"c.pem\"\n"
      "key_file = \"k.pem\"\n";
  for (auto at = text.find("host = \"127.0.0.1\""); at != text.npos;
       at = text.find("host = \"127.0.0.1\""))
    text.replace(at, 18, "host = \"192.0.2.7\"");
  const auto itself = watch_endpoints(*load_cluster(request("status"), environment));
  text += "ca_file = \"ca.pem\"\n";
  const auto authority = watch_endpoints(*load_cluster(request("status"), environment));

  REQUIRE(itself.size() == 2);
  CHECK(itself[0].url == "https://192.0.2.7:443");
  CHECK(itself[0].ca_file == "/etc/c.pem");
  REQUIRE(authority.size() == 2);
  CHECK(authority[0].ca_file == "/etc/ca.pem");
}

TEST_CASE("who is asked how the processes do is whoever starts them on this host",
          "[pacelinectl]") {
  FakeEnvironment environment;
  CHECK(status_of_starter(environment) == "supervisorctl status");

  environment.files["/lib/systemd/system/paceline.service"].text = "[Unit]\n";
  CHECK(status_of_starter(environment) == "systemctl status paceline");

  environment.files["/etc/supervisor/conf.d/paceline.conf"].text = "[group:a]\n";
  CHECK(status_of_starter(environment) == "supervisorctl status");

  environment.files["/etc/systemd/system/paceline-node.target"].text = "[Unit]\n";
  CHECK(status_of_starter(environment) == "systemctl status 'paceline-*'");
  CHECK_THAT(run_command(request("election"), environment).error,
             Catch::Contains("is the group running? try systemctl status 'paceline-*'"));

  environment.files["/run/paceline/supervisor.sock"].text = "";
  CHECK(status_of_starter(environment) ==
        "supervisorctl -s unix:///run/paceline/supervisor.sock status");
}

TEST_CASE("why no watch answers is told of each, and what to look at", "[pacelinectl]") {
  FakeEnvironment environment;
  const std::string url = "http://127.0.0.1:7110/api/v1/status";
  environment.web_faults.emplace(
      url, Error{Errc::refused, url + ": SSL certificate problem: unable to get local issuer"});

  const auto answer =
      ask_watch(*load_cluster(request("status"), environment), "/api/v1/status", environment);

  REQUIRE_FALSE(answer);
  CHECK(
      answer.error().detail ==
      "no watch answers at http://127.0.0.1:7110 (SSL certificate problem: unable to get local "
      "issuer), http://127.0.0.1:7130 (connection refused): look at ca_file of [watch], which has "
      "to have the authority of its certificate, and at the names in that");
}

}  // namespace
}  // namespace paceline::test
