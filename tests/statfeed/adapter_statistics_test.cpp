// The adapter over real sockets on loopback, with a server that gives ugly answers.
#include "services/statfeed/adapter_statistics.h"

#include <set>

#include "services/simulator/adapter_certificate.h"
#include "services/simulator/gzip.h"
#include "tests/statfeed/adapter_fixture.h"
#include "tests/statfeed/raw_server.h"
#include "tests/support/folder.h"

namespace paceline::test {
using namespace simulator;
using namespace statfeed;

TEST_CASE("the adapter keeps the session cookie and sends key and token", "[statfeed]") {
  AdapterFixture fixture{good};
  fixture.options.access.api_key = "the-key";
  fixture.options.access.bearer = "the-token";

  fixture.run([&] { return fixture.listener.state.complete && fixture.listener.signs > 3; });

  CHECK(fixture.listener.updates.size() >= usual_kind_count);
  CHECK(fixture.listener.state.pushing);
  const auto& last = fixture.requests.back();
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
  AdapterFixture fixture{[&](const ServerRequest& request) {
    return is_open(request) && bad-- > 0 ? ugly : good(request);
  }};

  fixture.run([&] { return fixture.listener.state.complete && !fixture.listener.updates.empty(); });

  CHECK(fixture.listener.updates.size() >= usual_kind_count);
  CHECK(fixture.log.count("primary_request_failed") >= 1);
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
  AdapterFixture fixture{[&](const ServerRequest& request) {
    if (request.body.find("/meta/connect") == std::string::npos) return good(request);
    return bad-- > 0 ? ugly : (++connects, good(request));
  }};

  fixture.run([&] { return connects > 3; });

  CHECK(fixture.listener.state.pushing);
}

TEST_CASE("errors of single statistics leave the others alone", "[statfeed]") {
  AdapterFixture fixture{[](const ServerRequest& request) {
    auto answer = good(request);
    if (!is_open(request)) return answer;
    auto told = decode_subscription_answer(answer.body).value();
    told.errors.push_back({told.statistics.back().statistic_id, 30, "unknown statistic"});
    told.statistics.pop_back();
    encode_subscription_answer(told, answer.body);
    return answer;
  }};

  fixture.run([&] { return fixture.listener.updates.size() >= usual_kind_count; });

  CHECK(std::ranges::count(fixture.listener.updates, StatisticUpdate::Status::unseen,
                           &StatisticUpdate::status) == 1);
  CHECK(fixture.listener.state.unseen == 1);
}

TEST_CASE("an access token is fetched first and renewed after a 401", "[statfeed]") {
  int tokens = 0;
  AdapterFixture fixture{[&](const ServerRequest& request) -> ServerAnswer {
    if (request.path == "/token") {
      CHECK(request.header("authorization") == "Basic bWU6aHVzaA==");
      return json(R"({"access_token":"token)" + std::to_string(++tokens) +
                  R"(","expires_in":300})");
    }
    if (request.header("authorization") != "Bearer token2") return plain(401, "");
    return good(request);
  }};
  fixture.options.access.auth_url = fixture.address() + "/token";
  fixture.options.access.client_id = "me";
  fixture.options.access.client_secret = "hush";

  fixture.run([&] { return fixture.listener.state.complete; });

  CHECK(tokens == 2);
  CHECK(fixture.requests.front().path == "/token");
}

TEST_CASE("a server without push is polled", "[statfeed]") {
  AdapterFixture fixture{[](const ServerRequest& request) -> ServerAnswer {
    if (request.path.ends_with("/notifications")) return plain(404, "");
    return good(request);
  }};

  fixture.run([&] { return fixture.listener.signs > 5; });

  CHECK_FALSE(fixture.listener.state.pushing);
  CHECK(fixture.requests.back().path.find("/statistic-values") != std::string::npos);
  CHECK(fixture.log.count("push_refused") == 1);
}

TEST_CASE("a site's own definitions are asked for in batches of bounded size", "[statfeed]") {
  AdapterFixture fixture{good};
  std::vector<TargetObjects> subjects;
  for (int i = 0; i < 30; ++i)
    subjects.push_back({"t" + std::to_string(i), "g" + std::to_string(i), "q" + std::to_string(i)});
  fixture.targets_index.apply(subjects);
  auto& ready = fixture.mapping[StatisticKind::ready];
  ready.name.clear();
  ready.definition = StatisticDefinition{.notification_mode = "Periodical",
                                         .notification_frequency = 5,
                                         .category = "CurrentNumber",
                                         .subject = "DNStatus",
                                         .main_mask = "WaitForNextCall"};
  fixture.options.session.batches.size = 16;

  fixture.run([&] { return fixture.listener.state.complete; });

  std::set<std::pair<std::string, std::string>> named;
  std::set<std::string> defined;
  for (const auto& request : fixture.requests) {
    if (!is_open(request)) continue;
    CHECK(request.parameter("verbose") == "INFO");
    const auto asked = decode_subscription(request.body).value();
    CHECK(asked.statistics.size() <= 16);
    for (const auto& one : asked.statistics) {
      if (one.definition)
        CHECK((one.name.empty() && defined.insert(one.object_id).second));
      else
        CHECK(named.emplace(one.object_id, one.name).second);
      if (one.definition) CHECK(one.definition == ready.definition);
    }
  }
  CHECK(defined.size() == 30);
  CHECK(named.size() == 30 * (usual_kind_count - 1));
  CHECK(fixture.listener.updates.size() >= 30 * usual_kind_count);
}

TEST_CASE("without verbose the values are polled", "[statfeed]") {
  std::string opened;
  AdapterFixture fixture{[&](const ServerRequest& request) {
    if (is_open(request)) {
      opened = request.body;
      CHECK(request.parameter("verbose") == "OFF");
      return json(R"({"status":{"code":0},"data":{}})");
    }
    if (request.method != "GET") return good(request);
    auto as_opened = request;
    as_opened.method = "POST";
    as_opened.body = opened;
    return good(as_opened);
  }};
  fixture.options.session.verbose = false;

  fixture.run([&] { return fixture.listener.state.complete; });

  CHECK(fixture.listener.updates.size() == usual_kind_count);
}

TEST_CASE("a prefix without push is polled and never asked for notifications", "[statfeed]") {
  AdapterFixture fixture{good};
  fixture.options.url = fixture.address() + "/workspace/v3/reporting";
  fixture.options.session.push = false;

  fixture.run([&] { return fixture.listener.signs > 3; });

  CHECK_FALSE(fixture.listener.state.pushing);
  for (const auto& request : fixture.requests)
    CHECK(request.path.starts_with("/workspace/v3/reporting/subscriptions"));
}

TEST_CASE("updates of both shapes, as texts and as whole numbers, are read", "[statfeed]") {
  std::string id;
  int connects = 0;
  AdapterFixture fixture{[&](const ServerRequest& request) {
    if (is_open(request))
      id = decode_subscription(request.body)
               ->statistics[static_cast<int>(StatisticKind::ready)]
               .statistic_id;
    if (request.body.find("/meta/connect") == std::string::npos || id.empty()) return good(request);
    const auto update = [&](const std::string& data) {
      return json(R"([{"channel":"/statistics/v3/updates","data":)" + data +
                  R"(},{"channel":"/meta/connect","successful":true}])");
    };
    const auto statistics = [&](const std::string& value) {
      return R"({"statistics":[{"statisticId":")" + id + R"(","timestamp":2000,"value":)" + value +
             "}]}";
    };
    switch (++connects) {
      case 1:
        return update(statistics(R"({"intValue":11,"stringValue":"11"})"));
      case 2:
        return update(R"({"data":)" + statistics(R"({"intValue":12})") + "}");
      case 3:
        return update(statistics(R"({"stringValue":"13.5"})"));
      case 4:
        return update(statistics(R"({"stringValue":"n/a"})"));
      default:
        return good(request);
    }
  }};

  fixture.run([&] { return connects > 5; });

  std::vector<double> values;
  int invalid = 0;
  for (const auto& update : fixture.listener.updates) {
    if (update.timestamp_ms != 2000) continue;
    if (update.status == StatisticUpdate::Status::value) values.push_back(update.value);
    if (update.status == StatisticUpdate::Status::invalid) ++invalid;
  }
  CHECK(values == std::vector<double>{11, 12, 13.5});
  CHECK(invalid == 1);
}

TEST_CASE("a server's word on its service is heard", "[statfeed]") {
  bool up = false;
  AdapterFixture fixture{[&](const ServerRequest& request) {
    if (request.body.find("/meta/connect") == std::string::npos) return good(request);
    return json(R"([{"channel":"/statistics/v3/service","data":{"serviceState":")" +
                std::string{up ? "Available" : "Unavailable"} +
                R"("}},{"channel":"/meta/connect","successful":true}])");
  }};

  fixture.run([&] { return fixture.listener.state.complete && !fixture.listener.state.available; });
  up = true;
  fixture.run([&] { return fixture.listener.state.complete && fixture.listener.state.available; });

  CHECK(fixture.log.count("service_state") >= 1);
}

TEST_CASE("a forgotten client shakes hands again and gets another cookie", "[statfeed]") {
  int handshakes = 0;
  bool forgotten = false;
  AdapterFixture fixture{[&](const ServerRequest& request) {
    if (request.body.find("/meta/handshake") != std::string::npos) {
      auto answer = good(request);
      answer.headers = {{"Set-Cookie", "STATISTICS_SESSIONID=s" + std::to_string(++handshakes)}};
      return answer;
    }
    if (request.body.find("/meta/connect") != std::string::npos && handshakes == 1 &&
        std::exchange(forgotten, true) == false)
      return json(
          R"([{"channel":"/meta/connect","successful":false,"error":"402::Unknown client","advice":{"reconnect":"handshake"}}])");
    return good(request);
  }};

  fixture.run([&] {
    return handshakes == 2 && fixture.listener.state.complete && fixture.listener.signs > 2;
  });

  CHECK(fixture.listener.sessions == 2);
  CHECK(fixture.requests.back().header("cookie") == "STATISTICS_SESSIONID=s2");
}

TEST_CASE("who stops takes leave of the server", "[statfeed]") {
  AdapterFixture fixture{good};
  StatisticsAdapter adapter{
      fixture.options, 0,           fixture.listener, fixture.targets_index, fixture.mapping,
      fixture.world,   fixture.http};
  adapter.start();
  REQUIRE(run_until(fixture.loop, [&] { return fixture.listener.state.complete; }));

  adapter.stop();

  REQUIRE(run_until(fixture.loop, [&] {
    return fixture.requests.back().body.find("/meta/disconnect") != std::string::npos;
  }));
  CHECK(fixture.requests.back().header("cookie") == "STATISTICS_SESSIONID=abc");
}

TEST_CASE("429 is obeyed, in seconds and as a date", "[statfeed]") {
  const bool as_date = GENERATE(false, true);
  SystemClock clock;
  std::optional<Instant> refused;
  std::optional<Instant> again;
  AdapterFixture fixture{[&](const ServerRequest& request) {
    if (!is_open(request)) return good(request);
    if (refused) {
      if (!again) again = clock.now();
      return good(request);
    }
    refused = clock.now();
    const auto then = std::chrono::floor<std::chrono::seconds>(clock.wall()) + 3s;
    const auto day = std::chrono::floor<std::chrono::days>(then);
    const std::chrono::year_month_day date{day};
    constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::chrono::hh_mm_ss time{then - day};
    char text[40];
    std::snprintf(text, sizeof text, "Sun, %02u %s %04d %02d:%02d:%02d GMT",
                  static_cast<unsigned>(date.day()),
                  months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return plain(429, "", {{"Retry-After", as_date ? text : "2"}});
  }};

  fixture.run([&] { return fixture.listener.state.complete; });

  CHECK(*again - *refused >= 1900ms);
}

TEST_CASE("compressed answers are read", "[statfeed]") {
  AdapterFixture fixture{[](const ServerRequest& request) {
    auto answer = good(request);
    CHECK(request.header("accept-encoding").find("gzip") != std::string::npos);
    answer.body = gzip(answer.body);
    answer.headers.emplace_back("Content-Encoding", "gzip");
    return answer;
  }};

  fixture.run([&] { return fixture.listener.state.complete && fixture.listener.signs > 2; });

  CHECK(fixture.listener.state.pushing);
  CHECK(fixture.listener.updates.size() >= usual_kind_count);
}

TEST_CASE("answers that break off are refused, and asked for again", "[statfeed]") {
  enum class How { short_of_length, half_a_gzip, no_gzip, nothing };
  const auto how = GENERATE(How::short_of_length, How::half_a_gzip, How::no_gzip, How::nothing);
  AdapterFixture fixture{good};
  int bad = 2;
  RawServer raw{fixture.loop, [&](const ServerRequest& request) -> std::string {
                  auto answer = good(request);
                  const auto whole = RawServer::bytes(answer);
                  if (!is_open(request) || bad == 0) return whole;
                  --bad;
                  switch (how) {
                    case How::short_of_length:
                      return whole.substr(0, whole.size() - 20);
                    case How::half_a_gzip:
                      answer.body = gzip(answer.body);
                      answer.body.resize(answer.body.size() / 2);
                      answer.headers.emplace_back("Content-Encoding", "gzip");
                      return RawServer::bytes(answer);
                    case How::no_gzip:
                      answer.headers.emplace_back("Content-Encoding", "gzip");
                      return RawServer::bytes(answer);
                    case How::nothing:
                      return "";
                  }
                  return "";
                }};
  fixture.options.url = "http://127.0.0.1:" + std::to_string(raw.port()) + "/statistics/v3";

  fixture.run([&] { return fixture.listener.state.complete && !fixture.listener.updates.empty(); });

  CHECK(bad == 0);
  CHECK(fixture.log.count("primary_request_failed") >= 1);
  CHECK(std::ranges::all_of(fixture.listener.updates,
                            [](const auto& one) { return one.value == 4; }));
}

TEST_CASE("a server's certificate has to be of the authority that is trusted", "[statfeed]") {
  const Folder mine;
  const Folder strangers;
  const auto certificates = make_certificates(mine.path(), "127.0.0.1");
  const auto other = make_certificates(strangers.path(), "127.0.0.1");
  AdapterFixture fixture{
      good, {.certificate_pem = certificates.certificate_pem, .key_pem = certificates.key_pem}};
  fixture.options.url =
      "https://127.0.0.1:" + std::to_string(fixture.server.port()) + "/statistics/v3";
  fixture.options.access.ca_file = other.ca_file;
  fixture.run([&] { return fixture.log.count("primary_session_lost") > 0; });
  CHECK(fixture.requests.empty());

  fixture.options.access.ca_file = certificates.ca_file;
  fixture.run([&] { return fixture.listener.state.complete; });

  CHECK(fixture.listener.updates.size() >= usual_kind_count);
}

TEST_CASE("a name and a password go out as HTTP Basic", "[statfeed]") {
  AdapterFixture fixture{good};
  fixture.options.access.user = "Aladdin";
  fixture.options.access.password = "open sesame";

  fixture.run([&] { return fixture.listener.state.complete; });

  CHECK(fixture.requests.back().header("authorization") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

}  // namespace paceline::test
