// What faults do to the outside world: whom they meet, whom not, and how they end.
#include <nlohmann/json.hpp>
#include <set>

#include "services/simulator/faults.h"
#include "tests/simulator/outside.h"

namespace paceline::test {
using namespace simulator;
namespace {

// A request that is not waited for.
struct Asked {
  Asked(Outside& outside, HttpRequest request) {
    outside.http.send(std::move(request), [this](Result<HttpAnswer> done) { answer = done; });
  }
  std::optional<Result<HttpAnswer>> answer;
};

HttpRequest to_stat_server(Outside& outside, int port, const std::string& path, std::string body,
                           const std::string& cookie = "") {
  return {.method = "POST",
          .url = outside.url(port, "/statistics/v3" + path),
          .headers = {{"Content-Type", "application/json"}, {"Cookie", cookie}},
          .body = std::move(body),
          .timeout = 120s};
}

SubscriptionAnswer polled(Outside& outside, int port) {
  const auto answer = outside.send(
      {.url = outside.url(port, "/statistics/v3/subscriptions/op-1/statistic-values?verbose=INFO"),
       .headers = {}});
  if (answer->status != 200) return {.code = answer->status};
  return decode_subscription_answer(answer->body).value();
}

}  // namespace

TEST_CASE("of one request all faults are taken or none, and those in force are shown",
          "[simulator][process]") {
  Outside outside;
  const auto fault = outside.url(outside.control.port(), "/fault");
  const auto shown = [&] {
    return nlohmann::json::parse(
        outside.send({.url = outside.url(outside.control.port(), "/faults"), .headers = {}})->body);
  };
  const auto before = shown();

  const auto refused = outside.post(fault, R"({"endpoint":"429","coffee":"out"})");
  CHECK(refused->status == 400);
  CHECK(refused->body.find("coffee") != std::string::npos);
  CHECK(outside.post(fault, R"(["endpoint"])")->status == 400);
  CHECK(outside.post(fault, R"({"endpoint":null})")->status == 400);
  CHECK(shown() == before);
  CHECK(outside.post(fault, R"({"endpoint":"429","acceptance":0.5,"push_delay":"3s"})")->status ==
        200);

  const auto after = shown();
  CHECK(after["endpoint"] == "429");
  CHECK(after["push_delay"] == "3s");
  CHECK(after["acceptance"] == 0.5);
}

TEST_CASE("every fault that can be set is shown, and what is shown can be set",
          "[simulator][process]") {
  Outside outside;
  const auto shown = [&] {
    return outside.send({.url = outside.url(outside.control.port(), "/faults"), .headers = {}})
        ->body;
  };
  const auto before = shown();
  const auto told = nlohmann::json::parse(before);
  std::set<std::string> keys;
  for (const auto& [key, value] : told.items()) keys.insert(key);
  CHECK(keys == std::set<std::string>{fault_keys().begin(), fault_keys().end()});
  outside.post(outside.url(outside.control.port(), "/fault"),
               R"({"acceptance":0.5,"token_expires_in":"\"3600\"","sticky_cookie":"on",
                   "endpoint_answer":{"status":302,"headers":{"Location":"/"}}})");
  CHECK(outside.world.faults().endpoint_answer == R"({"headers":{"Location":"/"},"status":302})");

  const auto set = outside.post(outside.url(outside.control.port(), "/fault"), before);

  CHECK(set->status == 200);
  CHECK(shown() == before);
  CHECK(outside.world.faults() == Faults{});
}

TEST_CASE("the token service meets those faults of the endpoint that the manual names",
          "[simulator][process]") {
  const auto [fault, status] = GENERATE(table<std::string, int>({{"429", 429},
                                                                 {"503", 503},
                                                                 {"401", 200},
                                                                 {"403", 200},
                                                                 {"409", 200},
                                                                 {"413", 200},
                                                                 {"415", 200},
                                                                 {"500", 200},
                                                                 {"slow", 200},
                                                                 {"malformed", 200},
                                                                 {"not_json", 200},
                                                                 {"wrong_encoding", 200},
                                                                 {"reset", 200},
                                                                 {"redirect", 200},
                                                                 {"full_wanted", 200},
                                                                 {"down", 0},
                                                                 {"foreign_certificate", 0}}));
  CAPTURE(fault);
  Outside outside;
  outside.fault("endpoint_delay", "60s");
  outside.fault("endpoint", fault);

  const auto answer = outside.post(outside.secure("/oauth/token"), "grant_type=client_credentials",
                                   {{"Authorization", "Basic cGFjZWxpbmU6cGFjZWxpbmUtc2VjcmV0"}});

  CHECK((answer ? answer->status : 0) == status);
  if (status == 200) CHECK(decode_token_answer(answer->body));
}

TEST_CASE("over 100 targets are too large where the fault says so", "[simulator][process]") {
  Outside outside;
  const auto token = outside.token();
  outside.fault("endpoint", "413");

  CHECK(outside.publish(outside.publication(1, 1, 100), token)->status == 413);
  CHECK(outside.publish(outside.publication(1, 1, 99), token)->status == 200);
}

TEST_CASE("an answer that is lost was a publication that was taken", "[simulator][process]") {
  const auto fault = GENERATE(as<std::string>{}, "500", "reset");
  CAPTURE(fault);
  Outside outside;
  const auto token = outside.token();
  outside.fault("endpoint", fault);

  outside.publish(1, 1, token);

  CHECK(outside.endpoint.accepted() == 1);
  outside.fault("endpoint", "ok");
  CHECK(outside.publish(1, 1, token)->status == 409);
}

TEST_CASE("a slow endpoint judges a publication when it comes, and answers late",
          "[simulator][process]") {
  Outside outside;
  const auto token = outside.token();
  outside.fault("endpoint_delay", "60s");
  outside.fault("endpoint", "slow");
  std::string body;
  encode_publication(outside.publication(1, 1), body);
  Asked asked{outside,
              {.method = "POST",
               .url = outside.door(),
               .headers = {{"Authorization", "Bearer " + token}},
               .body = body,
               .timeout = 120s,
               .ca_file = outside.folder / "ca.pem"}};

  REQUIRE(outside.wait([&] { return outside.endpoint.accepted() == 1; }));

  CHECK_FALSE(asked.answer);
  outside.fault("endpoint_delay", "0s");
  CHECK(outside.publish(1, 2, token)->status == 200);
}

TEST_CASE("who hangs is heard of again when the fault ends", "[simulator][process]") {
  const auto fault = GENERATE(as<std::string>{}, "endpoint", "token", "statserver_primary");
  CAPTURE(fault);
  Outside outside;
  outside.fault(fault, "hang");
  const auto request =
      fault == "statserver_primary"
          ? to_stat_server(outside, outside.primary.port(), "/subscriptions", subscription)
          : HttpRequest{.method = "POST",
                        .url = outside.secure("/oauth/token"),
                        .headers = {{"Authorization", "Basic bm86bm8="}},
                        .body = "grant_type=client_credentials",
                        .timeout = 120s,
                        .ca_file = outside.folder / "ca.pem"};
  Asked asked{outside, request};
  for (int i = 0; i < 20; ++i)  // The others are served meanwhile.
    CHECK(outside.post(outside.url(outside.backup.port(), "/statistics/v3/subscriptions"), "[")
              ->status == 400);
  CHECK_FALSE(asked.answer);

  outside.fault(fault, fault == "statserver_primary" ? "up" : "ok");

  REQUIRE(outside.wait([&] { return asked.answer.has_value(); }));
  CHECK((*asked.answer)->status == 503);
}

TEST_CASE("faults of a Stat Server's statistics show in what is polled, on that server alone",
          "[simulator][process]") {
  Outside outside;
  const int port = outside.primary.port();
  for (const int each : {port, outside.backup.port()})
    outside.post(outside.url(each, "/statistics/v3/subscriptions"), subscription);
  outside.clock.ahead = 60s;  // Ten hours of the centre.
  REQUIRE(polled(outside, port).statistics.at(0).value > 600);

  outside.fault("statserver_primary", "invalid");
  CHECK_FALSE(polled(outside, port).statistics.at(0).valid);
  CHECK(polled(outside, outside.backup.port()).statistics.at(0).valid);
  outside.fault("statserver_primary", "up");
  CHECK(polled(outside, port).statistics.at(0).valid);
  outside.fault("statserver_hidden", "t0");
  CHECK(polled(outside, port).errors.at(0).code == 31);
  CHECK(polled(outside, outside.backup.port()).errors.at(0).code == 31);
  outside.fault("statserver_hidden", "");
  outside.fault("statserver_primary", "reset");
  CHECK(polled(outside, port).statistics.at(0).value + 500 <
        polled(outside, outside.backup.port()).statistics.at(0).value);
  outside.fault("statserver_primary", "forget");
  CHECK(polled(outside, port).code == 404);
  CHECK(polled(outside, outside.backup.port()).statistics.size() == 1);
}

TEST_CASE("a server says Unavailable on the service channel, and pushed values come late",
          "[simulator][process]") {
  Outside outside;
  const int port = outside.primary.port();
  const auto say = [&](const std::string& body, const std::string& cookie) {
    return outside.send(to_stat_server(outside, port, "/notifications", body, cookie)).value();
  };
  const auto shaken = say(R"([{"channel":"/meta/handshake","version":"1.0"}])", "");
  const std::string cookie{shaken.header("set-cookie")};
  const auto client = decode_bayeux(shaken.body)->at(0).client_id;
  const std::string connect = R"([{"channel":"/meta/connect","clientId":")" + client +
                              R"(","connectionType":"long-polling"}])";
  for (const char* channel : {"/statistics/v3/service", "/statistics/v3/updates"})
    say(R"([{"channel":"/meta/subscribe","clientId":")" + client + R"(","subscription":")" +
            channel + R"("}])",
        cookie);
  outside.fault("statserver_primary", "unavailable");

  const auto told = decode_bayeux(say(connect, cookie).body).value();
  REQUIRE(told.size() == 2);
  CHECK(told[0].service_state == "Unavailable");

  outside.fault("push_delay", "60s");
  outside.send(to_stat_server(outside, port, "/subscriptions", subscription, cookie));
  // Some ticks, in which the statistic changes: the centre runs ten minutes a second.
  const auto pass = [&] {
    const auto until = outside.clock.now() + 500ms;
    return outside.wait([&] { return outside.clock.now() > until; });
  };
  REQUIRE(pass());
  Asked asked{outside, to_stat_server(outside, port, "/notifications", connect, cookie)};
  REQUIRE(pass());
  CHECK_FALSE(asked.answer);
  outside.clock.ahead += 31s;  // The request has waited its time: it ends without the values.
  REQUIRE(outside.wait([&] { return asked.answer.has_value(); }));
  CHECK(decode_bayeux((*asked.answer)->body)->size() == 1);
  Asked again{outside, to_stat_server(outside, port, "/notifications", connect, cookie)};
  REQUIRE(pass());
  CHECK_FALSE(again.answer);
  outside.clock.ahead += 30s;
  REQUIRE(outside.wait([&] { return again.answer.has_value(); }));
  CHECK(decode_bayeux((*again.answer)->body)->size() == 2);
}

}  // namespace paceline::test
