#include "tests/support/catch.h"
// The rest after Catch: its CHECK is the one we mean.
#include "tests/elector/election_fixture.h"

namespace paceline::test {

TEST_CASE("presence goes along with the answer to a heartbeat, once in a period", "[elector]") {
  Fixture fixture;
  fixture.quiet_over();
  fixture.now += 200ms;
  fixture.hear("b", Kind::heartbeat, 1 << 8 | 2);
  REQUIRE(fixture.said(Kind::presence) != nullptr);

  fixture.now += 1ms;  // One that was queued behind it.
  fixture.hear("b", Kind::heartbeat, 1 << 8 | 2);

  CHECK(fixture.said(Kind::acknowledge) != nullptr);
  CHECK(fixture.said(Kind::presence) == nullptr);
  CHECK(fixture.outcome.wake - fixture.now == 250ms);  // Without any heartbeat, by itself.
}

TEST_CASE("presence that has just gone by itself goes with the answer from then on", "[elector]") {
  Fixture fixture;
  fixture.quiet_over();
  while (fixture.said(Kind::presence) == nullptr) {  // By itself.
    fixture.now += 1ms;
    fixture.tick();
  }
  fixture.now += 20ms;
  fixture.hear("b", Kind::heartbeat, 1 << 8 | 2);
  CHECK(fixture.said(Kind::presence) == nullptr);

  fixture.now += 200ms;
  fixture.hear("b", Kind::heartbeat, 1 << 8 | 2);

  CHECK(fixture.said(Kind::presence) != nullptr);
}

TEST_CASE("a master holds a lease from the moment its heartbeat was sent", "[elector]") {
  Fixture fixture;
  fixture.become_master();
  fixture.now += 200ms;
  fixture.tick();
  const auto heartbeat = *fixture.said(Kind::heartbeat);
  const Instant sent = fixture.now;

  fixture.now += 50ms;
  fixture.acknowledge(heartbeat);

  CHECK(fixture.a.lease_until() == sent + fixture.policy.lease());
  REQUIRE(fixture.outcome.grant);
  CHECK(fixture.outcome.grant->expires == fixture.a.lease_until());
  CHECK(fixture.outcome.grant->term == fixture.a.term());
}

TEST_CASE("an answer to a heartbeat of the future counts for nothing", "[elector]") {
  Fixture fixture;
  fixture.become_master();
  const Instant before = fixture.a.lease_until();
  auto heartbeat = fixture.message("a", Kind::heartbeat, fixture.a.term());
  heartbeat.timestamp_ns = (fixture.now + 1h).time_since_epoch().count();

  fixture.acknowledge(heartbeat);

  CHECK(fixture.a.lease_until() == before);
}

TEST_CASE("a locked voter refuses others and keeps its term", "[elector]") {
  Fixture fixture{{.incarnation = 1}, three_and_witness()};
  fixture.quiet_over();
  fixture.hear("b", Kind::heartbeat, 1 << 8 | 2);
  REQUIRE(fixture.said(Kind::acknowledge) != nullptr);

  fixture.hear("c", Kind::vote_request, 9 << 8 | 3);

  CHECK(fixture.said(Kind::vote) == nullptr);
  CHECK(fixture.a.term() == (1 << 8 | 2));
}

TEST_CASE("a heartbeat of an older term is answered with ours", "[elector]") {
  Fixture fixture{{.incarnation = 1}, three_and_witness()};
  fixture.quiet_over();
  fixture.hear("b", Kind::heartbeat, 5 << 8 | 2);

  fixture.hear("c", Kind::heartbeat, 4 << 8 | 3);

  REQUIRE(fixture.said(Kind::acknowledge) != nullptr);
  CHECK(fixture.said(Kind::acknowledge)->timestamp_ns == 0);
  CHECK(fixture.said(Kind::acknowledge)->term == (5 << 8 | 2));
}

TEST_CASE("a node cannot claim another's term", "[elector]") {
  Fixture fixture;
  fixture.quiet_over();

  fixture.hear("b", Kind::heartbeat, 5 << 8 | 3);

  CHECK(fixture.outcome.refused == Refusal::impossible_term);
  CHECK(fixture.a.term() == 0);
}

TEST_CASE("messages of another cluster, configuration or stranger are refused", "[elector]") {
  Fixture fixture;
  auto foreign = fixture.message("b", Kind::presence, 0);
  foreign.cluster = "other";
  auto differing = fixture.message("b", Kind::presence, 0);
  differing.config ^= 1;

  fixture.hear(foreign);
  CHECK(fixture.outcome.refused == Refusal::foreign_cluster);
  fixture.hear(differing);
  CHECK(fixture.outcome.refused == Refusal::other_configuration);
  fixture.hear("x", Kind::presence, 0);
  CHECK(fixture.outcome.refused == Refusal::unknown_node);
}

TEST_CASE("a node that lost its term takes no part until a quorum told it theirs", "[elector]") {
  Fixture fixture{{.incarnation = 1, .lost = true}};
  fixture.hear("b", Kind::heartbeat, 5 << 8 | 2);
  CHECK(fixture.said(Kind::acknowledge) == nullptr);
  fixture.now += fixture.policy.lock() * 2;
  fixture.tick();
  const auto* asked = fixture.said(Kind::pre_vote);
  REQUIRE(asked != nullptr);
  const auto id = asked->timestamp_ns;

  for (const auto* from : {"b", "w"}) {
    CHECK(fixture.a.role() == Role::starting);
    auto answer = fixture.message(from, Kind::pre_vote_answer, 6 << 8 | 2);
    answer.timestamp_ns = id;
    fixture.hear(answer);
  }

  CHECK(fixture.a.role() == Role::follower);
  CHECK(fixture.a.term() == (6 << 8 | 2));
}

TEST_CASE("a vote never shortens the lock that its asker has already", "[elector]") {
  Fixture fixture;
  fixture.quiet_over();
  fixture.hear("b", Kind::heartbeat, term_of(1, 2));
  const Instant locked_until = fixture.now + fixture.policy.lock();
  fixture.now += 100ms;

  fixture.hear("b", Kind::vote_request, term_of(2, 2));

  REQUIRE(fixture.said(Kind::vote) != nullptr);
  fixture.now = locked_until - 1ns;
  CHECK(fixture.refusal_of("w") == "locked for another");
  CHECK(fixture.refusal_of("b") == "");
  fixture.now = locked_until;
  CHECK(fixture.refusal_of("w") == "");
}

TEST_CASE("a vote of a free voter binds it for two staggers", "[elector]") {
  Fixture fixture;
  fixture.quiet_over();
  fixture.hear("b", Kind::vote_request, term_of(1, 2));
  REQUIRE(fixture.said(Kind::vote) != nullptr);
  CHECK(fixture.said(Kind::vote)->to == "b");
  CHECK(fixture.said(Kind::vote)->term == term_of(1, 2));
  const Instant voted = fixture.now;

  fixture.now = voted + fixture.policy.stagger * 2 - 1ns;
  CHECK(fixture.refusal_of("w") == "locked for another");
  fixture.now = voted + fixture.policy.stagger * 2;
  CHECK(fixture.refusal_of("w") == "");
}

TEST_CASE("an acknowledgement binds a voter for one lock", "[elector]") {
  Fixture fixture;
  fixture.quiet_over();
  fixture.hear("b", Kind::heartbeat, term_of(1, 2));
  const Instant heard = fixture.now;

  fixture.now = heard + fixture.policy.lock() - 1ns;
  CHECK(fixture.refusal_of("w") == "locked for another");
  fixture.now = heard + fixture.policy.lock();
  CHECK(fixture.refusal_of("w") == "");
}

TEST_CASE("a voter is quiet for one lock after its start, for two if it lost its term",
          "[elector]") {
  Fixture fixture;

  fixture.now = start + fixture.policy.lock() - 1ns;
  CHECK(fixture.refusal_of("b") == "quiet after its start");
  fixture.now = start + fixture.policy.lock();
  CHECK(fixture.refusal_of("b") == "");
}

TEST_CASE("nobody votes while a grant of its own may be valid", "[elector]") {
  Fixture fixture;
  fixture.become_master();
  const Instant until = fixture.a.lease_until();
  fixture.fit({.tier = Tier::no_publisher});
  REQUIRE(fixture.a.role() == Role::draining);

  fixture.now = until - 1ns;
  CHECK(fixture.refusal_of("b") == "its own grant is not over");
  fixture.now = until;
  CHECK(fixture.refusal_of("b") == "");
}

TEST_CASE("a term has one vote", "[elector]") {
  Fixture fixture{{.incarnation = 1}, three_and_witness()};
  fixture.quiet_over();
  fixture.hear("b", Kind::vote_request, term_of(3, 2));
  REQUIRE(fixture.said(Kind::vote) != nullptr);
  fixture.now += 1s;

  fixture.hear("c", Kind::vote_request, term_of(2, 3));
  CHECK(fixture.said(Kind::vote) == nullptr);
  fixture.hear("b", Kind::vote_request, term_of(3, 2));
  CHECK(fixture.said(Kind::vote) == nullptr);
  CHECK(fixture.a.term() == term_of(3, 2));
}

TEST_CASE("a candidate that votes for another is a follower again", "[elector]") {
  Fixture fixture;
  const auto term = fixture.become_candidate();
  fixture.now += 200ms;  // Its own vote no longer binds it.

  fixture.hear("b", Kind::vote_request, term + 256 + 1);

  CHECK(fixture.said(Kind::vote) != nullptr);
  CHECK(fixture.a.role() == Role::follower);
}

TEST_CASE("a pre-vote counts if it says yes to the round that is on", "[elector]") {
  Fixture fixture;
  while (fixture.said(Kind::pre_vote) == nullptr) fixture.pass(10ms);
  const auto asked = *fixture.said(Kind::pre_vote);

  auto of_another_round = asked;
  ++of_another_round.timestamp_ns;
  fixture.answer_pre_vote(of_another_round);
  CHECK(fixture.said(Kind::vote_request) == nullptr);
  fixture.answer_pre_vote(asked, false);
  CHECK(fixture.said(Kind::vote_request) == nullptr);
  fixture.answer_pre_vote(asked);

  CHECK(fixture.said(Kind::vote_request) != nullptr);
  fixture.answer_pre_vote(asked);  // The round is for votes now.
  CHECK(fixture.said(Kind::vote_request) == nullptr);
}

TEST_CASE("a vote counts for its term, while its round lasts", "[elector]") {
  Fixture fixture;
  const auto term = fixture.become_candidate();
  const Instant asked = fixture.now;

  SECTION("in time") {
    fixture.now = asked + 39ms;
    fixture.hear("w", Kind::vote, term);
    CHECK(fixture.a.role() == Role::leader);
  }
  SECTION("too late") {
    fixture.now = asked + 60ms;
    fixture.hear("w", Kind::vote, term);
    CHECK(fixture.a.role() == Role::candidate);
  }
  SECTION("for another term") {
    fixture.hear("w", Kind::vote, term - 256);
    CHECK(fixture.a.role() == Role::candidate);
  }
}

TEST_CASE("a vote that nobody asked for makes nobody leader", "[elector]") {
  Fixture fixture;
  fixture.quiet_over();
  REQUIRE(fixture.a.role() == Role::follower);

  fixture.hear("w", Kind::vote, 0);

  CHECK(fixture.a.role() == Role::follower);
}

TEST_CASE("a leader and a master hear no more votes", "[elector]") {
  Fixture fixture;
  fixture.become_master();

  fixture.hear("w", Kind::vote, fixture.a.term());

  CHECK(fixture.a.role() == Role::master);
  CHECK(fixture.said(Kind::heartbeat) == nullptr);
}

TEST_CASE("an older answer than the last extends no lease", "[elector]") {
  Fixture fixture;
  fixture.become_master();
  fixture.now += 100ms;
  auto heartbeat = fixture.message("a", Kind::heartbeat, fixture.a.term());
  heartbeat.timestamp_ns = fixture.now.time_since_epoch().count();
  fixture.acknowledge(heartbeat);
  const Instant until = fixture.a.lease_until();
  REQUIRE(until == fixture.now + fixture.policy.lease());

  heartbeat.timestamp_ns -= 1;
  fixture.acknowledge(heartbeat);
  CHECK(fixture.a.lease_until() == until);
  heartbeat.term -= 256;  // Of a former term of ours.
  heartbeat.timestamp_ns += 2;
  fixture.now += 1ms;
  fixture.acknowledge(heartbeat);

  CHECK(fixture.a.lease_until() == until);
}

TEST_CASE("a master that a voter in a higher term answers is candidate again at once",
          "[elector]") {
  Fixture fixture;
  fixture.become_master();
  const auto term = fixture.a.term();
  fixture.fit({.tier = Tier::fit, .stopped_term = 0});

  fixture.hear("w", Kind::acknowledge, term_of(counter_of(term) + 3, 2));

  CHECK(fixture.a.role() == Role::follower);
  CHECK(fixture.outcome.grant->term == 0);
  fixture.pass(1ms, 1ms);
  CHECK(fixture.a.role() == Role::candidate);
  fixture.become_master();
  CHECK(counter_of(fixture.a.term()) == counter_of(term) + 4);
}

TEST_CASE("in grace a quorum that still follows makes the same term go on", "[elector]") {
  Fixture fixture;
  fixture.become_master();
  const auto term = fixture.a.term();
  while (fixture.a.role() == Role::master) fixture.pass(10ms);
  REQUIRE(fixture.a.role() == Role::grace);
  auto follows = fixture.message("w", Kind::acknowledge, term);
  follows.timestamp_ns = 0;

  fixture.hear(follows);

  CHECK(fixture.a.role() == Role::leader);
  CHECK(fixture.a.term() == term);
  REQUIRE(fixture.said(Kind::heartbeat) != nullptr);
  CHECK(fixture.said(Kind::heartbeat)->extends);
  fixture.acknowledge(*fixture.said(Kind::heartbeat));
  CHECK(fixture.a.role() == Role::master);
}

TEST_CASE("a master is not led by answers that lock nobody", "[elector]") {
  Fixture fixture;
  fixture.become_master();
  const Instant until = fixture.a.lease_until();
  fixture.now += 10ms;
  auto refuses = fixture.message("w", Kind::acknowledge, fixture.a.term());
  refuses.timestamp_ns = 0;

  fixture.hear(refuses);

  CHECK(fixture.a.role() == Role::master);
  CHECK(fixture.a.lease_until() == until);
}

TEST_CASE("a heartbeat of a master in grace is answered and locks nobody", "[elector]") {
  Fixture fixture;
  fixture.quiet_over();
  auto asks = fixture.message("b", Kind::heartbeat, term_of(1, 2));
  asks.extends = false;
  asks.timestamp_ns = 77;

  fixture.hear(asks);

  REQUIRE(fixture.said(Kind::acknowledge) != nullptr);
  CHECK(fixture.said(Kind::acknowledge)->timestamp_ns == 0);
  CHECK(fixture.said(Kind::acknowledge)->to == "b");
  CHECK(fixture.a.master() == "b");
  CHECK(fixture.refusal_of("w") == "");
}

TEST_CASE("an acknowledgement says when the heartbeat was sent", "[elector]") {
  Fixture fixture;
  fixture.quiet_over();
  auto heartbeat = fixture.message("b", Kind::heartbeat, term_of(1, 2));
  heartbeat.timestamp_ns = 77;

  fixture.hear(heartbeat);

  REQUIRE(fixture.said(Kind::acknowledge) != nullptr);
  CHECK(fixture.said(Kind::acknowledge)->timestamp_ns == 77);
}

TEST_CASE("a master that hears a higher term steps down, and is damped for it", "[elector]") {
  Fixture fixture;
  fixture.become_master();

  fixture.hear("b", Kind::heartbeat, term_of(40, 2));

  CHECK(fixture.a.role() == Role::follower);
  CHECK(fixture.a.master() == "b");
  CHECK(fixture.a.penalty(fixture.now) == 1000);
  CHECK(fixture.outcome.grant->term == 0);
  CHECK(fixture.said(Kind::acknowledge)->term == term_of(40, 2));
}

TEST_CASE("a candidate that hears a master follows it, without damping", "[elector]") {
  Fixture fixture;
  fixture.become_candidate();

  fixture.hear("b", Kind::heartbeat, term_of(40, 2));

  CHECK(fixture.a.role() == Role::follower);
  CHECK(fixture.a.penalty(fixture.now) == 0);
}

TEST_CASE("a node that lost its term gives no answer, no vote and no promise", "[elector]") {
  Fixture fixture{{.incarnation = 1, .lost = true}};
  fixture.now += fixture.policy.lock() * 3;

  fixture.hear("b", Kind::pre_vote, 0);
  CHECK(fixture.said(Kind::pre_vote_answer) == nullptr);
  fixture.hear("b", Kind::vote_request, term_of(1, 2));
  CHECK(fixture.said(Kind::vote) == nullptr);
  fixture.hear("b", Kind::heartbeat, term_of(1, 2));
  CHECK(fixture.said(Kind::acknowledge) == nullptr);
  CHECK(fixture.a.term() == 0);
}

TEST_CASE("a lost term is learned from as many others as are a quorum", "[elector]") {
  const auto answers_needed = [](ElectionPolicy policy) {
    Fixture fixture{{.incarnation = 1, .lost = true}, policy};
    fixture.pass(policy.lock() * 2 + policy.heartbeat);
    while (fixture.said(Kind::pre_vote) == nullptr) fixture.pass(10ms);
    const auto asked = *fixture.said(Kind::pre_vote);
    auto stale = fixture.message("b", Kind::pre_vote_answer, 0);
    stale.timestamp_ns = asked.timestamp_ns - 1;
    fixture.hear(stale);
    for (int answers = 1; answers < 9; ++answers) {
      auto answer = fixture.message(policy.voters[static_cast<std::size_t>(answers)].name,
                                    Kind::pre_vote_answer, term_of(7, 2));
      answer.timestamp_ns = asked.timestamp_ns;
      fixture.hear(answer);
      if (fixture.a.role() == Role::starting) continue;
      CHECK(fixture.a.term() == term_of(7, 2));
      return answers;
    }
    return 0;
  };

  CHECK(answers_needed(three()) == 2);
  CHECK(answers_needed({.cluster = "test", .voters = {{"a"}, {"b"}}, .pair = true}) == 1);
  CHECK(answers_needed({.cluster = "test", .voters = {{"a"}, {"b"}, {"c"}, {"d"}, {"e"}}}) == 3);
}

}  // namespace paceline::test
