#include "services/pacelinectl/commands.h"

#include "common/base/hash.h"
#include "tests/pacelinectl/fake_environment.h"
#include "tests/pacelinectl/watch_bodies.h"
#include "tests/support/catch.h"
#include "tests/support/has.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

const std::string status_body = json_text(demo_status());

TEST_CASE("status tells who is master in one screen", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.web["http://127.0.0.1:7110/api/v1/status"] = {200, status_body};

  const Outcome outcome = run_command(request("status"), environment);

  CAPTURE(outcome.out);
  CHECK(outcome.exit == exit_fine);
  CHECK(has(outcome.out, "cluster demo: a is master, term 513, since 2026-11-22T19:43:46.375Z"));
  CHECK(has(outcome.out, "accepted (200)"));
  CHECK(has(outcome.out, "12 of 200 ms"));
  CHECK(has(outcome.out, "targets 50: 50 ok; 7 invitations granted now, 12 outstanding"));
  CHECK_FALSE(has(outcome.out, "\x1b"));
}

TEST_CASE("status begins with what is wrong and what to do, in watch's order", "[pacelinectl]") {
  FakeEnvironment environment;
  auto status = demo_status();
  status.ready = false;
  status.not_ready_because = {"node a gets no access token; check client_id"};
  status.causes = {{"no_token", CauseWeight::stops, "a", "node a gets no access token", "check it"},
                   {"one_way", CauseWeight::endangers, "b", "a hears b\x1b[2J", "check tcp 7100"}};
  environment.web["http://127.0.0.1:7110/api/v1/status"] = {200, json_text(status)};

  const Outcome outcome = run_command(request("status"), environment);

  CHECK(outcome.exit == exit_fine);
  CHECK(
      outcome.out.starts_with("stops     node a gets no access token -> check it\n"
                              "endangers a hears b"));
  CHECK(has(outcome.out, " -> check tcp 7100\n\ncluster demo: a is master"));
  CHECK_FALSE(has(outcome.out, "\x1b"));
  CHECK_FALSE(has(outcome.out, "not ready: "));  // Said already.
}

TEST_CASE("status of a watch that names no causes yet says why it is not ready", "[pacelinectl]") {
  FakeEnvironment environment;
  auto status = demo_status();
  status.not_ready_because = {"statfeed is not heard"};
  environment.web["http://127.0.0.1:7110/api/v1/status"] = {200, json_text(status)};

  CHECK(run_command(request("status"), environment)
            .out.starts_with("not ready: statfeed is not heard\n\ncluster demo"));
}

TEST_CASE("what a silent publisher said last has its age, and a drained node says so",
          "[pacelinectl]") {
  FakeEnvironment environment;
  auto status = demo_status();
  status.nodes[0].role = NodeRole::down;
  status.nodes[0].publisher = "down";
  status.nodes[0].publication->heard_s = 42;
  status.nodes[1].maintenance = "new disk";
  environment.web["http://127.0.0.1:7110/api/v1/status"] = {200, json_text(status)};

  const Outcome outcome = run_command(request("status"), environment);

  CAPTURE(outcome.out);
  CHECK(has(outcome.out, "accepted (200), said 42.0 s ago"));
  CHECK_FALSE(has(outcome.out, "12 of 200 ms"));
  CHECK(has(outcome.out, "standby, drained"));
}

TEST_CASE("status says why no history is kept", "[pacelinectl]") {
  FakeEnvironment environment;
  auto status = demo_status();
  status.history_off = "h.db: another watch writes it";
  environment.web["http://127.0.0.1:7110/api/v1/status"] = {200, json_text(status)};

  const Outcome outcome = run_command(request("status"), environment);

  CHECK(outcome.exit == exit_fine);
  CHECK(has(outcome.out, "history is off: h.db: another watch writes it\n"));
}

TEST_CASE("status as JSON is watch's own answer", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.web["http://127.0.0.1:7110/api/v1/status"] = {200, status_body};
  Request asked = request("status");
  asked.json = true;

  CHECK(run_command(asked, environment).out == status_body + "\n");
}

TEST_CASE("another node's watch answers when ours does not", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.web["http://127.0.0.1:7130/api/v1/status"] = {200, status_body};

  const Outcome outcome = run_command(request("status"), environment);

  CHECK(outcome.exit == exit_fine);
  CHECK(environment.asked == std::vector<std::string>{"http://127.0.0.1:7110/api/v1/status",
                                                      "http://127.0.0.1:7130/api/v1/status"});
}

TEST_CASE("silence is told with the addresses and what to try", "[pacelinectl]") {
  FakeEnvironment environment;

  const Outcome status = run_command(request("status"), environment);
  const Outcome election = run_command(request("election"), environment);

  CHECK(status.exit == exit_not_answered);
  CHECK(status.error ==
        "no watch answers at http://127.0.0.1:7110 (connection refused), http://127.0.0.1:7130 "
        "(connection refused): is the group running? try supervisorctl status");
  CHECK(election.exit == exit_not_answered);
  CHECK(has(election.error, "no elector answers at ipc:///etc/../build/demo/a/elector-0.ctl, "));
  CHECK(has(election.error, "is the group running? try supervisorctl status"));
}

TEST_CASE("an answer that is no status is not believed", "[pacelinectl]") {
  FakeEnvironment environment;
  for (const char* body : {"", "[]", "{}", "{\"cluster\":\"x\"}", "{\"nodes\":[]}", "\xff"}) {
    environment.web["http://127.0.0.1:7110/api/v1/status"] = {200, body};
    const Outcome outcome = run_command(request("status"), environment);
    CAPTURE(body);
    CHECK(outcome.exit == exit_not_answered);
    CHECK(has(outcome.error, "watch answered, but not a status"));
  }
}

TEST_CASE("targets are shown with their reason, filtered by watch", "[pacelinectl]") {
  FakeEnvironment environment;
  TargetsAnswer page = demo_targets({"t07"});
  page.total = 50;
  page.targets[0].channel = "chat";
  page.targets[0].pace = {.state = PaceState::ok,
                          .reason = PaceReason::goal_guard,
                          .proactive = 2,
                          .logged_in = 9,
                          .ready = 1,
                          .busy = 8,
                          .pending = 5,
                          .acceptance = 0.31,
                          .abandonment = 0.024,
                          .goal = 3};
  environment.web["http://127.0.0.1:7110/api/v1/targets"] = {200, json_text(page)};
  Request asked = request("targets");
  asked.filters = {{"q", "group 07&x"}};

  const Outcome outcome = run_command(asked, environment);

  CHECK(outcome.exit == exit_fine);
  CHECK(has(outcome.out, "t07     chat     ok     goal_guard"));
  CHECK(has(outcome.out, "31.0"));
  CHECK(has(outcome.out, "1 of 50 targets"));
  CHECK(environment.asked[0] ==
        "http://127.0.0.1:7110/api/v1/targets?q=group%2007%26x&limit=1000000");
}

TEST_CASE("a refusal of watch is told in its words", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.web["http://127.0.0.1:7110/api/v1/targets"] = {
      400,
      R"({"type":"about:blank","title":"Bad Request","status":400,"detail":"sort = x: no such word"})"};

  const Outcome outcome = run_command(request("targets"), environment);

  CHECK(outcome.exit == exit_not_answered);
  CHECK(outcome.error == "http://127.0.0.1:7110: 400 sort = x: no such word");
}

TEST_CASE("a target is explained by the pacer of its shard", "[pacelinectl]") {
  FakeEnvironment environment;
  const std::string pacer = "a/pacer/" + std::to_string(shard_of("t07", 2));
  Explanation explanation{.target = "t07",
                          .reason = PaceReason::goal_guard,
                          .sentence = "The goal holds back.",
                          .steps = {}};
  explanation.steps.push_back({"ready", 3, "agents", "input", ""});
  explanation.steps.push_back({"acceptance", 0.25, "", "estimate", "learned"});
  environment.processes.emplace(pacer, encode(explanation));

  const Outcome outcome = run_command(request("explain", {"t07"}), environment);

  CAPTURE(outcome.out, outcome.error);
  CHECK(environment.asked.front() == pacer + " explain t07");
  CHECK(outcome.out.starts_with("t07: The goal holds back.\ngoal_guard: 0 new invitations"));
  CHECK(has(outcome.out, "3. What was learned\n   acceptance    25.0 %  learned\n"));
}

TEST_CASE("an explanation tells a pause and who publishes, as the watch of this host does",
          "[pacelinectl]") {
  FakeEnvironment environment;
  Explanation explanation{.target = "t07", .sentence = "3 free: two more may go.", .steps = {}};
  explanation.steps.push_back({"state", 0, "", "result", "ok"});
  environment.processes.emplace("a/pacer/" + std::to_string(shard_of("t07", 2)),
                                encode(explanation));
  StatusAnswer status = demo_status();
  status.paused = "fire drill";
  status.master = "b";
  const std::string body = json_text(status);
  environment.replies.insert_or_assign("a/watch/0 cluster", Bytes{body.begin(), body.end()});
  Request asked = request("explain", {"t07"});

  const Outcome text = run_command(asked, environment);
  asked.json = true;
  const Outcome json = run_command(asked, environment);

  CHECK(text.out.starts_with(
      "t07: An operator stopped all invitations: fire drill. None may go until pacelinectl resume; "
      "without the pause: 3 free: two more may go. So decides node a; node b is master, and what "
      "it "
      "decides by itself is published.\npaused: "));
  CHECK(has(json.out, R"("reason":"paused","sentence":"An operator stopped)"));
}

TEST_CASE("a question that a process refuses is not asked elsewhere", "[pacelinectl]") {
  FakeEnvironment environment;
  const int shard = shard_of("nobody", 2);
  environment.processes.emplace("a/pacer/" + std::to_string(shard),
                                fail(Errc::refused, "a/pacer: no target nobody"));

  const Outcome outcome = run_command(request("explain", {"nobody"}), environment);

  CHECK(outcome.exit == exit_not_answered);
  CHECK(outcome.error == "a/pacer: no target nobody");
  CHECK(environment.asked.size() == 1);
}

TEST_CASE("the election is told with peers and transitions", "[pacelinectl]") {
  FakeEnvironment environment;
  ElectionView view;
  view.self.node = "a";
  view.self.role = ElectorRole::master;
  view.self.term = 513;
  view.self.master = "a";
  view.self.master_since_ms = 1'795'376'626'375;
  view.self.why = "elected: no heartbeat of b";
  view.self.seen = {{"b", 12}, {"w", -1}};
  view.peers.resize(1);
  view.peers[0].node = "b";
  view.peer_age_s = {0.2};
  view.lease_left_s = 0.5;
  view.transitions.push_back({1'795'376'626'375, ElectorRole::master, 513, "a quorum answered"});
  environment.processes.emplace("a/elector/0", encode(view));

  const Outcome text = run_command(request("election"), environment);
  Request asked = request("election");
  asked.json = true;
  const Outcome json = run_command(asked, environment);

  CAPTURE(text.out, text.error, json.out);
  CHECK(
      text.out.starts_with("master: a since 2026-11-22T19:43:46.375Z, term 513: elected: no "
                           "heartbeat of b\nb holds nobody to be master\n"));
  CHECK(has(text.out, "b 12 ms ago, w never"));
  CHECK(has(text.out, "lease: 500 ms left"));
  CHECK(has(text.out, "a quorum answered"));
  CHECK(has(json.out, "\"role\": \"master\""));
  CHECK(has(json.out, "\"age_s\": 0.2"));
}

TEST_CASE("the election tells clocks, targets that differ, and terms that run out",
          "[pacelinectl]") {
  FakeEnvironment environment;
  ElectionView view;
  view.self.node = "a";
  view.self.wall_ms = 1'795'376'626'375;
  view.self.targets = "v1";
  view.peers.resize(2);
  view.peers[0].node = "b";
  view.peers[0].priority = 100;
  view.peers[0].wall_ms = view.self.wall_ms - 200 + 1500;
  view.peers[0].targets = "v2";
  view.peers[1].node = "w";
  view.peer_age_s = {0.2, 0.1};
  const auto text = [&] {
    environment.processes.insert_or_assign("a/elector/0", encode(view));
    return run_command(request("election"), environment).out;
  };

  CHECK(has(text(), "+1500 ms"));
  CHECK(has(text(), "targets_differ: a paces by v1, b by v2\nsee pacelinectl targets diff"));
  CHECK_FALSE(has(text(), "terms_running_out"));
  view.self.term = (most_elections_apart + 1) << 8;
  view.peers[0].targets = "v1";
  CHECK(has(text(), "give the cluster another name: pacelinectl topology rename NEW-NAME\n"));
  CHECK_FALSE(has(text(), "targets_differ"));
  view.self.pause = "a drill";
  view.self.pause_ms = 1'795'577'426'000;
  view.peers[0].maintenance = "new disks";
  CHECK(has(text(), "paused since 2026-11-25T03:30:26.000Z: a drill\n"));
  CHECK(has(text(), "b is in maintenance: new disks\n"));
}

TEST_CASE("a hand-over is asked of the elector here, never to a witness", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.on_ask = [](const ControlRequest& asked) -> Result<Bytes> {
    if (asked.question == "election") return encode(ElectionView{});
    return encode(StatusReply{{{"asked", "a"}, {"target", "b"}}});
  };
  Request only_asks = request("handover", {"b"});
  only_asks.timeout_s = 0;

  const Outcome good = run_command(only_asks, environment);
  const Outcome witness = run_command(request("handover", {"w"}), environment);
  const Outcome nobody = run_command(request("handover", {"x"}), environment);

  CHECK(good.exit == exit_fine);
  CHECK(has(good.out, "asked; see `pacelinectl election`"));
  CHECK(environment.asked ==
        std::vector<std::string>{"a/elector/0 election", "a/elector/0 handover b"});
  CHECK(witness.exit == exit_usage);
  CHECK(nobody.exit == exit_usage);
}

TEST_CASE("every pacer's log level is set by its name alone", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.processes.emplace("a/pacer/0", Bytes{});
  environment.processes.emplace("a/pacer/1", Bytes{});

  const Outcome outcome = run_command(request("loglevel", {"pacer", "debug"}), environment);

  CHECK(outcome.exit == exit_fine);
  CHECK(environment.asked ==
        std::vector<std::string>{"a/pacer/0 loglevel debug", "a/pacer/1 loglevel debug"});
  CHECK(run_command(request("loglevel", {"pacer", "loud"}), environment).exit == exit_usage);
  CHECK(run_command(request("loglevel", {"pacer-2", "info"}), environment).exit == exit_usage);
  CHECK(run_command(request("loglevel", {"pacer-x", "info"}), environment).exit == exit_usage);
}

TEST_CASE("a pacer that is silent keeps the level from no other", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.processes.emplace("a/pacer/1", Bytes{});

  const Outcome outcome = run_command(request("loglevel", {"pacer", "debug"}), environment);

  CHECK(outcome.exit == exit_not_answered);
  CHECK(outcome.out == "pacer-1 logs debug and above\n");
  CHECK(has(outcome.error, "no pacer answers at ipc:///etc/../build/demo/a/pacer-0.ctl"));
}

TEST_CASE("a process that refuses its files goes on while the others have reloaded",
          "[pacelinectl]") {
  FakeEnvironment environment;
  for (const char* who : {"a/statfeed/0", "a/pacer/0", "a/publisher/0", "a/watch/0", "a/elector/0"})
    environment.processes.emplace(who, encode(StatusReply{{{"reloaded", "2 settings changed"}}}));
  environment.processes.emplace("a/pacer/1", fail(Errc::refused, "goal_share = 2: not a share"));

  const Outcome outcome = run_command(request("reload"), environment);

  CHECK(outcome.exit == exit_not_answered);
  CHECK(outcome.error == "pacer-1 goes on as before: goal_share = 2: not a share");
  CHECK(has(outcome.out, "pacer-0    2 settings changed\n"));
  CHECK(has(outcome.out, "pacer-1    refused: goal_share = 2: not a share\n"));
  REQUIRE(environment.asked.size() == 6);
  CHECK(environment.asked.back() == "a/elector/0 reload");
}

TEST_CASE("what changes a process, or speaks of it alone, is asked of our node only",
          "[pacelinectl]") {
  FakeEnvironment environment;
  for (const char* who : {"b/pacer/0", "b/elector/0"})
    environment.processes.emplace(who, encode(StatusReply{{{"reloaded", "fine"}}}));

  const Outcome reload = run_command(request("reload", {"pacer-0"}), environment);
  const Outcome level = run_command(request("loglevel", {"pacer-0", "debug"}), environment);
  const Outcome metrics = run_command(request("metrics", {"pacer-0"}), environment);
  const Outcome undrain = run_command(request("undrain"), environment);
  const Outcome pause = run_command(request("pause"), environment);

  CHECK(reload.exit == exit_not_answered);
  CHECK(level.exit == exit_not_answered);
  CHECK(metrics.exit == exit_not_answered);
  CHECK(undrain.exit == exit_not_answered);
  environment.asked.resize(6);  // Then it asks what came of it.
  CHECK(environment.asked ==
        std::vector<std::string>{"a/pacer/0 reload", "a/pacer/0 loglevel debug",
                                 "a/pacer/0 metrics", "a/elector/0 handover undrain ",
                                 "a/elector/0 handover pause an operator",
                                 "b/elector/0 handover pause an operator"});
}

TEST_CASE("metrics are told as Prometheus reads them", "[pacelinectl]") {
  FakeEnvironment environment;
  Metrics metrics;
  metrics.counter("paceline_pacer_cycles_total", "Refreshes.").add(3);
  environment.processes.emplace("a/pacer/1", encode(MetricsReply{metrics.snapshot()}));

  const Outcome outcome = run_command(request("metrics", {"pacer-1"}), environment);

  CHECK(has(outcome.out, "paceline_pacer_cycles_total 3\n"));
  CHECK(run_command(request("metrics", {"pacer"}), environment).exit == exit_usage);
}

TEST_CASE("files are checked with their mistakes on standard output", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.files["bad.toml"].text = "cluster = 3\n";
  environment.files["targets.csv"].text = "id,channel,group,queue\na,chat,G,Q\n";
  environment.files["bad.csv"].text = "id,channel,group,queue\na b,chat,G,Q\n";

  CHECK(run_command(request("topology check"), environment).out == "/etc/demo.toml: good\n");
  CHECK(run_command(request("topology check", {"none.toml"}), environment).exit == exit_usage);
  const Outcome bad = run_command(request("topology check", {"bad.toml"}), environment);
  CHECK(bad.exit == exit_mistakes);
  CHECK(has(bad.out, "bad.toml:1:11: cluster = 3: not a text\n"));
  CHECK(run_command(request("targets check", {"targets.csv"}), environment).out ==
        "targets.csv: good, 1 targets\n");
  CHECK(run_command(request("targets check", {"bad.csv"}), environment).exit == exit_mistakes);
}

TEST_CASE("supervisord's groups are made for one node or all", "[pacelinectl]") {
  FakeEnvironment environment;
  Request one = request("topology supervisor");
  one.node = "b";

  const Outcome all = run_command(request("topology supervisor"), environment);
  const Outcome b = run_command(one, environment);

  CHECK(has(all.out, "[group:a]"));
  CHECK(has(all.out, "[group:w]\nprograms=w-elector\n"));
  CHECK(has(all.out, "command=/usr/lib/paceline/statfeed /etc/demo.toml --node a\n"));
  CHECK(has(b.out, "[group:b]"));
  CHECK_FALSE(has(b.out, "[group:a]"));
}

TEST_CASE("the folders of the logs are made when that is asked, and never otherwise",
          "[pacelinectl]") {
  FakeEnvironment environment;
  Request asked = request("topology supervisor");
  const Outcome before = run_command(asked, environment);
  CHECK(environment.folders.empty());
  asked.folders = true;

  const Outcome after = run_command(asked, environment);

  CHECK(after.out == before.out);
  for (const char* node : {"a", "b", "w"})
    CHECK(environment.folders.contains(std::string{"/etc/../build/demo/"} + node + "/log"));
  asked.node = "a";
  asked.log_dir = "/var/log/paceline";
  const Outcome elsewhere = run_command(asked, environment);
  CHECK(environment.folders.contains("/var/log/paceline"));
  CHECK(has(elsewhere.out, "\nstdout_logfile=/var/log/paceline/a-elector.log\n"));
}

TEST_CASE("systemd's units are those of one node, shown or written", "[pacelinectl]") {
  FakeEnvironment environment;
  const Outcome nobody = run_command(request("topology units"), environment);
  const Outcome unknown = run_command(request_at("x", "topology units"), environment);
  Request asked = request_at("a", "topology units");
  const Outcome shown = run_command(asked, environment);
  asked.only = "/etc/systemd/system";
  const Outcome written = run_command(asked, environment);

  CHECK(nobody.exit == exit_usage);
  CHECK(has(nobody.error, "name it by --node"));
  CHECK(unknown.exit == exit_usage);
  CHECK(has(unknown.error, "no node 'x'"));
  CHECK(has(shown.out, "## paceline-pacer@.service\n"));
  CHECK(has(shown.out, "\nExecStart=/usr/lib/paceline/pacer /etc/demo.toml --node a --index %i\n"));
  const auto& target = environment.files["/etc/systemd/system/paceline-node.target"];
  CHECK(has(target.text, "\nWants=paceline-pacer@1.service\n"));
  CHECK(target.mode == 0644);
  CHECK(has(written.out, "systemctl enable --now paceline-node.target\n"));
}

TEST_CASE("the drawing names every node and channel", "[pacelinectl]") {
  FakeEnvironment environment;
  const std::string drawing = run_command(request("topology draw"), environment).out;
  Request asked = request("topology draw");
  asked.json = true;

  for (const char* part : {"node a", "node w", "witness", "stat", "pace", "feedback", "heartbeat",
                           "vote", "grant", "publication", "tcp://127.0.0.1:7122"})
    CHECK(has(drawing, part));
  CHECK(has(run_command(asked, environment).out, "\"feedback\": \"tcp://127.0.0.1:7122\""));
}

}  // namespace
}  // namespace paceline::test
