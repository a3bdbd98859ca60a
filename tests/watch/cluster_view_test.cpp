#include "services/watch/cluster_view.h"

#include "services/watch/readiness.h"
#include "tests/support/catch.h"
#include "tests/watch/fixtures.h"

namespace paceline::test {
using namespace watch;
namespace {

const NodeAnswer& node(const StatusAnswer& status, const char* name) {
  const auto* found = find_node(status, name);
  REQUIRE(found);
  return *found;
}

bool has(const std::vector<Event>& events, std::string_view kind, std::string_view subject) {
  return std::ranges::any_of(
      events, [&](const Event& event) { return event.kind == kind && event.subject == subject; });
}

}  // namespace

TEST_CASE("nodes are master, standby and witness to people", "[watch]") {
  ClusterView view{two_nodes_and_a_witness()};

  hear_a_good_cluster(view, start);

  const auto status = view.status(start, morning);
  CHECK(status.master == "a");
  CHECK(status.term == 257);
  CHECK(node(status, "a").role == NodeRole::master);
  CHECK(node(status, "a").publisher == "open");
  CHECK(node(status, "b").role == NodeRole::standby);
  CHECK(node(status, "b").publisher == "shut");
  CHECK(node(status, "w").role == NodeRole::witness);
  CHECK(node(status, "w").publisher == "none");
}

TEST_CASE("a node that was never heard is down", "[watch]") {
  const ClusterView view{two_nodes_and_a_witness()};

  const auto status = view.status(start, morning);

  CHECK(node(status, "a").role == NodeRole::down);
  CHECK(node(status, "a").publisher == "down");
  CHECK(node(status, "a").heard_s == -1);
  CHECK(status.master.empty());
}

TEST_CASE("a node that falls silent is down and no master any more", "[watch]") {
  ClusterView view{two_nodes_and_a_witness()};
  hear_a_good_cluster(view, start);

  const auto status = view.status(start + 1100ms, morning);

  CHECK(node(status, "a").role == NodeRole::down);
  CHECK(status.master.empty());
  CHECK(status.term == 257);
}

TEST_CASE("of two claims the one that most electors hold is master", "[watch]") {
  ClusterView view{two_nodes_and_a_witness()};
  view.hear(says("a", ElectorRole::master, 257), start, morning);
  view.hear(says("b", ElectorRole::master, 514), start, morning);
  CHECK(view.status(start, morning).master.empty());
  view.hear(says("w", ElectorRole::observer, 514), start, morning);

  const auto status = view.status(start, morning);

  CHECK(status.master == "b");
  CHECK(status.term == 514);
  CHECK(status.claims == 2);
}

TEST_CASE("nobody becomes master by his own word, and who tries is named", "[watch]") {
  ClusterView view{two_nodes_and_a_witness()};
  hear_a_good_cluster(view, start);
  auto liar = says("b", ElectorRole::master, largest_term, 2);
  liar.master = "b";
  view.hear(liar, start, morning);

  const auto status = view.status(start, morning);
  CHECK(status.master == "a");
  CHECK(status.term == 257);
  CHECK(status.claims == 2);
  CHECK(node(status, "b").role == NodeRole::standby);
  CHECK(readiness(status).reasons ==
        std::vector<std::string>{
            "b says it is master of term 9007199254740991; the electors hold a; if it is no "
            "hand-over: is its key in other hands?"});
}

TEST_CASE("a lower incarnation is heard again after some silence", "[watch]") {
  ClusterView view{two_nodes_and_a_witness()};
  hear_a_good_cluster(view, start);
  auto ahead = says("b", ElectorRole::follower, 257, 2);
  ahead.incarnation = 99;
  view.hear(ahead, start, morning);
  auto report = publishes("b", false);
  report.incarnation = 99;
  view.hear(report, start);
  auto again = says("b", ElectorRole::follower, 258, 1);
  again.incarnation = 5;
  report.incarnation = 5;
  report.open = true;

  view.hear(again, start + 500ms, morning);
  view.hear(report, start + 500ms);
  CHECK(node(view.status(start + 500ms, morning), "b").term == 257);
  CHECK(node(view.status(start + 500ms, morning), "b").publisher == "shut");

  const Instant later = start + 15s;
  view.hear(again, later, morning);
  view.hear(report, later);
  CHECK(node(view.status(later, morning), "b").term == 258);
  CHECK(node(view.status(later, morning), "b").publisher == "open");
}

TEST_CASE("clocks of other nodes are compared with ours", "[watch]") {
  ClusterView view{two_nodes_and_a_witness()};
  const auto hear = [&](const char* name, ElectorRole role, std::int64_t ahead_ms) {
    auto message = says(name, role, 257, 2);
    message.wall_ms = static_cast<std::uint64_t>(ms_since_1970(morning) + ahead_ms);
    view.hear(message, start, morning);
  };
  hear_a_good_cluster(view, start);
  CHECK(view.peer_clocks(start) == ClockAgreement::unknown);
  hear("a", ElectorRole::master, 0);

  SECTION("all agree") {
    hear("b", ElectorRole::follower, -3);
    hear("w", ElectorRole::observer, 900);
    CHECK(view.peer_clocks(start) == ClockAgreement::agree);
    CHECK(readiness(view.status(start, morning)).ready);
  }
  SECTION("one of two is wrong, nobody knows which") {
    hear("b", ElectorRole::follower, -3);
    hear("w", ElectorRole::observer, 900'000);
    CHECK(view.peer_clocks(start) == ClockAgreement::differ);
    CHECK(readiness(view.status(start, morning)).ready);
    CHECK(node(view.status(start, morning), "w").clock_ahead_s == Approx(900));
  }
  SECTION("ours is wrong") {
    hear("b", ElectorRole::follower, 10'200);
    hear("w", ElectorRole::observer, 10'100);
    CHECK(view.peer_clocks(start) == ClockAgreement::differ);
    CHECK(readiness(view.status(start, morning)).reasons ==
          std::vector<std::string>{
              "the clock of node a differs from those of b (+10.2 s), w (+10.1 s); check its time "
              "synchronisation (chronyc tracking, timedatectl)"});
  }
}

TEST_CASE("nodes that pace by different targets files are told after a while", "[watch]") {
  ClusterView view{two_nodes_and_a_witness()};
  const TargetTable targets{names({"t0"})};
  const auto hear = [&](const char* name, ElectorRole role, const char* version, Instant now,
                        std::uint64_t sequence) {
    auto message = says(name, role, 257, sequence);
    message.targets = version;
    view.hear(message, now, morning);
  };
  for (int i = 0; i <= 12; ++i) {
    const Instant now = start + i * 1s;
    hear_a_good_cluster(view, now, 1);
    hear("a", ElectorRole::master, "one", now, static_cast<std::uint64_t>(i) + 2);
    hear("b", ElectorRole::follower, "other", now, static_cast<std::uint64_t>(i) + 2);
    view.step(targets, now, morning);
    const auto status = view.status(now, morning);
    CHECK(node(status, "b").targets_differ == (i > 10));
    CHECK_FALSE(node(status, "w").targets_differ);
    CHECK(readiness(status).ready == (i <= 10));
  }
}

TEST_CASE("what would keep a publication from going out is a reason", "[watch]") {
  ClusterView view{two_nodes_and_a_witness()};
  hear_a_good_cluster(view, start);
  auto report = publishes("a", true);
  std::string reason;
  SECTION("no token") {
    report.token_usable = false;
    report.token_error = "https://login.example/oauth/token: 401 invalid_client";
    reason =
        "node a gets no access token: https://login.example/oauth/token: 401 invalid_client; check "
        "client_id and its secret of [publisher], then pacelinectl reload publisher";
  }
  SECTION("another cluster of this name") {
    report.disputed_term = 257;
    report.detail = "node a of incarnation 7";
    reason =
        "another cluster publishes under this name, in term 257 too (node a of incarnation "
        "7); stop it, or give one of them another name: pacelinectl topology rename";
  }
  SECTION("the clock") {
    report.clock_skew_ms = -10'000;
    report.clock_skew_error_ms = 520;
    reason =
        "the clock of node a is 10.0 s behind the endpoint's; check its time synchronisation "
        "(chronyc tracking, timedatectl)";
  }
  SECTION("no statistics") {
    report.stat_age_s = -1;
    reason =
        "a pacer of node a hears no statistics; is its statfeed running, and does a Stat Server "
        "serve it? There: pacelinectl statserver";
  }
  SECTION("nothing learned yet") {
    report.paced_targets = 50;
    report.awaiting_targets = 26;
    reason =
        "26 targets of node a still wait for what the pacer of another node has learned; it takes "
        "some seconds after a start; if it stays, look at the logs of both pacers";
  }
  view.hear(report, start);

  CHECK(readiness(view.status(start, morning)).reasons == std::vector<std::string>{reason});
}

TEST_CASE("feedback that stopped is a reason", "[watch]") {
  ClusterView view{two_nodes_and_a_witness()};
  hear_a_good_cluster(view, start);
  view.hear(0, PaceCycle{.feedback_age_s = 31});
  CHECK(readiness(view.status(start, morning)).ready);  // An endpoint that gives none.

  view.hear(FeedbackHead{.epoch = "e", .term = 257, .sequence = 9});
  CHECK(readiness(view.status(start, morning)).reasons ==
        std::vector<std::string>{
            "the endpoint's feedback is 31 s old on node a: what is pending is estimated; is the "
            "publisher of a heard here, and does the endpoint give feedback?"});
}

TEST_CASE("words of strangers, other clusters and the past change nothing", "[watch]") {
  ClusterView view{two_nodes_and_a_witness()};
  hear_a_good_cluster(view, start, 7);

  auto stranger = says("z", ElectorRole::master, 9999);
  view.hear(stranger, start, morning);
  stranger.node = "b";
  stranger.cluster = "other";
  view.hear(stranger, start, morning);
  view.hear(says("a", ElectorRole::follower, 200, 6), start, morning);
  view.hear_rows("pace", "z/pacer/9", -1, start, start);

  const auto status = view.status(start, morning);
  CHECK(status.master == "a");
  CHECK(status.nodes.size() == 3);
  CHECK(status.pacers.size() == 1);
}

TEST_CASE("a failover is told as transitions in sentences", "[watch]") {
  ClusterView view{two_nodes_and_a_witness()};
  const TargetTable targets{names({"t0"})};
  hear_a_good_cluster(view, start);
  CHECK(view.step(targets, start, morning).empty());

  const Instant later = start + 1500ms;
  view.hear(says("b", ElectorRole::master, 514, 2), later, morning);
  view.hear(says("w", ElectorRole::observer, 514, 2), later, morning);
  view.hear(publishes("b", true), later);
  view.hear_rows("stat", "a/statfeed/0", 0, later, later);
  const auto events = view.step(targets, later, morning);

  CHECK(has(events, "master_changed", "b"));
  CHECK(has(events, "role_changed", "a"));
  CHECK(has(events, "role_changed", "b"));
  CHECK(has(events, "publisher_changed", "b"));
  CHECK(view.step(targets, later, morning).empty());
}

TEST_CASE("why another is master is told by what became of the one before", "[watch]") {
  TargetTable targets{names({"t0"})};
  ClusterView view{two_nodes_and_a_witness()};
  hear_a_good_cluster(view, start);
  view.step(targets, start, morning);
  CHECK(view.status(start, morning).master_why.empty());

  auto gives_up = says("a", ElectorRole::master, 257, 50);
  gives_up.kind = ElectionMessageKind::release;
  view.hear(gives_up, start + 100ms, morning);
  view.hear(says("b", ElectorRole::master, 514, 50), start + 200ms, morning);
  view.hear(says("w", ElectorRole::observer, 514, 50), start + 200ms, morning);
  view.step(targets, start + 250ms, morning);
  CHECK(view.status(start + 250ms, morning).master_why == "a gave up term 257");

  view.hear(says("a", ElectorRole::follower, 514, 51), start + 1500ms, morning);
  view.step(targets, start + 1500ms, morning);
  view.hear(says("a", ElectorRole::master, 769, 52), start + 1600ms, morning);
  view.step(targets, start + 1600ms, morning);
  CHECK(view.status(start + 1600ms, morning).master_why == "b was not heard any more in term 514");

  view.hear(says("a", ElectorRole::follower, 1026, 53), start + 1700ms, morning);
  view.hear(says("b", ElectorRole::master, 1026, 54), start + 1700ms, morning);
  const auto events = view.step(targets, start + 1750ms, morning);
  CHECK(view.status(start + 1750ms, morning).master_why == "a lost its lease of term 769");
  CHECK(std::ranges::any_of(events, [](const Event& event) {
    return event.kind == "master_changed" &&
           event.detail.find("a lost its lease of term 769") != std::string::npos;
  }));
}

TEST_CASE("a switch of Stat Servers and a refused publication are told", "[watch]") {
  ClusterView view{two_nodes_and_a_witness()};
  const TargetTable targets{names({"t0"})};
  hear_a_good_cluster(view, start);
  view.step(targets, start, morning);

  view.hear(StatSource{.in_use = "backup", .primary_up = false, .backup_up = true, .switches = 1});
  view.hear(publishes("a", true, PublicationOutcome::fenced), start);
  const auto events = view.step(targets, start, morning);

  CHECK(has(events, "source_switched", "a"));
  CHECK(has(events, "stat_server_down", "primary"));
  CHECK(has(events, "publication_refused", "a"));
}

TEST_CASE("many targets that change at once are one event", "[watch]") {
  ClusterView view{two_nodes_and_a_witness()};
  TargetTable targets{names({"t0", "t1", "t2"})};
  hear_a_good_cluster(view, start);
  view.step(targets, start, morning);

  for (std::uint32_t i = 0; i < 3; ++i) targets.set_stat(i, {.quality = StatQuality::stale});
  const auto events = view.step(targets, start, morning);

  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == "quality_changed");
  CHECK(events[0].detail == "statistics of 3 targets came to be stale (first: t0)");
}

TEST_CASE("a good master and a good standby are ready", "[watch]") {
  ClusterView view{two_nodes_and_a_witness()};
  hear_a_good_cluster(view, start);

  const auto result = readiness(view.status(start, morning));

  CHECK(result.ready);
  CHECK(result.role == NodeRole::master);
  CHECK(result.reasons.empty());
}

TEST_CASE("every reason not to be ready is named", "[watch]") {
  ClusterView view{two_nodes_and_a_witness()};
  view.hear(says("a", ElectorRole::master, 257), start, morning);
  view.hear(publishes("a", false, PublicationOutcome::failed), start);

  const auto result = readiness(view.status(start, morning));

  CHECK_FALSE(result.ready);
  const std::vector<std::string> told{
      "statfeed and pacer 0 of node a, which is master, are not heard; ",
      "node a is master, and its publisher is shut; "};
  REQUIRE(result.reasons.size() == told.size());
  for (std::size_t i = 0; i < told.size(); ++i) CHECK(result.reasons[i].starts_with(told[i]));
}

TEST_CASE("a master of another node that publishes nothing is a reason here too", "[watch]") {
  ClusterView view{two_nodes_and_a_witness()};
  hear_a_good_cluster(view, start);
  const Instant then = start + 2100ms;  // Behind the bound of `publication`.
  view.hear(says("a", ElectorRole::follower, 514, 2), then, morning);
  view.hear(says("w", ElectorRole::observer, 514, 2), then, morning);
  view.hear(says("b", ElectorRole::master, 514, 2), then, morning);
  view.hear(publishes("a", false), then);
  std::string reason;
  SECTION("its publisher is not heard") {
    reason = "publisher of node b, which is master, is not heard; ";
  }
  SECTION("its gate is shut") {
    view.hear(publishes("b", false), then);
    reason = "node b is master, and its publisher is shut; ";
  }
  SECTION("the endpoint refuses what it sends") {
    auto report = publishes("b", true, PublicationOutcome::failed);
    report.since_accepted_s = 10.4;
    report.detail = "HTTP status 503";
    view.hear(report, then);
    reason =
        "the endpoint accepted nothing from node b for 10.4 s (failed HTTP status 503); it "
        "answers, "
        "so ask who runs it";
  }
  const auto status = view.status(then, morning);
  REQUIRE(status.master == "b");
  const auto told = readiness(status).reasons;
  REQUIRE(told.size() == 1);
  CHECK(told[0].starts_with(reason));
}

TEST_CASE("what electors say of their roles is shown in an operator's words", "[watch]") {
  ClusterView view{two_nodes_and_a_witness()};
  auto message = says("a", ElectorRole::master, 257);
  message.why = "a quorum acknowledged; elected: b released: a is fitter";
  view.hear(message, start, morning);

  CHECK(node(view.status(start, morning), "a").why == "b handed over: a is fitter");
}

TEST_CASE("a grant has no time left once it ran out", "[watch]") {
  ClusterView view{two_nodes_and_a_witness()};
  Grant grant;
  grant.node = "a";
  grant.term = 257;
  grant.expires_ns = (start + 2s).time_since_epoch().count();
  view.hear(grant, start);

  CHECK(view.status(start, morning).grant.left_s == Approx(2));
  CHECK(view.status(start + 3s, morning).grant.left_s == 0);
}

TEST_CASE("a talkative kind of event does not push out a rare one", "[watch]") {
  EventList events{10};
  events.add({.kind = "master_changed"});
  for (int i = 0; i < 500; ++i) events.add({.kind = "quality_changed"});

  CHECK(events.size() == 10);
  CHECK(events.last() == 501);
  const auto kept = events.since(0, 100);
  CHECK(kept.front().kind == "master_changed");
  CHECK(kept.back().number == 501);
  CHECK(events.since(499, 100).size() == 2);
  CHECK(events.since(0, 3).size() == 3);
}

TEST_CASE("a pause is what the master says of it, and without a master the latest word",
          "[watch]") {
  ClusterView view{two_nodes_and_a_witness()};
  hear_a_good_cluster(view, start);
  CHECK(view.status(start, morning).paused.empty());
  CHECK_FALSE(view.status(start, morning).paused_since);

  auto standby = says("b", ElectorRole::follower, 257, 2);
  standby.pause = "a drill";
  standby.pause_ms = 1'790'000'000'000;
  view.hear(standby, start, morning);
  CHECK(view.status(start, morning).paused.empty());  // It is not what goes out.

  auto master = says("a", ElectorRole::master, 257, 2);
  master.pause = "a drill";
  master.pause_ms = 1'790'000'000'000;
  view.hear(master, start, morning);
  CHECK(view.status(start, morning).paused == "a drill");
  CHECK(view.status(start, morning).paused_since == "2026-09-21T14:13:20.000Z");
  CHECK_FALSE(view.paused());
  view.step(TargetTable{names({"t0"})}, start, morning);
  CHECK(view.paused());

  auto later = says("b", ElectorRole::follower, 257, 3);
  later.pause_ms = 1'790'000'001'000;
  view.hear(later, start + 800ms, morning);
  CHECK(view.status(start + 800ms, morning).paused == "a drill");
  const auto status = view.status(start + 1500ms, morning);  // The master is silent.
  CHECK(status.paused.empty());
  CHECK(status.paused_since == "2026-09-21T14:13:21.000Z");
}

TEST_CASE("a node says that it is in maintenance, and is known to be when it is down", "[watch]") {
  ClusterView view{two_nodes_and_a_witness()};
  hear_a_good_cluster(view, start);
  auto drained = says("b", ElectorRole::observer, 257, 2);
  drained.maintenance = "new disks";

  view.hear(drained, start, morning);

  CHECK(node(view.status(start, morning), "b").maintenance == "new disks");
  CHECK(node(view.status(start, morning), "a").maintenance.empty());
  const auto later = view.status(start + 1h, morning);
  CHECK(node(later, "b").role == NodeRole::down);
  CHECK(node(later, "b").maintenance == "new disks");
}

}  // namespace paceline::test
