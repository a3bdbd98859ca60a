#include "services/watch/readiness.h"

#include <functional>

#include "tests/support/catch.h"
#include "tests/watch/fixtures.h"

namespace paceline::test {
using namespace watch;
namespace {

/// Node a of a cluster in which nothing is wrong; a is master, or b.
StatusAnswer good_cluster(const std::string& master = "a") {
  ClusterView view{two_nodes_and_a_witness()};
  hear_a_good_cluster(view, start);
  if (master == "b") {
    view.hear(says("a", ElectorRole::follower, 514, 2), start, morning);
    view.hear(says("w", ElectorRole::observer, 514, 2), start, morning);
    view.hear(says("b", ElectorRole::master, 514, 2), start, morning);
    view.hear(publishes("a", false), start);
    view.hear(publishes("b", true), start);
  }
  auto status = view.status(start, morning);
  REQUIRE(status.master == master);
  REQUIRE(readiness(status).ready);
  return status;
}

PublicationReport& report_of(StatusAnswer& status, std::size_t node) {
  return status.nodes.at(node).publication->report;
}

std::vector<std::string> reasons(const StatusAnswer& status) {
  return readiness(status).reasons;
}

}  // namespace

TEST_CASE("each thing that makes a node unfit is told by its own reason", "[watch]") {
  struct Case {
    const char* reason;
    std::function<void(StatusAnswer&)> spoil;
  };
  const std::vector<Case> cases = {
      {"statfeed of node a, which is master, is not heard",
       [](auto& status) { status.statistics.fresh = false; }},
      {"node a has no statistics: neither primary nor backup is heard; pacelinectl statserver says "
       "how each stands",
       [](auto& s) { s.statistics.source.in_use = ""; }},
      {"statistics of node a may be wrong: the push of the primary is in doubt (BusyAgents of t1: "
       "pushed 3, polled 9 for 4.0 s); it is begun anew, then it is polled; if this stays, ask who "
       "runs the server or a proxy before it",
       [](auto& s) {
         s.statistics.source.push_doubt = "BusyAgents of t1: pushed 3, polled 9 for 4.0 s";
       }},
      {"pacer 0 of node a, which is master, is not heard",
       [](auto& status) { status.pacers[0].fresh = false; }},
      {"node a counts as unfit to be master: its clock is 4.0 s ahead of the endpoint's; ",
       [](auto& status) {
         status.nodes[0].tier = 2;
         status.nodes[0].why = "fit (less fit: its clock is 4.0 s ahead of the endpoint's)";
       }},
      {"the endpoint does not serve node a: HTTP status 503; it answers, so ask who runs it",
       [](auto& status) {
         report_of(status, 0).endpoint_reachable = false;
         report_of(status, 0).detail = "HTTP status 503";
       }},
      {"the endpoint does not serve node a: connection refused; nothing listens there: does it "
       "run, "
       "and is base_service_url of [publisher] right?",
       [](auto& status) {
         report_of(status, 0).endpoint_reachable = false;
         report_of(status, 0).detail = "connection refused";
       }},
      {"the endpoint does not serve node a; check network, proxy and ca_file of [publisher]",
       [](auto& status) { report_of(status, 0).endpoint_reachable = false; }},
      {"the clock of node a is 5.0 s ahead of the endpoint's; check its time synchronisation",
       [](auto& status) {
         report_of(status, 0).clock_skew_ms = 5000;
         report_of(status, 0).clock_skew_error_ms = 20;
       }},
      {"node b is master, and its publisher is shut; it opens with the elector's next grant",
       [](auto& status) { status = good_cluster("b"), status.nodes[1].publisher = "shut"; }},
      {"the endpoint accepted nothing from node a yet (unauthorised HTTP status 401); check "
       "client_id and its secret of [publisher]",
       [](auto& status) {
         report_of(status, 0).since_accepted_s = -1;
         report_of(status, 0).outcome = PublicationOutcome::unauthorised;
         report_of(status, 0).detail = "HTTP status 401";
       }},
      {"the endpoint accepted nothing from node a yet (nothing was sent); it publishes with its "
       "first refresh period",
       [](auto& status) {
         report_of(status, 0).since_accepted_s = -1;
         report_of(status, 0).outcome = PublicationOutcome::none;
       }},
      {"the endpoint rejects 26 of 50 targets of node a; are they known there?",
       [](auto& status) {
         report_of(status, 0).paced_targets = 50;
         report_of(status, 0).rejected_targets = 26;
       }},
      {"nobody is master; an election takes some seconds", [](auto& s) { s.master = ""; }},
      {"publisher of node a is not heard; supervisorctl status on a",
       [](auto& status) { status = good_cluster("b"), status.nodes[0].publisher = "down"; }},
      {"elector of node a, which is master, is not heard; supervisorctl status on a",
       [](auto& status) { status.nodes[0].role = NodeRole::down; }},
      {"an operator stopped all invitations at 03:00: the site is closed; pacelinectl resume",
       [](auto& status) {
         status.paused = "the site is closed";
         status.paused_since = "03:00";
       }},
  };
  for (const auto& [reason, spoil] : cases) {
    auto status = good_cluster();
    spoil(status);
    const auto result = readiness(status);

    CAPTURE(reason);
    CHECK_FALSE(result.ready);
    REQUIRE(result.reasons.size() == 1);
    CHECK(result.reasons[0].starts_with(reason));
  }
}

TEST_CASE("a master may go without acceptance for five periods, and two seconds at least",
          "[watch]") {
  struct Case {
    double period_ms, fine_s, late_s;
  };
  for (const auto& [period_ms, fine_s, late_s] :
       {Case{2000, 10, 10.4}, Case{200, 2, 2.1}, Case{400, 2, 2.1}, Case{1000, 5, 5.1}}) {
    auto status = good_cluster();
    auto& report = report_of(status, 0);
    report.period_ms = period_ms;
    report.since_accepted_s = fine_s;
    CHECK(readiness(status).ready);

    report.since_accepted_s = late_s;
    CHECK_FALSE(readiness(status).ready);
  }
}

TEST_CASE("what a standby's own publisher was told before is no reason", "[watch]") {
  auto status = good_cluster("b");
  report_of(status, 0).since_accepted_s = 600;

  CHECK(readiness(status).ready);
}

TEST_CASE("bounds of readiness are those of the manual", "[watch]") {
  auto status = good_cluster();
  SECTION("a clock may be wrong by three seconds, and by what the measurement may be") {
    report_of(status, 0).clock_skew_ms = -3500;
    report_of(status, 0).clock_skew_error_ms = 500;
    CHECK(readiness(status).ready);
    report_of(status, 0).clock_skew_ms = -3501;
    CHECK_FALSE(readiness(status).ready);
  }
  SECTION("feedback may be thirty seconds old") {
    status.feedback.head.epoch = "e";
    status.pacers[0].cycle.feedback_age_s = 30;
    CHECK(readiness(status).ready);
    status.pacers[0].cycle.feedback_age_s = 31;
    CHECK_FALSE(readiness(status).ready);
  }
  SECTION("half of the targets may wait for what a peer has learned") {
    report_of(status, 0).paced_targets = 50;
    report_of(status, 0).awaiting_targets = 25;
    CHECK(readiness(status).ready);
  }
}

TEST_CASE("reasons add up, the processes of one node in one", "[watch]") {
  auto status = good_cluster();
  status.statistics.fresh = false;
  status.pacers[0].fresh = false;
  report_of(status, 0).disputed_term = 257;

  const auto told = reasons(status);

  REQUIRE(told.size() == 2);
  CHECK(told[0].starts_with("statfeed and pacer 0 of node a, which is master, are not heard; "));
  CHECK(told[1].starts_with("another cluster publishes under this name, in term 257 too"));
}

}  // namespace paceline::test
