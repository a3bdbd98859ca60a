#include "tests/support/catch.h"
// The rest after Catch: its CHECK is the one we mean.
#include <rapidcheck.h>

#include "services/elector/election.h"

namespace paceline::test {
using namespace elector;
namespace {

using Kind = ElectionMessageKind;
using Role = ElectorRole;

constexpr Instant start{1000s};

ElectionPolicy three() {
  return {.cluster = "test", .voters = {{"a", 100}, {"b", 90}, {"w", 0}}};
}

// Election "a" of a, b and the witness w, whose messages are made by hand.
struct Fixture {
  ElectionPolicy policy;
  Instant now = start;
  Election a;
  Election::Outcome outcome{};
  std::uint64_t sequence = 0;
  bool disk_works = true;

  explicit Fixture(DurableState durable = {.incarnation = 1}, ElectionPolicy chosen = three())
      : policy{std::move(chosen)}, a{"a", policy, durable, 1, start} {
    fit();
  }

  void take(Election::Outcome next) {
    outcome = std::move(next);
    if (outcome.store && disk_works) a.stored(*outcome.store, now);
  }
  void fit(PublisherState state = {.tier = Tier::fit}) { take(a.publisher_said(state, now)); }
  void tick() { take(a.tick(now)); }

  ElectionMessage message(const std::string& from, Kind kind, std::uint64_t term) {
    ElectionMessage message;
    message.cluster = policy.cluster;
    message.config = policy.fingerprint();
    message.node = from;
    message.incarnation = 7;
    message.sequence = ++sequence;
    message.kind = kind;
    message.term = term;
    message.role = from == "w" ? Role::observer : Role::follower;
    message.priority = from == "w" ? 0 : 90;
    return message;
  }
  void hear(const ElectionMessage& message) { take(a.hear(message, now)); }
  void hear(const std::string& from, Kind kind, std::uint64_t term) {
    hear(message(from, kind, term));
  }

  const ElectionMessage* said(Kind kind) const {
    for (const auto& message : outcome.messages)
      if (message.kind == kind) return &message;
    return nullptr;
  }

  void quiet_over() {
    while (now < start + policy.lock()) {
      now += policy.heartbeat / 4;
      tick();
    }
  }

  // Through a whole election, with the witness's help.
  void become_master() {
    for (int turn = 0; turn < 300 && a.role() != Role::master; ++turn) {
      now += 10ms;
      tick();
      if (const auto* asked = said(Kind::pre_vote)) {
        auto yes = message("w", Kind::pre_vote_answer, 0);
        yes.timestamp_ns = asked->timestamp_ns;
        yes.ok = true;
        hear(yes);
      }
      if (const auto* asked = said(Kind::vote_request)) hear("w", Kind::vote, asked->term);
      if (const auto* asked = said(Kind::heartbeat)) acknowledge(*asked);
    }
    REQUIRE(a.role() == Role::master);
  }
  void acknowledge(const ElectionMessage& heartbeat) {
    auto yes = message("w", Kind::acknowledge, heartbeat.term);
    yes.timestamp_ns = heartbeat.timestamp_ns;
    hear(yes);
  }
};

}  // namespace

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

TEST_CASE("a locked voter refuses others and keeps its term", "[elector]") {
  Fixture fixture;
  fixture.quiet_over();
  fixture.hear("b", Kind::heartbeat, 1 << 8 | 2);
  REQUIRE(fixture.said(Kind::acknowledge) != nullptr);

  fixture.hear("w", Kind::vote_request, 9 << 8 | 3);

  CHECK(fixture.said(Kind::vote) == nullptr);
  CHECK(fixture.a.term() == (1 << 8 | 2));
}

TEST_CASE("a heartbeat of an older term is answered with ours", "[elector]") {
  Fixture fixture;
  fixture.quiet_over();
  fixture.hear("b", Kind::heartbeat, 5 << 8 | 2);

  fixture.hear("w", Kind::heartbeat, 4 << 8 | 3);

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
    fixture.now = std::min(fixture.now + 20ms, until);
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

}  // namespace paceline::test
