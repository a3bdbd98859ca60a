// What a session makes of refusals, advice and half answers.
#include "services/statfeed/session.h"
#include "tests/statfeed/session_fixture.h"

namespace paceline::test {
using namespace statfeed;

TEST_CASE("after 401 the session waits a moment, and 429 is obeyed", "[statfeed]") {
  SessionFixture fixture;
  fixture.begin();
  fixture.shake_hands();

  fixture.answer(fixture.take(Kind::open), 401, "");
  fixture.tick(500ms);
  CHECK_FALSE(fixture.has(Kind::open));
  fixture.tick(2s);
  const auto call = fixture.take(Kind::open);
  fixture.keep(fixture.session.answered(call.id, Session::Reply{429, "", 30s}, fixture.now));
  fixture.tick(29s);
  CHECK_FALSE(fixture.has(Kind::open));
  fixture.tick(2s);
  CHECK(fixture.has(Kind::open));
}

TEST_CASE("a connect answered 429 or 503 is tried again in the same session", "[statfeed]") {
  SessionFixture fixture;
  fixture.begin();
  fixture.shake_hands();
  fixture.open_all();

  const auto call = fixture.take(Kind::connect);
  fixture.keep(fixture.session.answered(call.id, Session::Reply{429, "", 3s}, fixture.now));
  fixture.tick(2900ms);
  CHECK_FALSE(fixture.has(Kind::connect));
  fixture.tick(200ms);
  fixture.answer(fixture.take(Kind::connect), 503, "");
  fixture.tick(1s);
  fixture.answer(fixture.take(Kind::connect), 200, connected);

  CHECK_FALSE(fixture.has(Kind::handshake));
  CHECK(fixture.session.pushing());
}

TEST_CASE("a connect that is only ever refused ends the session", "[statfeed]") {
  SessionFixture fixture;
  fixture.begin();
  fixture.shake_hands();
  fixture.open_all();
  for (int i = 0; i < 4; ++i) {
    fixture.answer(fixture.take(Kind::connect), 403, "");
    CHECK_FALSE(fixture.session.lost());
    fixture.tick(10s);
  }

  fixture.answer(fixture.take(Kind::connect), 403, "");

  CHECK(fixture.session.lost());
  fixture.tick(10s);
  CHECK(fixture.has(Kind::handshake));
}

TEST_CASE("the advice none ends the push, not the numbers", "[statfeed]") {
  const bool good = GENERATE(true, false);
  SessionFixture fixture{{.poll_period = 2s, .push_again = 1min}};
  fixture.begin();
  fixture.shake_hands();
  fixture.open_all();

  fixture.answer(
      fixture.take(Kind::connect), 200,
      good ? R"([{"channel":"/meta/connect","successful":true,"advice":{"reconnect":"none"}}])"
           : R"([{"channel":"/meta/connect","successful":false,"advice":{"reconnect":"none"}}])");

  CHECK_FALSE(fixture.session.pushing());
  CHECK(fixture.has(Kind::poll));
  fixture.tick(30s);
  CHECK_FALSE(fixture.has(Kind::connect));
  CHECK_FALSE(fixture.has(Kind::handshake));
  fixture.tick(31s);
  CHECK(fixture.has(Kind::handshake));
}

TEST_CASE("an advised interval holds until another is advised", "[statfeed]") {
  SessionFixture fixture;
  fixture.begin();
  fixture.answer(
      fixture.take(Kind::handshake), 200,
      R"([{"channel":"/meta/handshake","successful":true,"clientId":"c1","advice":{"reconnect":"retry","interval":3000}}])");
  fixture.answer(
      fixture.take(Kind::join), 200,
      R"([{"channel":"/meta/subscribe","successful":true},{"channel":"/meta/subscribe","successful":true}])");
  for (int i = 0; i < 2; ++i) {
    fixture.tick(2900ms);
    CHECK_FALSE(fixture.has(Kind::connect));
    fixture.tick(200ms);
    const auto call = fixture.take(Kind::connect);
    fixture.answer(call, 200, connected);
  }
  fixture.tick(3s);

  fixture.answer(fixture.take(Kind::connect), 200,
                 R"([{"channel":"/meta/connect","successful":true,"advice":{"interval":0}}])");

  fixture.tick(300ms);
  CHECK(fixture.has(Kind::connect));
}

TEST_CASE("without verbose a session is complete when the values were polled", "[statfeed]") {
  SessionFixture fixture{{.verbose = false}};
  fixture.begin();
  fixture.shake_hands();
  const auto open = fixture.take(Kind::open);
  CHECK(open.path == "/subscriptions?verbose=OFF");
  const auto asked = decode_subscription(open.body).value();

  fixture.answer(
      open, 200,
      R"({"status":{"code":0},"data":{},"errors":[{"status":{"code":30,"message":"?"}}]})");
  CHECK_FALSE(fixture.session.complete());
  SubscriptionAnswer values;
  for (std::size_t i = 1; i < asked.statistics.size(); ++i) {
    StatisticValue value;
    value.statistic_id = asked.statistics[i].statistic_id;
    values.statistics.push_back(value);
  }
  std::string body;
  encode_subscription_answer(values, body);
  fixture.answer(fixture.take(Kind::poll), 200, body);

  CHECK(fixture.session.complete());
  CHECK(fixture.session.unseen() == 1);
  CHECK(std::ranges::count(fixture.last.updates, StatisticUpdate::Status::unseen,
                           &StatisticUpdate::status) == 1);
}

TEST_CASE("a polled statistic with an error is asked for again soon", "[statfeed]") {
  SessionFixture fixture{{.reconcile = 5min, .batches = {.unseen_min = 15s}}};
  fixture.begin();
  fixture.shake_hands();
  fixture.open_all();
  fixture.answer(fixture.take(Kind::connect), 200, connected);
  fixture.tick(5min);
  const auto poll = fixture.take(Kind::poll);

  fixture.answer(poll, 200,
                 R"({"status":{"code":0},"data":{"statistics":[]},"errors":[{"statisticId":")" +
                     fixture.ids[3] + R"(","status":{"code":31,"message":"gone"}}]})");

  fixture.out.clear();
  fixture.tick(15s);
  CHECK(fixture.has(Kind::poll));
}

TEST_CASE("a server that answers no request is lost, until it answers one", "[statfeed]") {
  SessionFixture fixture;
  fixture.begin();
  fixture.shake_hands();
  fixture.open_all();

  fixture.fail_call(fixture.take(Kind::connect));
  CHECK_FALSE(fixture.session.lost());
  fixture.tick(1s);
  fixture.fail_call(fixture.take(Kind::connect));
  CHECK(fixture.session.lost());
  fixture.tick(1s);
  fixture.answer(fixture.take(Kind::connect), 200, connected);

  CHECK_FALSE(fixture.session.lost());
}

TEST_CASE(
    "answers from 500 on are none, and what a server refuses otherwise shows that it is there",
    "[statfeed]") {
  const auto [status, lost] =
      GENERATE(table<int, bool>({{500, true}, {503, true}, {599, true}, {499, false}}));
  CAPTURE(status);
  SessionFixture fixture;
  fixture.begin();
  fixture.shake_hands();
  fixture.open_all();

  for (int i = 0; i < 2; ++i) {
    CHECK_FALSE(fixture.session.lost());
    fixture.tick(2s);
    fixture.answer(fixture.take(Kind::poll), status, "");
  }

  CHECK(fixture.session.lost() == lost);
  fixture.answer(fixture.take(Kind::connect), 200, connected);
  CHECK_FALSE(fixture.session.lost());
}

TEST_CASE("a lost session is tried again after a quarter of a second, doubling up to the bound",
          "[statfeed]") {
  SessionFixture fixture{{.retry_max = 10s}};
  fixture.begin();

  for (const Duration whole : {250ms, 500ms, 1000ms, 2000ms, 4000ms, 8000ms, 10000ms, 10000ms}) {
    const auto& step = fixture.fail_call(fixture.take(Kind::handshake));
    const Duration pause = step.wake - fixture.now;
    CAPTURE(whole.count(), pause.count());
    CHECK(pause >= whole / 2);  // Each is drawn from its upper half.
    CHECK(pause <= whole);
    fixture.tick(pause - 1ms);
    CHECK_FALSE(fixture.has(Kind::handshake));
    fixture.tick(1ms);
  }
}

TEST_CASE("without reconciling a pushed batch is asked for signs of life alone", "[statfeed]") {
  SessionFixture fixture{{.reconcile = 0s}};
  fixture.begin();
  fixture.shake_hands();
  fixture.open_all();
  fixture.answer(fixture.take(Kind::connect), 200, connected);

  fixture.tick(24h);

  CHECK(fixture.take(Kind::poll).path.find("&statisticIds=") != std::string::npos);
  CHECK_FALSE(fixture.has(Kind::poll));
}

TEST_CASE("a server that is not there is not asked for one batch after the other", "[statfeed]") {
  SessionFixture fixture{{.parallel = 2, .retry_min = 250ms, .batches = {.size = 1}}};
  fixture.begin();
  fixture.shake_hands();
  int asked = 0;

  for (int i = 0; i < 1000; ++i) {
    while (fixture.has(Kind::open)) {
      ++asked;
      fixture.fail_call(fixture.take(Kind::open));
    }
    fixture.tick(1ms);
  }

  CHECK(asked >= 4);
  CHECK(asked <= 12);
}

TEST_CASE("a session that stops takes leave", "[statfeed]") {
  SessionFixture pushed;
  pushed.begin();
  pushed.shake_hands();
  pushed.open_all();
  SessionFixture polled{{.push = false, .batches = {.size = 11}}};
  polled.begin();
  polled.open_all();

  const auto disconnect = pushed.session.stop(pushed.now).calls;
  const auto closes = polled.session.stop(polled.now).calls;

  REQUIRE(disconnect.size() == 1);
  CHECK(disconnect[0].body.find("/meta/disconnect") != std::string::npos);
  REQUIRE(closes.size() == 2);
  CHECK(closes[0].method == "DELETE");
}

TEST_CASE("a batch that is refused with a status of its own is halved after some tries",
          "[statfeed]") {
  SessionFixture fixture{{.push = false}};
  fixture.begin();
  std::size_t largest = 0;
  for (int i = 0; i < 3; ++i) {
    fixture.answer(fixture.take(Kind::open), 200, R"({"status":{"code":7,"message":"no"}})");
    fixture.tick(30s);
  }
  while (fixture.has(Kind::open))
    largest =
        std::max(largest, decode_subscription(fixture.take(Kind::open).body)->statistics.size());

  CHECK(largest == usual_kind_count);
}

}  // namespace paceline::test
