#include "common/wire/gms.h"

#include <rapidcheck.h>

#include "tests/support/catch.h"

namespace paceline::test {

TEST_CASE("a question is the vendor's form", "[wire]") {
  std::string form;
  encode_gms_question({.object_id = "Sales & more",
                       .object_type = "GroupAgents",
                       .tenant = "Environment",
                       .metric = "CurrentReadyAgents",
                       .notification_mode = "Immediate"},
                      "statisticType", form);

  CHECK(form ==
        "objectId=Sales%20%26%20more&objectType=GroupAgents&tenant=Environment&"
        "statisticType=CurrentReadyAgents&notificationMode=Immediate");
}

TEST_CASE("questions survive the way there", "[wire][property]") {
  REQUIRE(rc::check([](const std::string& object, const std::string& metric,
                       const std::string& filter, bool old) {
    const GmsQuestion question{.object_id = object, .metric = metric, .filter = filter};
    std::string form;
    encode_gms_question(question, old ? "statisticType" : "metric", form);
    RC_ASSERT(decode_gms_question(form) == question);
  }));
}

TEST_CASE("any bytes give a question or an error, and an answer or an error", "[wire][property]") {
  REQUIRE(rc::check([](const std::string& bytes) {
    (void)decode_gms_question(bytes);
    (void)decode_gms_answer(bytes);
  }));
  CHECK_FALSE(decode_gms_question("objectId=a&objectId=b"));
  CHECK_FALSE(decode_gms_question("objectId=%4"));
  CHECK_FALSE(decode_gms_question("objectId"));
}

TEST_CASE("answers carry a number, nothing, or what went wrong", "[wire]") {
  CHECK(decode_gms_answer(R"({"value":3})")->value == 3);
  CHECK(decode_gms_answer(R"({"value":"17.5"})")->value == 17.5);
  CHECK(decode_gms_answer("\xEF\xBB\xBF{\"value\":257.0}")->value == 257);
  CHECK(decode_gms_answer(R"({"value":[3]})")->value == std::nullopt);
  CHECK(decode_gms_answer(R"({"value":null})")->value == std::nullopt);
  CHECK(decode_gms_answer(R"({"value":"n/a"})")->value == std::nullopt);
  const auto wrong =
      decode_gms_answer(R"({"message":"Queue 'x' (Tenant 'y') not found","exception":"com.E"})");
  REQUIRE(wrong);
  CHECK(wrong->message == "Queue 'x' (Tenant 'y') not found");
  CHECK(wrong->exception == "com.E");
  for (const auto* bad : {"", "[]", "{}", R"({"message":7})", "{\"value\":3"})
    CHECK_FALSE(decode_gms_answer(bad));
}

TEST_CASE("answers survive the way back", "[wire][property]") {
  REQUIRE(rc::check([](std::string message, double value) {
    std::erase_if(message, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    GmsAnswer answer;
    if (message.empty())
      answer.value = value;
    else
      answer.message = message;
    std::string json;
    encode_gms_answer(answer, json);
    RC_ASSERT(decode_gms_answer(json) == answer);
  }));
}

}  // namespace paceline::test
