#include "common/ports/token.h"

#include "tests/support/catch.h"
#include "tests/support/start.h"

namespace paceline::test {
namespace {

Token token_with_life(std::int64_t life_s) {
  Token token{Token::Policy{}};
  token.fetching(start);
  token.fetched({"first", life_s});
  return token;
}

}  // namespace

TEST_CASE("the first token is wanted at once, and one at a time", "[ports]") {
  Token token{Token::Policy{}};
  CHECK(token.wants_fetch(start));

  token.fetching(start);

  CHECK(!token.wants_fetch(start + 1h));
  CHECK(!token.next());
}

TEST_CASE("a token is renewed at 80 percent of its life and used until its end", "[ports]") {
  const Token token = token_with_life(1000);

  CHECK(!token.wants_fetch(start + 799s));
  CHECK(token.wants_fetch(start + 800s));
  CHECK(token.usable(start + 999s));
  CHECK(!token.usable(start + 1000s));
}

TEST_CASE("a token whose service gives it a second is used for ten and then renewed", "[ports]") {
  const Token token = token_with_life(1);

  CHECK(!token.wants_fetch(start + 7s));
  CHECK(token.wants_fetch(start + 8s));
  CHECK(token.usable(start + 9s));
  CHECK(!token.usable(start + 10s));
}

TEST_CASE("a token refused is fetched anew at once, then with back-off", "[ports]") {
  Token token = token_with_life(1000);

  token.refused(start + 1s, "first", 0.5);
  CHECK(!token.usable(start + 1s));
  CHECK(token.wants_fetch(start + 1s));

  token.fetching(start + 1s);
  token.fetched({"second", 1000});
  token.refused(start + 2s, "second", 0.5);
  CHECK(!token.wants_fetch(start + 2s));
  CHECK(token.wants_fetch(start + 3s));
}

TEST_CASE("a refusal of a token that was replaced meanwhile changes nothing", "[ports]") {
  Token token = token_with_life(1000);

  token.refused(start + 1s, "older", 0.5);

  CHECK(token.usable(start + 1s));
}

TEST_CASE("the token endpoint is left alone for as long as it asks", "[ports]") {
  Token token{Token::Policy{}};
  token.fetching(start);

  token.failed(start, 30s, 0.0);

  CHECK(!token.wants_fetch(start + 29s));
  CHECK(token.wants_fetch(start + 30s));
}

TEST_CASE("a token goes on being used while a new one cannot be had", "[ports]") {
  Token token = token_with_life(1000);
  token.fetching(start + 800s);

  token.failed(start + 801s, std::nullopt, 0.9);

  CHECK(token.usable(start + 900s));
  CHECK(token.text() == "first");
}

TEST_CASE("client credentials are encoded as RFC 6749 and 7617 have them", "[ports]") {
  CHECK(basic_authorization("Aladdin", "open sesame") == "Basic QWxhZGRpbjpvcGVuJTIwc2VzYW1l");
  CHECK(basic_authorization("a", "b") == "Basic YTpi");
}

}  // namespace paceline::test
