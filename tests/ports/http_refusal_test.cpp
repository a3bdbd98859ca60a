#include "common/ports/http_refusal.h"

#include "tests/support/catch.h"

namespace paceline::test {
namespace {

std::string said(int status, HttpHeaders headers, std::string body) {
  HttpAnswer answer;
  answer.status = status;
  answer.headers = std::move(headers);
  answer.body = std::move(body);
  return http_refusal(answer, "https://a.test/b?key=secret");
}

}  // namespace

TEST_CASE("a refusal says status, address and what the body says, in one sentence", "[ports]") {
  CHECK(said(403, {}, "No right to publish. Ask your admin.") ==
        "HTTP status 403 at https://a.test/b: No right to publish");
  CHECK(said(400, {}, R"({"error":"invalid_scope","error_description":"no such scope"})") ==
        "HTTP status 400 at https://a.test/b: invalid_scope: no such scope");
  CHECK(said(400, {}, "{\n \"code\": 7,\n \"message\": \"bad\\u0007 name\"\n}") ==
        "HTTP status 400 at https://a.test/b: bad? name");
  CHECK(said(422, {}, R"({"title":"Not valid","detail":"target x","error":{"a":1}})") ==
        "HTTP status 422 at https://a.test/b: target x");
  CHECK(said(418, {}, "{\n  \"a\": [\n    1\n  ]\n}") ==
        "HTTP status 418 at https://a.test/b: { \"a\": [ 1 ] }");
  CHECK(said(500, {}, "") == "HTTP status 500 at https://a.test/b");
}

TEST_CASE("a page for people, a redirect and a proxy are named as such", "[ports]") {
  CHECK(said(502, {{"content-type", "text/html; charset=utf-8"}}, "<html>...") ==
        "HTTP status 502 at https://a.test/b: answered text/html");
  CHECK(said(302, {{"location", "https://login.test/\x1b[2J?code=secret"}}, "<html>") ==
        "HTTP status 302 at https://a.test/b, redirected to https://login.test/?[2J, not followed");
  CHECK(said(407, {}, "") == "HTTP status 407 at https://a.test/b, said by the proxy");
}

TEST_CASE("what a refusal shows is bounded", "[ports]") {
  CHECK(said(500, {}, std::string(100'000, 'x')).size() < 300);
  CHECK(said(302, {{"location", std::string(10'000, 'x')}}, "").size() <= 1024);
  CHECK(said(500, {{"content-type", "html" + std::string(10'000, 'x')}}, "").size() <= 1024);
}

}  // namespace paceline::test
