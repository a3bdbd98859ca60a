// What a client of a simulated Stat Server says, and one that listens.
#pragma once

#include "services/simulator/stat_server.h"
#include "tests/simulator/small_centres.h"

namespace paceline::test {
using namespace simulator;

inline Timestamp at(Duration time) {
  return {.now = Instant{time}, .wall_ms = 1'700'000'000'000};
}

inline CentreModel busy_centre() {
  auto kind = plain_kind(5);
  kind.arrivals_per_hour = all_day(60);
  return centre_with(kind, 2);
}

inline SubscriptionRequest wanting(std::string id, std::vector<StatisticRequest> statistics) {
  return {.operation_id = std::move(id), .statistics = std::move(statistics)};
}

inline StatisticRequest named(std::string id, std::string object, std::string type,
                              std::string name) {
  return {.statistic_id = std::move(id),
          .object_id = std::move(object),
          .object_type = std::move(type),
          .name = std::move(name),
          .definition = {}};
}

inline BayeuxMessage meta(std::string channel, std::string client = "",
                          std::string subscription = "") {
  BayeuxMessage message;
  message.channel = std::move(channel);
  message.client_id = std::move(client);
  message.subscription = std::move(subscription);
  return message;
}

// A client with a session that listens to updates; its first connect is answered.
struct Subscriber {
  std::string cookie;
  std::string client;

  explicit Subscriber(StatServer& server, Timestamp timestamp = at(0s)) {
    const auto reply = server.receive({meta("/meta/handshake")}, "", timestamp);
    cookie = reply.new_cookie;
    client = reply.messages.at(0).client_id;
    server.receive({meta("/meta/subscribe", client, std::string{updates_channel})}, cookie,
                   timestamp);
    server.receive({meta("/meta/connect", client)}, cookie, timestamp);
  }
};

}  // namespace paceline::test
