#include "services/simulator/stat_server.h"

#include <rapidcheck.h>

#include "tests/simulator/subscriber.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace simulator;

TEST_CASE("statistics are known by name and by definition", "[simulator]") {
  StatisticRequest request = named("s", "g", "GroupAgents", "CurrentReadyAgents");
  CHECK(metric_of(request) == Metric::ready);
  request.name = "Current_In_Queue";
  CHECK(metric_of(request) == Metric::in_queue);
  request.name = "current in QUEUE";
  CHECK(metric_of(request) == Metric::in_queue);
  request.name.clear();
  request.definition = StatisticDefinition{.category = "CurrentNumber",
                                           .subject = "DNStatus",
                                           .main_mask = "*, ~LoggedOut, ~NotMonitored"};
  CHECK(metric_of(request) == Metric::logged_in);
  request.object_type = "Queue";
  CHECK(metric_of(request).error().code == Errc::refused);
  request.definition->main_mask = "Moon";
  CHECK(metric_of(request).error().code == Errc::not_found);
}

TEST_CASE("agents are counted as agents, and two figures tell what they hold", "[simulator]") {
  auto kind = plain_kind(4);
  kind.slots = 3;
  kind.acceptance = 1;
  kind.answer_delay = {Shape::lognormal, 1, 0};
  Centre centre{centre_with(kind), 1};
  StatServer server{centre, {}, 1};
  const auto value = [&](const char* name) {
    return server.peek(named("s", "group-0", "GroupAgents", name), at(0s))->value;
  };

  centre.offer(0, {.allowance = 5, .max_pending = 5, .until = 10s});
  centre.advance(2s);

  CHECK(value("LoggedInAgents") == 4);
  CHECK(value("CurrentReadyAgents") == 4);  // The one with two chats can take a third.
  CHECK(value("BusyAgents") == 0);
  CHECK(value("CurrentInteractionsInHandling") == 5);
  CHECK(value("CurrentInteractionSlots") == 12);
}

TEST_CASE("unknown objects and statistics are errors of their own, the others work",
          "[simulator]") {
  const Centre centre{busy_centre(), 1};
  StatServer server{centre, {}, 1};

  const auto answer =
      server.subscribe(wanting("sub", {named("a", "group-0", "GroupAgents", "LoggedInAgents"),
                                       named("b", "group-9", "GroupAgents", "LoggedInAgents"),
                                       named("c", "group-0", "GroupAgents", "Weather"),
                                       named("d", "queue-1", "Queue", "TotalEntered")}),
                       "", at(0s));

  CHECK(answer.code == 0);
  REQUIRE(answer.statistics.size() == 2);
  CHECK(answer.statistics[0].value == 5);
  CHECK(answer.statistics[0].object_id == "group-0");
  REQUIRE(answer.errors.size() == 2);
  CHECK(answer.errors[0].statistic_id == "b");
  CHECK(answer.errors[0].code == 31);
  CHECK(answer.errors[1].statistic_id == "c");
  CHECK(answer.errors[1].code == 30);
  CHECK(server.subscribe(wanting("sub", {}), "", at(0s)).code != 0);
}

TEST_CASE("values are polled, all or some, until the subscription is deleted", "[simulator]") {
  Centre centre{busy_centre(), 1};
  StatServer server{centre, {}, 1};
  server.subscribe(wanting("sub", {named("a", "queue-0", "Queue", "TotalEntered"),
                                   named("b", "queue-1", "Queue", "TotalEntered")}),
                   "", at(0s));
  centre.advance(1h);

  const auto all = server.values("sub", {}, at(1s));
  const auto some = server.values("sub", {"b", "x"}, at(1s));

  REQUIRE(all);
  CHECK(all->statistics.size() == 2);
  CHECK(all->statistics[0].value == static_cast<double>(centre.latest_counts(0).reactive.entered));
  CHECK(some->statistics.size() == 1);
  CHECK(some->errors.size() == 1);
  CHECK(server.unsubscribe("sub"));
  CHECK_FALSE(server.values("sub", {}, at(1s)));
  CHECK(server.statistics() == 0);
}

TEST_CASE("changes are pushed to the session that subscribed, once", "[simulator]") {
  Centre centre{busy_centre(), 1};
  StatServer server{centre, {}, 1};
  const Subscriber subscriber{server};
  const Subscriber other{server};
  server.subscribe(wanting("sub", {named("a", "queue-0", "Queue", "TotalEntered"),
                                   named("b", "group-0", "GroupAgents", "LoggedInAgents")}),
                   subscriber.cookie, at(0s));
  const auto waiting =
      server.receive({meta("/meta/connect", subscriber.client)}, subscriber.cookie, at(1s));
  centre.advance(1h);

  const auto clients = server.refresh(at(2s));
  const auto messages = server.take(subscriber.client, at(2s));

  CHECK(waiting.hold);
  CHECK(clients == std::vector{subscriber.client});
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].channel == updates_channel);
  REQUIRE(messages[0].statistics.size() == 1);
  CHECK(messages[0].statistics[0].subscription_id == "sub");
  CHECK(messages[0].statistics[0].value ==
        static_cast<double>(centre.latest_counts(0).reactive.entered));
  CHECK(server.refresh(at(3s)).empty());
}

TEST_CASE("a periodical statistic is told at its pace, the last value wins", "[simulator]") {
  Centre centre{busy_centre(), 1};
  StatServer server{centre, {}, 1};
  const Subscriber subscriber{server};
  auto wanted = named("a", "queue-0", "Queue", "");
  wanted.definition = StatisticDefinition{.notification_mode = "Periodical",
                                          .notification_frequency = 600,
                                          .category = "TotalNumber",
                                          .subject = "DNAction",
                                          .main_mask = "CallEntered"};
  server.subscribe(wanting("sub", {wanted}), subscriber.cookie, at(0s));

  int pushes = 0;
  double last = 0;
  for (int minute = 1; minute <= 60; ++minute) {
    centre.advance(minute * 1min);
    if (server.refresh(at(1s)).empty()) continue;
    ++pushes;
    last = server.take(subscriber.client, at(1s)).at(0).statistics.at(0).value;
  }

  CHECK(pushes >= 5);
  CHECK(pushes <= 7);
  CHECK(last > 30);
}

TEST_CASE("an unknown client is sent back to the handshake", "[simulator]") {
  const Centre centre{busy_centre(), 1};
  StatServer server{centre, {}, 1};

  const auto reply = server.receive({meta("/meta/connect", "ghost")}, "", at(0s));

  REQUIRE(reply.messages.size() == 1);
  CHECK(reply.messages[0].successful == false);
  CHECK(reply.messages[0].error == "402::unknown client");
  CHECK(reply.messages[0].reconnect == "handshake");
  CHECK_FALSE(reply.hold);
}

TEST_CASE("the service channel says Available to who subscribes to it", "[simulator]") {
  const Centre centre{busy_centre(), 1};
  StatServer server{centre, {}, 1};
  const Subscriber subscriber{server};

  server.receive({meta("/meta/subscribe", subscriber.client, std::string{service_channel})},
                 subscriber.cookie, at(0s));
  const auto messages = server.take(subscriber.client, at(0s));

  REQUIRE(messages.size() == 1);
  CHECK(messages[0].service_state == "Available");
}

TEST_CASE("a session that stops connecting is gone with its subscriptions", "[simulator]") {
  const Centre centre{busy_centre(), 1};
  StatServer server{centre, {.session_life = 10s, .connect_timeout = 5s}, 1};
  const Subscriber subscriber{server};
  server.subscribe(wanting("sub", {named("a", "queue-0", "Queue", "TotalEntered")}),
                   subscriber.cookie, at(0s));

  server.refresh(at(14s));
  const auto before = server.subscriptions();
  server.refresh(at(16s));

  CHECK(before == 1);
  CHECK(server.subscriptions() == 0);
  CHECK(server.sessions() == 0);
}

TEST_CASE("a session is gone after 90 s of silence, and polled statistics after 300 s",
          "[simulator]") {
  const Centre centre{busy_centre(), 1};
  StatServer server{centre, {}, 1};
  const Subscriber subscriber{server};
  server.subscribe(wanting("pushed", {named("a", "queue-0", "Queue", "TotalEntered")}),
                   subscriber.cookie, at(0s));
  server.subscribe(wanting("polled", {named("a", "queue-0", "Queue", "TotalEntered")}), "", at(0s));

  server.refresh(at(90s));
  CHECK(server.sessions() == 1);
  server.refresh(at(91s));
  CHECK(server.sessions() == 0);
  CHECK(server.subscriptions() == 1);
  REQUIRE(server.values("polled", {}, at(250s)));
  server.refresh(at(550s));
  CHECK(server.subscriptions() == 1);
  server.refresh(at(551s));
  CHECK(server.subscriptions() == 0);
}

TEST_CASE("the first connect is answered at once, the next waits up to 30 s", "[simulator]") {
  const Centre centre{busy_centre(), 1};
  StatServer server{centre, {}, 1};
  const auto shaken = server.receive({meta("/meta/handshake")}, "", at(0s));
  const auto connect = meta("/meta/connect", shaken.messages.at(0).client_id);

  const auto first = server.receive({connect}, shaken.new_cookie, at(1s));
  const auto second = server.receive({connect}, shaken.new_cookie, at(2s));

  CHECK(shaken.messages.at(0).timeout_ms == 30'000);
  CHECK_FALSE(first.hold);
  CHECK(second.hold);
  CHECK(server.connect_timeout() == 30s);
}

TEST_CASE("averages that are asked for by name are told every five seconds at most",
          "[simulator]") {
  auto model = busy_centre();
  model.kinds[0].service = {Shape::exponential, 20, 1};
  model.kinds[0].arrivals_per_hour = all_day(1200);
  Centre centre{std::move(model), 1};
  StatServer server{centre, {}, 1};
  const Subscriber subscriber{server};
  server.subscribe(wanting("sub", {named("a", "queue-0", "Queue", "AverageWaitingTime"),
                                   named("b", "queue-0", "Queue", "TotalEntered")}),
                   subscriber.cookie, at(0s));

  int averages = 0;
  int counters = 0;
  for (int second = 1; second <= 600; ++second) {
    centre.advance(second * 1s);
    server.refresh(at(1s));
    for (const auto& message : server.take(subscriber.client, at(1s)))
      for (const auto& value : message.statistics)
        ++(value.statistic_id == "a" ? averages : counters);
  }

  CHECK(averages > 60);
  CHECK(averages <= 120);
  CHECK(counters > 120);
}

TEST_CASE("a second handshake of a session begins anew", "[simulator]") {
  const Centre centre{busy_centre(), 1};
  StatServer server{centre, {}, 1};
  const Subscriber subscriber{server};
  server.subscribe(wanting("sub", {named("a", "queue-0", "Queue", "TotalEntered")}),
                   subscriber.cookie, at(0s));

  const auto reply = server.receive({meta("/meta/handshake")}, subscriber.cookie, at(1s));

  CHECK(reply.messages.at(0).client_id != subscriber.client);
  CHECK(server.sessions() == 1);
  CHECK(server.subscriptions() == 0);
}

TEST_CASE("counters start at zero after a reset, current numbers stay", "[simulator]") {
  Centre centre{busy_centre(), 1};
  StatServer server{centre, {}, 1};
  server.subscribe(wanting("sub", {named("a", "queue-0", "Queue", "TotalEntered"),
                                   named("b", "group-0", "GroupAgents", "LoggedInAgents")}),
                   "", at(0s));
  centre.advance(2h);

  server.reset_counters();
  const auto values = server.values("sub", {}, at(0s));

  CHECK(values->statistics.at(0).value == 0);
  CHECK(values->statistics.at(1).value == 5);
}

TEST_CASE("invalid statistics are told as such, and valid again", "[simulator]") {
  Centre centre{busy_centre(), 1};
  StatServer server{centre, {}, 1};
  const Subscriber subscriber{server};
  server.subscribe(wanting("sub", {named("b", "group-0", "GroupAgents", "LoggedInAgents")}),
                   subscriber.cookie, at(0s));

  server.set_valid(false);
  server.refresh(at(1s));
  const auto invalid = server.take(subscriber.client, at(1s));
  server.set_valid(true);
  server.refresh(at(2s));
  const auto valid = server.take(subscriber.client, at(2s));

  CHECK_FALSE(invalid.at(0).statistics.at(0).valid);
  CHECK(valid.at(0).statistics.at(0).valid);
  CHECK(valid.at(0).statistics.at(0).value == 5);
}

TEST_CASE("any conversation leaves the server within its bounds", "[simulator][property]") {
  REQUIRE(rc::check([] {
    Centre centre{busy_centre(), 1};
    StatServer server{centre, {.session_life = 20s, .max_sessions = 3, .max_subscriptions = 4}, 1};
    std::vector<std::string> cookies{"", "nonsense"};
    std::vector<std::string> clients{"", "ghost"};
    Duration now{};
    for (int step = 0; step < 80; ++step) {
      now += std::chrono::seconds{*rc::gen::inRange(0, 10)};
      centre.advance(now);
      const auto cookie = *rc::gen::elementOf(cookies);
      const auto client = *rc::gen::elementOf(clients);
      const auto channel = *rc::gen::element<std::string>(
          "/meta/handshake", "/meta/connect", "/meta/subscribe", "/meta/unsubscribe",
          "/meta/disconnect", "/statistics/v3/updates", "");
      const auto reply =
          server.receive({meta(channel, client, std::string{updates_channel})}, cookie, at(now));
      RC_ASSERT(reply.messages.size() == 1u);
      if (!reply.new_cookie.empty()) cookies.push_back(reply.new_cookie);
      clients.push_back(reply.messages[0].client_id);
      server.subscribe(wanting(std::to_string(*rc::gen::inRange(0, 9)),
                               {named("a", "queue-0", "Queue", "TotalEntered")}),
                       cookie, at(now));
      for (const auto& waiting : server.refresh(at(now)))
        RC_ASSERT_FALSE(server.take(waiting, at(now)).empty());
      server.unsubscribe(std::to_string(*rc::gen::inRange(0, 20)));
      RC_ASSERT(server.sessions() <= 3u);
      RC_ASSERT(server.subscriptions() <= 4u);
      RC_ASSERT(server.statistics() == server.subscriptions());
    }
  }));
}

}  // namespace paceline::test
