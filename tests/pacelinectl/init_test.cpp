// `init`: the bundles of a new cluster, from options and from answers.
#include "services/pacelinectl/bundle.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/init_wishes.h"
#include "services/pacelinectl/process_tables.h"
#include "tests/pacelinectl/fake_environment.h"
#include "tests/support/catch.h"
#include "tests/support/has.h"
#include "tests/support/manual.h"
#include "topology/topology.h"

namespace paceline::test {
namespace {

// Two nodes and a witness, told by options.
Request init(std::vector<std::pair<std::string, std::string>> others = {}) {
  Request made = request("init", {"out"});
  made.filters = {{"cluster", "acme"},
                  {"nodes", "a=192.0.2.11,b=192.0.2.12:7200"},
                  {"witness", "w=192.0.2.21"},
                  {"statserver", "https://stat-1.example/statistics/v3"},
                  {"statserver-backup", "https://stat-2.example/statistics/v3"},
                  {"endpoint", "https://api.example/api/"},
                  {"token-url", "https://login.example/oauth/token"},
                  {"client-id", "paceline \"x\""},
                  {"client-secret", "secret.txt"},
                  {"ca", "ca.pem"}};
  for (auto& [key, value] : others) {
    std::erase_if(made.filters, [&, &name = key](const auto& told) { return told.first == name; });
    if (!value.empty()) made.filters.emplace_back(key, value);
  }
  return made;
}

FakeEnvironment desk() {
  FakeEnvironment environment;
  environment.files["secret.txt"].text = "s3cret\n";
  environment.files["ca.pem"].text = "-----BEGIN CERTIFICATE-----\n";
  return environment;
}

std::string text_of(FakeEnvironment& environment, const std::string& path) {
  CAPTURE(path);
  REQUIRE(environment.files.contains(path));
  return environment.files[path].text;
}

TEST_CASE("init makes a bundle a node: its own private key, all public ones, a checked topology",
          "[pacelinectl]") {
  FakeEnvironment environment = desk();

  const Outcome outcome = run_command(init(), environment);

  CAPTURE(outcome.out, outcome.error);
  REQUIRE(outcome.exit == exit_fine);
  CHECK(has(outcome.out, "cluster acme is checked and good"));
  CHECK(has(outcome.out, "out/w  for witness w, 192.0.2.21"));
  const std::string text = text_of(environment, "out/a/etc/paceline/topology.toml");
  for (const std::string node : {"a", "b", "w"}) {
    const std::string keys = "out/" + node + "/var/lib/paceline/keys/";
    CHECK(text_of(environment, "out/" + node + "/etc/paceline/topology.toml") == text);
    for (const std::string other : {"a", "b", "w"}) {
      CHECK(environment.files.contains(keys + other + ".secret") == (other == node));
      CHECK(text_of(environment, keys + other + ".public") ==
            text_of(environment, "out/" + other + "/var/lib/paceline/keys/" + other + ".public"));
    }
    CHECK(environment.files.at(keys + node + ".secret").mode == 0600u);
    CHECK(environment.folders.at(keys.substr(0, keys.size() - 1)) == 0700u);
    CHECK(has(text_of(environment, "out/" + node + "/etc/paceline/node.env"),
              "\nPACELINE_NODE=" + node + "\n"));
    const bool paces = node != "w";
    const std::string config = "out/" + node + "/etc/paceline/";
    CHECK(environment.files.contains(config + "client-secret") == paces);
    CHECK(environment.files.contains(config + "endpoint-ca.pem") == paces);
    CHECK(environment.files.contains(config + "targets.toml") == paces);
  }
  CHECK(environment.files.at("out/a/etc/paceline/client-secret").mode == 0600u);
  CHECK(check_whole_topology(text, "/etc/paceline/topology.toml").empty());
  const auto topology = parse_topology(text, "/etc/paceline/topology.toml");
  REQUIRE(topology);
  CHECK(topology->cluster == "acme");
  CHECK(topology->run_dir == "/var/lib/paceline");
  CHECK(topology->targets_file == "/etc/paceline/targets.toml");
  CHECK(topology->node("b")->port == 7200);
  CHECK(topology->node("a")->priority > topology->node("b")->priority);
  CHECK(topology->node("w")->witness());
  CHECK(parse_targets(text_of(environment, "out/a/etc/paceline/targets.toml"), "t.toml"));
}

TEST_CASE("init's channels and sockets are those of the shipped topology", "[pacelinectl]") {
  FakeEnvironment environment = desk();
  run_command(init(), environment);
  const auto made =
      parse_topology(text_of(environment, "out/a/etc/paceline/topology.toml"), "t.toml");
  const auto shipped = parse_topology(tree_file("topology/two-node.toml"), "t.toml");
  REQUIRE((made && shipped));

  REQUIRE(made->channels.size() == shipped->channels.size());
  for (std::size_t i = 0; i < made->channels.size(); ++i) {
    const Channel& ours = made->channels[i];
    const Channel& theirs = shipped->channels[i];
    CAPTURE(ours.name);
    CHECK(ours.name == theirs.name);
    CHECK(ours.carries == theirs.carries);
    CHECK(ours.to == theirs.to);
    CHECK(ours.period == theirs.period);
    CHECK(ours.stale == theirs.stale);
    CHECK(ours.keyframe == theirs.keyframe);
    CHECK(ours.endpoint == theirs.endpoint);
  }
  CHECK(made->cluster_control == shipped->cluster_control);
  CHECK(made->pacer_control == shipped->pacer_control);
}

TEST_CASE("init again changes nothing and says so, adds what is missing, and writes over nothing",
          "[pacelinectl]") {
  FakeEnvironment environment = desk();
  REQUIRE(run_command(init(), environment).exit == exit_fine);
  const auto before = environment.files;
  const auto same = [&] {
    return environment.files.size() == before.size() &&
           std::ranges::all_of(before, [&](const auto& file) {
             return environment.files[file.first].text == file.second.text;
           });
  };

  const Outcome again = run_command(init(), environment);
  CHECK(again.exit == exit_fine);
  CHECK(again.out == "out: all of it is there, nothing is changed\n");
  CHECK(same());

  environment.files.erase("out/b/etc/paceline/README");
  CHECK(has(run_command(init(), environment).out, "out: 1 files made"));
  CHECK(same());

  const Outcome others = run_command(init({{"cluster", "other"}}), environment);
  CHECK(others.exit == exit_not_answered);
  CHECK(has(others.error, "nothing is written: out/a/etc/paceline/topology.toml, "));
  CHECK(same());

  environment.files.erase("out/b/var/lib/paceline/keys/b.secret");
  const Outcome half = run_command(init(), environment);
  CHECK(half.exit == exit_not_answered);
  CHECK(half.error ==
        "out/a/var/lib/paceline/keys/b.public is there without "
        "out/b/var/lib/paceline/keys/b.secret: bring that back, or begin in another folder");
}

TEST_CASE("init tells what it was not told, and what is wrong with what it was", "[pacelinectl]") {
  FakeEnvironment environment = desk();
  const auto files = environment.files.size();
  const auto error = [&](std::vector<std::pair<std::string, std::string>> told) {
    const Outcome outcome = run_command(init(std::move(told)), environment);
    CHECK(outcome.exit == exit_usage);
    CHECK(environment.files.size() == files);
    return outcome.error;
  };

  CHECK(error({{"cluster", ""}, {"endpoint", ""}}) ==
        "--cluster, --endpoint have to be told; on a terminal, init asks");
  CHECK(error({{"cluster", "Acme"}}) ==
        "--cluster = 'Acme': not a name: 1 to 32 of a-z 0-9 _ -, beginning with a letter");
  CHECK(error({{"nodes", "192.0.2.11"}}) ==
        "--nodes = '192.0.2.11': '192.0.2.11' is not NAME=ADDRESS");
  CHECK(has(error({{"nodes", "a=192.0.2.11:99999"}}), "'99999' is no port"));
  CHECK(has(error({{"nodes", "a=192.0.2.11,a=192.0.2.12"}}), "'a' stands twice"));
  CHECK(error({{"witness", "a=192.0.2.21"}}) == "--witness: 'a' is one of --nodes");
  CHECK(error({{"client-secret", "none.txt"}}) ==
        "--client-secret = 'none.txt': none.txt: cannot be opened");
  for (const char* folder : {"state", "/", "/a/", "/a b", "/a{sockets}", "/a'b", "/a\nb"})
    CHECK(has(error({{"socket-dir", folder}}), "not an absolute path"));
  CHECK(has(error({{"witness", ""}}), "name a --witness on a third host, or accept by --pair"));
}

TEST_CASE("init writes nothing by which a process would not start", "[pacelinectl]") {
  FakeEnvironment environment = desk();
  const auto files = environment.files.size();
  const auto mistakes = [&](std::vector<std::pair<std::string, std::string>> told) {
    const Outcome outcome = run_command(init(std::move(told)), environment);
    CHECK(outcome.exit == exit_mistakes);
    CHECK(environment.files.size() == files);
    return outcome.out;
  };

  CHECK(has(mistakes({{"token-url", "http://login.example/oauth/token"}}),
            "publisher.base_auth_url = \"http://login.example/oauth/token\": not an https:// URL"));
  CHECK(has(mistakes({{"statserver", "https://stat.example/?x=1"}}), "statfeed.primary"));
  CHECK(has(mistakes({{"nodes", "a=0.0.0.0,b=192.0.2.12"}}), "nodes.a.host"));
  CHECK(has(mistakes({{"nodes", "a=192.0.2.11,b=192.0.2.11"}}), "binds too"));
  environment.files["bad.csv"].text = "ID;Channel;Group\na b;chat;A\n";
  CHECK(has(run_command(init({{"targets", "bad.csv"}}), environment).out,
            "bad.csv:1:1: column queue is missing"));
}

TEST_CASE("two nodes alone are a pair that is accepted", "[pacelinectl]") {
  FakeEnvironment environment = desk();
  Request pair = init({{"witness", ""}});
  pair.pair = true;

  REQUIRE(run_command(pair, environment).exit == exit_fine);

  const auto text = text_of(environment, "out/b/etc/paceline/topology.toml");
  CHECK(parse_topology(text, "t.toml")->mode == ElectionMode::pair);
  CHECK(has(text, "accept_dual_publish = true"));
}

TEST_CASE("init takes a sheet of targets as it is", "[pacelinectl]") {
  FakeEnvironment environment = desk();
  environment.files["export.csv"].text = "\xef\xbb\xbfID;Channel;Group;Queue;\r\na;chat;A;AQ;\r\n";

  REQUIRE(run_command(init({{"targets", "export.csv"}}), environment).exit == exit_fine);

  CHECK(text_of(environment, "out/b/etc/paceline/targets.csv") ==
        environment.files["export.csv"].text);
  const auto topology = parse_topology(text_of(environment, "out/b/etc/paceline/topology.toml"),
                                       "/etc/paceline/topology.toml");
  CHECK(topology->targets_file == "/etc/paceline/targets.csv");
}

TEST_CASE("on a terminal init asks for what the options do not say, again where the answer is none",
          "[pacelinectl]") {
  FakeEnvironment environment = desk();
  Request asked = init({{"cluster", ""}, {"nodes", ""}, {"ca", ""}, {"client-id", ""}});
  asked.asks = true;
  environment.input = "Acme\nacme\na=192.0.2.11,b=192.0.2.12\nthe client\n\n\n";

  const Outcome outcome = run_command(asked, environment);

  CAPTURE(outcome.error, outcome.out, environment.output);
  REQUIRE(outcome.exit == exit_fine);
  CHECK(has(environment.output, "  not a name: 1 to 32 of a-z"));
  CHECK(has(environment.output, "(or nothing)\n  --targets: "));
  CHECK_FALSE(has(environment.output, "--statserver:"));
  CHECK(
      has(text_of(environment, "out/a/etc/paceline/topology.toml"), "client_id = \"the client\""));

  environment.input = "acme\n";
  CHECK(run_command(asked, environment).error == "the answers ended before all was told");
  environment.input = "A\nB\nC\nD\nE\nF\n";
  CHECK(run_command(asked, environment).error == "--cluster: 5 answers that are none");
}

TEST_CASE("addresses of new nodes may be IPv6 and have a port", "[pacelinectl]") {
  const auto nodes = parse_new_nodes("a=2001:db8::11, b=[2001:db8::12]:7200,c=[::1],d=host.x:7300");

  REQUIRE(nodes);
  REQUIRE(nodes->size() == 4);
  CHECK((*nodes)[0].host == "2001:db8::11");
  CHECK((*nodes)[0].port == 7100);
  CHECK((*nodes)[1].host == "2001:db8::12");
  CHECK((*nodes)[1].port == 7200);
  CHECK((*nodes)[2].host == "::1");
  CHECK((*nodes)[3].host == "host.x");
  CHECK((*nodes)[3].port == 7300);
  for (const char* bad :
       {"", "a=", "a=:7100", "=x", "a=x:", "a=x:0", "a=[::1]:x", ",a=x", "a=x,"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_new_nodes(bad));
  }
}

TEST_CASE("a bundle's README names the folders that were wished", "[pacelinectl]") {
  FakeEnvironment environment = desk();
  REQUIRE(run_command(init({{"config-dir", "/opt/p/etc"},
                            {"state-dir", "/opt/p/state"},
                            {"socket-dir", "/opt/p/run"}}),
                      environment)
              .exit == exit_fine);

  const auto readme = text_of(environment, "out/a/opt/p/etc/README");
  CHECK(has(readme, "cp -R ./opt/p/etc/. /opt/p/etc\n"));
  CHECK(has(readme, "/opt/p/state/keys/a.secret"));
  CHECK(environment.files.contains("out/a/opt/p/state/keys/a.secret"));
  CHECK(has(text_of(environment, "out/a/opt/p/etc/topology.toml"),
            "\"ipc:///opt/p/run/{node}/stat\""));
}

TEST_CASE("keys check tells fingerprints, and every key that is not as it should be",
          "[pacelinectl]") {
  FakeEnvironment environment;
  const std::string keys = "/etc/../build/demo/keys/";
  REQUIRE(run_command(request("keys"), environment).exit == exit_fine);
  auto& files = environment.files;
  const auto check = [&] { return run_command(request_at("a", "keys check"), environment); };

  CHECK(check().exit == exit_fine);  // Of a demo, whose nodes are on one host.
  CHECK(has(check().out, "  a         #public1             its private key is here\n"));

  files["/etc/demo.toml"].text.replace(files["/etc/demo.toml"].text.find("127.0.0.1"), 9,
                                       "192.0.2.11");
  files[keys + "a.secret"].mode = 0640;
  files[keys + "b.public"].text = "public1\n";
  files[keys + "w.secret"].text = "garbage\n";
  files.erase(keys + "w.public");
  const Outcome outcome = check();

  CHECK(outcome.exit == exit_mistakes);
  for (const char* part :
       {"a.secret has mode 0640, others can read it", "b.public is the public key of a too",
        "b.secret does not belong to b.public, but to the public key #public2",
        "b.secret is the private key of b, which only the host of b needs",
        "w.public cannot be read: bring it from the host of w",
        "w.secret is not a key of 40 characters", "w         no public key"}) {
    CAPTURE(part, outcome.out);
    CHECK(has(outcome.out, part));
  }
  files.erase(keys + "a.secret");
  CHECK(has(check().out, "a.secret is missing, and a cannot start without"));
}

TEST_CASE("topology check tells what each process would refuse in its own table", "[pacelinectl]") {
  FakeEnvironment environment;
  auto& text = environment.files["/etc/demo.toml"].text;
  text +=
      "\n[elector]\nhartbeat = \"200ms\"\n\n[pacer]\ngoal_share = 2\n\n[watch]\nlisten = "
      "\"7110\"\n";
  text.replace(text.find("backup = \"http://127"), 6, "bakcup");
  text.replace(text.find("base_auth_url = \"https"), 22, "base_auth_url = \"http_");

  const Outcome outcome = run_command(request("topology check"), environment);

  CHECK(outcome.exit == exit_mistakes);
  for (const char* part :
       {"statfeed.bakcup = \"http://127.0.0.1:7181/statistics/v3\": unknown key; did you mean "
        "\"backup\"?",
        "publisher.base_auth_url = ",
        "elector.hartbeat = \"200ms\": unknown key; did you mean "
        "\"heartbeat\"?",
        "pacer.goal_share = 2: not in [0.5, 1]", "watch.listen"}) {
    CAPTURE(part, outcome.out);
    CHECK(has(outcome.out, part));
  }
}

}  // namespace
}  // namespace paceline::test
