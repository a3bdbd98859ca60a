#include "tests/support/allocated_bytes.h"
#include "tests/support/catch.h"
// The rest after Catch: its CHECK is the one we mean.
#include <rapidcheck.h>

#include "tests/elector/election_fixture.h"

namespace paceline::test {

TEST_CASE("a node is quiet for one lock after its start", "[elector]") {
  Fixture fixture;

  fixture.hear("b", Kind::pre_vote, 0);

  REQUIRE(fixture.said(Kind::pre_vote_answer) != nullptr);
  CHECK_FALSE(fixture.said(Kind::pre_vote_answer)->ok);
  CHECK(fixture.said(Kind::pre_vote_answer)->why == "quiet after its start");
}

TEST_CASE("a node without a publisher only watches", "[elector]") {
  Fixture fixture;
  fixture.take(fixture.a.publisher_died(start));

  fixture.quiet_over();

  CHECK(fixture.a.role() == Role::observer);
}

TEST_CASE("an observer becomes follower when its publisher is back, while a master beats on",
          "[elector]") {
  Fixture fixture;
  fixture.take(fixture.a.publisher_died(start));
  fixture.quiet_over();
  REQUIRE(fixture.a.role() == Role::observer);
  fixture.fit();

  // Nothing but heartbeats: no timer is left to see that it is fit again.
  for (int i = 0; i < 3; ++i) {
    fixture.now += 200ms;
    fixture.hear("b", Kind::heartbeat, 1 << 8 | 2);
  }

  CHECK(fixture.a.role() == Role::follower);
  CHECK(fixture.said(Kind::presence) != nullptr);
  CHECK(fixture.said(Kind::acknowledge) != nullptr);
}

TEST_CASE("a fit node asks for pre-votes before it takes a term", "[elector]") {
  Fixture fixture;
  for (int i = 0; i < 70 && fixture.a.role() != Role::candidate; ++i) {
    fixture.now += 10ms;
    fixture.tick();
  }

  CHECK(fixture.a.role() == Role::candidate);
  CHECK(fixture.said(Kind::pre_vote) != nullptr);
  CHECK(fixture.a.term() == 0);
}

TEST_CASE("a term is stored before the message that names it", "[elector]") {
  Fixture fixture;
  fixture.quiet_over();

  fixture.hear("b", Kind::heartbeat, 1 << 8 | 2);

  CHECK(fixture.outcome.store == std::uint64_t{1 << 8 | 2});
  REQUIRE(fixture.said(Kind::acknowledge) != nullptr);
  CHECK(fixture.said(Kind::acknowledge)->term == (1 << 8 | 2));
}

TEST_CASE("a term that could not be stored is asked for again", "[elector]") {
  Fixture fixture;
  fixture.quiet_over();
  fixture.disk_works = false;
  fixture.hear("b", Kind::heartbeat, 1 << 8 | 2);

  fixture.tick();

  CHECK(fixture.outcome.store == std::uint64_t{1 << 8 | 2});
}

TEST_CASE("a master whose lease runs out asks on without extending locks", "[elector]") {
  Fixture fixture;
  fixture.become_master();
  while (fixture.now < fixture.a.lease_until()) {
    fixture.now += 20ms;
    fixture.tick();
  }

  CHECK(fixture.a.role() == Role::grace);
  REQUIRE(fixture.said(Kind::heartbeat) != nullptr);
  CHECK_FALSE(fixture.said(Kind::heartbeat)->extends);
  REQUIRE(fixture.outcome.grant);
  CHECK(fixture.outcome.grant->term == fixture.a.term());
  CHECK(fixture.outcome.grant->expires <= fixture.now);
}

TEST_CASE("what was queued is heard before a late timer is judged", "[elector]") {
  Fixture fixture;
  fixture.become_master();

  fixture.now += 10s;
  fixture.tick();

  CHECK(fixture.a.role() == Role::master);
  CHECK(fixture.a.late());
  CHECK(fixture.outcome.grant->expires < fixture.now);
  fixture.now = fixture.outcome.wake;
  fixture.tick();
  fixture.now += 60ms;
  fixture.tick();
  CHECK(fixture.a.role() == Role::grace);
}

TEST_CASE("one of a pair waits for the other once, then goes alone", "[elector]") {
  ElectionPolicy pair{.cluster = "test", .voters = {{"a", 100}, {"b", 90}}, .pair = true};
  Fixture fixture{{.incarnation = 1}, pair};
  Instant led{};

  for (int i = 0; i < 700 && led == Instant{}; ++i) {
    fixture.now += 10ms;
    fixture.tick();
    if (fixture.a.role() == Role::master) led = fixture.now;
  }

  REQUIRE(led != Instant{});
  CHECK(led - start >= 5s);
  CHECK(led - start < 5200ms);
}

TEST_CASE("whatever a peer says, the term never falls and nothing is granted alone",
          "[elector][property]") {
  REQUIRE(rc::check([] {
    Fixture fixture;
    fixture.quiet_over();
    std::uint64_t term = 0;
    const auto steps = *rc::gen::inRange(1, 60);
    for (int i = 0; i < steps; ++i) {
      auto message = fixture.message(*rc::gen::element<std::string>("b", "w", "a", "x"),
                                     static_cast<Kind>(*rc::gen::inRange(0, 9)),
                                     static_cast<std::uint64_t>(*rc::gen::inRange(0, 5)) << 8 |
                                         static_cast<std::uint64_t>(*rc::gen::inRange(0, 4)));
      message.timestamp_ns =
          fixture.now.time_since_epoch().count() - *rc::gen::inRange(-1000, 1000);
      message.ok = *rc::gen::arbitrary<bool>();
      message.extends = *rc::gen::arbitrary<bool>();
      message.target = *rc::gen::element<std::string>("", "a", "b", "w", "x");
      message.to = *rc::gen::element<std::string>("", "a", "b");
      fixture.hear(message);
      RC_ASSERT(fixture.a.term() >= term);
      term = fixture.a.term();
      fixture.now += std::chrono::milliseconds{*rc::gen::inRange(0, 150)};
      fixture.tick();
      RC_ASSERT(fixture.outcome.wake > fixture.now);
      RC_ASSERT(!fixture.outcome.grant || fixture.outcome.grant->term == 0 ||
                candidate_of(fixture.outcome.grant->term) == 1);
      RC_ASSERT(!fixture.outcome.grant || fixture.outcome.grant->expires <= fixture.now + 600ms);
    }
  }));
}

TEST_CASE("a wake-up is late beyond half a heartbeat, and at most 250 ms", "[elector]") {
  const auto allowed = [](Duration heartbeat) {
    auto policy = three();
    policy.heartbeat = heartbeat;
    for (Duration late = 1ms;; late += 1ms) {
      Fixture fixture{{.incarnation = 1}, policy};
      fixture.tick();
      fixture.now = fixture.outcome.wake + late;
      fixture.tick();
      if (fixture.a.late()) return late - 1ms;
    }
  };

  CHECK(allowed(200ms) == 100ms);
  CHECK(allowed(1s) == 250ms);
}

TEST_CASE("lateness is forgotten when the process was punctual for a while", "[elector]") {
  Fixture fixture;
  fixture.quiet_over();
  fixture.hear("b", Kind::heartbeat, term_of(1, 2));
  fixture.pass(100ms);
  fixture.now += 400ms;
  fixture.hear("b", Kind::heartbeat, term_of(1, 2));
  REQUIRE(fixture.a.late());

  Duration punctual{};
  for (; fixture.a.late(); punctual += 10ms) {
    if (punctual % 200ms == 0ns) fixture.hear("b", Kind::heartbeat, term_of(1, 2));
    fixture.pass(10ms);
    REQUIRE(punctual < 2s);
  }

  CHECK(punctual > fixture.policy.heartbeat);
}

TEST_CASE("a node that was often late takes its master for dead later, within bounds",
          "[elector]") {
  const auto waited = [](int times_late) {
    Fixture fixture;
    fixture.quiet_over();
    for (int i = 0; i < times_late; ++i) {
      fixture.now += 350ms;
      fixture.hear("b", Kind::heartbeat, term_of(1, 2));
      fixture.now += 1ms;
    }
    fixture.hear("b", Kind::heartbeat, term_of(1, 2));
    const Instant last = fixture.now;
    // Awake just in time, so that its lateness is not forgotten by announcements.
    while (fixture.a.role() != Role::candidate) {
      fixture.now = fixture.outcome.wake;
      fixture.tick();
      REQUIRE(fixture.now - last < 10s);
    }
    return fixture.now - last;
  };

  CHECK(waited(0) >= 600ms);
  CHECK(waited(0) < 650ms);
  CHECK(waited(3) > waited(0));
  CHECK(waited(4) == waited(3));
}

TEST_CASE("a leader whom no quorum acknowledges steps down after one lock", "[elector]") {
  Fixture fixture;
  const auto term = fixture.become_candidate();
  fixture.hear("w", Kind::vote, term);
  REQUIRE(fixture.a.role() == Role::leader);
  CHECK(fixture.said(Kind::heartbeat) != nullptr);
  const Instant led = fixture.now;

  while (fixture.a.role() == Role::leader) fixture.pass(1ms, 1ms);

  CHECK(fixture.now - led == fixture.policy.lock());
  CHECK(fixture.a.penalty(fixture.now) == 0);
  CHECK(fixture.a.master() == "");
}

TEST_CASE("a master whom no quorum answers is in grace for one heartbeat, and damped",
          "[elector]") {
  Fixture fixture;
  fixture.become_master();
  while (fixture.a.role() == Role::master) fixture.pass(1ms, 1ms);
  const Instant ended = fixture.now;
  CHECK(ended >= fixture.a.lease_until());
  CHECK(ended - fixture.a.lease_until() < 1ms);

  while (fixture.a.role() == Role::grace) fixture.pass(1ms, 1ms);

  CHECK(fixture.now - ended == fixture.policy.heartbeat);
  CHECK(fixture.a.role() == Role::follower);
  CHECK(fixture.a.penalty(fixture.now) == 1000);
}

TEST_CASE("it wants to be woken when its role's time is over, or for its next word", "[elector]") {
  Fixture fixture;
  fixture.tick();
  CHECK(fixture.outcome.wake == start + fixture.policy.heartbeat);
  fixture.quiet_over();
  fixture.become_master();
  while (fixture.now + fixture.policy.heartbeat < fixture.a.lease_until()) fixture.pass(10ms);
  while (fixture.outcome.wake < fixture.a.lease_until()) {
    fixture.now = fixture.outcome.wake;
    fixture.tick();
  }
  CHECK(fixture.outcome.wake == fixture.a.lease_until());

  fixture.now = fixture.outcome.wake;
  fixture.tick();  // Grace: asks at once.

  REQUIRE(fixture.said(Kind::heartbeat) != nullptr);
  CHECK(fixture.outcome.wake == fixture.now + fixture.policy.heartbeat);
}

TEST_CASE("a message of its own goes out each heartbeat", "[elector]") {
  Fixture fixture;
  int presences = 0;

  for (int i = 0; i < 50; ++i) {
    fixture.pass(10ms);
    if (const auto* presence = fixture.said(Kind::presence)) {
      ++presences;
      CHECK(presence->timestamp_ns == fixture.now.time_since_epoch().count());
      CHECK(presence->why == "started");
    }
  }

  CHECK(presences == 3);  // At 10 (as it starts), 200 and 400 ms.
}

TEST_CASE("rounds get longer while they fail, up to one lock", "[elector]") {
  Fixture fixture;
  std::vector<Instant> asked;
  while (asked.size() < 9) {
    fixture.pass(1ms, 1ms);
    if (fixture.said(Kind::pre_vote) != nullptr) asked.push_back(fixture.now);
  }

  Duration least = fixture.policy.stagger;
  for (std::size_t i = 1; i < asked.size(); ++i, least *= 2) {
    CAPTURE(i);
    CHECK(asked[i] - asked[i - 1] >= std::min(least, fixture.policy.lock()));
    // The round, and until the node is a candidate again.
    CHECK(asked[i] - asked[i - 1] <=
          std::min(least * 3 / 2, fixture.policy.lock()) + fixture.policy.stagger / 4 + 1ms);
  }
}

TEST_CASE("a candidate's term is its own, and above all that it heard of", "[elector]") {
  Fixture fixture;
  fixture.hear("b", Kind::presence, term_of(9, 2));

  const auto term = fixture.become_candidate();

  CHECK(term == term_of(10, 1));
  CHECK(fixture.outcome.store == term);
}

TEST_CASE("the second in rank is a candidate one stagger later", "[elector]") {
  const auto first_asks = [](Tier ours) {
    Fixture fixture;
    while (fixture.said(Kind::pre_vote) == nullptr) {
      auto presence = fixture.message("b", Kind::presence, 0);
      fixture.hear(presence);
      fixture.fit({.tier = ours});
      fixture.pass(1ms, 1ms);
    }
    return fixture.now - start;
  };

  CHECK(first_asks(Tier::fit) == 601ms);  // It is a follower first.
  CHECK(first_asks(Tier::stale_pace) == 620ms);
}

TEST_CASE("an election that a full disk keeps from its term waits and goes on", "[elector]") {
  Fixture fixture;
  fixture.disk_works = false;
  const auto term = fixture.become_candidate();
  const Instant asked = fixture.now;
  fixture.now += 30ms;

  fixture.a.stored(term, fixture.now);  // A slow disk: the round begins with what it wrote.
  fixture.now = asked + 49ms;
  fixture.hear("w", Kind::vote, term);

  CHECK(fixture.a.role() == Role::leader);
}

TEST_CASE("a damped node leaves mastership to others, if there are any", "[elector]") {
  Fixture fixture;
  const bool others = GENERATE(true, false);
  for (int i = 0; i < 3; ++i) {
    fixture.become_master();
    fixture.take(fixture.a.publisher_died(fixture.now));
    fixture.fit();
  }
  REQUIRE(fixture.a.penalty(fixture.now) > 2500);
  if (others) fixture.hear("b", Kind::presence, 0);

  fixture.pass(20ms);

  CHECK(fixture.a.role() == (others ? Role::observer : Role::follower));
}

TEST_CASE("a witness votes and never is a candidate", "[elector]") {
  auto policy = three();
  policy.voters[0].priority = 0;
  Fixture fixture{{.incarnation = 1}, policy};

  fixture.pass(5s);

  CHECK(fixture.a.role() == Role::observer);
  fixture.hear("b", Kind::vote_request, term_of(1, 2));
  CHECK(fixture.said(Kind::vote) != nullptr);
}

TEST_CASE("a pair agrees while both are there", "[elector]") {
  Fixture fixture{{.incarnation = 1},
                  {.cluster = "test", .voters = {{"a", 100}, {"b", 90}}, .pair = true}};
  fixture.quiet_over();

  for (int i = 0; i < 200; ++i) {
    fixture.hear("b", Kind::presence, 0);
    fixture.pass(10ms);
  }
  CHECK(fixture.a.term() == 0);
  const Instant silent = fixture.now;
  while (fixture.a.role() != Role::master) fixture.pass(10ms);

  CHECK(fixture.now - silent >= fixture.policy.lock() - 10ms);
}

TEST_CASE("one of a pair that lost its term waits for its peer, then goes on alone", "[elector]") {
  Fixture fixture{{.incarnation = 1, .lost = true},
                  {.cluster = "test", .voters = {{"a", 100}, {"b", 90}}, .pair = true}};

  while (fixture.a.role() == Role::starting) fixture.pass(10ms);

  CHECK(fixture.now - start >= fixture.policy.wait_for_all);
  CHECK(fixture.now - start < fixture.policy.wait_for_all + 20ms);
}

TEST_CASE("of three, one that lost its term never goes on alone", "[elector]") {
  Fixture fixture{{.incarnation = 1, .lost = true}};

  fixture.pass(30s);

  CHECK(fixture.a.role() == Role::starting);
}

TEST_CASE("a node that hears no more of its master says so and is a candidate", "[elector]") {
  Fixture fixture;
  fixture.quiet_over();
  fixture.hear("b", Kind::heartbeat, term_of(1, 2));
  const Instant heard = fixture.now;

  while (fixture.a.role() != Role::candidate) fixture.pass(1ms, 1ms);

  CHECK(fixture.outcome.became.back().why == "no heartbeat of b");
  CHECK(fixture.a.master() == "");
  CHECK(fixture.now - heard >= fixture.policy.lock());
  CHECK(fixture.now - heard <= fixture.policy.lock() + fixture.policy.stagger / 4 + 1ms);
}

TEST_CASE("what an elector says of itself", "[elector]") {
  Fixture fixture;
  fixture.fit({.tier = Tier::cannot_publish});
  fixture.quiet_over();
  fixture.hear("b", Kind::heartbeat, term_of(4, 2));
  fixture.now += 70ms;

  const auto view = fixture.a.view(fixture.now);

  CHECK(view.cluster == "test");
  CHECK(view.config == fixture.policy.fingerprint());
  CHECK(view.node == "a");
  CHECK(view.incarnation == 1);
  CHECK(view.term == term_of(4, 2));
  CHECK(view.role == Role::follower);
  CHECK(view.priority == 100);
  CHECK(view.tier == static_cast<int>(Tier::cannot_publish));
  CHECK(view.master == "b");
  CHECK(view.seen == std::vector<PeerSeen>{{"b", 70}, {"w", -1}});
  const auto sequence = view.sequence;
  fixture.pass(400ms);
  CHECK(fixture.a.view(fixture.now).sequence == sequence + 2);
}

TEST_CASE("a round of heartbeats takes no more from the heap after a thousand than after one",
          "[elector]") {
  constexpr std::size_t most_a_round = 2048;  // Messages with who was heard when.
  Fixture fixture;
  fixture.become_master();
  const auto round = [&] {
    const AllocatedBytes allocated;
    fixture.now += fixture.policy.heartbeat;
    fixture.tick();
    REQUIRE(fixture.said(Kind::heartbeat) != nullptr);
    const ElectionMessage heartbeat = *fixture.said(Kind::heartbeat);
    fixture.acknowledge(heartbeat);
    return allocated.now();
  };
  round();
  const std::size_t first = round();
  for (int i = 0; i < 1000; ++i) round();

  CHECK(round() <= first);
  CHECK(first < most_a_round);
}

}  // namespace paceline::test
