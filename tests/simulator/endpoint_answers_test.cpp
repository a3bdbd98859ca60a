// What real Stat Servers and a meddling endpoint answer, over HTTP.
#include <nlohmann/json.hpp>

#include "common/runtime/files.h"
#include "tests/simulator/outside.h"
#include "tests/support/manual.h"

namespace paceline::test {
using namespace simulator;
namespace {

void set(Outside& outside, const nlohmann::json& faults) {
  REQUIRE(outside.post(outside.url(outside.control.port(), "/fault"), faults.dump())->status ==
          200);
  outside.loop.run_once(1ms);
}

Result<HttpAnswer> ask_token(Outside& outside) {
  return outside.post(outside.secure("/oauth/token"), "grant_type=client_credentials",
                      {{"Authorization", "Basic cGFjZWxpbmU6cGFjZWxpbmUtc2VjcmV0"}});
}

// One client of the primary's CometD.
struct Client {
  Outside& outside;
  std::string cookie;
  std::string id;

  explicit Client(Outside& server) : outside{server} {
    const auto shaken = say(R"([{"channel":"/meta/handshake","version":"1.0"}])");
    const std::string set_cookie{shaken.header("set-cookie")};
    cookie = set_cookie.substr(0, set_cookie.find(';'));
    id = decode_bayeux(shaken.body)->at(0).client_id;
  }
  HttpRequest request(const std::string& body) const {
    return {.method = "POST",
            .url = outside.url(outside.primary.port(), "/statistics/v3/notifications"),
            .headers = {{"Content-Type", "application/json"}, {"Cookie", cookie}},
            .body = body,
            .timeout = 120s};
  }
  HttpAnswer say(const std::string& body) const { return outside.send(request(body)).value(); }
  std::string connect(const std::string& advice = "") const {
    return R"([{"channel":"/meta/connect","connectionType":"long-polling","clientId":")" + id +
           '"' + advice + "}]";
  }
};

}  // namespace

TEST_CASE("what a token's answer says of its life is what the fault says, and the token is good",
          "[simulator][process]") {
  const auto told = GENERATE(as<nlohmann::json>{}, "3600", 3599.5, 0, -1, 1e30, nullptr, true);
  CAPTURE(told);
  Outside outside;
  set(outside, {{"token_expires_in", told.dump()}});

  const auto answer = nlohmann::json::parse(ask_token(outside)->body);

  CHECK(answer["expires_in"] == told);
  CHECK(outside.publish(1, 1, answer["access_token"])->status == 200);
  set(outside, {{"token_expires_in", "absent"}});
  CHECK_FALSE(nlohmann::json::parse(ask_token(outside)->body).contains("expires_in"));
  set(outside, {{"token_expires_in", "own"}});
  CHECK(nlohmann::json::parse(ask_token(outside)->body)["expires_in"] == 3600);
}

TEST_CASE("the token service answers what the fault says, the endpoint does not",
          "[simulator][process]") {
  Outside outside;
  const auto token = outside.token();
  const nlohmann::json body{{"error", "invalid_scope"}, {"error_description", "not for you"}};
  set(outside, {{"token_answer", {{"status", 400}, {"body", body}}}});

  const auto refused = ask_token(outside);

  CHECK(refused->status == 400);
  CHECK(nlohmann::json::parse(refused->body) == body);
  CHECK(outside.publish(1, 1, token)->status == 200);
  set(outside, {{"token_answer", ""}});
  CHECK(ask_token(outside)->status == 200);
}

TEST_CASE("the endpoint answers what the fault says, takes nothing, and the token service does not",
          "[simulator][process]") {
  Outside outside;
  const auto token = outside.token();
  const auto answered = [&](const nlohmann::json& wanted) {
    set(outside, {{"endpoint_answer", wanted}});
    return outside.publish(1, 1, token).value();
  };

  const auto page =
      answered({{"status", 502}, {"type", "text/html"}, {"body", "<h1>Bad gateway</h1>"}});
  const auto away =
      answered({{"status", 302}, {"headers", {{"Location", "https://elsewhere.invalid/"}}}});
  const auto early =
      answered({{"status", 503}, {"headers", {{"Retry-After", "Fri, 06 Nov 1626 08:49:37 GMT"}}}});

  CHECK(page.status == 502);
  CHECK(page.header("content-type") == "text/html");
  CHECK(page.body == "<h1>Bad gateway</h1>");
  CHECK(away.status == 302);
  CHECK(away.header("location") == "https://elsewhere.invalid/");
  CHECK(early.status == 503);
  CHECK(early.header("retry-after") == "Fri, 06 Nov 1626 08:49:37 GMT");
  CHECK(ask_token(outside)->status == 200);
  CHECK(outside.endpoint.accepted() == 0);
  const auto good = answered({{"body", {{"accepted", 1}}}});
  CHECK(good.status == 200);
  const auto log = read_file(outside.folder / "publications.jsonl").value();
  CHECK(std::ranges::count(log, '\n') == 4);
  CHECK(log.find("accepted") == log.npos);
  set(outside, {{"endpoint_answer", ""}});
  CHECK(outside.publish(1, 1, token)->status == 200);
}

TEST_CASE("every example of a fault in the manual is taken", "[simulator][process]") {
  Outside outside;
  std::istringstream lines{example_in(section_of("services/simulator/SETTINGS.md", "Faults"))};
  int taken = 0;
  for (std::string line; std::getline(lines, line); ++taken) {
    CAPTURE(line);
    const auto first = line.find("-d '") + 4;
    const auto body = line.substr(first, line.rfind('\'') - first);
    CHECK(outside.post(outside.url(outside.control.port(), "/fault"), body)->status == 200);
  }
  CHECK(taken == 6);
  CHECK(with_fault({}, "endpoint_answer", R"({"status": 502})"));
}

TEST_CASE("a connect that asks for two seconds is answered after two", "[simulator][process]") {
  Outside outside;
  const Client client{outside};
  client.say(client.connect());
  std::optional<Result<HttpAnswer>> answer;
  outside.http.send(client.request(client.connect(R"(,"advice":{"timeout":2000})")),
                    [&](Result<HttpAnswer> done) { answer = std::move(done); });
  const auto until = outside.clock.now() + 300ms;
  REQUIRE(outside.wait([&] { return outside.clock.now() > until; }));
  CHECK_FALSE(answer);

  outside.clock.ahead += 2s;

  REQUIRE(outside.wait([&] { return answer.has_value(); }));
  const auto told = decode_bayeux((*answer)->body);
  REQUIRE(told->size() == 1);
  CHECK(told->at(0).successful == true);
  const auto at_once = client.say(client.connect(R"(,"advice":{"timeout":0})"));
  CHECK(decode_bayeux(at_once.body)->at(0).successful == true);
}

TEST_CASE("a disconnect ends the wait of a connect", "[simulator][process]") {
  Outside outside;
  const Client client{outside};
  client.say(client.connect());
  std::optional<Result<HttpAnswer>> answer;
  outside.http.send(client.request(client.connect()),
                    [&](Result<HttpAnswer> done) { answer = std::move(done); });
  const auto until = outside.clock.now() + 300ms;
  REQUIRE(outside.wait([&] { return outside.clock.now() > until; }));

  client.say(R"([{"channel":"/meta/disconnect","clientId":")" + client.id + "\"}]");

  CHECK(outside.wait([&] { return answer.has_value(); }));
}

TEST_CASE("statistics are named one by one or with commas, and had without a subscription",
          "[simulator][process]") {
  Outside outside;
  const auto base = outside.url(outside.primary.port(), "/statistics/v3");
  outside.post(base + "/subscriptions", R"({"operationId":"op","data":{"statistics":[
      {"statisticId":"a","objectId":"queue-0","objectType":"Queue","name":"TotalEntered"},
      {"statisticId":"b","objectId":"queue-1","objectType":"Queue","name":"TotalEntered"},
      {"statisticId":"c","objectId":"queue-1","objectType":"Queue","name":"TotalAnswered"}]}})");
  const auto get = [&](const std::string& path) {
    return nlohmann::json::parse(outside.send({.url = base + path, .headers = {}})->body);
  };
  const auto count = [&](const std::string& query) {
    return get("/subscriptions/op/statistic-values?" + query)["data"]["statistics"].size();
  };

  CHECK(count("verbose=INFO") == 3);
  CHECK(count("statisticIds=a,b") == 2);
  CHECK(count("statisticIds=a&statisticIds=c") == 2);
  CHECK(count("statisticIds=a,b&verbose=INFO&statisticIds=c") == 3);
  CHECK(get("/statistic-values/Current%20In%20Queue?objectId=queue-0&objectType=Queue")
            ["data"]["statistic"]["value"]
                .contains("intValue"));
  const auto several = outside.post(base + "/operations/get-statistic-ex",
                                    R"({"data":{"statistics":[
      {"name":"TotalEntered","objectId":"queue-0","objectType":"Queue"}]}})");
  CHECK(nlohmann::json::parse(several->body)["data"]["statistics"].size() == 1);
}

TEST_CASE("with sticky cookies a client is known by its cookie alone", "[simulator][process]") {
  Outside outside;
  set(outside, {{"sticky_cookie", "on"}});
  Client client{outside};
  REQUIRE(client.cookie.starts_with("STATISTICS_SESSIONID="));

  CHECK(decode_bayeux(client.say(client.connect()).body)->at(0).successful == true);
  client.cookie.clear();
  const auto refused = decode_bayeux(client.say(client.connect()).body)->at(0);
  CHECK(refused.error == "402::unknown client");
  CHECK(refused.client_id == client.id);
}

}  // namespace paceline::test
