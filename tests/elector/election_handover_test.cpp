#include "tests/support/catch.h"
// The rest after Catch: its CHECK is the one we mean.
#include "tests/elector/election_fixture.h"

namespace paceline::test {

TEST_CASE("a planned hand-over waits for the publisher, then releases", "[elector]") {
  Fixture fixture;
  fixture.become_master();
  fixture.hear("b", Kind::presence, 0);
  auto draining = fixture.a.hand_over("b", "test", fixture.now);
  REQUIRE(draining);
  fixture.take(*std::move(draining));
  REQUIRE(fixture.a.role() == Role::draining);
  CHECK(fixture.said(Kind::release) == nullptr);
  REQUIRE(fixture.outcome.grant);
  CHECK(fixture.outcome.grant->term == 0);

  fixture.fit({.tier = Tier::fit, .stopped_term = fixture.a.term()});

  REQUIRE(fixture.said(Kind::release) != nullptr);
  CHECK(fixture.said(Kind::release)->target == "b");
  CHECK(fixture.a.role() == Role::follower);
}

TEST_CASE("a hand-over to nobody, a stranger or a witness is refused", "[elector]") {
  Fixture fixture;
  fixture.become_master();

  CHECK(fixture.a.hand_over("", "test", fixture.now).error().code == Errc::unavailable);
  CHECK(fixture.a.hand_over("x", "test", fixture.now).error().code == Errc::not_found);
  CHECK(fixture.a.hand_over("w", "test", fixture.now).error().code == Errc::unavailable);
  CHECK(fixture.a.hand_over("a", "test", fixture.now).error().code == Errc::refused);
  CHECK(fixture.a.role() == Role::master);
}

TEST_CASE("the death of the publisher releases at once", "[elector]") {
  Fixture fixture;
  fixture.become_master();

  fixture.take(fixture.a.publisher_died(fixture.now));

  CHECK(fixture.said(Kind::release) != nullptr);
  CHECK(fixture.a.role() == Role::observer);
}

TEST_CASE("a publisher that falls silent keeps its term until its grant is over", "[elector]") {
  Fixture fixture;
  fixture.become_master();
  const Instant until = fixture.a.lease_until();

  fixture.fit({.tier = Tier::no_publisher});
  CHECK(fixture.said(Kind::release) == nullptr);
  CHECK(fixture.outcome.wake <= until);
  while (fixture.now < until && fixture.a.role() == Role::draining) {
    fixture.now = fixture.outcome.wake;  // Whenever it asks for, and at no other time.
    fixture.tick();
  }

  CHECK(fixture.now == until);
  CHECK(fixture.said(Kind::release) != nullptr);
}

TEST_CASE("a fenced master steps down and stands above the fence next time", "[elector]") {
  Fixture fixture;
  fixture.become_master();
  const auto fence = std::uint64_t{40 << 8 | 2};
  fixture.fit({.tier = Tier::fit, .stopped_term = fixture.a.term(), .fenced_by = fence});
  REQUIRE(fixture.a.role() == Role::follower);

  fixture.become_master();

  CHECK(fixture.a.term() > fence);
}

TEST_CASE("a fence that nobody can have reached is not taken", "[elector]") {
  Fixture fixture;
  fixture.become_master();
  const auto term = fixture.a.term();

  for (const auto fence : {term + ((most_elections_apart + 1) << 8), ~std::uint64_t{0}})
    fixture.fit({.tier = Tier::fit, .fenced_by = fence});

  CHECK(fixture.a.role() == Role::master);
  CHECK(fixture.a.term() == term);
}

TEST_CASE("a far fence is reached in bounded steps, and forgotten if it was a lie", "[elector]") {
  Fixture fixture;
  fixture.become_master();
  const auto term = fixture.a.term();
  fixture.fit({.tier = Tier::fit, .stopped_term = term, .fenced_by = term + (1ull << 38)});
  REQUIRE(fixture.a.role() == Role::follower);

  fixture.become_master();
  CHECK(counter_of(fixture.a.term()) == counter_of(term) + most_taken);
  const auto second = fixture.a.term();
  fixture.fit({.tier = Tier::fit, .stopped_term = second, .fenced_by = second + 256});
  fixture.become_master();

  CHECK(counter_of(fixture.a.term()) == counter_of(second) + 2);
}

TEST_CASE("a master whose term another cluster uses releases it at once", "[elector]") {
  Fixture fixture;
  fixture.become_master();
  const auto term = fixture.a.term();

  fixture.fit({.tier = Tier::cannot_publish, .stopped_term = term, .disputed_term = term});

  CHECK(fixture.a.role() != Role::master);
  REQUIRE(fixture.said(Kind::release) != nullptr);
  CHECK(fixture.said(Kind::release)->why == "another cluster publishes under this name");
  CHECK(fixture.a.penalty(fixture.now) == 1000);
}

TEST_CASE("a term of long ago that was disputed moves nobody", "[elector]") {
  Fixture fixture;
  fixture.become_master();

  fixture.fit({.tier = Tier::fit, .disputed_term = fixture.a.term() - 256});
  fixture.fit({.tier = Tier::fit, .disputed_term = fixture.a.term() + 256});

  CHECK(fixture.a.role() == Role::master);
}

TEST_CASE("who has released lets the next one go first", "[elector]") {
  Fixture fixture;
  fixture.become_master();
  fixture.hear("b", Kind::presence, 0);
  fixture.take(*fixture.a.hand_over("b", "test", fixture.now));

  fixture.fit({.tier = Tier::fit, .stopped_term = fixture.a.term()});

  REQUIRE(fixture.said(Kind::release) != nullptr);
  const Instant released = fixture.now;
  fixture.now = released + fixture.policy.stagger * 3 - 1ns;
  CHECK(fixture.refusal_of("w") == "locked for another");
  CHECK(fixture.refusal_of("b") == "");
  fixture.now = released + fixture.policy.stagger * 3;
  CHECK(fixture.refusal_of("w") == "");
}

TEST_CASE("who has released is no candidate for a lock and half a second", "[elector]") {
  Fixture fixture;
  fixture.become_master();
  fixture.hear("b", Kind::presence, 0);
  fixture.take(*fixture.a.hand_over("b", "test", fixture.now));
  fixture.fit({.tier = Tier::fit, .stopped_term = fixture.a.term()});
  const Instant released = fixture.now;

  while (fixture.a.role() != Role::candidate) fixture.pass(1ms, 1ms);

  CHECK(fixture.now - released >= fixture.policy.lock() + 500ms);
  CHECK(fixture.now - released < fixture.policy.lock() + 500ms + fixture.policy.stagger * 3);
}

TEST_CASE("a publisher that stops by itself moves mastership, if somebody can take it",
          "[elector]") {
  Fixture fixture;
  fixture.become_master();
  const PublisherState stopped{.tier = Tier::fit, .stopped_term = fixture.a.term()};

  fixture.fit(stopped);
  CHECK(fixture.a.role() == Role::master);
  fixture.hear("b", Kind::presence, 0);
  fixture.fit({.tier = Tier::fit, .stopped_term = fixture.a.term() - 1});
  CHECK(fixture.a.role() == Role::master);
  fixture.fit(stopped);

  REQUIRE(fixture.said(Kind::release) != nullptr);
  CHECK(fixture.said(Kind::release)->target == "b");
  CHECK(fixture.said(Kind::release)->why == "the publisher stops");
  CHECK(fixture.a.role() == Role::follower);
  CHECK(fixture.a.penalty(fixture.now) == 0);
}

TEST_CASE("a fence below or at our term is none", "[elector]") {
  Fixture fixture;
  fixture.become_master();

  fixture.fit({.tier = Tier::fit, .fenced_by = fixture.a.term()});

  CHECK(fixture.a.role() == Role::master);
}

TEST_CASE("every unplanned loss damps, a planned one does not", "[elector]") {
  Fixture fixture;
  fixture.become_master();

  SECTION("fenced") {
    fixture.fit({.tier = Tier::fit, .fenced_by = term_of(50, 2)});
    CHECK(fixture.a.penalty(fixture.now) == 1000);
  }
  SECTION("silent") {
    fixture.fit({.tier = Tier::no_publisher});
    CHECK(fixture.a.penalty(fixture.now) == 1000);
  }
  SECTION("dead") {
    fixture.take(fixture.a.publisher_died(fixture.now));
    CHECK(fixture.a.penalty(fixture.now) == 1000);
  }
  SECTION("planned") {
    fixture.take(fixture.a.stop(fixture.now));
    REQUIRE(fixture.a.role() == Role::draining);
    CHECK(fixture.a.penalty(fixture.now) == 0);
  }
}

TEST_CASE("a publisher that dies while its term is given back ends the wait", "[elector]") {
  Fixture fixture;
  fixture.become_master();
  fixture.take(fixture.a.stop(fixture.now));
  REQUIRE(fixture.a.role() == Role::draining);

  fixture.take(fixture.a.publisher_died(fixture.now));

  CHECK(fixture.said(Kind::release) != nullptr);
  CHECK(fixture.a.penalty(fixture.now) == 0);
}

TEST_CASE("a stop names the fittest, and means nothing to a follower", "[elector]") {
  Fixture fixture;
  fixture.quiet_over();
  fixture.take(fixture.a.stop(fixture.now));
  CHECK(fixture.a.role() == Role::follower);
  fixture.become_master();
  fixture.hear("b", Kind::presence, 0);

  fixture.take(fixture.a.stop(fixture.now));
  fixture.fit({.tier = Tier::fit, .stopped_term = fixture.a.term()});

  REQUIRE(fixture.said(Kind::release) != nullptr);
  CHECK(fixture.said(Kind::release)->target == "b");
  CHECK(fixture.said(Kind::release)->why == "this elector stops");
}

TEST_CASE("a release is of a term whose lease is over", "[elector]") {
  Fixture fixture;
  fixture.become_master();

  fixture.take(fixture.a.publisher_died(fixture.now));

  CHECK(fixture.a.lease_until() <= fixture.now);
  CHECK(fixture.a.master() == "");
  REQUIRE(fixture.outcome.grant);
  CHECK(fixture.outcome.grant->term == 0);
}

TEST_CASE("a follower passes a wish for another master on to the master", "[elector]") {
  Fixture fixture;
  fixture.quiet_over();
  CHECK(fixture.a.hand_over("a", "test", fixture.now).error().code == Errc::unavailable);
  fixture.hear("b", Kind::heartbeat, term_of(1, 2));

  auto passed = fixture.a.hand_over("a", "test", fixture.now);
  REQUIRE(passed);
  fixture.take(*std::move(passed));

  REQUIRE(fixture.said(Kind::hand_over) != nullptr);
  CHECK(fixture.said(Kind::hand_over)->to == "b");
  CHECK(fixture.said(Kind::hand_over)->target == "a");
  CHECK(fixture.said(Kind::hand_over)->why == "test");
  fixture.now += fixture.policy.lock();
  CHECK(fixture.a.hand_over("a", "test", fixture.now).error().code == Errc::unavailable);
}

namespace {

// b speaks every heartbeat, as a node of that tier; returns how long until `done`.
template <class Done>
Duration until(Fixture& fixture, Tier tier, Kind kind, Duration limit, Done done) {
  const Instant from = fixture.now;
  while (fixture.now - from < limit) {
    auto says = fixture.message("b", kind, kind == Kind::heartbeat ? term_of(1, 2) : 0);
    says.tier = static_cast<int>(tier);
    fixture.hear(says);
    if (done()) break;
    for (int i = 0; i < 20; ++i) {
      fixture.pass(10ms);
      if (const auto* asked = fixture.said(Kind::heartbeat)) fixture.acknowledge(*asked);
      if (done()) return fixture.now - from;
    }
  }
  return fixture.now - from;
}

}  // namespace

TEST_CASE("a master makes way for a node that was fitter for a while", "[elector]") {
  Fixture fixture;
  fixture.become_master();
  const auto draining = [&] { return fixture.a.role() == Role::draining; };

  fixture.fit({.tier = Tier::stale_pace});
  CHECK(until(fixture, Tier::stale_pace, Kind::presence, 5s, draining) >= 5s);
  CHECK(until(fixture, Tier::fit, Kind::presence, 1s, draining) >= 1s);
  fixture.fit({.tier = Tier::fit});
  CHECK(until(fixture, Tier::fit, Kind::presence, 3s, draining) >= 3s);
  fixture.fit({.tier = Tier::stale_pace});  // The time counts anew.
  const auto waited = until(fixture, Tier::fit, Kind::presence, 5s, draining);

  CHECK(waited >= fixture.policy.better_for);
  CHECK(waited < fixture.policy.better_for + fixture.policy.heartbeat);
  CHECK(fixture.outcome.became.back().why == "b is fitter");
}

TEST_CASE("a node of higher priority asks for mastership only if told to preempt", "[elector]") {
  auto policy = three();
  policy.preempt = GENERATE(true, false);
  policy.preempt_delay = 3s;
  Fixture fixture{{.incarnation = 1}, policy};
  fixture.quiet_over();
  const auto asks = [&] { return fixture.said(Kind::hand_over) != nullptr; };

  fixture.fit({.tier = Tier::stale_pace});
  CHECK(until(fixture, Tier::fit, Kind::heartbeat, 4s, asks) >= 4s);
  fixture.fit({.tier = Tier::fit});
  const auto waited = until(fixture, Tier::fit, Kind::heartbeat, 6s, asks);

  if (!policy.preempt) {
    CHECK(waited >= 6s);
    return;
  }
  CHECK(waited >= 3s);
  CHECK(waited <= 3s + policy.heartbeat * 2);
  REQUIRE(asks());
  CHECK(fixture.said(Kind::hand_over)->to == "b");
  CHECK(fixture.said(Kind::hand_over)->target == "a");
}

TEST_CASE("a node of equal priority never asks for mastership", "[elector]") {
  auto policy = three();
  policy.voters[0].priority = 90;
  policy.preempt = true;
  policy.preempt_delay = 1s;
  Fixture fixture{{.incarnation = 1}, policy};
  fixture.quiet_over();

  const auto waited = until(fixture, Tier::fit, Kind::heartbeat, 3s,
                            [&] { return fixture.said(Kind::hand_over) != nullptr; });

  CHECK(waited >= 3s);
}

TEST_CASE("who is released for is a candidate at once, the others let it go first", "[elector]") {
  Fixture fixture{{.incarnation = 1}, three_and_witness()};
  fixture.quiet_over();
  fixture.hear("b", Kind::heartbeat, term_of(1, 2));
  fixture.now += 50ms;
  auto release = fixture.message("b", Kind::release, term_of(1, 2));
  release.why = "test";

  SECTION("for us") {
    release.target = "a";
    fixture.hear(release);
    CHECK(fixture.a.role() == Role::candidate);
    CHECK(fixture.said(Kind::pre_vote) != nullptr);
  }
  SECTION("for c") {
    release.target = "c";
    fixture.hear(release);
    CHECK(fixture.a.role() == Role::follower);
    CHECK(fixture.a.master() == "");
    const Instant released = fixture.now;
    fixture.now = released + fixture.policy.stagger * 3 - 1ns;
    CHECK(fixture.refusal_of("b") == "locked for another");
    CHECK(fixture.refusal_of("c") == "");
    CHECK(fixture.a.role() == Role::follower);
    fixture.now = released + fixture.policy.stagger * 3;
    CHECK(fixture.refusal_of("b") == "");
  }
  SECTION("for nobody: by rank") {
    fixture.hear(release);
    CHECK(fixture.refusal_of("w") == "");
    fixture.pass(fixture.policy.stagger, 1ms);
    CHECK(fixture.a.role() == Role::candidate);
  }
}

TEST_CASE("a release of an older term, or of another than the master, frees nobody", "[elector]") {
  Fixture fixture{{.incarnation = 1}, three_and_witness()};
  fixture.quiet_over();
  fixture.hear("b", Kind::heartbeat, term_of(5, 2));

  fixture.hear("b", Kind::release, term_of(4, 2));
  CHECK(fixture.a.master() == "b");
  CHECK(fixture.refusal_of("w") == "locked for another");
  auto of_c = fixture.message("c", Kind::release, term_of(6, 3));
  of_c.target = "w";
  fixture.hear(of_c);

  CHECK(fixture.a.master() == "b");
  CHECK(fixture.refusal_of("w") == "locked for another");
}

TEST_CASE("a master hands over to whom a peer names, if it could be master", "[elector]") {
  Fixture fixture;
  fixture.become_master();
  auto asked = fixture.message("w", Kind::hand_over, 0);
  asked.why = "test";

  fixture.hear(asked);  // Nobody could.
  CHECK(fixture.a.role() == Role::master);
  fixture.hear("b", Kind::presence, 0);
  asked.target = "w";
  fixture.hear(asked);
  CHECK(fixture.a.role() == Role::master);
  asked.target = "b";
  fixture.hear(asked);

  CHECK(fixture.a.role() == Role::draining);
  REQUIRE(fixture.outcome.became.size() == 1);
  CHECK(fixture.outcome.became[0].why == "test (asked by w)");
}

TEST_CASE("a follower that is asked to hand over does nothing", "[elector]") {
  Fixture fixture;
  fixture.quiet_over();
  fixture.hear("b", Kind::presence, 0);

  fixture.hear("w", Kind::hand_over, 0);

  CHECK(fixture.a.role() == Role::follower);
}

TEST_CASE("a node in maintenance hands over, answers for votes, and does not stand", "[elector]") {
  Fixture fixture;
  fixture.become_master();
  fixture.hear("b", Kind::presence, 0);

  fixture.take(fixture.a.begin_maintenance("new disks", false, fixture.now).value());
  REQUIRE(fixture.a.role() == Role::draining);
  fixture.fit({.tier = Tier::fit, .stopped_term = fixture.a.term()});

  REQUIRE(fixture.said(Kind::release) != nullptr);
  CHECK(fixture.said(Kind::release)->target == "b");
  CHECK(fixture.a.role() == Role::observer);
  CHECK(fixture.a.why_now() == "released: in maintenance: new disks");
  fixture.pass(10s);
  CHECK(fixture.a.role() == Role::observer);
  CHECK(fixture.refusal_of("b").empty());
  fixture.take(fixture.a.end_maintenance(fixture.now));
  CHECK(fixture.a.role() == Role::follower);
}

TEST_CASE("a candidate that is taken out of service steps down, and its votes come too late",
          "[elector]") {
  Fixture fixture;
  fixture.quiet_over();
  const auto term = fixture.become_candidate();

  fixture.take(fixture.a.begin_maintenance("new disks", true, fixture.now).value());
  fixture.hear("w", Kind::vote, term);

  CHECK(fixture.a.role() == Role::observer);
}

TEST_CASE("a node that starts in maintenance never stands", "[elector]") {
  Fixture fixture;

  fixture.take(fixture.a.begin_maintenance("new disks", true, fixture.now).value());
  fixture.pass(10s);

  CHECK(fixture.a.role() == Role::observer);
  CHECK(fixture.said(Kind::pre_vote) == nullptr);
}

TEST_CASE("a node is not taken out of service for one that could not publish", "[elector]") {
  Fixture fixture;
  fixture.become_master();
  auto unfit = fixture.message("b", Kind::presence, 0);
  unfit.tier = static_cast<std::int32_t>(Tier::cannot_publish);
  unfit.why = "it has no usable token";
  fixture.hear(unfit);

  const auto refused = fixture.a.begin_maintenance("new disks", false, fixture.now);

  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail == "b is the next, but could not publish: it has no usable token");
  CHECK(fixture.a.role() == Role::master);
  CHECK(fixture.a.begin_maintenance("new disks", true, fixture.now));
}

}  // namespace paceline::test
