// The adapter over real sockets on loopback, with a server that gives ugly answers.
#include "services/statfeed/adapter_statistics.h"

#include <algorithm>

#include "common/runtime/curl_http.h"
#include "common/runtime/http_server.h"
#include "common/runtime/system_clock.h"
#include "tests/support/catch.h"
#include "tests/support/real_loop.h"
#include "tests/support/sim_world.h"

namespace paceline::test {
namespace {

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

struct Heard final : SourceListener {
  void began(int) override { ++sessions; }
  void read(int, std::span<const Reading> all) override {
    readings.insert(readings.end(), all.begin(), all.end());
  }
  void heard(int) override { ++signs; }
  void became(int, const SourceState& now) override { state = now; }
  std::vector<Reading> readings;
  SourceState state;
  int sessions = 0;
  int signs = 0;
};

// What the server says next, by path; every request is kept.
struct Desk {
  explicit Desk(std::function<ServerAnswer(const ServerRequest&)> how)
      : answer{std::move(how)}, server{loop, {}, [this](ServerRequest request, Responder respond) {
                                         requests.push_back(request);
                                         respond.send(answer(request));
                                       }} {
    roster.apply({{"t1", "g1", "q1"}});
    options.url = "http://127.0.0.1:" + std::to_string(server.port()) + "/statistics/v3";
    options.session.retry_min = 5ms;
    options.session.retry_max = 20ms;
    options.session.liveness = 20ms;
    options.session.poll_period = 10ms;
    options.session.batches.retry_min = 5ms;
  }

  void run(const std::function<bool()>& done) {
    StatisticsAdapter adapter{options, 0, heard, roster, mapping, world, http};
    adapter.start();
    REQUIRE(run_until(loop, done));
  }

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
  Roster roster;
  Mapping mapping = default_mapping();
  Heard heard;
  StatisticsAdapter::Options options;
};

ServerAnswer json(std::string body, HttpHeaders headers = {}) {
  return {.status = 200,
          .content_type = "application/json",
          .body = std::move(body),
          .headers = std::move(headers)};
}

ServerAnswer plain(int status, std::string body = "", HttpHeaders headers = {}) {
  auto answer = json(std::move(body), std::move(headers));
  answer.status = status;
  return answer;
}

// A server that does everything right.
ServerAnswer good(const ServerRequest& request) {
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
  if (request.method != "POST") return json(R"({"status":{"code":0},"data":{"statistics":[]}})");
  const auto asked = decode_subscription(request.body).value();
  SubscriptionAnswer told;
  told.subscription_id = asked.operation_id;
  for (const auto& one : asked.statistics) {
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

bool is_open(const ServerRequest& request) {
  return request.method == "POST" && request.path.ends_with("/subscriptions");
}

}  // namespace

TEST_CASE("the adapter keeps the session cookie and sends key and token", "[statfeed]") {
  Desk desk{good};
  desk.options.access.api_key = "the-key";
  desk.options.access.bearer = "the-token";

  desk.run([&] { return desk.heard.state.complete && desk.heard.signs > 3; });

  CHECK(desk.heard.readings.size() >= figure_count);
  CHECK(desk.heard.state.pushing);
  const auto& last = desk.requests.back();
  CHECK(last.header("cookie") == "STATISTICS_SESSIONID=abc");
  CHECK(last.header("x-api-key") == "the-key");
  CHECK(last.header("authorization") == "Bearer the-token");
}

TEST_CASE("ugly answers to a subscription are survived until a good one comes", "[statfeed]") {
  const auto ugly = GENERATE(
      plain(200, "{\"status\":{\"code\":0},\"data\":{\"stati"), plain(200, "[1,2,3]"),
      plain(200, ""), plain(200, R"({"status":{"code":7,"message":"busy"}})"), plain(500, "<html>"),
      plain(503, ""), plain(401, ""), plain(429, "", {{"Retry-After", "0"}}),
      plain(302, "", {{"Location", "/elsewhere"}}));
  CAPTURE(ugly.status, ugly.body);
  int bad = 2;
  Desk desk{[&](const ServerRequest& request) {
    return is_open(request) && bad-- > 0 ? ugly : good(request);
  }};

  desk.run([&] { return desk.heard.state.complete && !desk.heard.readings.empty(); });

  CHECK(desk.heard.readings.size() >= figure_count);
  CHECK(desk.log.count("primary_request_failed") >= 1);
}

TEST_CASE("ugly answers to a connect are survived until a good one comes", "[statfeed]") {
  const auto ugly = GENERATE(
      plain(200, "[{\"channel\":\"/meta/conn"), plain(200, "[]"),
      plain(200,
            R"([{"channel":"/meta/connect","successful":false,"error":"402::Unknown client"}])"),
      plain(500, ""), plain(403, ""));
  CAPTURE(ugly.status, ugly.body);
  int bad = 3;
  int connects = 0;
  Desk desk{[&](const ServerRequest& request) {
    if (request.body.find("/meta/connect") == std::string::npos) return good(request);
    return bad-- > 0 ? ugly : (++connects, good(request));
  }};

  desk.run([&] { return connects > 3; });

  CHECK(desk.heard.state.pushing);
}

TEST_CASE("errors of single statistics leave the others alone", "[statfeed]") {
  Desk desk{[](const ServerRequest& request) {
    auto answer = good(request);
    if (!is_open(request)) return answer;
    auto told = decode_subscription_answer(answer.body).value();
    told.errors.push_back({told.statistics.back().statistic_id, 30, "unknown statistic"});
    told.statistics.pop_back();
    encode_subscription_answer(told, answer.body);
    return answer;
  }};

  desk.run([&] { return desk.heard.readings.size() >= figure_count; });

  CHECK(std::ranges::count(desk.heard.readings, Reading::Kind::unseen, &Reading::kind) == 1);
  CHECK(desk.heard.state.unseen == 1);
}

TEST_CASE("an access token is fetched first and renewed after a 401", "[statfeed]") {
  int tokens = 0;
  Desk desk{[&](const ServerRequest& request) -> ServerAnswer {
    if (request.path == "/token") {
      CHECK(request.header("authorization") == "Basic bWU6aHVzaA==");
      return json(R"({"access_token":"token)" + std::to_string(++tokens) +
                  R"(","expires_in":300})");
    }
    if (request.header("authorization") != "Bearer token2") return plain(401, "");
    return good(request);
  }};
  desk.options.access.auth_url =
      "http://127.0.0.1:" + std::to_string(desk.server.port()) + "/token";
  desk.options.access.client_id = "me";
  desk.options.access.client_secret = "hush";

  desk.run([&] { return desk.heard.state.complete; });

  CHECK(tokens == 2);
  CHECK(desk.requests.front().path == "/token");
}

TEST_CASE("a server without push is polled", "[statfeed]") {
  Desk desk{[](const ServerRequest& request) -> ServerAnswer {
    if (request.path.ends_with("/notifications")) return plain(404, "");
    return good(request);
  }};

  desk.run([&] { return desk.heard.signs > 5; });

  CHECK_FALSE(desk.heard.state.pushing);
  CHECK(desk.requests.back().path.find("/statistic-values") != std::string::npos);
  CHECK(desk.log.count("push_refused") == 1);
}

}  // namespace paceline::test
