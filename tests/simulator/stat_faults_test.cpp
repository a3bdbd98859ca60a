// The ugly parts of a simulated Stat Server, and its Stat Service.
#include "services/simulator/gms_service.h"
#include "tests/simulator/subscriber.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace simulator;
namespace {

constexpr std::int64_t wall = 1'700'000'000'000;

std::vector<StatisticValue> pushed(StatServer& server, const Subscriber& subscriber,
                                   Timestamp timestamp) {
  server.refresh(timestamp);
  std::vector<StatisticValue> values;
  for (auto& message : server.take(subscriber.client, timestamp))
    values.insert(values.end(), message.statistics.begin(), message.statistics.end());
  return values;
}

SubscriptionRequest entered_of_both() {
  return wanting("sub", {named("a", "queue-0", "Queue", "TotalEntered"),
                         named("b", "queue-1", "Queue", "TotalEntered")});
}

}  // namespace

TEST_CASE("a server that lags tells later what was true, with the time of then", "[simulator]") {
  Centre centre{busy_centre(), 1};
  StatServer server{centre, {}, 1};
  const Subscriber subscriber{server};
  server.set_lag(20s);
  server.subscribe(entered_of_both(), subscriber.cookie, at(0s));

  centre.advance(1h);
  const auto then = static_cast<double>(centre.latest_counts(0).reactive.entered);
  CHECK(pushed(server, subscriber, at(1s)).empty());
  centre.advance(2h);
  CHECK(pushed(server, subscriber, at(20s)).empty());
  const auto later = pushed(server, subscriber, at(21s));

  REQUIRE(later.size() == 2);
  CHECK(later[0].value == then);
  CHECK(then < static_cast<double>(centre.latest_counts(0).reactive.entered));
  CHECK(later[0].timestamp_ms == wall - 20'000);
  server.set_lag(0s);
  const auto now = pushed(server, subscriber, at(22s));
  REQUIRE(now.size() == 2);
  CHECK(now[0].value == static_cast<double>(centre.latest_counts(0).reactive.entered));
  CHECK(now[0].timestamp_ms == wall);
}

TEST_CASE("hidden targets are unknown and lose their values, and come back", "[simulator]") {
  Centre centre{busy_centre(), 1};
  StatServer server{centre, {}, 1};
  const Subscriber subscriber{server};
  server.subscribe(entered_of_both(), subscriber.cookie, at(0s));

  server.set_hidden("t1,nobody");

  const auto lost = pushed(server, subscriber, at(1s));
  REQUIRE(lost.size() == 1);
  CHECK(lost[0].statistic_id == "b");
  CHECK_FALSE(lost[0].valid);
  CHECK(server.values("sub", {}, at(1s))->errors.size() == 1);
  auto again = entered_of_both();
  again.operation_id = "again";
  CHECK(server.subscribe(again, "", at(1s)).errors.size() == 1);
  server.set_hidden("");
  const auto back = pushed(server, subscriber, at(2s));
  REQUIRE(back.size() == 1);
  CHECK(back[0].valid);
}

TEST_CASE("in disorder every value is followed by an older or the same one", "[simulator]") {
  Centre centre{busy_centre(), 1};
  StatServer server{centre, {}, 1};
  const Subscriber subscriber{server};
  server.subscribe(entered_of_both(), subscriber.cookie, at(0s));
  server.set_disorder(1);
  int older = 0;
  int same = 0;

  for (int i = 1; i <= 50; ++i) {
    centre.advance(i * 10min);
    const auto values = pushed(server, subscriber, {Instant{i * 1s}, wall + i * 1000});
    REQUIRE(values.size() % 2 == 0);
    for (std::size_t k = 0; k < values.size(); k += 2) {
      CHECK(values[k].timestamp_ms == wall + i * 1000);
      CHECK(values[k + 1].statistic_id == values[k].statistic_id);
      if (values[k + 1] == values[k])
        ++same;
      else if (values[k + 1].timestamp_ms < values[k].timestamp_ms)
        ++older;
    }
  }

  CHECK(older > 10);
  CHECK(same > 10);
}

TEST_CASE("a server that forgets sends every client to the handshake", "[simulator]") {
  const Centre centre{busy_centre(), 1};
  StatServer server{centre, {}, 1};
  const Subscriber subscriber{server};
  server.subscribe(entered_of_both(), subscriber.cookie, at(0s));

  server.forget();

  const auto reply =
      server.receive({meta("/meta/connect", subscriber.client)}, subscriber.cookie, at(1s));
  CHECK(reply.messages.at(0).error.starts_with("402"));
  CHECK(reply.messages.at(0).reconnect == "handshake");
  CHECK_FALSE(server.values("sub", {}, at(1s)));
  CHECK(server.statistics() == 0);
}

TEST_CASE("the Stat Service tells one value, cached as long as the client likes", "[simulator]") {
  Centre centre{busy_centre(), 1};
  StatServer server{centre, {}, 1};
  GmsService service{server};
  constexpr const char* form = "objectId=queue-0&objectType=Queue&tenant=T&metric=TotalEntered";

  const auto first = service.answer(form, std::nullopt, at(0s));
  centre.advance(1h);
  const auto cached = service.answer(form, 10s, at(7s));
  const auto fresh = service.answer(form, 5s, at(7s));

  CHECK(first.status == 200);
  CHECK(decode_gms_answer(first.body)->value == 0);
  CHECK(decode_gms_answer(cached.body)->value == 0);
  CHECK(cached.age == 7s);
  CHECK(decode_gms_answer(fresh.body)->value ==
        static_cast<double>(centre.latest_counts(0).reactive.entered));
  CHECK(fresh.age == 0s);
}

TEST_CASE("the Stat Service says what it does not know", "[simulator]") {
  const Centre centre{busy_centre(), 1};
  StatServer server{centre, {}, 1};
  GmsService service{server};

  const auto object = service.answer("objectId=x&objectType=Queue&tenant=T&metric=TotalEntered",
                                     std::nullopt, at(0s));
  const auto metric =
      service.answer("objectId=queue-0&objectType=Queue&metric=Weather", std::nullopt, at(0s));
  const auto form = service.answer("%", std::nullopt, at(0s));

  CHECK(object.status == 403);
  CHECK(decode_gms_answer(object.body)->message == "Queue 'x' not found (Tenant 'T')");
  CHECK(metric.status == 403);
  CHECK_FALSE(decode_gms_answer(metric.body)->exception.empty());
  CHECK(form.status == 403);
}

}  // namespace paceline::test
