#include "services/simulator/statistics_api.h"

#include <nlohmann/json.hpp>

#include "tests/simulator/subscriber.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace simulator;
namespace {

struct Asked {
  int status = 0;
  nlohmann::json body;
};

struct Api {
  Centre centre{busy_centre(), 1};
  StatServer server{centre, {}, 1};

  Asked ask(const ApiRequest& request) {
    const auto answer = answer_statistics(server, request, at(1s));
    return {answer.status, nlohmann::json::parse(answer.body)};
  }
  Asked subscribe(const std::string& id, std::string_view cookie = "") {
    std::string body;
    encode_subscription(wanting(id, {named("a", "queue-0", "Queue", "TotalEntered"),
                                     named("b", "queue-1", "Queue", "TotalEntered")}),
                        body);
    return ask({.method = "POST", .path = "/subscriptions", .cookie = cookie, .body = body});
  }
};

}  // namespace

TEST_CASE("one value is had without a subscription", "[simulator]") {
  Api api;

  const auto answer = api.ask({.method = "GET",
                               .path = "/statistic-values/LoggedInAgents",
                               .object_id = "group-0",
                               .object_type = "GroupAgents"});

  CHECK(answer.status == 200);
  CHECK(answer.body["status"]["code"] == 0);
  const auto& statistic = answer.body["data"]["statistic"];
  CHECK(statistic["name"] == "LoggedInAgents");
  CHECK(statistic["objectId"] == "group-0");
  CHECK(statistic["objectType"] == "GroupAgents");
  CHECK(statistic["timestamp"] == at(1s).wall_ms);
  CHECK(statistic["value"]["intValue"] == 5);
  CHECK(api.server.statistics() == 0);
}

TEST_CASE("a value that cannot be had is answered with why", "[simulator]") {
  Api api;
  const auto ask = [&](const char* path, const char* object, const char* type) {
    const auto answer =
        api.ask({.method = "GET", .path = path, .object_id = object, .object_type = type});
    return std::pair{answer.status, answer.body["status"]["code"].get<int>()};
  };

  CHECK(ask("/statistic-values/Weather", "queue-0", "Queue") == std::pair{404, 30});
  CHECK(ask("/statistic-values/TotalEntered", "queue-9", "Queue") == std::pair{404, 31});
  CHECK(ask("/statistic-values/TotalEntered", "", "Queue") == std::pair{400, 400});
  CHECK(ask("/statistic-values/TotalEntered", "queue-0", "") == std::pair{400, 400});
  CHECK(ask("/statistic-values/", "queue-0", "Queue") == std::pair{404, 404});
  CHECK(ask("/statistic-valuesTotalEntered", "queue-0", "Queue") == std::pair{404, 404});
}

TEST_CASE("several values are had without a subscription, each by itself", "[simulator]") {
  Api api;
  const auto ask = [&](std::string_view body) {
    return api.ask({.method = "POST", .path = "/operations/get-statistic-ex", .body = body});
  };

  const auto answer = ask(R"({"data":{"statistics":[
      {"name":"LoggedInAgents","objectId":"group-0","objectType":"GroupAgents"},
      {"name":"LoggedInAgents","objectId":"group-9","objectType":"GroupAgents"},
      {"name":"Weather","objectId":"group-0","objectType":"GroupAgents"}]}})");

  CHECK(answer.status == 200);
  const auto& statistics = answer.body["data"]["statistics"];
  REQUIRE(statistics.size() == 1);
  CHECK(statistics[0]["value"]["intValue"] == 5);
  CHECK_FALSE(statistics[0].contains("statisticId"));
  REQUIRE(answer.body["errors"].size() == 2);
  CHECK(answer.body["errors"][0]["status"]["code"] == 31);
  CHECK(answer.body["errors"][1]["status"]["code"] == 30);
  CHECK(ask("{}").status == 400);
  CHECK(ask("").status == 400);
}

TEST_CASE("a poll names all of its statistics, or some", "[simulator]") {
  Api api;
  api.subscribe("sub");
  const auto count = [&](std::vector<std::string> ids) {
    const auto answer = api.ask({.method = "GET",
                                 .path = "/subscriptions/sub/statistic-values",
                                 .statistic_ids = std::move(ids)});
    return answer.body["data"]["statistics"].size();
  };

  CHECK(count({}) == 2);
  CHECK(count({"b"}) == 1);
  CHECK(count({"a", "b"}) == 2);
}

TEST_CASE("a new subscription is answered with its values unless told not to", "[simulator]") {
  Api api;
  constexpr std::string_view body = R"({"operationId":"quiet","data":{"statistics":[
      {"statisticId":"a","objectId":"queue-0","objectType":"Queue","name":"TotalEntered"}]}})";

  CHECK(api.subscribe("sub").body["data"]["statistics"].size() == 2);
  const auto quiet =
      api.ask({.method = "POST", .path = "/subscriptions", .verbose = "OFF", .body = body});
  CHECK(quiet.body["data"]["statistics"].empty());
  CHECK(quiet.body["data"]["subscriptionId"] == "quiet");
  CHECK(api.server.statistics() == 3);
  const auto again = api.subscribe("sub");
  CHECK(again.status == 200);
  CHECK(again.body["status"]["code"] != 0);
  CHECK(api.ask({.method = "POST", .path = "/subscriptions", .body = "[[["}).status == 400);
}

TEST_CASE("to delete a subscription succeeds, whether it is there or not", "[simulator]") {
  Api api;
  api.subscribe("sub");
  const auto status_of = [&](const char* path) {
    return api.ask({.method = "DELETE", .path = path}).status;
  };

  CHECK(status_of("/subscriptions/sub") == 200);
  CHECK(api.server.subscriptions() == 0);
  CHECK(status_of("/subscriptions/sub") == 200);
  CHECK(status_of("/subscriptions") == 404);
}

TEST_CASE("behind a load balancer a subscription is met with its session's cookie alone",
          "[simulator]") {
  Api api;
  const Subscriber subscriber{api.server};
  api.subscribe("sub", subscriber.cookie);
  api.server.set_sticky(true);
  const auto status_of = [&](std::string_view cookie) {
    return api
        .ask({.method = "GET", .path = "/subscriptions/sub/statistic-values", .cookie = cookie})
        .status;
  };

  CHECK(status_of(subscriber.cookie) == 200);
  CHECK(status_of("") == 404);
  CHECK(api.ask({.method = "DELETE", .path = "/subscriptions/sub"}).status == 200);
  CHECK(api.server.subscriptions() == 1);  // The other server had none.
}

}  // namespace paceline::test
