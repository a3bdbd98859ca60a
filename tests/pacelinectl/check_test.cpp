// `check` on the shipped demo: all well, and then one thing wrong at a time.
#include <nlohmann/json.hpp>

#include "services/pacelinectl/commands.h"
#include "tests/pacelinectl/fake_environment.h"
#include "tests/pacelinectl/watch_bodies.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

const std::string run = "/etc/../build/demo/";
const std::string token_url = "https://127.0.0.1:7182/oauth/token";
const std::string endpoint_url = "https://127.0.0.1:7182/api/v2/pacing/clusters/demo/publications";

std::string file_of_tree(const std::string& path) {
  std::ifstream in{source_folder() + "/" + path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

Bytes status_reply(std::initializer_list<std::pair<std::string, std::string>> fields) {
  return encode(StatusReply{{fields.begin(), fields.end()}});
}

Bytes to_bytes(const std::string& text) {
  return {text.begin(), text.end()};
}

StatusAnswer whole_cluster() {
  StatusAnswer status = demo_status();
  status.nodes[1].hears = {{"a", 0.1}};
  status.nodes[1].priority = 90;
  status.nodes.push_back(
      {.name = "w", .role = NodeRole::witness, .hears = {{"a", 0.1}, {"b", 0.1}}});
  status.pacers.resize(2);
  return status;
}

/// The demo with everything in its place; nothing runs yet.
struct Demo {
  Demo() {
    environment.files["/etc/demo-targets.toml"].text = file_of_tree("topology/demo-targets.toml");
    run_command(request("keys"), environment);
    environment.files[run + "client-secret"].text = "hunter2\n";
    environment.files[run + "simulator/ca.pem"].text = "CA";
    certificate("CA", 400);
    environment.web[token_url] = {200, R"({"access_token":"t","expires_in":600})"};
    environment.web[endpoint_url] = {404, "", {{"date", "Wed, 25 Nov 2026 03:30:26 GMT"}}};
    for (const char* port : {"7180", "7181"})
      environment.web["http://127.0.0.1:" + std::string{port} +
                      "/statistics/v3/subscriptions/paceline-check"] = {404, ""};
  }

  void certificate(const std::string& text, int days) {
    const WallTime now = environment.wall();
    environment.this_host.certificates_of[text] = {
        {.subject = "CN = x", .begins = now - 24h, .ends = now + 24h * days}};
  }

  /// Node a runs, and hears all others.
  void start() {
    MetricsReply metrics;
    metrics.families = {
        {.name = "paceline_build_info",
         .help = "",
         .type = "gauge",
         .samples = {{.suffix = "", .labels = {{"version", version}}, .value = 1}}}};
    for (const char* process :
         {"a/elector/0", "a/statfeed/0", "a/pacer/0", "a/pacer/1", "a/publisher/0", "a/watch/0"}) {
      set(std::string{process} + " status", status_reply({{"process", process}}));
      set(std::string{process} + " metrics", encode(metrics));
    }
    set("a/statfeed/0 status", status_reply({{"primary_up", "true"},
                                             {"primary_mode", "push"},
                                             {"backup_up", "true"},
                                             {"backup_mode", "push"},
                                             {"targets", "50"},
                                             {"targets_not_visible", "0"}}));
    hears(whole_cluster());
    for (int port = 7100; port < 7150; ++port) environment.this_host.ports[port] = Errc::refused;
    environment.web["http://127.0.0.1:7130/api/v1/status"] = {200, json_text(whole_cluster())};
    environment.web["http://127.0.0.1:7130/metrics"] = {
        200, "# x\npaceline_build_info{version=\"" + version + "\"} 1\n"};
  }

  void hears(const StatusAnswer& status) { set("a/watch/0 cluster", to_bytes(json_text(status))); }
  void set(const std::string& question, Result<Bytes> answer) {
    environment.replies.insert_or_assign(question, std::move(answer));
  }

  Outcome check(bool offline = false) {
    Request asked = request("check");
    asked.offline = offline;
    return run_command(asked, environment);
  }

  FakeEnvironment environment;
  std::string version = run_version();

  static std::string run_version() {
    FakeEnvironment other;
    const std::string text =
        run_command(request("version"), other).out;  // "paceline 0.1.0, wire ..."
    return text.substr(9, text.find(',') - 9);
  }
};

/// The lines of these states, without OK.
std::string not_ok(const std::string& out) {
  std::string lines;
  std::istringstream in{out};
  for (std::string line; std::getline(in, line);)
    if (!line.starts_with("OK ") && line.find(" OK") == line.npos) lines += line + "\n";
  return lines;
}

TEST_CASE("a node on which all is well is told so, with 0", "[pacelinectl]") {
  Demo demo;
  demo.start();

  const Outcome outcome = demo.check();

  CHECK(not_ok(outcome.out) == "");
  CHECK(outcome.exit == exit_fine);
  CHECK_THAT(outcome.out, Catch::Contains("cluster demo, 3 nodes; this is node a, 127.0.0.1"));
  CHECK_THAT(outcome.out, Catch::Contains("all 6 of node a answer"));
  CHECK_THAT(outcome.out, Catch::Contains("all 50 targets are visible"));
  CHECK_THAT(outcome.out, Catch::Contains("nothing was published"));
}

TEST_CASE("before the start what only a running node knows is unknown, with the reason",
          "[pacelinectl]") {
  Demo demo;

  const Outcome outcome = demo.check();

  CHECK(outcome.exit == 1);
  for (const char* why : {"UNKNOWN   processes     no process of node a answers: silence",
                          "UNKNOWN   nodes         no watch of this node tells how the others do",
                          "UNKNOWN   clock         how the clocks of the other nodes stand",
                          "UNKNOWN   statserver    whether it shows every target"})
    CHECK_THAT(outcome.out, Catch::Contains(why));
  CHECK_THAT(outcome.out, Catch::Contains("the primary answers at http://127.0.0.1:7180/") &&
                              Catch::Contains("does not refuse our login"));
  CHECK_THAT(outcome.out, Catch::Contains("0 held by its own processes"));
  CHECK_FALSE(Catch::Contains("CRITICAL").match(outcome.out));
}

TEST_CASE("offline nobody is asked", "[pacelinectl]") {
  Demo demo;
  demo.environment.asked.clear();

  const Outcome outcome = demo.check(true);

  CHECK(not_ok(outcome.out) == "");
  CHECK(outcome.exit == exit_fine);
  CHECK(demo.environment.asked.empty());
}

TEST_CASE("each mistake of a file is told with what to do", "[pacelinectl]") {
  const auto [what, words] = GENERATE(table<std::string, std::string>(
      {{"secret open", "secrets       /etc/../build/demo/client-secret has mode 0644"},
       {"secret missing",
        "secrets       /etc/../build/demo/client-secret, the client secret, is not there"},
       {"secret empty", "client-secret: no secret in it: its first line is empty"},
       {"certificate over",
        "simulator/ca.pem, authorities for the endpoint (CN = x) ended on "
        "2026-11-24T03:30:26.000Z"},
       {"certificate garbage", "ca.pem, authorities for the endpoint: no certificate (PEM) in it"},
       {"targets missing", "targets       /etc/demo-targets.toml: cannot be opened"},
       {"key missing", "keys          /etc/../build/demo/keys/b.public cannot be read"},
       {"disk full", "state         /etc/../build/demo has 1 MB left"},
       {"settings", "settings      /etc/demo.toml:"}}));
  CAPTURE(what);
  Demo demo;
  auto& environment = demo.environment;
  if (what == "secret open")
    environment.this_host.exposed[run + "client-secret"] = run + "client-secret has mode 0644";
  if (what == "secret missing") environment.files.erase(run + "client-secret");
  if (what == "secret empty") environment.files[run + "client-secret"].text = "\n";
  if (what == "certificate over") demo.certificate("CA", -1);
  if (what == "certificate garbage") environment.files[run + "simulator/ca.pem"].text = "garbage";
  if (what == "targets missing") environment.files.erase("/etc/demo-targets.toml");
  if (what == "key missing") environment.files.erase(run + "keys/b.public");
  if (what == "disk full") environment.this_host.facts.free_bytes = 1 << 20;
  if (what == "settings")
    environment.files["/etc/demo.toml"].text += "\n[watch]\npassword = \"hunter2\"\n";

  const Outcome outcome = demo.check(true);

  CAPTURE(outcome.out);
  CHECK(outcome.exit == exit_mistakes);
  CHECK_THAT(outcome.out,
             Catch::Contains("CRITICAL  ") && Catch::Contains(words) && Catch::Contains("  -> "));
  CHECK_FALSE(Catch::Contains("hunter2").match(outcome.out));
}

TEST_CASE("a mistake in the topology is told alone, as the rest waits for it", "[pacelinectl]") {
  Demo demo;
  auto& text = demo.environment.files["/etc/demo.toml"].text;
  text = "clustr = 3\n" + text;

  const Outcome outcome = demo.check();

  CHECK(outcome.exit == exit_mistakes);
  CHECK_THAT(outcome.out, Catch::Contains("CRITICAL  topology      /etc/demo.toml:"));
  CHECK_FALSE(Catch::Contains("secrets").match(outcome.out));
}

TEST_CASE("a warning or what cannot be known is no mistake, and no good either", "[pacelinectl]") {
  Demo demo;
  demo.certificate("CA", 20);
  demo.environment.this_host.facts.is_in_memory = true;
  demo.environment.this_host.open_files = 1024;
  demo.environment.unreadable.insert(run + "client-secret");

  const Outcome outcome = demo.check(true);

  CHECK(outcome.exit == 1);
  for (const char* line :
       {"WARNING   certificates  /etc/../build/demo/simulator/ca.pem, authorities for the endpoint "
        "(CN = x) ends in 20 days",
        "WARNING   state         /etc/../build/demo is in memory",
        "WARNING   limits        a process may open 1024 files",
        "UNKNOWN   secrets       /etc/../build/demo/client-secret, the client secret: "})
    CHECK_THAT(outcome.out, Catch::Contains(line));
}

TEST_CASE("what is wrong while the node runs is told with what to do", "[pacelinectl]") {
  Demo demo;
  demo.start();
  StatusAnswer status = whole_cluster();
  const auto [what, words] = GENERATE(table<std::string, std::string>(
      {{"publisher silent", "CRITICAL  processes     a/publisher/0 does not answer: silence"},
       {"old version", "WARNING   processes     a/elector/0 run version 0.0.9, and this is "},
       {"other targets", "WARNING   targets       a/pacer/1 work by another targets file"},
       {"key refused", "CRITICAL  keys          b refuses the key of a/elector/0"},
       {"node down", "CRITICAL  nodes         b is not heard"},
       {"one way", "CRITICAL  peers         a hears b, and b does not hear a"},
       {"targets differ", "CRITICAL  nodes         b paces by another targets file"},
       {"clock", "WARNING   clock         the clock of b is 1.5 s ahead of ours"},
       {"clock far", "CRITICAL  clock         the clock of b is 4.0 s behind ours"},
       {"endpoint clock",
        "CRITICAL  clock         this host's clock is at least 9.0 s ahead of the endpoint's"},
       {"unseen", "WARNING   statserver    3 of 50 targets are not visible"},
       {"login", "CRITICAL  statserver    the backup refuses our login: HTTP status 401"},
       {"token",
        "CRITICAL  token         no access token: HTTP status 401 at "
        "https://127.0.0.1:7182/oauth/token"},
       {"endpoint", "CRITICAL  endpoint      HTTP status 503"},
       {"port taken",
        "CRITICAL  ports         tcp 127.0.0.1:7110, its page of watch, is taken by another "
        "program"},
       {"port lost",
        "CRITICAL  ports         tcp 127.0.0.1:7100, channel heartbeat of elector, is held by "
        "nobody"},
       {"peer closed",
        "WARNING   peers         the host of b answers, and nobody listens at tcp 7120 of "
        "127.0.0.1"},
       {"peer silent",
        "CRITICAL  peers         b cannot be reached at tcp 7120 of 127.0.0.1: timed out"},
       {"peer topology",
        "CRITICAL  nodes         b has another topology file: it has 3 pacers, and 2 here"},
       {"peer version", "WARNING   nodes         b runs version 9.9.9"}}));
  CAPTURE(what);
  auto& environment = demo.environment;
  const auto quiet = [] { return fail(Errc::unavailable, "silence"); };
  if (what == "publisher silent" || what == "old version") {
    if (what == "publisher silent") demo.set("a/publisher/0 status", quiet());
    MetricsReply old;
    old.families = {{.name = "paceline_build_info",
                     .help = "",
                     .type = "gauge",
                     .samples = {{.suffix = "", .labels = {{"version", "0.0.9"}}, .value = 1}}}};
    if (what == "old version") demo.set("a/elector/0 metrics", encode(old));
  }
  if (what == "other targets")
    demo.set("a/pacer/1 status", status_reply({{"targets_version", "x"}}));
  if (what == "key refused")
    demo.set("a/elector/0 status", status_reply({{"our_key_refused_by", "b"}}));
  if (what == "node down") status.nodes[1].role = NodeRole::down;
  if (what == "one way") status.nodes[1].hears = {{"a", 30}};
  if (what == "targets differ") status.nodes[1].targets_differ = true;
  if (what == "clock") status.nodes[1].clock_ahead_s = 1.5;
  if (what == "clock far") status.nodes[1].clock_ahead_s = -4;
  if (what == "endpoint clock")
    environment.web[endpoint_url].headers = {{"date", "Wed, 25 Nov 2026 03:30:16 GMT"}};
  if (what == "unseen")
    demo.set("a/statfeed/0 status", status_reply({{"primary_up", "true"},
                                                  {"backup_up", "true"},
                                                  {"targets", "50"},
                                                  {"targets_not_visible", "3"}}));
  if (what == "login") {
    demo.set("a/statfeed/0 status",
             status_reply(
                 {{"primary_up", "true"}, {"backup_up", "false"}, {"targets_not_visible", "0"}}));
    environment.web["http://127.0.0.1:7181/statistics/v3/subscriptions/paceline-check"] = {401, ""};
  }
  if (what == "token") environment.web[token_url] = {401, R"({"error":"invalid_client"})"};
  if (what == "endpoint") environment.web[endpoint_url] = {503, ""};
  if (what == "port taken") demo.set("a/watch/0 status", quiet());
  if (what == "port lost") environment.this_host.ports.erase(7100);
  if (what == "peer closed")
    environment.closed.emplace(7120, Error{Errc::refused, "Connection refused"});
  if (what == "peer silent")
    environment.closed.emplace(7120, Error{Errc::unavailable, "timed out"});
  if (what == "peer topology") {
    StatusAnswer there = whole_cluster();
    there.pacers.resize(3);
    environment.web["http://127.0.0.1:7130/api/v1/status"] = {200, json_text(there)};
  }
  if (what == "peer version")
    environment.web["http://127.0.0.1:7130/metrics"] = {
        200, "# x\npaceline_build_info{version=\"9.9.9\"} 1\n"};
  demo.hears(status);

  const Outcome outcome = demo.check();

  CAPTURE(outcome.out);
  CHECK_THAT(outcome.out, Catch::Contains(words) && Catch::Contains("  -> "));
  CHECK(outcome.exit == (words.starts_with("CRITICAL") ? exit_mistakes : 1));
}

TEST_CASE("a host that does not have the node's address is told so once", "[pacelinectl]") {
  Demo demo;
  for (int port = 7100; port < 7150; ++port)
    demo.environment.this_host.ports[port] = Errc::not_found;

  const std::string out = demo.check().out;

  const auto first = out.find("CRITICAL  ports         127.0.0.1 is no address of this host");
  CHECK(first != out.npos);
  CHECK(out.find("ports  ", first + 20) == out.npos);
}

TEST_CASE("the node of a host that does not run yet is that whose private key is there",
          "[pacelinectl]") {
  Demo demo;
  for (const char* other : {"a", "w"})
    demo.environment.files.erase(run + "keys/" + other + ".secret");

  CHECK_THAT(demo.check(true).out, Catch::Contains("this is node b"));
}

TEST_CASE("supervisord's group is compared with what the topology makes", "[pacelinectl]") {
  Demo demo;
  Request asked = request_at("a", "topology supervisor");
  asked.user = "paceline";
  const std::string group = run_command(asked, demo.environment).out;
  demo.environment.this_host.folders["/etc/supervisor/conf.d"] = {"/etc/supervisor/conf.d/p.conf"};
  auto& text = demo.environment.files["/etc/supervisor/conf.d/p.conf"].text;

  text = group;
  CHECK_THAT(
      demo.check(true).out,
      Catch::Contains(
          "OK        supervisor    /etc/supervisor/conf.d/p.conf is as the topology has it"));

  text.replace(text.find("exitcodes=0,78"), 14, "exitcodes=0");
  CHECK_THAT(demo.check(true).out,
             Catch::Contains("CRITICAL  supervisor    /etc/supervisor/conf.d/p.conf:") &&
                 Catch::Contains("'exitcodes=0' where the topology makes 'exitcodes=0,78'"));
  demo.environment.this_host.users.clear();
  CHECK_THAT(demo.check(true).out,
             Catch::Contains("names the user 'paceline', whom this host does not have"));
  asked.user.clear();
  text = run_command(asked, demo.environment).out;
  CHECK_THAT(demo.check(true).out,
             Catch::Contains("WARNING   supervisor    /etc/supervisor/conf.d/p.conf has no user="));
}

TEST_CASE("a plugin says one line and ends as monitoring wants it", "[pacelinectl]") {
  Demo demo;
  demo.start();
  Request asked = request("check");
  asked.plugin = true;

  const Outcome good = run_command(asked, demo.environment);
  demo.environment.web[endpoint_url] = {503, ""};
  const Outcome bad = run_command(asked, demo.environment);
  asked.topology = "/none.toml";
  const Outcome none = run_command(asked, demo.environment);

  CHECK_THAT(good.out, Catch::StartsWith("PACELINE OK - demo a: "));
  CHECK(std::ranges::count(good.out, '\n') == 1);
  CHECK(good.exit == 0);
  CHECK_THAT(bad.out, Catch::StartsWith("PACELINE CRITICAL - demo a: "));
  CHECK(bad.exit == 2);
  CHECK_THAT(none.out, Catch::StartsWith("PACELINE UNKNOWN - /none.toml: "));
  CHECK(none.exit == 3);
}

}  // namespace
}  // namespace paceline::test
