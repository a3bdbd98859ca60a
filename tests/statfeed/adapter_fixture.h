// A Stat Server over real sockets on loopback that answers what a test says, and an adapter's
// world.
#pragma once

#include <algorithm>
#include <map>

#include "common/runtime/curl_http.h"
#include "common/runtime/http_server.h"
#include "common/runtime/system_clock.h"
#include "services/statfeed/adapter_statistics.h"
#include "tests/support/catch.h"
#include "tests/support/real_loop.h"
#include "tests/support/sim_world.h"

namespace paceline::test {
using namespace statfeed;

class NoBus final : public Bus {
 public:
  void publish(std::string_view, Payload, int) override {}
  void subscribe(std::string_view, Deliver, int) override {}
  void ask(const Address&, Payload, Duration, Reply) override {}
  void answer(Answer) override {}
};

class Events final : public Log {
 public:
  void write(LogLevel, std::string_view event, std::span<const LogField>) override {
    events.emplace_back(event);
  }
  void set_level(LogLevel) override {}
  std::size_t count(std::string_view event) const {
    return static_cast<std::size_t>(std::ranges::count(events, event));
  }
  std::vector<std::string> events;
};

struct RecordingListener final : SourceListener {
  void began(int) override { ++sessions; }
  void updated(int, std::span<const StatisticUpdate> all) override {
    updates.insert(updates.end(), all.begin(), all.end());
  }
  void heard(int) override { ++signs; }
  void became(int, const SourceState& now) override { state = now; }
  std::vector<StatisticUpdate> updates;
  SourceState state;
  int sessions = 0;
  int signs = 0;
};

// What the server says next, by path; every request is kept.
struct AdapterFixture {
  explicit AdapterFixture(std::function<ServerAnswer(const ServerRequest&)> how,
                          HttpServer::Options options_of_server = {})
      : answer{std::move(how)},
        server{loop, std::move(options_of_server),
               [this](ServerRequest request, Responder respond) {
                 requests.push_back(request);
                 respond.send(answer(request));
               }} {
    targets_index.apply({{"t1", "g1", "q1"}});
    options.url = "http://127.0.0.1:" + std::to_string(server.port()) + "/statistics/v3";
    options.session.retry_min = 5ms;
    options.session.retry_max = 20ms;
    options.session.liveness = 20ms;
    options.session.poll_period = 10ms;
    options.session.batches.retry_min = 5ms;
  }

  void run(const std::function<bool()>& done) {
    StatisticsAdapter adapter{options, 0, listener, targets_index, mapping, world, http};
    adapter.start();
    REQUIRE(run_until(loop, done));
  }

  /// The same with any adapter.
  void run(Source& source, const std::function<bool()>& done) {
    source.start();
    REQUIRE(run_until(loop, done));
  }

  std::string address() const { return "http://127.0.0.1:" + std::to_string(server.port()); }

  Loop loop;
  std::function<ServerAnswer(const ServerRequest&)> answer;
  std::vector<ServerRequest> requests;
  HttpServer server;
  Metrics metrics;
  SystemClock clock;
  NoBus bus;
  Events log;
  SimRandom random{1};
  World world{{"a", "statfeed", 0}, 1, clock, loop, bus, log, random, metrics};
  CurlHttp http{loop, metrics};
  TargetsIndex targets_index;
  Mapping mapping = default_mapping();
  RecordingListener listener;
  StatisticsAdapter::Options options;
};

inline ServerAnswer json(std::string body, HttpHeaders headers = {}) {
  return {.status = 200,
          .content_type = "application/json",
          .body = std::move(body),
          .headers = std::move(headers)};
}

inline ServerAnswer plain(int status, std::string body = "", HttpHeaders headers = {}) {
  auto answer = json(std::move(body), std::move(headers));
  answer.status = status;
  return answer;
}

// A server that does everything right.
inline ServerAnswer good(const ServerRequest& request) {
  if (request.path.ends_with("/notifications")) {
    auto messages = decode_bayeux(request.body).value();
    HttpHeaders headers;
    for (auto& message : messages) {
      message.successful = true;
      if (message.channel != "/meta/handshake") continue;
      message.client_id = "c";
      headers.emplace_back("Set-Cookie", "STATISTICS_SESSIONID=abc; Path=/; HttpOnly");
    }
    std::string body;
    encode_bayeux(messages, body);
    return json(body, headers);
  }
  static std::map<std::string, SubscriptionRequest> subscriptions;  // Of all tests: ids are random.
  SubscriptionAnswer told;
  if (request.method == "POST") {
    auto asked = decode_subscription(request.body).value();
    told.subscription_id = asked.operation_id;
    subscriptions[told.subscription_id] = std::move(asked);
  } else {
    const auto begin = request.path.find("/subscriptions/") + 15;
    told.subscription_id = request.path.substr(begin, request.path.find('/', begin) - begin);
  }
  const auto wanted = request.parameter("statisticIds");
  for (const auto& one : subscriptions[told.subscription_id].statistics) {
    if (!wanted.empty() && wanted != one.statistic_id) continue;
    StatisticValue value;
    value.statistic_id = one.statistic_id;
    value.timestamp_ms = 1000;
    value.value = 4;
    told.statistics.push_back(value);
  }
  std::string body;
  encode_subscription_answer(told, body);
  return json(body);
}

inline bool is_open(const ServerRequest& request) {
  return request.method == "POST" && request.path.ends_with("/subscriptions");
}

}  // namespace paceline::test
