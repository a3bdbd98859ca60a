#include "services/statfeed/session.h"

#include <rapidcheck.h>

#include <algorithm>

#include "tests/statfeed/talk.h"

namespace paceline::test {
using namespace statfeed;

TEST_CASE("a session shakes hands, joins both channels, connects and opens its batches",
          "[statfeed]") {
  Talk talk{{.batches = {.size = 11}}};
  talk.begin();

  talk.shake_hands();

  const auto connect = talk.take(Kind::connect);
  const auto messages = decode_bayeux(connect.body).value();
  CHECK(messages.at(0).client_id == "c1");
  CHECK(messages.at(0).connection_type == "long-polling");
  CHECK_FALSE(talk.session.complete());
  talk.grant(talk.take(Kind::open));
  talk.grant(talk.take(Kind::open));
  CHECK(talk.session.complete());
  CHECK(talk.last.heard);
  CHECK(talk.last.readings.size() == 11);
}

TEST_CASE("pushed updates become readings and the connect is renewed", "[statfeed]") {
  Talk talk;
  talk.begin();
  talk.shake_hands();
  talk.open_all();
  const auto body =
      R"([{"channel":"/statistics/v3/updates","data":{"statistics":[{"statisticId":")" +
      talk.ids.at(1) + R"(","timestamp":2000,"value":{"intValue":9}},
                    {"statisticId":"stranger","value":{"intValue":1}}]}},
                    {"channel":"/meta/connect","successful":true}])";

  const auto& step = talk.answer(talk.take(Kind::connect), 200, body);

  REQUIRE(step.readings.size() == 1);
  CHECK(step.readings[0] == Reading{1, Reading::Kind::value, 2000, 9});
  CHECK(step.refused == 1);
  CHECK(step.heard);
  CHECK(talk.has(Kind::connect));
}

TEST_CASE(
    "a server that does not hold connects is not stormed, and loses no speed when it has news",
    "[statfeed]") {
  Talk talk{{.liveness = 2s}};
  talk.begin();
  talk.shake_hands();
  talk.open_all();

  talk.answer(talk.take(Kind::connect), 200, connected);

  CHECK_FALSE(talk.has(Kind::connect));
  talk.tick(250ms);
  talk.answer(talk.take(Kind::connect), 200,
              R"([{"channel":"/statistics/v3/updates","data":{"statistics":[{"statisticId":")" +
                  talk.ids.at(0) +
                  R"(","value":{"intValue":9}}]}},{"channel":"/meta/connect","successful":true}])");
  CHECK(talk.has(Kind::connect));
}

TEST_CASE("an unknown client shakes hands again at once and opens everything again", "[statfeed]") {
  Talk talk;
  talk.begin();
  talk.shake_hands();
  talk.open_all();

  const auto& step = talk.answer(
      talk.take(Kind::connect), 200,
      R"([{"channel":"/meta/connect","successful":false,"error":"402::unknown client","advice":{"reconnect":"handshake"}}])");

  CHECK(step.new_session);
  talk.shake_hands();
  CHECK(talk.has(Kind::open));
  CHECK(talk.session.complete());  // What was complete stays so: its age says the rest.
}

TEST_CASE("a server that keeps forgetting us is not stormed", "[statfeed]") {
  Talk talk;
  talk.begin();
  constexpr const char* unknown =
      R"([{"channel":"/meta/connect","successful":false,"error":"402::unknown client"}])";
  talk.shake_hands();
  talk.answer(talk.take(Kind::connect), 200, unknown);
  talk.shake_hands();

  talk.answer(talk.take(Kind::connect), 200, unknown);

  CHECK_FALSE(talk.has(Kind::handshake));
  CHECK(talk.last.wake > talk.now);
  talk.tick(10s);
  CHECK(talk.has(Kind::handshake));
}

TEST_CASE("where push is refused the session polls, and tries again later", "[statfeed]") {
  const auto* answer =
      GENERATE("404", R"([{"channel":"/meta/handshake","successful":false}])", "<html>");
  Talk talk{{.poll_period = 2s, .push_again = 5min}};
  talk.begin();

  talk.answer(talk.take(Kind::handshake), std::string_view{answer} == "404" ? 404 : 200, answer);

  talk.open_all();
  CHECK(talk.session.complete());
  CHECK_FALSE(talk.session.pushing());
  CHECK_FALSE(talk.has(Kind::poll));
  talk.tick(2s);
  CHECK(talk.take(Kind::poll).path.ends_with("/statistic-values?verbose=INFO"));
  talk.tick(5min);
  CHECK(talk.has(Kind::handshake));
}

TEST_CASE("a connect that breaks is tried again in the same session", "[statfeed]") {
  Talk talk;
  talk.begin();
  talk.shake_hands();
  talk.open_all();

  talk.fail_call(talk.take(Kind::connect));

  CHECK_FALSE(talk.has(Kind::connect));
  talk.tick(1s);
  const auto again = talk.take(Kind::connect);
  CHECK(decode_bayeux(again.body).value().at(0).client_id == "c1");
  CHECK(talk.answer(again, 200, connected).heard);
}

TEST_CASE("a held connect does not hide a dead server: it is asked for a sign of life",
          "[statfeed]") {
  Talk talk{{.liveness = 2s}};
  talk.begin();
  talk.shake_hands();
  talk.open_all();

  talk.tick(2s);

  const auto probe = talk.take(Kind::poll);
  CHECK(probe.path.find("&statisticIds=" + talk.ids.front()) != std::string::npos);
  CHECK(talk.answer(probe, 200, R"({"status":{"code":0},"data":{"statistics":[]}})").heard);
}

TEST_CASE("a server that answers probes with errors is not probed without pause", "[statfeed]") {
  Talk talk{{.liveness = 2s}};
  talk.begin();
  talk.shake_hands();
  talk.open_all();
  talk.tick(2s);

  talk.answer(talk.take(Kind::poll), 500, "");

  CHECK_FALSE(talk.has(Kind::poll));
  talk.tick(1900ms);
  CHECK_FALSE(talk.has(Kind::poll));
  talk.tick(100ms);
  CHECK(talk.has(Kind::poll));
}

TEST_CASE("statistics the server does not know are read as unseen and asked for again",
          "[statfeed]") {
  Talk talk{{.batches = {.unseen_min = 15s}}};
  talk.begin();
  talk.shake_hands();

  const auto& step = talk.grant(talk.take(Kind::open), 2);

  CHECK(std::ranges::count(step.readings, Reading::Kind::unseen, &Reading::kind) == 2);
  CHECK(talk.session.unseen() == 2);
  CHECK(talk.session.complete());
  talk.tick(15s);
  const auto again = decode_subscription(talk.take(Kind::open).body).value();
  CHECK(again.statistics.size() == 2);
}

TEST_CASE("a batch refused as a whole is halved until the culprit stands alone", "[statfeed]") {
  Talk talk{{.parallel = 1}};
  talk.begin();
  talk.shake_hands();
  std::size_t good = 0;
  for (int i = 0; i < 60 && talk.has(Kind::open); ++i) {
    const auto call = talk.take(Kind::open);
    const auto request = decode_subscription(call.body).value();
    const bool bad = std::ranges::any_of(request.statistics, [](const auto& one) {
      return one.object_id == "g2" && one.name == "BusyAgents";
    });
    if (bad) {
      talk.answer(call, 400, "bad request");
    } else {
      good += request.statistics.size();
      talk.grant(call);
    }
  }
  CHECK(good == 2 * figure_count - 1);
}

TEST_CASE("a lost subscription is opened again", "[statfeed]") {
  Talk talk{{.push = false, .poll_period = 2s}};
  talk.begin();
  talk.open_all();
  talk.tick(2s);

  talk.answer(talk.take(Kind::poll), 404, "");

  talk.tick(1s);
  CHECK(talk.has(Kind::open));
}

TEST_CASE("a service that calls itself unavailable is believed", "[statfeed]") {
  Talk talk;
  talk.begin();
  talk.shake_hands();
  talk.open_all();

  talk.answer(
      talk.take(Kind::connect), 200,
      R"([{"channel":"/statistics/v3/service","data":{"serviceState":"Unavailable"}},{"channel":"/meta/connect","successful":true}])");

  CHECK_FALSE(talk.session.available());
  talk.tick(1s);
  talk.answer(
      talk.take(Kind::connect), 200,
      R"([{"channel":"/statistics/v3/service","data":{"serviceState":"Available"}},{"channel":"/meta/connect","successful":true}])");
  CHECK(talk.session.available());
}

TEST_CASE("new targets are opened and those that left are closed", "[statfeed]") {
  Talk talk{{.batches = {.size = 11}}};
  talk.begin();
  talk.shake_hands();
  talk.open_all();

  const auto change = talk.roster.apply({{"t1", "g1", "q1"}, {"t3", "g3", "q3"}});
  talk.keep(talk.session.targets_changed(change, talk.now));

  const auto request = decode_subscription(talk.take(Kind::open).body).value();
  CHECK(request.statistics.size() == figure_count);
  CHECK(request.statistics.front().object_id == "g3");
  CHECK(talk.take(Kind::close).method == "DELETE");
}

TEST_CASE("whatever is answered, the session neither stops nor storms", "[statfeed][property]") {
  CHECK(rc::check([] {
    Talk talk{{.parallel = 3, .batches = {.size = 5}}};
    talk.begin();
    std::size_t calls = 0;
    for (int i = 0; i < 300; ++i) {
      RC_ASSERT(talk.out.size() <= 40u);
      calls += talk.last.calls.size();
      if (talk.out.empty() || *rc::gen::inRange(0, 4) == 0) {
        RC_ASSERT(talk.last.wake > talk.now);
        talk.tick(std::max<Duration>(talk.last.wake - talk.now, 1ms));
        continue;
      }
      const auto call = talk.out.front();
      talk.out.pop_front();
      switch (*rc::gen::inRange(0, 8)) {
        case 0:
          talk.fail_call(call);
          break;
        case 1:
          talk.answer(call, *rc::gen::element(400, 401, 403, 404, 429, 500, 503), "no");
          break;
        case 2:
          talk.answer(call, 200, *rc::gen::arbitrary<std::string>());
          break;
        case 3:
          talk.answer(call, 200,
                      R"([{"channel":"/meta/connect","successful":false,"error":"402::unknown"}])");
          break;
        case 4:
          talk.answer(call, 200, R"({"status":{"code":9},"data":{}})");
          break;
        case 5:
          talk.answer(call, 200, R"([{"channel":"/meta/connect","advice":{"reconnect":"none"}}])");
          break;
        default:
          if (call.kind == Kind::open)
            talk.grant(call, *rc::gen::inRange<std::size_t>(0, 3));
          else
            talk.answer(call, 200,
                        R"([{"channel":"/meta/handshake","successful":true,"clientId":"c"}])");
      }
    }
    RC_ASSERT(calls <= 700u);
    RC_ASSERT(talk.last.wake <= talk.now + 366 * 24h);
  }));
}

}  // namespace paceline::test
