#include "services/publisher/gate.h"

#include "tests/support/catch.h"
#include "tests/support/start.h"

#include <rapidcheck.h>

namespace paceline::test {
using namespace publisher;
namespace {

Gate closed_gate() {
  return Gate{{.node = "a", .boot = "boot-1", .incarnation = 5, .guard = 20ms}};
}

struct GrantOf {
  std::uint64_t term = 1;
  std::uint64_t sequence = 1;
  Duration life = 500ms;
  std::string node = "a";
  std::string boot = "boot-1";
  std::uint64_t incarnation = 1;
  std::uint64_t publisher = 5;
};

Grant grant(const GrantOf& of, Instant now = start) {
  Grant made;
  made.node = of.node;
  made.incarnation = of.incarnation;
  made.sequence = of.sequence;
  made.term = of.term;
  made.expires_ns = (now + of.life).time_since_epoch().count();
  made.boot = of.boot;
  made.publisher = of.publisher;
  return made;
}

}  // namespace

TEST_CASE("a gate is shut until a grant comes", "[publisher]") {
  const Gate gate = closed_gate();

  CHECK(!gate.may_send(start));
}

TEST_CASE("a grant opens the gate until the guard before it expires", "[publisher]") {
  Gate gate = closed_gate();

  CHECK(gate.receive(grant({.term = 7}), start) == Gate::Change::opened);

  CHECK(gate.may_send(start + 479ms));
  CHECK(!gate.may_send(start + 480ms));
  CHECK(gate.tick(start + 480ms) == Gate::Change::closed);
  CHECK(gate.term() == 7);
  CHECK(gate.stopped_term() == 0);  // It ran out; the same term may be renewed.
}

TEST_CASE("a grant of another node, another boot or no term never opens the gate", "[publisher]") {
  const auto foreign = GENERATE(values<GrantOf>({{.node = "b"},
                                                 {.boot = "boot-0"},
                                                 {.boot = ""},
                                                 {.term = 0},
                                                 {.life = 20ms},
                                                 {.life = -1s},
                                                 {.life = 2h}}));
  Gate gate = closed_gate();

  gate.receive(grant(foreign), start);

  CHECK(!gate.may_send(start));
}

TEST_CASE("a grant renewed under the same term keeps the gate open", "[publisher]") {
  Gate gate = closed_gate();
  gate.receive(grant({.term = 7, .sequence = 1}), start);

  const auto change = gate.receive(grant({.term = 7, .sequence = 2}, start + 400ms), start + 400ms);

  CHECK(change == Gate::Change::none);
  CHECK(gate.may_send(start + 800ms));
}

TEST_CASE("a grant overtaken by its revocation does not open the gate again", "[publisher]") {
  Gate gate = closed_gate();
  gate.receive(grant({.term = 7, .sequence = 1}), start);

  CHECK(gate.receive(grant({.term = 0, .sequence = 3}), start + 1ms) == Gate::Change::closed);

  CHECK(gate.stopped_term() == 7);
  gate.receive(grant({.term = 7, .sequence = 2}), start + 2ms);
  CHECK(!gate.may_send(start + 2ms));
  CHECK(gate.ignored() == 1);
}

TEST_CASE("a term that was taken back is over, whoever grants it", "[publisher]") {
  Gate gate = closed_gate();
  gate.receive(grant({.term = 7, .sequence = 1}), start);
  gate.receive(grant({.term = 0, .sequence = 2}), start + 1ms);

  gate.receive(grant({.term = 7, .sequence = 1, .incarnation = 2}), start + 2ms);

  CHECK(!gate.may_send(start + 2ms));
}

TEST_CASE("a grant for the publisher before us is not for us", "[publisher]") {
  Gate gate = closed_gate();

  gate.receive(grant({.term = 7, .sequence = 1, .publisher = 4}), start);
  CHECK(!gate.may_send(start));
  CHECK(gate.ignored() == 1);

  gate.receive(grant({.term = 7, .sequence = 2}), start);
  CHECK(gate.may_send(start));
}

TEST_CASE("a grant that ran out may be renewed after the elector's grace", "[publisher]") {
  Gate gate = closed_gate();
  gate.receive(grant({.term = 7, .sequence = 1}), start);
  gate.tick(start + 1s);
  gate.receive(grant({.term = 0, .sequence = 2}), start + 1s);

  const auto change =
      gate.receive(grant({.term = 7, .sequence = 3}, start + 1100ms), start + 1100ms);

  CHECK(change == Gate::Change::opened);
  CHECK(gate.stopped_term() == 0);
}

TEST_CASE("a higher term ends the one before", "[publisher]") {
  Gate gate = closed_gate();
  gate.receive(grant({.term = 7, .sequence = 1}), start);

  CHECK(gate.receive(grant({.term = 9, .sequence = 2}), start) == Gate::Change::opened);

  CHECK(gate.term() == 9);
  CHECK(gate.stopped_term() == 7);
}

TEST_CASE("a fenced gate opens for the fence's term or a higher one only", "[publisher]") {
  Gate gate = closed_gate();
  gate.receive(grant({.term = 7, .sequence = 1}), start);

  CHECK(gate.fence(12) == Gate::Change::closed);

  CHECK(gate.fenced_by() == 12);
  CHECK(gate.stopped_term() == 7);
  gate.receive(grant({.term = 7, .sequence = 2}), start);
  CHECK(!gate.may_send(start));
  gate.receive(grant({.term = 11, .sequence = 3}), start);
  CHECK(!gate.may_send(start));
  CHECK(gate.receive(grant({.term = 12, .sequence = 4}), start) == Gate::Change::opened);
  CHECK(gate.fenced_by() == 0);
}

TEST_CASE("an elector from a clock ahead is forgotten when it was silent for longer than any grant",
          "[publisher]") {
  Gate gate = closed_gate();
  gate.receive(grant({.term = 7, .sequence = 90, .incarnation = 1'000'000}), start);
  gate.tick(start + 1s);

  const GrantOf next{.term = 8, .sequence = 1, .incarnation = 3};
  gate.receive(grant(next, start + 60s), start + 60s);
  CHECK(!gate.may_send(start + 60s));
  CHECK(gate.ignored() == 1);

  const auto later = start + 60s + 1ms;
  CHECK(gate.receive(grant(next, later), later) == Gate::Change::opened);
  gate.receive(grant({.term = 8, .sequence = 1, .incarnation = 2}, later), later);
  CHECK(gate.ignored() == 2);  // From now on the order is that of the new one.
}

TEST_CASE("a forgotten elector's terms stay stopped", "[publisher]") {
  Gate gate = closed_gate();
  gate.receive(grant({.term = 7, .sequence = 1, .incarnation = 9}), start);
  gate.receive(grant({.term = 0, .sequence = 2, .incarnation = 9}), start);

  const auto later = start + 61s;
  gate.receive(grant({.term = 7, .sequence = 1, .incarnation = 3}, later), later);

  CHECK(!gate.may_send(later));
}

TEST_CASE("a term that somebody else uses is stopped", "[publisher]") {
  Gate gate = closed_gate();
  gate.receive(grant({.term = 7, .sequence = 1}), start);

  CHECK(gate.give_up_term("disputed") == Gate::Change::closed);

  CHECK(gate.stopped_term() == 7);
  CHECK(gate.fenced_by() == 0);
  gate.receive(grant({.term = 7, .sequence = 2}), start);
  CHECK(!gate.may_send(start));
  CHECK(gate.receive(grant({.term = 8, .sequence = 3}), start) == Gate::Change::opened);
}

TEST_CASE("a gate that was shut for good says its term is over", "[publisher]") {
  Gate gate = closed_gate();
  gate.receive(grant({.term = 7, .sequence = 1}), start);

  CHECK(gate.shut() == Gate::Change::closed);

  CHECK(gate.stopped_term() == 7);
  CHECK(!gate.is_over(start + 100ms));
  gate.receive(grant({.term = 8, .sequence = 2}), start);
  CHECK(!gate.may_send(start));
}

TEST_CASE("the last word is said only under a grant renewed since the stop", "[publisher]") {
  Gate gate = closed_gate();
  gate.receive(grant({.term = 7, .sequence = 1}), start);
  gate.shut();
  CHECK(!gate.may_send_last(start));

  gate.receive(grant({.term = 7, .sequence = 2}), start);
  CHECK(gate.may_send_last(start));

  gate.receive(grant({.term = 0, .sequence = 3}), start);
  CHECK(!gate.may_send_last(start));
  CHECK(gate.is_over(start));
}

// The gate against a reference that knows nothing but the rule: whatever grants come in whatever
// order, it is open only under one of ours that has not expired, and terms never fall.
TEST_CASE("no order of grants opens the gate without a good one", "[publisher][property]") {
  REQUIRE(rc::check([] {
    Gate gate = closed_gate();
    Instant now = start;
    std::vector<Grant> good;
    std::uint64_t last_term = 0;
    std::uint64_t stopped = 0;
    const int steps = *rc::gen::inRange(1, 60);
    for (int i = 0; i < steps; ++i) {
      now += std::chrono::milliseconds{*rc::gen::inRange(0, 200)};
      switch (*rc::gen::inRange(0, 8)) {
        case 0:
          gate.tick(now);
          break;
        case 1: {
          const auto by = gate.term() + *rc::gen::inRange<std::uint64_t>(1, 3);
          gate.fence(by);
          break;
        }
        default: {
          const GrantOf of{.term = *rc::gen::inRange<std::uint64_t>(0, 6),
                           .sequence = *rc::gen::inRange<std::uint64_t>(1, 40),
                           .life = std::chrono::milliseconds{*rc::gen::inRange(-200, 800)},
                           .node = *rc::gen::element<std::string>("a", "a", "a", "b"),
                           .boot = *rc::gen::element<std::string>("boot-1", "boot-1", "boot-2"),
                           .incarnation = *rc::gen::inRange<std::uint64_t>(1, 3)};
          const Grant heard = grant(of, now);
          if (of.node == "a" && of.boot == "boot-1" && of.term > 0) good.push_back(heard);
          gate.receive(heard, now);
        }
      }
      const bool covered = std::any_of(good.begin(), good.end(), [&](const Grant& g) {
        return g.term == gate.term() && now + 20ms < Instant{Duration{g.expires_ns}};
      });
      if (gate.may_send(now)) {
        RC_ASSERT(covered);
        RC_ASSERT(gate.term() >= last_term);
        RC_ASSERT(gate.term() > gate.stopped_term());
        RC_ASSERT(gate.fenced_by() == 0);
        last_term = gate.term();
      }
      RC_ASSERT(gate.stopped_term() >= stopped);
      stopped = gate.stopped_term();
    }
  }));
}

TEST_CASE("no grant is longer than a minute", "[publisher]") {
  Gate minute = closed_gate();
  Gate longer = closed_gate();

  CHECK(minute.receive(grant({.life = 60s}), start) == Gate::Change::opened);
  CHECK(longer.receive(grant({.life = 60s + 1ns}), start) == Gate::Change::none);
  CHECK(longer.ignored() == 1);
}

TEST_CASE("a grant that is over when it comes closes a gate that was open", "[publisher]") {
  Gate gate = closed_gate();
  CHECK(gate.why() == "no grant yet");
  gate.receive(grant({.term = 7, .sequence = 1}), start);
  REQUIRE(gate.open());

  CHECK(gate.receive(grant({.term = 7, .sequence = 2, .life = 20ms}), start) ==
        Gate::Change::closed);

  CHECK(!gate.open());
  CHECK(gate.why() == "the grant had expired when it came");
  CHECK(gate.receive(grant({.term = 7, .sequence = 3, .life = 20ms}), start) == Gate::Change::none);
  CHECK(gate.receive(grant({.term = 7, .sequence = 4, .life = 20ms + 1ns}), start) ==
        Gate::Change::opened);
  CHECK(gate.closes_at() == start + 1ns);
}

TEST_CASE("a grant that is refused ends the one before", "[publisher]") {
  const auto [refused, why] = GENERATE(table<GrantOf, std::string>(
      {{{.term = 6, .sequence = 2}, "granted a lower term"},
       {{.term = 7, .sequence = 2, .life = 2min}, "granted for longer than any lease"}}));
  Gate gate = closed_gate();
  gate.receive(grant({.term = 7, .sequence = 1}), start);

  CHECK(gate.receive(grant(refused), start) == Gate::Change::closed);

  CHECK(gate.why() == why);
  CHECK(gate.is_over(start));
  CHECK(gate.ignored() == 1);
  CHECK(gate.term() == 7);
}

TEST_CASE("a gate says why it closed", "[publisher]") {
  const auto why = [](auto close) {
    Gate gate = closed_gate();
    gate.receive(grant({.term = 7, .sequence = 1}), start);
    close(gate);
    close(gate);  // Once more changes nothing: it is closed.
    return gate.why();
  };
  const auto taken_back = [](const std::string& because) {
    return [because](Gate& gate) {
      Grant none = grant({.term = 0, .sequence = 2});
      none.why = because;
      gate.receive(none, start);
    };
  };

  CHECK(why(taken_back("")) == "revoked");
  CHECK(why(taken_back("not master")) == "revoked: not master");
  CHECK(why([](Gate& gate) { gate.tick(start + 1s); }) == "the grant ran out");
  CHECK(why([](Gate& gate) { gate.fence(9); }) == "fenced by term 9");
  CHECK(why([](Gate& gate) { gate.shut(); }) == "asked to stop");
  CHECK(why([](Gate& gate) { gate.give_up_term("disputed"); }) == "disputed");
}

TEST_CASE("a lower fence takes nothing back", "[publisher]") {
  Gate gate = closed_gate();
  gate.receive(grant({.term = 7, .sequence = 1}), start);
  gate.fence(12);

  gate.fence(9);

  CHECK(gate.fenced_by() == 12);
  gate.receive(grant({.term = 11, .sequence = 2}), start);
  CHECK(gate.ignored() == 1);
}

TEST_CASE("a gate that is shut waits for its own term only", "[publisher]") {
  Gate gate = closed_gate();
  gate.receive(grant({.term = 7, .sequence = 1}), start);
  gate.shut();
  CHECK(gate.shut() == Gate::Change::none);

  gate.receive(grant({.term = 8, .sequence = 2}), start);

  CHECK(gate.is_over(start));
  CHECK(!gate.may_send_last(start));
  CHECK(gate.stopped_term() == 7);
}

TEST_CASE("a grant that does not count lets time pass", "[publisher]") {
  Gate gate = closed_gate();
  gate.receive(grant({.term = 7, .sequence = 1}), start);

  CHECK(gate.receive(grant({.node = "b"}), start + 400ms) == Gate::Change::none);
  CHECK(gate.receive(grant({.node = "b"}), start + 480ms) == Gate::Change::closed);
}

}  // namespace paceline::test
