// Tests of what decides when to send: patience, token, cycle.
#include "tests/support/catch.h"

#include <rapidcheck.h>

#include "common/ports/token.h"
#include "services/publisher/cycle.h"

namespace paceline::test {
using namespace publisher;
namespace {

constexpr Instant start{1000s};

Token token_with_life(std::int64_t life_s) {
  Token token{Token::Policy{}};
  token.fetching(start);
  token.fetched({"first", life_s});
  return token;
}

}  // namespace

TEST_CASE("the first token is wanted at once, and one at a time", "[publisher]") {
  Token token{Token::Policy{}};
  CHECK(token.wants_fetch(start));

  token.fetching(start);

  CHECK(!token.wants_fetch(start + 1h));
  CHECK(!token.next());
}

TEST_CASE("a token is renewed at 80 percent of its life and used until its end", "[publisher]") {
  const Token token = token_with_life(1000);

  CHECK(!token.wants_fetch(start + 799s));
  CHECK(token.wants_fetch(start + 800s));
  CHECK(token.usable(start + 999s));
  CHECK(!token.usable(start + 1000s));
}

TEST_CASE("a token refused is fetched anew at once, then with back-off", "[publisher]") {
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

TEST_CASE("a refusal of a token that was replaced meanwhile changes nothing", "[publisher]") {
  Token token = token_with_life(1000);

  token.refused(start + 1s, "older", 0.5);

  CHECK(token.usable(start + 1s));
}

TEST_CASE("the token endpoint is left alone for as long as it asks", "[publisher]") {
  Token token{Token::Policy{}};
  token.fetching(start);

  token.failed(start, 30s, 0.0);

  CHECK(!token.wants_fetch(start + 29s));
  CHECK(token.wants_fetch(start + 30s));
}

TEST_CASE("a token goes on being used while a new one cannot be had", "[publisher]") {
  Token token = token_with_life(1000);
  token.fetching(start + 800s);

  token.failed(start + 801s, std::nullopt, 0.9);

  CHECK(token.usable(start + 900s));
  CHECK(token.text() == "first");
}

TEST_CASE("client credentials are encoded as RFC 6749 and 7617 have them", "[publisher]") {
  CHECK(basic_authorization("Aladdin", "open sesame") == "Basic QWxhZGRpbjpvcGVuJTIwc2VzYW1l");
  CHECK(basic_authorization("a", "b") == "Basic YTpi");
}

TEST_CASE("a cycle keeps its rhythm", "[publisher]") {
  Cycle cycle{2s, 0s};
  cycle.start(start);

  cycle.sent(start);
  CHECK(!cycle.due(start + 1999ms));
  cycle.sent(start + 2010ms);

  CHECK(cycle.next(start + 2010ms) == start + 4s);
  CHECK(cycle.skipped() == 0);
}

TEST_CASE("late beats become one publication and are counted", "[publisher]") {
  Cycle cycle{2s, 0s};
  cycle.start(start);

  cycle.sent(start + 7s);

  CHECK(cycle.next(start + 7s) == start + 8s);
  CHECK(cycle.skipped() == 3);
  CHECK(cycle.cycles() == 1);
}

TEST_CASE("a retry counts the beats it lets pass", "[publisher]") {
  Cycle cycle{2s, 0s};
  cycle.start(start);
  cycle.sent(start);

  cycle.retry_at(start + 9s);

  CHECK(cycle.skipped() == 3);
  CHECK(!cycle.due(start + 8s));
  CHECK(cycle.due(start + 9s));
}

TEST_CASE("beats are sent or skipped and never lost", "[publisher][property]") {
  REQUIRE(rc::check([] {
    Cycle cycle{1s, 0s};
    cycle.start(start);
    Instant now = start;
    for (int i = 0; i < 30; ++i) {
      now = std::max(now, cycle.next(now)) + std::chrono::milliseconds{*rc::gen::inRange(0, 3000)};
      cycle.sent(now);
      RC_ASSERT(cycle.next(now) > now);
    }
    const auto beats = static_cast<std::uint64_t>((cycle.next(now) - start) / 1s);
    RC_ASSERT(cycle.cycles() + cycle.skipped() == beats);
  }));
}

TEST_CASE("what cannot wait goes out between two beats, and the beat stays", "[publisher]") {
  Cycle cycle{2s, 300ms};
  cycle.start(start);
  cycle.sent(start);
  cycle.answered(start + 40ms, 40ms);
  CHECK(cycle.next(start + 50ms) == start + 2s);

  cycle.urge();
  CHECK(!cycle.prompt_due(start + 299ms));
  CHECK(cycle.next(start + 50ms) == start + 300ms);
  CHECK(cycle.prompt_due(start + 300ms));
  cycle.sent_prompt(start + 310ms);

  CHECK(!cycle.prompt_due(start + 1s));
  CHECK(cycle.next(start + 1s) == start + 2s);
  CHECK(cycle.cycles() == 1);
  CHECK(cycle.prompts() == 1);
}

TEST_CASE("a slow way is left idle as long as it was busy", "[publisher]") {
  Cycle cycle{2s, 300ms};
  cycle.start(start);
  cycle.sent(start);
  cycle.urge();

  cycle.answered(start + 500ms, 500ms);

  CHECK(!cycle.prompt_due(start + 999ms));
  CHECK(cycle.prompt_due(start + 1s));
}

TEST_CASE("nothing goes out that would be answered after the next beat", "[publisher]") {
  Cycle cycle{2s, 300ms};
  cycle.start(start);
  cycle.sent(start);
  cycle.answered(start + 400ms, 400ms);
  cycle.urge();

  CHECK(cycle.prompt_due(start + 1600ms));
  CHECK(!cycle.prompt_due(start + 1601ms));
  CHECK(cycle.next(start + 1601ms) == start + 2s);
}

TEST_CASE("after a failure nothing is urgent any more, and a rest is kept", "[publisher]") {
  Cycle cycle{2s, 300ms};
  cycle.start(start);
  cycle.sent(start);
  cycle.urge();
  cycle.retry_at(start + 5s);
  CHECK(!cycle.prompt_due(start + 1s));

  cycle.sent(start + 5s);
  cycle.rest_prompts(start + 1min);
  cycle.urge();
  CHECK(cycle.next(start + 6s) == start + 7s);
}

TEST_CASE("without a gap there are no prompt publications", "[publisher]") {
  Cycle cycle{2s, 0s};
  cycle.start(start);
  cycle.sent(start);

  cycle.urge();

  CHECK(!cycle.prompt_due(start + 1s));
}

}  // namespace paceline::test
