// What a session makes of refusals, advice and half answers.
#include "services/statfeed/session.h"
#include "tests/statfeed/talk.h"

namespace paceline::test {
using namespace statfeed;

TEST_CASE("after 401 the session waits a moment, and 429 is obeyed", "[statfeed]") {
  Talk talk;
  talk.begin();
  talk.shake_hands();

  talk.answer(talk.take(Kind::open), 401, "");
  talk.tick(500ms);
  CHECK_FALSE(talk.has(Kind::open));
  talk.tick(2s);
  const auto call = talk.take(Kind::open);
  talk.keep(talk.session.answered(call.id, Session::Reply{429, "", 30s}, talk.now));
  talk.tick(29s);
  CHECK_FALSE(talk.has(Kind::open));
  talk.tick(2s);
  CHECK(talk.has(Kind::open));
}

TEST_CASE("a connect answered 429 or 503 is tried again in the same session", "[statfeed]") {
  Talk talk;
  talk.begin();
  talk.shake_hands();
  talk.open_all();

  const auto call = talk.take(Kind::connect);
  talk.keep(talk.session.answered(call.id, Session::Reply{429, "", 3s}, talk.now));
  talk.tick(2900ms);
  CHECK_FALSE(talk.has(Kind::connect));
  talk.tick(200ms);
  talk.answer(talk.take(Kind::connect), 503, "");
  talk.tick(1s);
  talk.answer(talk.take(Kind::connect), 200, connected);

  CHECK_FALSE(talk.has(Kind::handshake));
  CHECK(talk.session.pushing());
}

TEST_CASE("a connect that is only ever refused ends the session", "[statfeed]") {
  Talk talk;
  talk.begin();
  talk.shake_hands();
  talk.open_all();
  for (int i = 0; i < 4; ++i) {
    talk.answer(talk.take(Kind::connect), 403, "");
    CHECK_FALSE(talk.session.lost());
    talk.tick(10s);
  }

  talk.answer(talk.take(Kind::connect), 403, "");

  CHECK(talk.session.lost());
  talk.tick(10s);
  CHECK(talk.has(Kind::handshake));
}

TEST_CASE("the advice none ends the push, not the numbers", "[statfeed]") {
  const bool good = GENERATE(true, false);
  Talk talk{{.poll_period = 2s, .push_again = 1min}};
  talk.begin();
  talk.shake_hands();
  talk.open_all();

  talk.answer(
      talk.take(Kind::connect), 200,
      good ? R"([{"channel":"/meta/connect","successful":true,"advice":{"reconnect":"none"}}])"
           : R"([{"channel":"/meta/connect","successful":false,"advice":{"reconnect":"none"}}])");

  CHECK_FALSE(talk.session.pushing());
  CHECK(talk.has(Kind::poll));
  talk.tick(30s);
  CHECK_FALSE(talk.has(Kind::connect));
  CHECK_FALSE(talk.has(Kind::handshake));
  talk.tick(31s);
  CHECK(talk.has(Kind::handshake));
}

TEST_CASE("an advised interval holds until another is advised", "[statfeed]") {
  Talk talk;
  talk.begin();
  talk.answer(
      talk.take(Kind::handshake), 200,
      R"([{"channel":"/meta/handshake","successful":true,"clientId":"c1","advice":{"reconnect":"retry","interval":3000}}])");
  talk.answer(
      talk.take(Kind::join), 200,
      R"([{"channel":"/meta/subscribe","successful":true},{"channel":"/meta/subscribe","successful":true}])");
  for (int i = 0; i < 2; ++i) {
    talk.tick(2900ms);
    CHECK_FALSE(talk.has(Kind::connect));
    talk.tick(200ms);
    const auto call = talk.take(Kind::connect);
    talk.answer(call, 200, connected);
  }
  talk.tick(3s);

  talk.answer(talk.take(Kind::connect), 200,
              R"([{"channel":"/meta/connect","successful":true,"advice":{"interval":0}}])");

  talk.tick(300ms);
  CHECK(talk.has(Kind::connect));
}

TEST_CASE("without verbose a session is complete when the values were polled", "[statfeed]") {
  Talk talk{{.verbose = false}};
  talk.begin();
  talk.shake_hands();
  const auto open = talk.take(Kind::open);
  CHECK(open.path == "/subscriptions?verbose=OFF");
  const auto asked = decode_subscription(open.body).value();

  talk.answer(open, 200,
              R"({"status":{"code":0},"data":{},"errors":[{"status":{"code":30,"message":"?"}}]})");
  CHECK_FALSE(talk.session.complete());
  SubscriptionAnswer values;
  for (std::size_t i = 1; i < asked.statistics.size(); ++i) {
    StatisticValue value;
    value.statistic_id = asked.statistics[i].statistic_id;
    values.statistics.push_back(value);
  }
  std::string body;
  encode_subscription_answer(values, body);
  talk.answer(talk.take(Kind::poll), 200, body);

  CHECK(talk.session.complete());
  CHECK(talk.session.unseen() == 1);
  CHECK(std::ranges::count(talk.last.readings, Reading::Kind::unseen, &Reading::kind) == 1);
}

TEST_CASE("a polled statistic with an error is asked for again soon", "[statfeed]") {
  Talk talk{{.reconcile = 5min, .batches = {.unseen_min = 15s}}};
  talk.begin();
  talk.shake_hands();
  talk.open_all();
  talk.answer(talk.take(Kind::connect), 200, connected);
  talk.tick(5min);
  const auto poll = talk.take(Kind::poll);

  talk.answer(poll, 200,
              R"({"status":{"code":0},"data":{"statistics":[]},"errors":[{"statisticId":")" +
                  talk.ids[3] + R"(","status":{"code":31,"message":"gone"}}]})");

  talk.out.clear();
  talk.tick(15s);
  CHECK(talk.has(Kind::poll));
}

TEST_CASE("a server that answers no request is lost, until it answers one", "[statfeed]") {
  Talk talk;
  talk.begin();
  talk.shake_hands();
  talk.open_all();

  talk.fail_call(talk.take(Kind::connect));
  CHECK_FALSE(talk.session.lost());
  talk.tick(1s);
  talk.fail_call(talk.take(Kind::connect));
  CHECK(talk.session.lost());
  talk.tick(1s);
  talk.answer(talk.take(Kind::connect), 200, connected);

  CHECK_FALSE(talk.session.lost());
}

TEST_CASE("a server that is not there is not asked for one batch after the other", "[statfeed]") {
  Talk talk{{.parallel = 2, .retry_min = 250ms, .batches = {.size = 1}}};
  talk.begin();
  talk.shake_hands();
  int asked = 0;

  for (int i = 0; i < 1000; ++i) {
    while (talk.has(Kind::open)) {
      ++asked;
      talk.fail_call(talk.take(Kind::open));
    }
    talk.tick(1ms);
  }

  CHECK(asked >= 4);
  CHECK(asked <= 12);
}

TEST_CASE("a session that stops takes leave", "[statfeed]") {
  Talk pushed;
  pushed.begin();
  pushed.shake_hands();
  pushed.open_all();
  Talk polled{{.push = false, .batches = {.size = 11}}};
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
  Talk talk{{.push = false}};
  talk.begin();
  std::size_t largest = 0;
  for (int i = 0; i < 3; ++i) {
    talk.answer(talk.take(Kind::open), 200, R"({"status":{"code":7,"message":"no"}})");
    talk.tick(30s);
  }
  while (talk.has(Kind::open))
    largest = std::max(largest, decode_subscription(talk.take(Kind::open).body)->statistics.size());

  CHECK(largest == figure_count);
}

}  // namespace paceline::test
