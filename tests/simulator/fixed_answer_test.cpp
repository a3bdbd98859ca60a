#include "services/simulator/fixed_answer.h"

#include <rapidcheck.h>

#include "tests/support/catch.h"

namespace paceline::test {
using namespace simulator;

TEST_CASE("an answer has each member that is given, and else its default", "[simulator]") {
  const auto whole = parse_fixed_answer(
      R"({"status":302,"type":"text/html","headers":{"Location":"/a","X-B":"c"},"body":"<p>"})");

  CHECK(whole == FixedAnswer{.status = 302,
                             .type = "text/html",
                             .headers = {{"Location", "/a"}, {"X-B", "c"}},
                             .body = "<p>"});
  CHECK(parse_fixed_answer("{}") == FixedAnswer{});
  CHECK(parse_fixed_answer(R"({"body":{"error":"no"}})")->body == R"({"error":"no"})");
}

TEST_CASE("an answer that HTTP does not have is refused with its member", "[simulator]") {
  const auto [json, member] = GENERATE(
      table<const char*, const char*>({{"502", "not a JSON object"},
                                       {"", "not a JSON object"},
                                       {R"({"status":199})", "status"},
                                       {R"({"status":600})", "status"},
                                       {R"({"status":"502"})", "status"},
                                       {R"({"status":502.5})", "status"},
                                       {R"({"state":502})", "state: none of"},
                                       {R"({"type":7})", "type"},
                                       {R"({"type":"a\r\nb"})", "type"},
                                       {R"({"headers":[]})", "headers: not an object"},
                                       {R"({"headers":{"":"x"}})", "headers: ''"},
                                       {R"({"headers":{"A B":"x"}})", "headers: 'A B'"},
                                       {R"({"headers":{"A":7}})", "headers.A"},
                                       {R"({"headers":{"A":"x\r\nB: y"}})", "headers.A"}}));
  CAPTURE(json);

  const auto refused = parse_fixed_answer(json);

  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail.find(member) != std::string::npos);
}

TEST_CASE("an answer has at most 16 headers", "[simulator]") {
  const auto with = [](int count) {
    std::string headers;
    for (int i = 0; i < count; ++i)
      headers += (i ? ",\"H" : "\"H") + std::to_string(i) + "\":\"x\"";
    return parse_fixed_answer("{\"headers\":{" + headers + "}}");
  };

  CHECK(with(16)->headers.size() == 16);
  CHECK_FALSE(with(17));
}

TEST_CASE("a scalar of JSON is kept as it stands, all else is refused", "[simulator]") {
  for (const char* good : {"3599.5", "0", "-1", "1e30", "true", "null", R"("3600")"})
    CHECK(parse_json_scalar(good) == good);
  for (const char* bad : {"", "own", "[1]", "{}", "1 2", "nan", "'3600'"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_json_scalar(bad));
  }
}

TEST_CASE("any text is an answer or refused", "[simulator][property]") {
  REQUIRE(rc::check([](const std::string& text) {
    (void)parse_fixed_answer(text);
    (void)parse_json_scalar(text);
  }));
}

}  // namespace paceline::test
