// What statfeed makes of Stat Servers that do what servers were seen to do, on virtual time.
#include <algorithm>

#include "tests/statfeed/site.h"
#include "tests/support/catch.h"

namespace paceline::test {
namespace {

std::string line(const SimWorld& sim, std::string_view event) {
  for (const auto& entry : sim.log())
    if (entry.event == event) return entry.line;
  return {};
}

}  // namespace

TEST_CASE("a push that falls silent while connects are answered is found out and renewed",
          "[statfeed][scenario]") {
  Site site{1};
  site.start();
  site.sim.run_for(5s);
  site.primary.frozen = true;
  site.sim.run_for(2s);
  for (int i = 0; i < 4; ++i) site.primary.set("g" + std::to_string(i), "BusyAgents", 40 + i);
  site.sim.run_for(3min);

  CHECK(site.sim.count("primary_push_contradicted") == 1);
  CHECK(line(site.sim, "primary_push_contradicted").find("busy of t") != std::string::npos);
  for (int i = 0; i < 4; ++i) CHECK(site.row("t" + std::to_string(i)).busy == 40 + i);
  CHECK(site.row("t0").quality == StatQuality::good);
  CHECK_FALSE(site.statfeed->state(0)->doubt.empty());
  CHECK(site.source().push_doubt == site.statfeed->state(0)->doubt);

  // The new session is pushed nothing either: then it is polled.
  site.primary.set("g2", "BusyAgents", 7);
  site.sim.run_for(3min);
  CHECK_FALSE(site.statfeed->state(0)->pushing);
  CHECK(site.sim.count("push_refused") == 1);
  site.primary.set("g2", "BusyAgents", 9);
  site.sim.run_for(3s);
  CHECK(site.row("t2").busy == 9);
  CHECK(site.sim.count("primary_push_contradicted") == 1);  // Told once.

  site.primary.frozen = false;
  for (int i = 0; i < 120; ++i) {
    site.interaction(1);
    site.sim.run_for(5s);
  }
  CHECK(site.statfeed->state(0)->pushing);
  CHECK(site.statfeed->state(0)->doubt.empty());
  CHECK(site.source().push_doubt.empty());
  CHECK(site.sim.count("primary_push_contradicted_over") == 1);
  CHECK(site.statfeed->failover().switches() == 0);
}

TEST_CASE("a busy push of some targets does not hide that others stand still",
          "[statfeed][scenario]") {
  Site site{2};
  site.start();
  site.sim.run_for(5s);
  // Every update of one group is lost on the way; all others come.
  site.primary.meddle = [](std::string& body) {
    if (body.find("/statistics/v3/updates") == body.npos) return;
    auto messages = decode_bayeux(body).value();
    for (auto& message : messages)
      std::erase_if(message.statistics, [](const auto& one) { return one.value == 33; });
    encode_bayeux(messages, body);
  };
  site.primary.set("g3", "BusyAgents", 33);
  for (int i = 0; i < 150; ++i) {
    site.interaction(0);
    site.sim.run_for(1s);
  }

  CHECK(site.row("t3").busy == 33);
  CHECK(site.sim.count("primary_push_contradicted") == 1);
}

TEST_CASE("polls that always fail while the push works leave it in doubt until they succeed",
          "[statfeed][scenario]") {
  Site site{1};
  site.config.session.reconcile = 10s;
  site.start();
  site.sim.run_for(5s);
  site.primary.poll_status = 503;
  site.sim.run_for(10s);
  CHECK(site.statfeed->state(0)->doubt.empty());  // It may pass.

  for (int i = 0; i < 30; ++i) {  // What is pushed still counts.
    site.interaction(1);
    site.sim.run_for(5s);
  }
  CHECK(site.statfeed->state(0)->pushing);
  CHECK(site.row("t1").quality == StatQuality::good);
  const auto doubt = site.statfeed->state(0)->doubt;
  CAPTURE(doubt);
  CHECK(doubt.find("subscriptions fail (HTTP status 503") != doubt.npos);
  CHECK(doubt.ends_with("so their push cannot be checked"));
  CHECK(site.source().in_use == "backup");
  CHECK(site.source().push_doubt.empty());  // That of the server in use.
  CHECK(site.sim.count("primary_push_unchecked") == 1);
  CHECK(site.sim.count("primary_push_contradicted") == 0);

  site.primary.poll_status = 0;
  site.sim.run_for(90s);
  CHECK(site.statfeed->state(0)->doubt.empty());
  CHECK(site.sim.count("primary_push_unchecked_over") == 1);
}

TEST_CASE("a push that comes late contradicts nothing", "[statfeed][scenario]") {
  Site site{3};
  site.start();
  site.sim.run_for(5s);
  for (int i = 0; i < 600; ++i) {
    site.primary.set("g" + std::to_string(i % 4), "BusyAgents", i % 17);
    if (i % 3 == 0) site.interaction(i % 4);
    site.sim.run_for(500ms);
  }

  CHECK(site.sim.count("primary_push_contradicted") == 0);
  CHECK(site.statfeed->state(0)->pushing);
}

TEST_CASE("polls that tell nothing of what was asked confirm nothing", "[statfeed][scenario]") {
  const bool push = GENERATE(true, false);
  CAPTURE(push);
  Site site{4};
  site.config.servers[1] = "";
  site.primary.push = push;
  site.start();
  site.sim.run_for(5s);
  REQUIRE(site.row("t1").quality == StatQuality::good);

  SECTION("not one statistic: the subscription is opened again, and tells the truth") {
    site.primary.frozen = site.primary.silent_polls = true;
    site.primary.set("g1", "BusyAgents", 44);
    site.sim.run_for(3min);
    CHECK(site.row("t1").busy == 44);
  }
  SECTION("all but those of one object: that one is not visible, and comes back") {
    site.primary.mute = "q1";
    site.sim.run_for(3min);
    CHECK(site.row("t1").quality == StatQuality::not_visible);
    CHECK(site.row("t2").quality == StatQuality::good);
    CHECK(site.sim.count("targets_not_visible") == 1);
    site.primary.mute.clear();
    site.sim.run_for(1min);
    CHECK(site.row("t1").quality == StatQuality::good);
  }
}

TEST_CASE("one odd value is invalid by itself, and the others of its batch count",
          "[statfeed][scenario]") {
  const std::string odd = GENERATE("[3]", "{\"intValue\":{}}", "true");
  CAPTURE(odd);
  Site site{5};
  site.primary.set("g1", "BusyAgents", 77);
  site.primary.meddle = [&](std::string& body) {
    const auto at = body.find("\"value\":{\"intValue\":77,");
    if (at == body.npos) return;
    const auto begin = at + std::string_view{"\"value\":"}.size();
    body.replace(begin, body.find('}', begin) + 1 - begin, odd);
  };
  site.start();
  site.sim.run_for(30s);

  CHECK(site.statfeed->state(0)->complete);
  CHECK(site.row("t1").quality == StatQuality::not_visible);
  for (const auto* other : {"t0", "t2", "t3"}) CHECK(site.row(other).quality == StatQuality::good);
  CHECK(site.sim.count("primary_values_refused") == 1);
  CHECK(site.sim.count("primary_values_refused_over") == 0);

  site.primary.meddle = {};
  site.primary.set("g1", "BusyAgents", 78);
  site.sim.run_for(3min);
  CHECK(site.row("t1").busy == 78);
  CHECK(site.sim.count("primary_values_refused_over") == 1);
}

TEST_CASE("values as servers write them are values", "[statfeed][scenario]") {
  const std::string written = GENERATE("77", "\"77\"", "77.0", "{\"intValue\":\"77\"}",
                                       "{\"stringValue\":77.0,\"intValue\":null}");
  CAPTURE(written);
  Site site{6};
  site.primary.set("g1", "BusyAgents", 77);
  site.primary.meddle = [&](std::string& body) {
    const auto at = body.find("\"value\":{\"intValue\":77,");
    if (at != body.npos) {
      const auto begin = at + std::string_view{"\"value\":"}.size();
      body.replace(begin, body.find('}', begin) + 1 - begin, written);
    }
    body.insert(0, "\xEF\xBB\xBF");
  };
  site.start();
  site.sim.run_for(5s);

  CHECK(site.row("t1").busy == 77);
  CHECK(site.row("t1").quality == StatQuality::good);
  CHECK(site.sim.count("primary_values_refused") == 0);
}

TEST_CASE("a service state counts whatever its case", "[statfeed][scenario]") {
  Site site{7};
  site.start();
  site.sim.run_for(3s);
  site.primary.tell_state("AVAILABLE");
  site.sim.run_for(2s);
  CHECK(site.statfeed->failover().in_use() == 0);
  site.primary.tell_state("unavailable");
  site.sim.run_for(2s);
  CHECK(site.statfeed->failover().in_use() == 1);
}

TEST_CASE("a server with ids of its own is understood by object, type and name",
          "[statfeed][scenario]") {
  const bool push = GENERATE(true, false);
  CAPTURE(push);
  Site site{8};
  for (auto* server : {&site.primary, &site.backup}) {
    server->own_ids = true;
    server->push = push;
  }
  site.start();
  site.sim.run_for(5s);
  REQUIRE(site.row("t1").quality == StatQuality::good);
  site.primary.names_values = false;  // Pushes and polls then say the id alone.
  site.primary.set("g1", "BusyAgents", 21);
  site.sim.run_for(5s);
  CHECK(site.row("t1").busy == 21);
  site.sim.run_for(3min);
  CHECK(site.row("t1").quality == StatQuality::good);
  CHECK(site.sim.count("primary_values_refused") == 0);
  CHECK(site.statfeed->failover().switches() == 0);
}

TEST_CASE("ids in upper case are ours", "[statfeed][scenario]") {
  Site site{9};
  site.primary.meddle = [](std::string& body) {
    for (auto at = body.find("\"statisticId\":\""); at != body.npos;
         at = body.find("\"statisticId\":\"", at + 1))
      for (auto c = at + 15; c < body.size() && body[c] != '"'; ++c)
        body[c] = static_cast<char>(std::toupper(static_cast<unsigned char>(body[c])));
  };
  site.start();
  site.sim.run_for(5s);

  CHECK(site.row("t1").quality == StatQuality::good);
  CHECK(site.sim.count("primary_values_refused") == 0);
}

TEST_CASE("ids that mean nothing and come without a name are told once, plainly",
          "[statfeed][scenario]") {
  Site site{10};
  site.primary.own_ids = true;
  site.primary.names_values = false;
  site.start();
  site.sim.run_for(2min);

  CHECK(site.sim.count("primary_values_refused") == 1);
  CHECK(line(site.sim, "primary_values_refused").find("objectId, objectType and name") !=
        std::string::npos);
  CHECK(site.statfeed->failover().in_use() == 1);
  CHECK(site.row("t1").quality == StatQuality::good);
}

TEST_CASE(
    "a server that wants another handshake on every connect is not stormed, and left each time",
    "[statfeed][scenario]") {
  Site site{11};
  site.config.servers[1] = "";
  site.start();
  site.sim.run_for(2s);
  const auto before = site.primary.handshakes();

  site.primary.wants_handshakes = true;
  site.sim.run_for(10s);

  CHECK(site.primary.handshakes() - before >= 2);  // The first at once.
  CHECK(site.primary.handshakes() - before <= 8);
  CHECK(site.primary.clients() <= 2);
  site.primary.wants_handshakes = false;
  site.sim.run_for(1min);
  CHECK(site.row("t1").quality == StatQuality::good);
  const auto calm = site.primary.handshakes();
  site.primary.wants_handshakes = true;  // After a calm minute: at once again.
  site.primary.set("g1", "BusyAgents", 3);
  site.sim.run_for(100ms);
  CHECK(site.primary.handshakes() == calm + 1);
}

TEST_CASE("every statistic is confirmed by a poll in every reconcile, and never all at once",
          "[statfeed][scenario]") {
  Site site{12};
  site.config.session.batches.size = 4;  // 11 batches.
  site.config.session.reconcile = 1min;
  site.config.servers[1] = "";
  site.start();
  site.sim.run_for(5s);
  std::size_t most = 0;
  const auto begun = site.primary.requests();
  for (int i = 0; i < 60; ++i) {
    site.interaction(i % 4);  // News all the time, so that nobody asks for signs of life.
    const auto before = site.primary.requests();
    site.sim.run_for(1s);
    most = std::max(most, site.primary.requests() - before);
  }

  CHECK(site.primary.requests() - begun >= 11);
  CHECK(most <= 30);
  CHECK(site.row("t1").quality == StatQuality::good);
}

}  // namespace paceline::test
