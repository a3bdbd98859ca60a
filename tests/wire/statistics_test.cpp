#include "common/wire/statistics.h"

#include <rapidcheck.h>

#include <cmath>
#include <utility>

#include "tests/support/catch.h"

namespace paceline::test {
namespace {

rc::Gen<std::string> any_word() {
  return rc::gen::container<std::string>(rc::gen::inRange('\x01', '\x7f'));
}

rc::Gen<std::string> filled_word() {
  return rc::gen::nonEmpty(any_word());
}

StatisticValue some_value() {
  StatisticValue value{.statistic_id = *filled_word(),
                       .subscription_id = *any_word(),
                       .name = *any_word(),
                       .object_id = *any_word(),
                       .object_type = *any_word(),
                       .timestamp_ms = *rc::gen::inRange<std::int64_t>(0, 1ll << 50),
                       .value = 0,
                       .valid = *rc::gen::arbitrary<bool>()};
  if (value.valid)
    value.value = *rc::gen::suchThat(rc::gen::arbitrary<double>(),
                                     [](double number) { return std::isfinite(number); });
  return value;
}

std::optional<bool> some_flag() {
  const auto choice = *rc::gen::inRange(0, 3);
  return choice == 2 ? std::nullopt : std::optional{choice == 1};
}

std::vector<StatisticValue> some_values() {
  return *rc::gen::container<std::vector<StatisticValue>>(rc::gen::exec(some_value));
}

// JSON that is nearly right: a piece of a good text replaced by arbitrary bytes, or cut short.
std::string damaged(std::string text) {
  const auto at = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
  const auto bytes = *rc::gen::arbitrary<std::string>();
  text.replace(at, *rc::gen::inRange<std::size_t>(0, 8), bytes);
  if (*rc::gen::arbitrary<bool>()) text.resize(*rc::gen::inRange<std::size_t>(0, text.size() + 1));
  return text;
}

constexpr const char* published_answer =
    R"({"status":{"code":0},"data":{"subscriptionId":"s","operationId":"s","statistics":[
      {"statisticId":"a","name":"CurrentReadyAgents","objectId":"Sales","objectType":"GroupAgents",
       "timestamp":1580000000000,
       "value":{"intValue":3,"stringValue":"3","timestamp":1580000000000,"intervalLength":0,"tag":-1}},
      {"statisticId":"b","timestamp":5,"value":{"intValue":185,"stringValue":"185.5"}},
      {"statisticId":"c","timestamp":5,"value":{"stringValue":"12"}},
      {"statisticId":"d","timestamp":5,"value":{"intValue":185,"stringValue":"00:03:05"}},
      {"statisticId":"e","timestamp":5,"value":{"stringValue":"N/A"}},
      {"statisticId":"f","timestamp":5,"value":null}]},
     "errors":[{"status":{"code":4,"message":"unknown object"},"statisticId":"x"},
               {"status":{"code":4,"message":"unknown","detail":{"statisticId":"y"}}},
               {"status":{"code":9,"message":"whole"}}]})";

}  // namespace

TEST_CASE("a published subscription answer is read with every form of value", "[wire]") {
  const auto answer = decode_subscription_answer(published_answer);

  REQUIRE(answer.has_value());
  CHECK(answer->subscription_id == "s");
  REQUIRE(answer->statistics.size() == 6);
  CHECK(answer->statistics[0].value == 3);
  CHECK(answer->statistics[0].timestamp_ms == 1580000000000);
  CHECK(answer->statistics[1].value == 185.5);
  CHECK(answer->statistics[2].value == 12);
  CHECK(answer->statistics[3].value == 185);
  CHECK_FALSE(answer->statistics[4].valid);
  CHECK_FALSE(answer->statistics[5].valid);
  REQUIRE(answer->errors.size() == 3);
  CHECK(answer->errors[0].statistic_id == "x");
  CHECK(answer->errors[1].statistic_id == "y");
  CHECK(answer->errors[2] == StatisticError{"", 9, "whole"});
}

TEST_CASE("updates are read bare and wrapped", "[wire]") {
  const auto bare = decode_bayeux(
      R"([{"channel":"/statistics/v3/updates","data":{"statistics":[{"statisticId":"a","value":{"intValue":7}}]}}])");
  const auto wrapped = decode_bayeux(
      R"({"channel":"/statistics/v3/updates","id":12,
          "data":{"data":{"statistics":[{"statisticId":"a","value":{"intValue":7}}]}}})");

  REQUIRE(bare.has_value());
  REQUIRE(wrapped.has_value());
  CHECK(bare->at(0).statistics == wrapped->at(0).statistics);
  CHECK(bare->at(0).statistics.at(0).value == 7);
  CHECK(wrapped->at(0).id == "12");
}

TEST_CASE("advice and service state are read", "[wire]") {
  const auto messages = decode_bayeux(
      R"([{"channel":"/meta/connect","successful":false,"error":"402::unknown client",
           "advice":{"reconnect":"handshake","interval":0}},
          {"channel":"/statistics/v3/service","data":{"serviceState":"Unavailable"}},
          {"channel":"/somewhere/else","data":"a text"}])");

  REQUIRE(messages.has_value());
  CHECK(messages->at(0).reconnect == "handshake");
  CHECK(messages->at(0).interval_ms == 0);
  CHECK(messages->at(0).timeout_ms == -1);
  CHECK(messages->at(0).successful == false);
  CHECK(messages->at(1).service_state == "Unavailable");
}

TEST_CASE("values without a subscription are asked for without ids", "[wire]") {
  constexpr const char* question =
      R"({"data":{"statistics":[{"name":"Ready","objectId":"o","objectType":"Queue"}]}})";
  const auto asked = decode_statistics_question(question);

  REQUIRE(asked.has_value());
  REQUIRE(asked->size() == 1);
  CHECK(asked->at(0).name == "Ready");
  CHECK(asked->at(0).statistic_id.empty());
  CHECK(decode_subscription(question).error().detail == "statistics[0].statisticId: missing");
  CHECK_FALSE(decode_statistics_question("{}"));
  std::string answer;
  encode_statistic_answer({.name = "Ready", .timestamp_ms = 5, .value = 7}, answer);
  CHECK(answer ==
        R"({"status":{"code":0},"data":{"statistic":{"name":"Ready","timestamp":5,"value":)"
        R"({"intValue":7,"stringValue":"7","timestamp":5,"intervalLength":0,"tag":-1}}}})");
}

TEST_CASE("a subscription may be a list, and a handshake names its connection types", "[wire]") {
  const auto messages = decode_bayeux(
      R"([{"channel":"/meta/subscribe","subscription":["/a","/b"]},
          {"channel":"/meta/handshake","supportedConnectionTypes":["websocket","long-polling"]},
          {"channel":"/meta/connect","supportedConnectionTypes":7}])");
  std::string offer;
  encode_bayeux({{.channel = "/meta/handshake"}}, offer);

  REQUIRE(messages.has_value());
  CHECK(messages->at(0).subscriptions == std::vector<std::string>{"/a", "/b"});
  CHECK(messages->at(0).subscription.empty());
  CHECK(messages->at(1).connection_types == std::vector<std::string>{"websocket", "long-polling"});
  CHECK(messages->at(2).connection_types.empty());
  CHECK(decode_bayeux(offer)->at(0).connection_types == std::vector<std::string>{"long-polling"});
  CHECK(decode_bayeux(R"({"channel":"/meta/subscribe","subscription":["/a",7]})")
            ->at(0)
            .subscriptions.empty());
}

TEST_CASE("an error names the member and what was expected", "[wire]") {
  const auto answer = decode_subscription_answer(R"({"data":{"statistics":7}})");
  const auto request =
      decode_subscription(R"({"data":{"statistics":[{"statisticId":"a"},{"statisticId":5}]}})");

  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().detail == "statistics: not a list");
  REQUIRE_FALSE(request.has_value());
  CHECK(request.error().detail == "statistics[1].statisticId: not a text");
}

TEST_CASE("an entry that cannot be read leaves the others alone", "[wire]") {
  const auto answer = decode_subscription_answer(
      R"({"status":{"code":0},"data":{"statistics":[
        {"statisticId":"good","value":{"intValue":1}},
        {"statisticId":"a list","timestamp":1,"value":[3]},
        {"statisticId":"an object in it","value":{"intValue":{}}},
        null, "text", {}, {"name":"N","value":4},
        {"statisticId":"also good","value":{"intValue":2}}]},
       "errors":[5, {"statisticId":7,"status":{"code":"30","message":null}}]})");

  REQUIRE(answer);
  REQUIRE(answer->statistics.size() == 4);
  CHECK(answer->statistics[0].valid);
  CHECK_FALSE(answer->statistics[1].valid);
  CHECK(answer->statistics[1].statistic_id == "a list");
  CHECK_FALSE(answer->statistics[2].valid);
  CHECK(answer->statistics[3].value == 2);
  CHECK(answer->errors == std::vector{StatisticError{"7", 30, ""}});
  CHECK(answer->unreadable.entries == 7);
  CHECK(answer->unreadable.first ==
        "statistics[1] (a list): value: neither a number nor the text of one");
}

TEST_CASE("values are read as servers write them", "[wire]") {
  const auto value_in = [](const std::string& text) {
    const auto answer = decode_subscription_answer(
        R"({"data":{"statistics":[{"statisticId":"a","timestamp":)" + text + "}]}}");
    REQUIRE(answer);
    REQUIRE(answer->statistics.size() == 1);
    CHECK(answer->unreadable.entries == 0);
    return answer->statistics[0];
  };
  for (const auto* good :
       {"1,\"value\":3", "1,\"value\":3.0", "1,\"value\":\"3\"", "1,\"value\":{\"intValue\":3.0}",
        "1,\"value\":{\"intValue\":\"3\"}", "1,\"value\":{\"stringValue\":3}"}) {
    CAPTURE(good);
    CHECK(value_in(good).valid);
    CHECK(value_in(good).value == 3);
    CHECK(value_in(good).timestamp_ms == 1);
  }
  for (const auto* none : {"1", "1,\"value\":null", "1,\"value\":\"N/A\"",
                           "1,\"value\":{\"stringValue\":\"NaN\"}", "1,\"value\":{}"}) {
    CAPTURE(none);
    CHECK_FALSE(value_in(none).valid);
  }
  CHECK(value_in("1580000000000.0,\"value\":3").timestamp_ms == 1580000000000);
  CHECK(value_in("\"1580000000000\",\"value\":3").timestamp_ms == 1580000000000);
  // What nobody can tell the time by is not said; the value counts.
  CHECK(value_in("\"2026-11-29T10:00:00Z\",\"value\":3").timestamp_ms == 0);
  CHECK(value_in("\"2026-11-29T10:00:00Z\",\"value\":3").value == 3);
  CHECK(value_in("[],\"value\":{\"intValue\":3,\"timestamp\":9}").timestamp_ms == 9);
}

TEST_CASE(
    "nothing in place of a list, a whole number as a fraction, and a byte order mark are read",
    "[wire]") {
  const std::string mark = "\xEF\xBB\xBF";
  const auto answer = decode_subscription_answer(
      mark + R"({"status":{"code":257.0},"data":{"statistics":null,"errors":null},"errors":null})");
  const auto messages = decode_bayeux(
      mark + R"([null,{"channel":"/meta/connect","successful":true,"advice":{"interval":257.0}},
                 {"successful":true},
                 {"channel":"/statistics/v3/updates","data":{"statistics":null}}])");

  REQUIRE(answer);
  CHECK(answer->code == 257);
  CHECK(answer->statistics.empty());
  REQUIRE(messages);
  REQUIRE(messages->size() == 2);
  CHECK(messages->at(0).interval_ms == 257);
  CHECK(messages->at(0).unreadable.entries == 2);
  CHECK(messages->at(0).unreadable.first == "message 0: not an object");
  CHECK_FALSE(decode_bayeux("[null]"));
}

// Texts that do not fit into a string itself, so that the sanitizers see each one that is not freed.
TEST_CASE("malformed input leaves nothing behind", "[wire]") {
  const std::string long_text(500, 'x');
  const auto members = [&](const std::string& last) {
    return R"({"operationId":"o","status":{"code":0},"data":{"statistics":[{"statisticId":")" +
           long_text + R"(","subscriptionId":")" + long_text + R"(","name":")" + long_text +
           R"(","objectId":")" + long_text + "\"," + last + "}]},\"errors\":[{\"statisticId\":\"" +
           long_text + "\",\"status\":5}]}";
  };
  for (const auto* last :
       {R"("objectType":5)", R"("objectType":[])", R"("timestamp":"x")", R"("definition":5)",
        R"("definition":{"mainMask":5})", R"("value":[])"}) {
    CAPTURE(last);
    CHECK(decode_subscription_answer(members(last)));
    (void)decode_subscription(members(last));
    (void)decode_bayeux(R"([{"channel":"/statistics/v3/updates","id":")" + long_text +
                        R"(","data":)" + members(last) + "}]");
    (void)decode_bayeux(R"([{"channel":")" + long_text + R"(","clientId":")" + long_text + "\"," +
                        last + R"(,"successful":5}])");
  }
  CHECK_FALSE(decode_subscription(members(R"("objectType":5)")));
}

TEST_CASE("statistics messages survive a round trip", "[wire][property]") {
  CHECK(rc::check("subscription", [] {
    SubscriptionRequest request{.operation_id = *any_word(), .statistics = {}};
    const auto count = *rc::gen::inRange(0, 4);
    for (int i = 0; i < count; ++i) {
      StatisticRequest one{*filled_word(), *any_word(), *any_word(), *any_word(), {}};
      if (*rc::gen::arbitrary<bool>())
        one.definition = StatisticDefinition{*any_word(),
                                             *rc::gen::arbitrary<int>(),
                                             *rc::gen::arbitrary<int>(),
                                             *any_word(),
                                             *any_word(),
                                             *any_word()};
      request.statistics.push_back(one);
    }
    std::string text;
    encode_subscription(request, text);
    RC_ASSERT(decode_subscription(text).value() == request);
  }));
  CHECK(rc::check("answer", [] {
    SubscriptionAnswer answer{.code = *rc::gen::arbitrary<int>(),
                              .message = *any_word(),
                              .subscription_id = *any_word(),
                              .statistics = some_values(),
                              .errors = {}};
    if (*rc::gen::arbitrary<bool>())
      answer.errors.push_back({*any_word(), *rc::gen::arbitrary<int>(), *any_word()});
    std::string text;
    encode_subscription_answer(answer, text);
    RC_ASSERT(decode_subscription_answer(text).value() == answer);
  }));
  CHECK(rc::check("bayeux", [] {
    BayeuxMessage message{.channel = *rc::gen::element<std::string>(
                              "/meta/handshake", "/meta/connect", std::string{updates_channel}),
                          .id = *any_word(),
                          .client_id = *any_word(),
                          .successful = some_flag(),
                          .error = *any_word(),
                          .subscription = *any_word(),
                          .subscriptions = {},
                          .connection_type = *any_word(),
                          .connection_types = {},
                          .reconnect = *any_word(),
                          .timeout_ms = *rc::gen::inRange<std::int64_t>(-1, 100'000),
                          .interval_ms = *rc::gen::inRange<std::int64_t>(-1, 100'000),
                          .statistics = {},
                          .service_state = {}};
    if (message.channel == updates_channel) message.statistics = some_values();
    if (message.channel == "/meta/handshake")
      message.connection_types = {*any_word(), "long-polling"};
    if (*rc::gen::arbitrary<bool>())
      message.subscriptions = {std::exchange(message.subscription, ""), *any_word()};
    std::string text;
    encode_bayeux({message, message}, text);
    RC_ASSERT(decode_bayeux(text).value() == (std::vector{message, message}));
  }));
}

TEST_CASE("any bytes give a value or an error", "[wire][property]") {
  CHECK(rc::check("arbitrary bytes", [] {
    const auto text = *rc::gen::arbitrary<std::string>();
    (void)decode_subscription(text);
    (void)decode_statistics_question(text);
    (void)decode_subscription_answer(text);
    (void)decode_bayeux(text);
  }));
  CHECK(rc::check("damaged answers", [] {
    const auto text = damaged(published_answer);
    (void)decode_subscription(text);
    (void)decode_statistics_question(text);
    (void)decode_subscription_answer(text);
    (void)decode_bayeux(text);
  }));
  CHECK(rc::check("damaged messages", [] {
    std::string text;
    BayeuxMessage updates;
    updates.channel = updates_channel;
    updates.statistics = some_values();
    encode_bayeux({updates}, text);
    (void)decode_bayeux(damaged(text));
  }));
}

TEST_CASE("depth and size have bounds", "[wire]") {
  CHECK_FALSE(decode_bayeux(std::string(100'000, '[')).has_value());
  CHECK_FALSE(
      decode_bayeux(R"({"channel":"/a","id":")" + std::string(70'000, 'x') + "\"}").has_value());
  CHECK_FALSE(decode_subscription_answer("{}").has_value());
  CHECK_FALSE(decode_bayeux("").has_value());
}

}  // namespace paceline::test
