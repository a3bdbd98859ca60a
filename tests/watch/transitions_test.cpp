// transitions.cpp: each kind of event from the smallest difference between two looks.
#include <functional>
#include <set>

#include "tests/support/catch.h"
#include "tests/support/manual.h"
#include "tests/watch/fixtures.h"

namespace paceline::test {
using namespace watch;
namespace {

StatusAnswer good_cluster() {
  ClusterView view{two_nodes_and_a_witness()};
  hear_a_good_cluster(view, start);
  return view.status(start, morning);
}

struct Difference {
  const char* kind;
  const char* severity;
  const char* subject;
  std::function<void(StatusAnswer& now)> change;
};

PublicationReport& published_by_a(StatusAnswer& status) {
  return status.nodes.at(0).publication->report;
}

// Those of the cluster, each way.
const std::vector<Difference>& differences() {
  static const std::vector<Difference> all = {
      {"master_changed", "notice", "b", [](auto& now) { now.master = "b", now.term = 514; }},
      {"master_changed", "notice", "a", [](auto& now) { now.term = 769; }},
      {"master_lost", "bad", "a", [](auto& now) { now.master = ""; }},
      {"two_claims", "bad", "", [](auto& now) { now.claims = 2; }},
      {"paused", "notice", "",
       [](auto& now) { now.paused = "fire drill", now.paused_since = "2026-11-30T08:00:00.000Z"; }},
      {"drained", "notice", "b", [](auto& now) { now.nodes[1].maintenance = "new disks"; }},
      {"role_changed", "bad", "b", [](auto& now) { now.nodes[1].role = NodeRole::down; }},
      {"role_changed", "notice", "a", [](auto& now) { now.nodes[0].role = NodeRole::standby; }},
      {"publisher_changed", "notice", "a", [](auto& now) { now.nodes[0].publisher = "shut"; }},
      {"publisher_changed", "bad", "b", [](auto& now) { now.nodes[1].publisher = "down"; }},
      {"health_changed", "bad", "a", [](auto& now) { now.nodes[0].tier = 1; }},
      {"publication_refused", "bad", "a",
       [](auto& now) { published_by_a(now).outcome = PublicationOutcome::throttled; }},
      {"targets_rejected", "bad", "a", [](auto& now) { published_by_a(now).rejected_targets = 1; }},
      {"cycles_skipped", "notice", "a", [](auto& now) { published_by_a(now).skipped_cycles = 3; }},
      {"source_switched", "notice", "a",
       [](auto& now) { now.statistics.source.in_use = "backup"; }},
      {"source_switched", "bad", "a", [](auto& now) { now.statistics.source.in_use = ""; }},
      {"stat_server_down", "bad", "primary",
       [](auto& now) { now.statistics.source.primary_up = false; }},
      {"stat_server_down", "bad", "backup",
       [](auto& now) { now.statistics.source.backup_up = false; }},
      {"channel_silent", "bad", "a/pacer/0",
       [](auto& now) {
         for (auto& channel : now.channels) channel.fresh = channel.channel != "pace";
       }},
  };
  return all;
}

// What the same difference is called when it goes the other way.
const std::vector<std::pair<std::string, std::string>>& endings() {
  static const std::vector<std::pair<std::string, std::string>> all = {
      {"two_claims", "two_claims_over"},        {"publication_refused", "publication_accepted"},
      {"targets_rejected", "targets_accepted"}, {"stat_server_down", "stat_server_up"},
      {"channel_silent", "channel_heard"},      {"drained", "undrained"},
      {"health_changed", "health_changed"}};
  return all;
}

}  // namespace

TEST_CASE("every difference between two looks is one event of its kind", "[watch]") {
  for (const auto& [kind, severity, subject, change] : differences()) {
    const auto before = good_cluster();
    auto now = before;
    change(now);

    const auto events = transitions(before, now, 5);

    CAPTURE(kind, subject);
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == kind);
    CHECK(events[0].severity == severity);
    CHECK(events[0].subject == subject);
    CHECK(events[0].wall_ms == 5);
    CHECK(transitions(now, now, 5).empty());
  }
}

TEST_CASE("what an operator ordered is told with who and why, and when it is over", "[watch]") {
  const auto before = good_cluster();
  auto stopped = before;
  stopped.paused = "fire drill (by anna on acme-1)";
  stopped.paused_since = "2026-11-30T08:00:00.000Z";
  auto again = stopped;
  again.paused.clear();
  again.paused_since = "2026-11-30T08:05:00.000Z";
  auto drained = before;
  drained.nodes[1].maintenance = "new disks (by anna on acme-1)";

  const auto one = [](const StatusAnswer& then, const StatusAnswer& now) {
    const auto events = transitions(then, now, 5);
    REQUIRE(events.size() == 1);
    return events[0].kind + ", " + events[0].severity + ": " + events[0].detail;
  };
  CHECK(one(before, stopped) ==
        "paused, notice: an operator stopped all invitations: fire drill (by anna on acme-1)");
  CHECK(one(stopped, again) ==
        "resumed, good: an operator lets invitations go out again, after: fire drill (by anna on "
        "acme-1)");
  CHECK(one(before, drained) ==
        "drained, notice: an operator took b out of service: new disks (by anna on acme-1)");
  CHECK(one(drained, before) ==
        "undrained, good: an operator took b back into service, after: new disks (by anna on "
        "acme-1)");
}

TEST_CASE("an order from before anybody was heard is no event, and silence ends none", "[watch]") {
  auto paused = good_cluster();
  paused.paused = "fire drill";
  paused.paused_since = "2026-11-30T08:00:00.000Z";
  paused.nodes[1].maintenance = "new disks";
  auto silent = good_cluster();
  for (auto& node : silent.nodes) {
    node.role = NodeRole::down;
    node.heard_s = -1;
  }

  for (const auto& events : {transitions(silent, paused, 5), transitions(paused, silent, 5)})
    for (const auto& event : events) {
      CAPTURE(event.kind, event.detail);
      CHECK(event.kind != "paused");
      CHECK(event.kind != "resumed");
      CHECK(event.kind != "drained");
      CHECK(event.kind != "undrained");
    }
}

TEST_CASE("what a node said before is no reason for what it is now", "[watch]") {
  auto before = good_cluster();
  before.nodes[1].why = "fit to be master";
  auto now = before;
  now.nodes[1].role = NodeRole::down;

  const auto events = transitions(before, now, 5);

  REQUIRE(events.size() == 1);
  CHECK(events[0].detail == "b is down, it was standby: nothing is heard of its elector");
}

TEST_CASE("how fit a node is, is told by the reason, not by a number", "[watch]") {
  const auto before = good_cluster();
  auto now = before;
  now.nodes[1].tier = 2;
  now.nodes[1].why = "fit (less fit: it has no usable token: HTTP status 401)";

  CHECK(transitions(before, now, 5).at(0).detail ==
        "b is not fit to be master: it has no usable token: HTTP status 401");
  CHECK(transitions(now, before, 5).at(0).detail == "b is fit to be master");
}

TEST_CASE("why a Stat Server is not heard is in its event", "[watch]") {
  const auto before = good_cluster();
  auto now = before;
  now.statistics.source.primary_up = false;
  now.statistics.source.primary_trouble = "it refuses our API key: HTTP status 401";

  CHECK(transitions(before, now, 5).at(0).detail ==
        "the primary source of statistics is not heard: it refuses our API key: HTTP status 401");
}

TEST_CASE("what went wrong and is right again is a good event", "[watch]") {
  for (const auto& [kind, over] : endings())
    for (const auto& difference : differences()) {
      if (difference.kind != kind) continue;
      const auto good = good_cluster();
      auto bad = good;
      difference.change(bad);

      const auto events = transitions(bad, good, 5);

      CAPTURE(kind);
      REQUIRE(events.size() == 1);
      CHECK(events[0].kind == over);
      CHECK(events[0].severity == "good");
    }
}

TEST_CASE("the manual lists every kind of event and every severity", "[watch]") {
  std::set<std::string> kinds = {"resumed",  // By a later word alone.
                                 "quality_changed", "fast_cut", "idle_not_answering",
                                 "statistics_contradicted",  // Of targets.
                                 // Of watch itself.
                                 "history_set_aside", "history_off", "file_exposed"};
  std::set<std::string> severities = {"good"};
  for (const auto& difference : differences()) {
    kinds.insert(difference.kind);
    severities.insert(difference.severity);
  }
  for (const auto& [kind, over] : endings()) kinds.insert(over);

  auto listed = code_words(section_of("services/watch/API.md", "Events"));
  std::erase(listed, "events");  // The setting.
  std::set<std::string> words{listed.begin(), listed.end()};
  for (const auto& severity : severities) CHECK(words.erase(severity) == 1);
  CHECK(words == kinds);
}

TEST_CASE("silence of feedback is no fault, nor what a backing off publisher skips", "[watch]") {
  const auto before = good_cluster();
  auto now = before;
  SECTION("feedback") {
    now.channels.push_back({.channel = "feedback", .sender = "b/publisher/0", .fresh = false});
    auto then = now;
    then.channels.back().fresh = true;
    CHECK(transitions(then, now, 5).empty());
  }
  SECTION("cycles") {
    auto refused = before;
    published_by_a(refused).outcome = PublicationOutcome::throttled;
    now = refused;
    published_by_a(now).skipped_cycles = 9;
    CHECK(transitions(refused, now, 5).empty());
  }
}

TEST_CASE("a burst that halves targets is one event with the first of them", "[watch]") {
  TargetTable targets{names({"t0", "t1", "t2"})};
  for (const std::uint32_t i : {1u, 2u}) targets.set_pace(i, paced(PaceReason::granted, 4));
  targets.clear_transitions();
  for (const std::uint32_t i : {1u, 2u}) targets.set_pace(i, paced(PaceReason::fast_cut, 2));

  const auto events = target_transitions(targets, 5);

  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == "fast_cut");
  CHECK(events[0].severity == "bad");
  CHECK(events[0].detail == "a burst of abandonment halved 2 targets (first: t1)");
}

TEST_CASE("statistics that the endpoint contradicts are one event with the first of them",
          "[watch]") {
  TargetTable targets{names({"t0", "t1", "t2"})};
  for (const std::uint32_t i : {1u, 2u}) targets.set_pace(i, paced(PaceReason::granted, 4));
  targets.clear_transitions();
  for (const std::uint32_t i : {1u, 2u})
    targets.set_pace(i, paced(PaceReason::statistics_contradicted, 1));

  const auto events = target_transitions(targets, 5);

  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == "statistics_contradicted");
  CHECK(events[0].severity == "bad");
  CHECK(events[0].detail == "the endpoint contradicts the statistics of 2 targets (first: t1)");
}

TEST_CASE("agents who do not answer are one event with the first target of them", "[watch]") {
  TargetTable targets{names({"t0", "t1", "t2"})};
  for (const std::uint32_t i : {0u, 2u}) targets.set_pace(i, paced(PaceReason::granted, 4));
  targets.clear_transitions();
  targets.set_pace(2, paced(PaceReason::idle_not_answering, 2));

  const auto events = target_transitions(targets, 5);

  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == "idle_not_answering");
  CHECK(events[0].severity == "bad");
  CHECK(events[0].detail == "agents of 1 target count as ready and take nothing (first: t2)");
}

}  // namespace paceline::test
