// Orders to electors: hand-overs, pauses, maintenance, and the waiting for what comes of them.
#include "services/pacelinectl/order.h"

#include "common/base/cluster_bounds.h"
#include "common/wire/json_fields.h"
#include "services/pacelinectl/commands.h"
#include "tests/pacelinectl/fake_environment.h"
#include "tests/pacelinectl/watch_bodies.h"
#include "tests/support/catch.h"
#include "tests/support/has.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

/// As elector a sees the demo's cluster.
ElectionView view_of(const std::string& master, std::uint64_t term) {
  ElectionView view;
  const auto say = [&](ElectionMessage& said, const std::string& node) {
    said.node = node;
    said.master = master;
    said.term = term;
    said.role = node == master ? ElectorRole::master
                : node == "w"  ? ElectorRole::observer
                               : ElectorRole::follower;
  };
  say(view.self, "a");
  for (const char* peer : {"b", "w"}) say(view.peers.emplace_back(), peer);
  view.peer_age_s = {0.1, 0.1};
  return view;
}

const StatusReply obeyed{{{"paused", ""}, {"maintenance", ""}, {"stored", "true"}}};

/// Electors that obey: each order is answered by `reply`; views come one after the other, the last again and again.
struct Electors {
  explicit Electors(std::vector<ElectionView> its_views, Result<Bytes> its_reply = encode(obeyed))
      : views{std::move(its_views)}, reply{std::move(its_reply)} {
    environment.pauses_left = 1000;
    environment.on_ask = [this](const ControlRequest& request) -> Result<Bytes> {
      if (request.question != "election") return reply;
      const auto& view = views[std::min(shown, views.size() - 1)];
      ++shown;
      return encode(view);
    };
  }
  Outcome run(const Request& request) { return run_command(request, environment); }

  FakeEnvironment environment;
  std::vector<ElectionView> views;
  Result<Bytes> reply;
  std::size_t shown = 0;
};

Request forced(const std::string& command) {
  Request made = request(command);
  made.force = true;
  return made;
}

}  // namespace

TEST_CASE("a hand-over waits for the next master and says who it is", "[pacelinectl]") {
  auto nobody = view_of("", 257);
  Electors electors{{view_of("a", 257), view_of("a", 257), nobody, view_of("b", 514)}};

  const Outcome outcome = electors.run(request("handover", {"b"}));

  CAPTURE(outcome.error);
  CHECK(outcome.exit == exit_fine);
  CHECK(has(outcome.out, "b is master in term 514, after "));
  CHECK(has(outcome.out, "(it was a)"));
  CHECK(electors.environment.asked[1] == "a/elector/0 handover b");
}

TEST_CASE("a hand-over of which nothing comes says why, after the time that it was given",
          "[pacelinectl]") {
  auto view = view_of("a", 257);
  view.peers[0].role = ElectorRole::observer;
  view.peers[0].maintenance = "new disks";
  Electors electors{{view}};

  const Outcome drained = electors.run(request("handover"));
  CHECK(drained.exit == exit_not_answered);
  CHECK(has(drained.error, "a is master in term 257 still; b is in maintenance (new disks)"));

  electors.views = {view_of("a", 257)};
  CHECK(has(electors.run(request("handover")).error, "once in sixteen locks"));
  electors.views[0].peer_age_s[0] = 60;
  CHECK(has(electors.run(request("handover")).error, "257 still; b is not heard"));
  electors.views = {view_of("a", 257), view_of("", 257)};
  electors.shown = 0;
  CHECK(has(electors.run(request("handover")).error, "nobody is master yet"));
}

TEST_CASE("a hand-over that went to another node than was asked for is no success",
          "[pacelinectl]") {
  Electors electors{{view_of("b", 514), view_of("a", 769)}};

  const Outcome outcome = electors.run(request("handover", {"b"}));

  CHECK(outcome.exit == exit_not_answered);
  CHECK(outcome.error == "a is master in term 769, and not b");
}

TEST_CASE("an order that is not to be waited for is only given", "[pacelinectl]") {
  Electors electors{{view_of("a", 257)}};
  for (Request order : {request("handover"), request("pause"), request("resume"), request("drain"),
                        request("undrain")}) {
    order.timeout_s = 0;
    CAPTURE(order.command);
    CHECK(electors.run(order).exit == exit_fine);
  }
  CHECK(electors.environment.asked ==
        std::vector<std::string>{
            "a/elector/0 election", "a/elector/0 handover",
            "a/elector/0 handover pause an operator", "a/elector/0 handover resume ",
            "a/elector/0 handover drain an operator", "a/elector/0 handover undrain "});
}

TEST_CASE("who gives an order goes round with its reason", "[pacelinectl]") {
  Electors electors{{view_of("a", 257)}};
  electors.environment.this_host.who = "anna on acme-1";
  Request why = request("pause");
  why.why = "fire drill";
  Request too_long = request("drain");
  too_long.why = std::string(max_why_bytes, 'x');
  for (Request order : {why, request("pause"), request("resume"), too_long, request("undrain")}) {
    order.timeout_s = 0;
    CHECK(electors.run(order).exit == exit_fine);
  }

  CHECK(electors.environment.asked ==
        std::vector<std::string>{"a/elector/0 handover pause fire drill (by anna on acme-1)",
                                 "a/elector/0 handover pause by anna on acme-1",
                                 "a/elector/0 handover resume anna on acme-1",
                                 "a/elector/0 handover drain " + too_long.why,
                                 "a/elector/0 handover undrain anna on acme-1"});
}

TEST_CASE("a pause waits until the endpoint has accepted it", "[pacelinectl]") {
  Electors electors{{view_of("a", 257)}};
  StatusAnswer status = demo_status();
  const auto show = [&] {
    electors.environment.web["http://127.0.0.1:7110/api/v1/status"] = {200, json_text(status)};
  };
  show();
  int looks = 0;
  electors.environment.on_pause = [&] {
    if (++looks == 2) status.paused = "a drill";
    if (looks == 4) status.nodes[0].publication->report.paused = true;
    show();
  };
  Request pause = request("pause");
  pause.why = "a drill";

  const Outcome outcome = electors.run(pause);

  CAPTURE(outcome.error);
  CHECK(outcome.exit == exit_fine);
  CHECK(looks == 4);
  CHECK(electors.environment.asked[0] == "a/elector/0 handover pause a drill");
  CHECK(has(outcome.out,
            "paused (a drill): nothing is allowed to any target; the endpoint accepted it from a "
            "in term 513"));

  const Outcome resumed = electors.run(request("resume"));
  CHECK(resumed.exit == exit_not_answered);
  status.paused.clear();
  status.nodes[0].publication->report.paused = false;
  show();
  CHECK(has(electors.run(request("resume")).out, "resumed: the endpoint accepted it from a"));
}

TEST_CASE("a witness to which no watch answers goes by what the master says", "[pacelinectl]") {
  auto here = view_of("a", 257);
  std::swap(here.self, here.peers[1]);  // That of w.
  auto paused = here;
  paused.peers[1].pause = "a drill";
  auto silent = paused;
  silent.peer_age_s = {60, 60};
  Electors electors{{here, here, paused}};

  const Outcome outcome = electors.run(request_at("w", "pause"));

  CAPTURE(outcome.error);
  CHECK(outcome.exit == exit_fine);
  CHECK(has(outcome.out,
            "paused (a drill): nothing is allowed to any target; a, master in term 257, "
            "holds to it"));
  CHECK(has(outcome.out, "whether the endpoint has accepted it is told on a node with a watch"));
  CHECK(has(electors.run(request_at("w", "resume")).error,
            "a, the master, has not heard it: is this node cut off from it?"));
  electors.views = {silent};
  CHECK(has(electors.run(request_at("w", "pause")).error,
            "nobody is master, so nothing is published"));
  Request json = request_at("w", "pause");
  json.json = true;
  electors.views = {paused};
  CHECK(has(electors.run(json).out, "\"accepted\": \"not known\""));
}

TEST_CASE("what keeps a pause from the endpoint is said", "[pacelinectl]") {
  StatusAnswer status = demo_status();
  auto& report = status.nodes[0].publication->report;
  CHECK(has(pause_obstacle(status, true), "a, the master, has not heard it"));
  CHECK(pause_obstacle(status, false).empty());
  status.paused = "a drill";
  CHECK(has(pause_obstacle(status, false), "a, the master, has not heard it"));
  CHECK(has(pause_obstacle(status, true), "has not published it yet"));
  report.paused = true;
  CHECK(pause_obstacle(status, true).empty());
  report.outcome = PublicationOutcome::failed;
  report.detail = "HTTP status 503";
  CHECK(pause_obstacle(status, true) ==
        "the endpoint does not accept what a, the master, publishes: failed HTTP status 503");
  status.nodes[0].publication.reset();
  CHECK(has(pause_obstacle(status, true), "the publisher of a, the master, is not heard"));
  status.master.clear();
  CHECK(has(pause_obstacle(status, true), "nobody is master, so nothing is published"));
}

TEST_CASE("a pause of which no watch tells is given, and that it is not known to hold is said",
          "[pacelinectl]") {
  Electors electors{{view_of("a", 257)}};

  const Outcome outcome = electors.run(request("pause"));

  CHECK(outcome.exit == exit_not_answered);
  CHECK(has(outcome.error, "ordered and kept, but after"));
  CHECK(has(outcome.error, "whether it was published nobody tells: no watch answers at"));
}

TEST_CASE("a node is drained by its own elector, and another is master then", "[pacelinectl]") {
  auto draining = view_of("a", 257);
  draining.self.role = ElectorRole::draining;
  auto drained = view_of("b", 514);
  drained.self.role = ElectorRole::observer;
  Electors electors{{draining, drained},
                    encode(StatusReply{{{"maintenance", "an operator"}, {"stored", "false"}}})};

  const Outcome outcome = electors.run(request("drain"));

  CAPTURE(outcome.error);
  CHECK(outcome.exit == exit_fine);
  CHECK(has(outcome.out, "a is in maintenance (an operator) until pacelinectl undrain, after "));
  CHECK(has(outcome.out, "; b is master in term 514\nthat elector could not store it"));

  CHECK(electors.run(request("drain", {"b"})).exit == exit_fine);
  CHECK(has(electors.environment.asked.back(), "b/elector/0 election"));
  CHECK(electors.run(request("drain", {"w"})).exit == exit_usage);
  CHECK(electors.run(request("drain", {"x"})).exit == exit_usage);
}

TEST_CASE("a drain without a next master is one only by force", "[pacelinectl]") {
  auto drained = view_of("", 257);
  drained.self.role = ElectorRole::observer;
  Electors electors{{drained}};

  CHECK(has(electors.run(request("drain")).error, "nobody is master yet"));
  const Outcome outcome = electors.run(forced("drain"));
  CHECK(outcome.exit == exit_fine);
  CHECK(has(outcome.out, "; nobody is master\n"));
  CHECK(has(electors.environment.asked.back(), "a/elector/0 election"));

  Electors refusing{{view_of("a", 257)}, fail(Errc::refused, "no other node could take over")};
  const Outcome refused = refusing.run(request("drain"));
  CHECK(refused.exit == exit_not_answered);
  CHECK(refused.error == "a: no other node could take over");
}

TEST_CASE("a node that is taken back stands for mastership, or it is said why not",
          "[pacelinectl]") {
  Electors electors{{view_of("b", 514)}};
  CHECK(has(electors.run(request("undrain")).out, "a is back in service, after "));

  electors.views[0].self.role = ElectorRole::observer;
  electors.views[0].self.why = "its publisher was never heard";
  const Outcome outcome = electors.run(request("undrain"));
  CHECK(outcome.exit == exit_not_answered);
  CHECK(has(outcome.error, "does not stand for mastership: its publisher was never heard"));
}

TEST_CASE("a node of another host is drained there", "[pacelinectl]") {
  FakeEnvironment environment;
  auto& text = environment.files["/etc/demo.toml"].text;
  const auto host = text.find("host", text.find("[nodes.b]"));
  const auto end = text.find('\n', host);
  text.replace(host, end - host, "host = \"192.0.2.12\"");

  const Outcome outcome = run_command(request_at("a", "drain", {"b"}), environment);

  CHECK(outcome.exit == exit_not_answered);
  CHECK(outcome.error == "b is on host 192.0.2.12, and is asked there: pacelinectl drain");
  CHECK(environment.asked.empty());
}

TEST_CASE("the answer to an order is an object of texts for scripts", "[pacelinectl]") {
  Electors electors{{view_of("a", 257), view_of("b", 514)}};
  Request handover = request("handover");
  handover.json = true;

  const Outcome outcome = electors.run(handover);

  CHECK(has(outcome.out, R"("master": "b")"));
  CHECK(has(outcome.out, R"("term": "514")"));
  CHECK(has(outcome.out, R"("after_s": ")"));
}

}  // namespace paceline::test
