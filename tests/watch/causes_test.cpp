// Each thing that can be wrong has its own cause, with what to do about it, worst first.
#include "services/watch/causes.h"

#include <functional>
#include <set>

#include "services/watch/readiness.h"
#include "services/watch/remedies.h"
#include "tests/support/catch.h"
#include "tests/watch/fixtures.h"

namespace paceline::test {
using namespace watch;
namespace {

/// Node a of a good cluster whose master is a, or b.
StatusAnswer good_cluster(const char* master = "a") {
  ClusterView view{two_nodes_and_a_witness()};
  hear_a_good_cluster(view, start);
  const std::uint64_t term = master == std::string{"a"} ? 257 : 514;
  for (const char* node : {"a", "b", "w"}) {
    auto message = says(node,
                        node == std::string{master} ? ElectorRole::master
                        : node == std::string{"w"}  ? ElectorRole::observer
                                                    : ElectorRole::follower,
                        term, 2);
    for (const char* peer : {"a", "b", "w"})
      if (peer != std::string{node}) message.seen.push_back({peer, 100});
    view.hear(message, start, morning);
  }
  view.hear(publishes("a", term == 257), start);
  view.hear(publishes("b", term == 514), start);
  auto status = view.status(start, morning);
  REQUIRE(status.master == master);
  return status;
}

Surroundings three_hosts() {
  return {.heartbeats = {{"a", "h1:7100"}, {"b", "h2:7100"}, {"w", "h3:7100"}}, .quorum = 2};
}

PublicationReport& report_of(StatusAnswer& status, std::size_t node) {
  return status.nodes.at(node).publication->report;
}

double& heard_ago(StatusAnswer& status, std::size_t node, const char* peer) {
  for (auto& each : status.nodes.at(node).hears)
    if (each.node == peer) return each.age_s;
  throw std::logic_error{"no such peer"};
}

void silence(StatusAnswer& status, std::size_t node) {
  auto& gone = status.nodes.at(node);
  gone.role = NodeRole::down;
  gone.elector = "silent";
  if (gone.publisher != "none") gone.publisher = "down";
  gone.heard_s = 42;
  gone.hears.clear();
  for (std::size_t i = 0; i < status.nodes.size(); ++i)
    if (status.nodes[i].role != NodeRole::down) heard_ago(status, i, gone.name.c_str()) = 42;
}

std::vector<CauseAnswer> causes(const StatusAnswer& status, const TotalsAnswer& totals = {},
                                const Surroundings& around = three_hosts()) {
  return causes_of(find_causes(status, totals, around));
}

const CauseAnswer* find(const std::vector<CauseAnswer>& all, std::string_view id,
                        std::string_view node = "") {
  for (const auto& cause : all)
    if (cause.id == id && (node.empty() || cause.node == node)) return &cause;
  return nullptr;
}

}  // namespace

TEST_CASE("a cluster in which nothing is wrong has no cause", "[watch]") {
  CHECK(causes(good_cluster("a")).empty());
  CHECK(causes(good_cluster("b")).empty());
}

TEST_CASE("what is wrong with either node is told on any node, with its weight", "[watch]") {
  struct Case {
    const char* id;
    const char* cause;   // How it begins,
    const char* remedy;  // and what is in it.
    std::function<void(StatusAnswer&, std::size_t node)> spoil;
  };
  const std::vector<Case> cases = {
      {"no_token", "node b gets no access token: https://l/t: HTTP status 401: invalid_client",
       "client_id and its secret of [publisher]",
       [](auto& s, auto n) {
         report_of(s, n).token_usable = false;
         report_of(s, n).token_error = "https://l/t: HTTP status 401: invalid_client";
       }},
      {"endpoint_unreachable", "the endpoint does not serve node b: https://e: SSL certificate",
       "ca_file of [publisher]",
       [](auto& s, auto n) {
         report_of(s, n).endpoint_reachable = false;
         report_of(s, n).detail = "https://e: SSL certificate problem: unable to get local issuer";
       }},
      {"endpoint_unreachable", "the endpoint does not serve node b: proxy 10.0.0.9",
       "proxy of [publisher]",
       [](auto& s, auto n) {
         report_of(s, n).endpoint_reachable = false;
         report_of(s, n).detail = "proxy 10.0.0.9:3128: connection refused";
       }},
      {"cluster_disputed", "another cluster publishes under this name, in term 9",
       "topology rename", [](auto& s, auto n) { report_of(s, n).disputed_term = 9; }},
      {"clock_wrong", "the clock of node b is 6.0 s behind the endpoint's", "chronyc",
       [](auto& s, auto n) {
         report_of(s, n).clock_skew_ms = -6000;
         report_of(s, n).clock_skew_error_ms = 10;
       }},
      {"pacer_without_statistics", "a pacer of node b hears no statistics", "statserver",
       [](auto& s, auto n) { report_of(s, n).stat_age_s = -1; }},
      {"waiting_for_peer", "30 targets of node b still wait", "logs of both pacers",
       [](auto& s, auto n) {
         report_of(s, n).paced_targets = 50;
         report_of(s, n).awaiting_targets = 30;
       }},
      {"process_silent", "publisher of node b", "supervisorctl status on b",
       [](auto& s, auto n) { s.nodes[n].publisher = "down"; }},
      {"less_fit", "node b counts as unfit to be master: its oldest pace is 9.0 s old",
       "supervisorctl status on b",
       [](auto& s, auto n) {
         s.nodes[n].tier = 1;
         s.nodes[n].why = "fit (less fit: its oldest pace is 9.0 s old)";
       }},
      {"less_fit", "node b counts as unfit to be master: the endpoint accepts nothing", "election",
       [](auto& s, auto n) {
         s.nodes[n].tier = 2;
         s.nodes[n].why = "fit (less fit: the endpoint accepts nothing)";
       }},
  };
  for (const auto& [id, cause, remedy, spoil] : cases) {
    CAPTURE(id, cause);
    auto as_standby = good_cluster("a");
    auto as_master = good_cluster("b");
    spoil(as_standby, 1);
    spoil(as_master, 1);
    const auto standby = causes(as_standby);
    const auto master = causes(as_master);

    REQUIRE(find(standby, id, "b"));
    CHECK(find(standby, id, "b")->weight == CauseWeight::endangers);
    CHECK(find(standby, id, "b")->cause.starts_with(cause));
    CHECK(find(standby, id, "b")->remedy.find(remedy) != std::string::npos);
    CHECK(readiness(as_standby).ready);  // Node a publishes.
    REQUIRE(find(master, id, "b"));
    CHECK(find(master, id, "b")->weight == CauseWeight::stops);
    CHECK(master.front().weight == CauseWeight::stops);
  }
}

TEST_CASE("a firewall that is open in one direction is told as who hears whom, with the port",
          "[watch]") {
  auto status = good_cluster();
  SECTION("between two nodes that this one hears") {
    heard_ago(status, 1, "w") = 30;

    const auto told = causes(status);

    REQUIRE(told.size() == 1);
    CHECK(told[0].id == "one_way");
    CHECK(told[0].node == "b");
    CHECK(told[0].cause == "w hears b, b does not hear w");
    CHECK(told[0].remedy.starts_with("check tcp h3:7100 of w from b"));
  }
  SECTION("from this node") {
    auto& b = status.nodes[1];
    b.role = NodeRole::down;
    b.heard_s = 30;
    b.hears.clear();  // As nothing is heard of it.

    const auto told = causes(status);

    REQUIRE(find(told, "one_way", "a"));
    CHECK(find(told, "one_way", "a")->cause == "a does not hear b, others do");
    CHECK(find(told, "one_way", "a")->remedy.starts_with("check tcp h2:7100 of b from a"));
    CHECK_FALSE(find(told, "node_silent"));
  }
  SECTION("whoever has just died is not taken for one who is not heard") {
    heard_ago(status, 0, "b") = 1.2;
    CHECK(causes(status).empty());
  }
  SECTION("nor is one who has just been started") {
    heard_ago(status, 1, "w") = -1;
    status.nodes[1].elector = "starting";
    CHECK(causes(status).empty());
  }
  SECTION("many of them are counted") {
    for (int i = 0; i < 10; ++i) {
      const auto name = "n" + std::to_string(i);
      status.nodes.push_back({.name = name, .role = NodeRole::standby, .publisher = "shut"});
      for (const char* peer : {"a", "b", "w"}) status.nodes.back().hears.push_back({peer, 0.1});
      for (std::size_t n = 0; n < 3; ++n) status.nodes[n].hears.push_back({name, -1});
    }
    const auto told = causes(status);
    CHECK(std::ranges::count(told, "one_way", &CauseAnswer::id) == 7);
    CHECK(find(told, "one_way")->cause == "n0 hears a, a does not hear n0");
    CHECK(told[6].cause == "24 more pairs of nodes hear each other in one direction only");
  }
}

TEST_CASE("a node that is gone is told as one, and that nobody is left to take over", "[watch]") {
  auto status = good_cluster();
  silence(status, 1);

  const auto told = causes(status);

  REQUIRE(told.size() == 2);
  CHECK(told[0].id == "node_silent");
  CHECK(told[0].cause == "node b is silent: last heard 42 s ago");
  CHECK(told[0].remedy.find("tcp h2:7100 of b") != std::string::npos);
  CHECK(told[1].id == "no_spare");
  CHECK(told[1].cause == "if a fails, nobody can be master: b is silent");
  CHECK(readiness(status).ready);

  status.nodes[1].maintenance = "new memory";
  const auto maintained = causes(status);
  CHECK(find(maintained, "node_silent")->weight == CauseWeight::tells);
  CHECK(find(maintained, "maintenance")->cause == "node b is in maintenance: new memory");
  CHECK(find(maintained, "no_spare")->cause ==
        "if a fails, nobody can be master: b is in maintenance");
  CHECK(readiness(status).ready);
  status.nodes[0].maintenance = "new disks";
  CHECK_FALSE(readiness(status).ready);
}

TEST_CASE("a witness that is gone is told", "[watch]") {
  auto status = good_cluster();
  silence(status, 2);

  const auto told = causes(status);

  REQUIRE(told.size() == 1);
  CHECK(told[0].id == "node_silent");
  CHECK(told[0].node == "w");
}

TEST_CASE("without a quorum it is said who is missing", "[watch]") {
  auto status = good_cluster();
  silence(status, 1);
  silence(status, 2);
  status.master = "";

  const auto told = causes(status);

  CHECK(told[0].id == "no_quorum");
  CHECK(told[0].weight == CauseWeight::stops);
  CHECK(told[0].cause == "nobody is master: of 3 nodes 2 must agree, and node a hears only a");
  CHECK(told[0].remedy == "bring b and w back, or mend the network to them");
}

TEST_CASE("why a Stat Server serves nothing is told with what to check", "[watch]") {
  auto status = good_cluster();
  auto& source = status.statistics.source;
  SECTION("one of the pair") {
    source.backup_up = false;
    source.backup_trouble = "https://s2: SSL certificate problem: certificate has expired";
    const auto told = causes(status);
    REQUIRE(told.size() == 1);
    CHECK(told[0].id == "stat_server_down");
    CHECK(told[0].weight == CauseWeight::endangers);
    CHECK(told[0].remedy.starts_with("its certificate is out of its time: ask who runs it"));
    CHECK(readiness(status).ready);
  }
  SECTION("both") {
    source.in_use = "";
    source.primary_trouble = "it refuses our password (user pacer): HTTP status 401 at http://s1";
    source.backup_trouble = "http://s2: connection refused";
    const auto told = causes(status);
    REQUIRE(told.size() == 1);
    CHECK(told[0].id == "no_statistics");
    CHECK(told[0].weight == CauseWeight::stops);
    CHECK(told[0].cause ==
          "node a has no statistics: primary: it refuses our password (user pacer): HTTP status "
          "401 at http://s1; backup: http://s2: connection refused");
    CHECK(told[0].remedy.starts_with("check user and password of [statfeed]"));
  }
}

TEST_CASE("targets that no server knows are told before they are the most", "[watch]") {
  TotalsAnswer totals{.targets = 50, .paced = 50};
  totals.by_state.by_word[static_cast<std::size_t>(PaceState::ok)] = 48;
  totals.by_state.by_word[static_cast<std::size_t>(PaceState::stale)] = 2;
  totals.by_reason.by_word[static_cast<std::size_t>(PaceReason::not_visible)] = 2;

  const auto told = causes(good_cluster(), totals);

  REQUIRE(told.size() == 1);
  CHECK(told[0].id == "targets_unseen");
  CHECK(told[0].weight == CauseWeight::tells);
  CHECK(told[0].cause.starts_with("no invitations for 2 of 50 targets"));
  CHECK(readiness(good_cluster(), totals).ready);
}

TEST_CASE("what watch knows beside the bus is told too", "[watch]") {
  auto around = three_hosts();
  around.refuse_our_key = {"b"};
  around.refused_here = {"w"};
  around.history_off = "h.db: another watch writes it";
  around.history_not_written = "h.db: database or disk is full";
  around.exposed = {"t.toml holds a token, and everybody may read it: chmod 600 t.toml"};
  around.restarting = {{"b/publisher/0", 4}};

  const auto told = causes(good_cluster(), {}, around);

  REQUIRE(find(told, "key_refused", "b"));
  CHECK(
      find(told, "key_refused", "b")->remedy ==
      "keys/a.public on b must be the one of a, and keys/b.public on a that of b (pacelinectl keys "
      "check on both): copy the one that is not, then restart both nodes' processes");
  REQUIRE(find(told, "key_refused", "a"));
  CHECK(find(told, "key_refused", "a")->remedy.starts_with("keys/w.public on a"));
  CHECK(find(told, "restarting", "b")->cause == "b/publisher/0 was started 4 times in ten minutes");
  CHECK(find(told, "history_off")->weight == CauseWeight::tells);
  CHECK(find(told, "history_not_written")->cause.ends_with("h.db: database or disk is full"));
  CHECK(find(told, "file_exposed")->cause.starts_with("t.toml"));
  CHECK(readiness(good_cluster(), {}, around).ready);
}

TEST_CASE("causes are sorted by weight, bounded, and each has both sentences", "[watch]") {
  auto status = good_cluster();
  status.paused = "the site is closed";
  for (int i = 0; i < 100; ++i)
    status.nodes.push_back({.name = "n" + std::to_string(i), .publisher = "none"});

  const auto told = causes(status);

  CHECK(told.size() == most_causes);
  CHECK(told[0].id == "paused");
  CHECK(std::ranges::is_sorted(told, {}, &CauseAnswer::weight));
  std::set<std::string> ids;
  for (const auto& word : words_of<CauseId>) CHECK(ids.insert(word.name).second);
  for (const auto& cause : told) {
    CHECK(ids.contains(cause.id));
    CHECK_FALSE(cause.cause.empty());
    CHECK_FALSE(cause.remedy.empty());
    CHECK_FALSE(cause.cause.ends_with('.'));
    CHECK_FALSE(cause.remedy.ends_with('.'));
  }
}

TEST_CASE("the remedy of a request that failed follows from what was said of it", "[watch]") {
  const auto remedy = [](const char* detail) {
    return remedy_of(detail, {"publisher", "base_service_url", "client_id and its secret"});
  };
  CHECK(remedy("https://e: no such name").starts_with("check the name in base_service_url"));
  CHECK(remedy("https://e: Connection timed out").starts_with("check network and firewalls"));
  const auto tls = [&](const char* problem) {
    return remedy(("https://e/oauth: SSL certificate problem: " + std::string{problem}).c_str());
  };
  for (const char* problem : {"unable to get local issuer certificate", "self-signed certificate",
                              "self-signed certificate in certificate chain"})
    CHECK(tls(problem) ==
          "its authority is not known here: name it (PEM) by ca_file of [publisher], then "
          "pacelinectl reload publisher");
  CHECK(remedy("https://e: error setting certificate file: /etc/ca.pem")
            .starts_with("ca_file of [publisher] cannot be read"));
  CHECK(remedy("https://e: Problem with the SSL CA cert (path? access rights?)")
            .starts_with("ca_file of [publisher] cannot be read"));
  CHECK(remedy("https://e: SSL: no alternative certificate subject name matches target host name "
               "'e'") ==
        "check that base_service_url of [publisher] has the name that the certificate is for");
  CHECK(tls("certificate is not yet valid").starts_with("its certificate is out of its time"));
  CHECK(remedy("https://e: tlsv1 alert unknown ca").starts_with("check ca_file of [publisher]"));
  CHECK(remedy("HTTP status 407 at https://e, said by the proxy").starts_with("check proxy"));
  CHECK(remedy("no row of it is taken any more").starts_with("look whether its sender runs"));
  CHECK(remedy("HTTP status 403 at https://e: no right").starts_with("it knows us"));
  CHECK(remedy("HTTP status 404 at https://e").starts_with("check the path"));
  CHECK(remedy("HTTP status 302, redirected to https://p, not followed")
            .starts_with("check the path"));
  // What the server's body says does not count.
  CHECK(
      remedy("HTTP status 503 at https://e: proxy certificate refused").starts_with("it answers"));
  CHECK(remedy("").starts_with("check network, proxy and ca_file"));
}

}  // namespace paceline::test
