#include "services/publisher/cycle.h"

#include "tests/support/catch.h"
#include "tests/support/start.h"

#include <rapidcheck.h>

namespace paceline::test {
using namespace publisher;
namespace {}  // namespace

TEST_CASE("a cycle keeps its rhythm", "[publisher]") {
  Cycle cycle{2s, 0s};
  cycle.start(start);

  cycle.sent(start);
  CHECK(!cycle.due(start + 1999ms));
  cycle.sent(start + 2010ms);

  CHECK(cycle.next(start + 2010ms) == start + 4s);
  CHECK(cycle.skipped() == 0);
}

TEST_CASE("late cycles become one publication and are counted", "[publisher]") {
  Cycle cycle{2s, 0s};
  cycle.start(start);

  cycle.sent(start + 7s);

  CHECK(cycle.next(start + 7s) == start + 8s);
  CHECK(cycle.skipped() == 3);
  CHECK(cycle.cycles() == 1);
}

TEST_CASE("a retry counts the cycles it lets pass", "[publisher]") {
  Cycle cycle{2s, 0s};
  cycle.start(start);
  cycle.sent(start);

  cycle.retry_at(start + 9s);

  CHECK(cycle.skipped() == 3);
  CHECK(!cycle.due(start + 8s));
  CHECK(cycle.due(start + 9s));
}

TEST_CASE("cycles are sent or skipped and never lost", "[publisher][property]") {
  REQUIRE(rc::check([] {
    Cycle cycle{1s, 0s};
    cycle.start(start);
    Instant now = start;
    for (int i = 0; i < 30; ++i) {
      now = std::max(now, cycle.next(now)) + std::chrono::milliseconds{*rc::gen::inRange(0, 3000)};
      cycle.sent(now);
      RC_ASSERT(cycle.next(now) > now);
    }
    const auto cycles = static_cast<std::uint64_t>((cycle.next(now) - start) / 1s);
    RC_ASSERT(cycle.cycles() + cycle.skipped() == cycles);
  }));
}

TEST_CASE("what cannot wait goes out between two cycles, and the next cycle stays", "[publisher]") {
  Cycle cycle{2s, 300ms};
  cycle.start(start);
  cycle.sent(start);
  cycle.answered(start + 40ms, 40ms);
  CHECK(cycle.next(start + 50ms) == start + 2s);

  cycle.request_prompt();
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
  cycle.request_prompt();

  cycle.answered(start + 500ms, 500ms);

  CHECK(!cycle.prompt_due(start + 999ms));
  CHECK(cycle.prompt_due(start + 1s));
}

TEST_CASE("nothing goes out that would be answered after the next cycle", "[publisher]") {
  Cycle cycle{2s, 300ms};
  cycle.start(start);
  cycle.sent(start);
  cycle.answered(start + 400ms, 400ms);
  cycle.request_prompt();

  CHECK(cycle.prompt_due(start + 1600ms));
  CHECK(!cycle.prompt_due(start + 1601ms));
  CHECK(cycle.next(start + 1601ms) == start + 2s);
}

TEST_CASE("after a failure nothing is urgent any more, and a rest is kept", "[publisher]") {
  Cycle cycle{2s, 300ms};
  cycle.start(start);
  cycle.sent(start);
  cycle.request_prompt();
  cycle.retry_at(start + 5s);
  CHECK(!cycle.prompt_due(start + 1s));

  cycle.sent(start + 5s);
  cycle.suspend_prompts(start + 1min);
  cycle.request_prompt();
  CHECK(cycle.next(start + 6s) == start + 7s);
}

TEST_CASE("without a gap there are no prompt publications", "[publisher]") {
  Cycle cycle{2s, 0s};
  cycle.start(start);
  cycle.sent(start);

  cycle.request_prompt();

  CHECK(!cycle.prompt_due(start + 1s));
}

TEST_CASE("two prompt publications have the gap between them", "[publisher]") {
  Cycle cycle{2s, 300ms};
  cycle.start(start);
  cycle.sent(start);
  cycle.request_prompt();
  cycle.sent_prompt(start + 500ms);

  cycle.request_prompt();

  CHECK(cycle.next(start + 500ms) == start + 800ms);
  CHECK(!cycle.prompt_due(start + 799ms));
  CHECK(cycle.prompt_due(start + 800ms));
}

TEST_CASE("a suspension outlasts a publication and its answer", "[publisher]") {
  Cycle cycle{2s, 300ms};
  cycle.start(start);
  cycle.sent(start);
  cycle.suspend_prompts(start + 10s);

  cycle.sent(start + 2s);
  cycle.answered(start + 2100ms, 100ms);
  cycle.request_prompt();

  CHECK(!cycle.prompt_due(start + 3s));
  CHECK(cycle.next(start + 3s) == start + 4s);
}

TEST_CASE("a new term is due at once and forgets what could not wait", "[publisher]") {
  Cycle cycle{2s, 300ms};
  cycle.start(start);
  cycle.sent(start);
  cycle.request_prompt();

  cycle.start(start + 1s);

  CHECK(cycle.due(start + 1s));
  CHECK(!cycle.prompt_due(start + 1s));
  cycle.sent(start + 1s);
  CHECK(cycle.next(start + 1s) == start + 3s);
}

TEST_CASE("a retry before the next cycle lets none pass", "[publisher]") {
  Cycle cycle{2s, 0s};
  cycle.start(start);
  cycle.sent(start + 5s);
  REQUIRE(cycle.skipped() == 2);
  REQUIRE(cycle.next(start + 5s) == start + 6s);

  cycle.retry_at(start + 1s);

  CHECK(cycle.skipped() == 2);
  CHECK(cycle.next(start + 1s) == start + 1s);
}

TEST_CASE("what could not wait has gone out with the next cycle", "[publisher]") {
  Cycle cycle{2s, 300ms};
  cycle.start(start);
  cycle.sent(start);
  cycle.request_prompt();

  cycle.sent(start + 2s);

  CHECK(!cycle.prompt_due(start + 3s));
  CHECK(cycle.next(start + 3s) == start + 4s);
  CHECK(cycle.cycles() == 2);
}

}  // namespace paceline::test
