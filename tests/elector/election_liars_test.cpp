#include "tests/support/catch.h"
// The rest after Catch: its CHECK is the one we mean.
#include "tests/elector/election_fixture.h"

namespace paceline::test {

TEST_CASE("with a witness's key a release in another's name changes nothing", "[elector]") {
  Fixture fixture;
  fixture.quiet_over();
  fixture.hear("b", Kind::heartbeat, term_of(1, 2));

  fixture.hear_from("w", fixture.message("b", Kind::release, term_of(1, 2)));

  CHECK(fixture.outcome.refused == Refusal::forged_sender);
  CHECK(fixture.outcome.messages.empty());
  CHECK(fixture.a.master() == "b");
  CHECK(fixture.refusal_of("w") == "locked for another");
}

TEST_CASE("a witness that says absurd terms for ever cannot stop an election", "[elector]") {
  Fixture fixture;
  const auto lie = [&](Kind kind) {
    fixture.hear("w", kind, (largest_term & ~std::uint64_t{0xff}) | 3);
  };
  fixture.quiet_over();
  for (int i = 0; i < 2000; ++i) {  // Six minutes and more: what is known has run far ahead.
    fixture.now += 200ms;
    for (const Kind kind : {Kind::presence, Kind::heartbeat, Kind::vote_request}) lie(kind);
    CHECK(fixture.outcome.refused != Refusal::none);
    fixture.hear("b", Kind::heartbeat, term_of(1, 2));
  }
  CHECK(fixture.a.term() == term_of(1, 2));
  CHECK(fixture.a.role() == Role::follower);

  fixture.become_master();

  CHECK(counter_of(fixture.a.term()) <= 1 + most_taken);  // A peer that heard no lie takes part.
}

TEST_CASE("a voter that always claims a higher term deposes a master seldom", "[elector]") {
  Fixture fixture;
  fixture.become_master();
  fixture.hear("w", Kind::acknowledge, fixture.a.term() + 256);
  CHECK(fixture.a.role() == Role::follower);
  fixture.become_master();

  fixture.hear("w", Kind::acknowledge, fixture.a.term() + 256);

  CHECK(fixture.a.role() == Role::master);
}

TEST_CASE("a node whose terms have run out is no candidate", "[elector]") {
  Fixture fixture{{.term = largest_term, .incarnation = 1}};

  fixture.pass(5s);

  CHECK(fixture.a.role() == Role::observer);
  CHECK(fixture.a.term() == largest_term);
}

}  // namespace paceline::test
