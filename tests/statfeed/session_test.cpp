#include "services/statfeed/session.h"

#include <rapidcheck.h>

#include <algorithm>

#include "tests/statfeed/session_fixture.h"

namespace paceline::test {
using namespace statfeed;

TEST_CASE("a session shakes hands, joins both channels, connects and opens its batches",
          "[statfeed]") {
  SessionFixture fixture{{.batches = {.size = 11}}};
  fixture.begin();

  fixture.shake_hands();

  const auto connect = fixture.take(Kind::connect);
  const auto messages = decode_bayeux(connect.body).value();
  CHECK(messages.at(0).client_id == "c1");
  CHECK(messages.at(0).connection_type == "long-polling");
  CHECK_FALSE(fixture.session.complete());
  fixture.grant(fixture.take(Kind::open));
  fixture.grant(fixture.take(Kind::open));
  CHECK(fixture.session.complete());
  CHECK(fixture.last.heard);
  CHECK(fixture.last.updates.size() == 11);
}

TEST_CASE("pushed updates become updates and the connect is renewed", "[statfeed]") {
  SessionFixture fixture;
  fixture.begin();
  fixture.shake_hands();
  fixture.open_all();
  const auto body =
      R"([{"channel":"/statistics/v3/updates","data":{"statistics":[{"statisticId":")" +
      fixture.ids.at(1) + R"(","timestamp":2000,"value":{"intValue":9}},
                    {"statisticId":"stranger","value":{"intValue":1}}]}},
                    {"channel":"/meta/connect","successful":true}])";

  const auto& step = fixture.answer(fixture.take(Kind::connect), 200, body);

  REQUIRE(step.updates.size() == 1);
  CHECK(step.updates[0] == StatisticUpdate{1, StatisticUpdate::Status::value, 2000, 9});
  CHECK(step.refused == 1);
  CHECK(step.heard);
  fixture.tick(20ms);
  CHECK(fixture.has(Kind::connect));
}

TEST_CASE(
    "a server that does not hold connects is not stormed, and loses 20 ms at most when it has news",
    "[statfeed]") {
  SessionFixture fixture{{.liveness = 2s}};
  fixture.begin();
  fixture.shake_hands();
  fixture.open_all();

  fixture.answer(fixture.take(Kind::connect), 200, connected);

  CHECK_FALSE(fixture.has(Kind::connect));
  fixture.tick(250ms);
  fixture.answer(
      fixture.take(Kind::connect), 200,
      R"([{"channel":"/statistics/v3/updates","data":{"statistics":[{"statisticId":")" +
          fixture.ids.at(0) +
          R"(","value":{"intValue":9}}]}},{"channel":"/meta/connect","successful":true}])");
  CHECK_FALSE(fixture.has(Kind::connect));
  fixture.tick(20ms);
  CHECK(fixture.has(Kind::connect));
}

TEST_CASE("an unknown client shakes hands again at once and opens everything again", "[statfeed]") {
  const auto* said = GENERATE(R"("402::unknown client","advice":{"reconnect":"handshake"})",
                              R"("402:id:Unknown client")", R"("401:id:Unknown client")");
  SessionFixture fixture;
  fixture.begin();
  fixture.shake_hands();
  fixture.open_all();

  const auto& step = fixture.answer(
      fixture.take(Kind::connect), 200,
      R"([{"channel":"/meta/connect","successful":false,"error":)" + std::string{said} + "}]");

  CHECK(step.new_session);
  fixture.shake_hands();
  CHECK(fixture.has(Kind::open));
  CHECK(fixture.session.complete());  // What was complete stays so: its age says the rest.
}

TEST_CASE("a server that keeps forgetting us is not stormed", "[statfeed]") {
  SessionFixture fixture;
  fixture.begin();
  constexpr const char* unknown =
      R"([{"channel":"/meta/connect","successful":false,"error":"402::unknown client"}])";
  fixture.shake_hands();
  fixture.answer(fixture.take(Kind::connect), 200, unknown);
  fixture.shake_hands();

  fixture.answer(fixture.take(Kind::connect), 200, unknown);

  CHECK_FALSE(fixture.has(Kind::handshake));
  CHECK(fixture.last.wake > fixture.now);
  fixture.tick(10s);
  CHECK(fixture.has(Kind::handshake));
}

TEST_CASE("where push is refused the session polls, and tries again later", "[statfeed]") {
  const auto* answer =
      GENERATE("404", R"([{"channel":"/meta/handshake","successful":false}])", "<html>");
  SessionFixture fixture{{.poll_period = 2s, .push_again = 5min}};
  fixture.begin();

  fixture.answer(fixture.take(Kind::handshake), std::string_view{answer} == "404" ? 404 : 200,
                 answer);

  fixture.open_all();
  CHECK(fixture.session.complete());
  CHECK_FALSE(fixture.session.pushing());
  CHECK_FALSE(fixture.has(Kind::poll));
  fixture.tick(2s);
  CHECK(fixture.take(Kind::poll).path.ends_with("/statistic-values?verbose=INFO"));
  fixture.tick(5min);
  CHECK(fixture.has(Kind::handshake));
}

TEST_CASE("a connect that breaks is tried again in the same session", "[statfeed]") {
  SessionFixture fixture;
  fixture.begin();
  fixture.shake_hands();
  fixture.open_all();

  fixture.fail_call(fixture.take(Kind::connect));

  CHECK_FALSE(fixture.has(Kind::connect));
  fixture.tick(1s);
  const auto again = fixture.take(Kind::connect);
  CHECK(decode_bayeux(again.body).value().at(0).client_id == "c1");
  fixture.answer(again, 200, connected);
  CHECK_FALSE(fixture.session.lost());
}

TEST_CASE("a held connect does not hide a dead server: it is asked for a sign of life",
          "[statfeed]") {
  SessionFixture fixture{{.liveness = 2s}};
  fixture.begin();
  fixture.shake_hands();
  fixture.open_all();

  fixture.tick(2s);

  const auto probe = fixture.take(Kind::poll);
  CHECK(probe.path.find("&statisticIds=" + fixture.ids.front()) != std::string::npos);
  CHECK(fixture
            .answer(probe, 200,
                    R"({"status":{"code":0},"data":{"statistics":[{"statisticId":")" +
                        fixture.ids.front() + R"(","value":{"intValue":1}}]}})")
            .heard);
}

TEST_CASE("a server that answers probes with errors is not probed without pause", "[statfeed]") {
  SessionFixture fixture{{.liveness = 2s}};
  fixture.begin();
  fixture.shake_hands();
  fixture.open_all();
  fixture.tick(2s);

  fixture.answer(fixture.take(Kind::poll), 500, "");

  CHECK_FALSE(fixture.has(Kind::poll));
  fixture.tick(1900ms);
  CHECK_FALSE(fixture.has(Kind::poll));
  fixture.tick(100ms);
  CHECK(fixture.has(Kind::poll));
}

TEST_CASE("statistics the server does not know are read as unseen and asked for again",
          "[statfeed]") {
  SessionFixture fixture{{.batches = {.unseen_min = 15s}}};
  fixture.begin();
  fixture.shake_hands();

  const auto& step = fixture.grant(fixture.take(Kind::open), 2);

  CHECK(std::ranges::count(step.updates, StatisticUpdate::Status::unseen,
                           &StatisticUpdate::status) == 2);
  CHECK(fixture.session.unseen() == 2);
  CHECK(fixture.session.complete());
  fixture.tick(15s);
  const auto again = decode_subscription(fixture.take(Kind::open).body).value();
  CHECK(again.statistics.size() == 2);
}

TEST_CASE("a batch refused as a whole is halved until the culprit stands alone", "[statfeed]") {
  const int status = GENERATE(400, 410, 413, 422);
  CAPTURE(status);
  SessionFixture fixture{{.parallel = 1}};
  fixture.begin();
  fixture.shake_hands();
  std::size_t good = 0;
  for (int i = 0; i < 60 && fixture.has(Kind::open); ++i) {
    const auto call = fixture.take(Kind::open);
    const auto request = decode_subscription(call.body).value();
    const bool bad = std::ranges::any_of(request.statistics, [](const auto& one) {
      return one.object_id == "g2" && one.name == "BusyAgents";
    });
    if (bad) {
      fixture.answer(call, status, "bad request");
    } else {
      good += request.statistics.size();
      fixture.grant(call);
    }
  }
  CHECK(good == 2 * usual_kind_count - 1);
}

TEST_CASE("a lost subscription is opened again", "[statfeed]") {
  SessionFixture fixture{{.push = false, .poll_period = 2s}};
  fixture.begin();
  fixture.open_all();
  fixture.tick(2s);

  fixture.answer(fixture.take(Kind::poll), 404, "");

  fixture.tick(1s);
  CHECK(fixture.has(Kind::open));
}

TEST_CASE("a service that calls itself unavailable is believed", "[statfeed]") {
  SessionFixture fixture;
  fixture.begin();
  fixture.shake_hands();
  fixture.open_all();

  fixture.answer(
      fixture.take(Kind::connect), 200,
      R"([{"channel":"/statistics/v3/service","data":{"serviceState":"Unavailable"}},{"channel":"/meta/connect","successful":true}])");

  CHECK_FALSE(fixture.session.available());
  fixture.tick(1s);
  fixture.answer(
      fixture.take(Kind::connect), 200,
      R"([{"channel":"/statistics/v3/service","data":{"serviceState":"Available"}},{"channel":"/meta/connect","successful":true}])");
  CHECK(fixture.session.available());
}

TEST_CASE("new targets are opened and those that left are closed", "[statfeed]") {
  SessionFixture fixture{{.batches = {.size = 11}}};
  fixture.begin();
  fixture.shake_hands();
  fixture.open_all();

  const auto change = fixture.targets_index.apply({{"t1", "g1", "q1"}, {"t3", "g3", "q3"}});
  fixture.keep(fixture.session.targets_changed(change, fixture.now));

  const auto request = decode_subscription(fixture.take(Kind::open).body).value();
  CHECK(request.statistics.size() == usual_kind_count);
  CHECK(request.statistics.front().object_id == "g3");
  CHECK(fixture.take(Kind::close).method == "DELETE");
}

TEST_CASE("whatever is answered, the session neither stops nor storms", "[statfeed][property]") {
  CHECK(rc::check([] {
    SessionFixture fixture{{.parallel = 3, .batches = {.size = 5}}};
    fixture.begin();
    std::size_t calls = 0;
    for (int i = 0; i < 300; ++i) {
      RC_ASSERT(fixture.out.size() <= 40u);
      calls += fixture.last.calls.size();
      if (fixture.out.empty() || *rc::gen::inRange(0, 4) == 0) {
        RC_ASSERT(fixture.last.wake > fixture.now);
        fixture.tick(std::max<Duration>(fixture.last.wake - fixture.now, 1ms));
        continue;
      }
      const auto call = fixture.out.front();
      fixture.out.pop_front();
      switch (*rc::gen::inRange(0, 8)) {
        case 0:
          fixture.fail_call(call);
          break;
        case 1:
          fixture.answer(call, *rc::gen::element(400, 401, 403, 404, 429, 500, 503), "no");
          break;
        case 2:
          fixture.answer(call, 200, *rc::gen::arbitrary<std::string>());
          break;
        case 3:
          fixture.answer(
              call, 200,
              R"([{"channel":"/meta/connect","successful":false,"error":"402::unknown"}])");
          break;
        case 4:
          fixture.answer(call, 200, R"({"status":{"code":9},"data":{}})");
          break;
        case 5:
          fixture.answer(call, 200,
                         R"([{"channel":"/meta/connect","advice":{"reconnect":"none"}}])");
          break;
        default:
          if (call.kind == Kind::open)
            fixture.grant(call, *rc::gen::inRange<std::size_t>(0, 3));
          else
            fixture.answer(call, 200,
                           R"([{"channel":"/meta/handshake","successful":true,"clientId":"c"}])");
      }
    }
    RC_ASSERT(calls <= 700u);
    RC_ASSERT(fixture.last.wake <= fixture.now + 366 * 24h);
  }));
}

}  // namespace paceline::test
