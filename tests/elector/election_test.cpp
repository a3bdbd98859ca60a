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

// Election "a" of a, b and the witness w, with hand-made peers.
struct Stage {
  ElectionPolicy policy;
  Instant now = start;
  Election a;
  Election::Outcome outcome{};
  std::uint64_t sequence = 0;
  bool disk_works = true;

  explicit Stage(Memory memory = {.incarnation = 1}, ElectionPolicy chosen = three())
      : policy{std::move(chosen)}, a{"a", policy, memory, 1, start} {
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
  Stage stage;

  stage.hear("b", Kind::pre_vote, 0);

  REQUIRE(stage.said(Kind::pre_vote_answer) != nullptr);
  CHECK_FALSE(stage.said(Kind::pre_vote_answer)->ok);
  CHECK(stage.said(Kind::pre_vote_answer)->why == "quiet after its start");
}

TEST_CASE("a node without a publisher only watches", "[elector]") {
  Stage stage;
  stage.take(stage.a.publisher_died(start));

  stage.quiet_over();

  CHECK(stage.a.role() == Role::observer);
}

TEST_CASE("an observer becomes follower when its publisher is back, while a master beats on",
          "[elector]") {
  Stage stage;
  stage.take(stage.a.publisher_died(start));
  stage.quiet_over();
  REQUIRE(stage.a.role() == Role::observer);
  stage.fit();

  // Nothing but heartbeats: what a timer would judge must be judged with them.
  for (int i = 0; i < 3; ++i) {
    stage.now += 200ms;
    stage.hear("b", Kind::heartbeat, 1 << 8 | 2);
  }

  CHECK(stage.a.role() == Role::follower);
  CHECK(stage.said(Kind::presence) != nullptr);
  CHECK(stage.said(Kind::acknowledge) != nullptr);
}

TEST_CASE("presence goes along with the answer to a heartbeat, once in a period", "[elector]") {
  Stage stage;
  stage.quiet_over();
  stage.now += 200ms;
  stage.hear("b", Kind::heartbeat, 1 << 8 | 2);
  REQUIRE(stage.said(Kind::presence) != nullptr);

  stage.now += 1ms;  // One that was queued behind it.
  stage.hear("b", Kind::heartbeat, 1 << 8 | 2);

  CHECK(stage.said(Kind::acknowledge) != nullptr);
  CHECK(stage.said(Kind::presence) == nullptr);
  CHECK(stage.outcome.wake - stage.now == 250ms);  // Without any heartbeat, by itself.
}

TEST_CASE("presence that has just gone by itself goes with the answer from then on", "[elector]") {
  Stage stage;
  stage.quiet_over();
  while (stage.said(Kind::presence) == nullptr) {  // By itself.
    stage.now += 1ms;
    stage.tick();
  }
  stage.now += 20ms;
  stage.hear("b", Kind::heartbeat, 1 << 8 | 2);
  CHECK(stage.said(Kind::presence) == nullptr);

  stage.now += 200ms;
  stage.hear("b", Kind::heartbeat, 1 << 8 | 2);

  CHECK(stage.said(Kind::presence) != nullptr);
}

TEST_CASE("a fit node asks for pre-votes before it takes a term", "[elector]") {
  Stage stage;
  for (int i = 0; i < 70 && stage.a.role() != Role::candidate; ++i) {
    stage.now += 10ms;
    stage.tick();
  }

  CHECK(stage.a.role() == Role::candidate);
  CHECK(stage.said(Kind::pre_vote) != nullptr);
  CHECK(stage.a.term() == 0);
}

TEST_CASE("a master holds a lease from the moment its heartbeat was sent", "[elector]") {
  Stage stage;
  stage.become_master();
  stage.now += 200ms;
  stage.tick();
  const auto heartbeat = *stage.said(Kind::heartbeat);
  const Instant sent = stage.now;

  stage.now += 50ms;
  stage.acknowledge(heartbeat);

  CHECK(stage.a.lease_until() == sent + stage.policy.lease());
  REQUIRE(stage.outcome.grant);
  CHECK(stage.outcome.grant->expires == stage.a.lease_until());
  CHECK(stage.outcome.grant->term == stage.a.term());
}

TEST_CASE("an answer to a heartbeat of the future counts for nothing", "[elector]") {
  Stage stage;
  stage.become_master();
  const Instant before = stage.a.lease_until();
  auto heartbeat = stage.message("a", Kind::heartbeat, stage.a.term());
  heartbeat.timestamp_ns = (stage.now + 1h).time_since_epoch().count();

  stage.acknowledge(heartbeat);

  CHECK(stage.a.lease_until() == before);
}

TEST_CASE("a term is stored before the message that names it", "[elector]") {
  Stage stage;
  stage.quiet_over();

  stage.hear("b", Kind::heartbeat, 1 << 8 | 2);

  CHECK(stage.outcome.store == std::uint64_t{1 << 8 | 2});
  REQUIRE(stage.said(Kind::acknowledge) != nullptr);
  CHECK(stage.said(Kind::acknowledge)->term == (1 << 8 | 2));
}

TEST_CASE("a term that could not be stored is asked for again", "[elector]") {
  Stage stage;
  stage.quiet_over();
  stage.disk_works = false;
  stage.hear("b", Kind::heartbeat, 1 << 8 | 2);

  stage.tick();

  CHECK(stage.outcome.store == std::uint64_t{1 << 8 | 2});
}

TEST_CASE("a locked voter refuses others and keeps its term", "[elector]") {
  Stage stage;
  stage.quiet_over();
  stage.hear("b", Kind::heartbeat, 1 << 8 | 2);
  REQUIRE(stage.said(Kind::acknowledge) != nullptr);

  stage.hear("w", Kind::vote_request, 9 << 8 | 3);

  CHECK(stage.said(Kind::vote) == nullptr);
  CHECK(stage.a.term() == (1 << 8 | 2));
}

TEST_CASE("a heartbeat of an older term is answered with ours", "[elector]") {
  Stage stage;
  stage.quiet_over();
  stage.hear("b", Kind::heartbeat, 5 << 8 | 2);

  stage.hear("w", Kind::heartbeat, 4 << 8 | 3);

  REQUIRE(stage.said(Kind::acknowledge) != nullptr);
  CHECK(stage.said(Kind::acknowledge)->timestamp_ns == 0);
  CHECK(stage.said(Kind::acknowledge)->term == (5 << 8 | 2));
}

TEST_CASE("a node cannot claim another's term", "[elector]") {
  Stage stage;
  stage.quiet_over();

  stage.hear("b", Kind::heartbeat, 5 << 8 | 3);

  CHECK(stage.outcome.refused == std::string{"impossible_term"});
  CHECK(stage.a.term() == 0);
}

TEST_CASE("messages of another cluster, configuration or stranger are refused", "[elector]") {
  Stage stage;
  auto foreign = stage.message("b", Kind::presence, 0);
  foreign.cluster = "other";
  auto differing = stage.message("b", Kind::presence, 0);
  differing.config ^= 1;

  stage.hear(foreign);
  CHECK(stage.outcome.refused == std::string{"foreign_cluster"});
  stage.hear(differing);
  CHECK(stage.outcome.refused == std::string{"other_configuration"});
  stage.hear("x", Kind::presence, 0);
  CHECK(stage.outcome.refused == std::string{"unknown_node"});
}

TEST_CASE("a master whose lease runs out asks on without extending locks", "[elector]") {
  Stage stage;
  stage.become_master();
  while (stage.now < stage.a.lease_until()) {
    stage.now += 20ms;
    stage.tick();
  }

  CHECK(stage.a.role() == Role::grace);
  REQUIRE(stage.said(Kind::heartbeat) != nullptr);
  CHECK_FALSE(stage.said(Kind::heartbeat)->extends);
  REQUIRE(stage.outcome.grant);
  CHECK(stage.outcome.grant->term == stage.a.term());
  CHECK(stage.outcome.grant->expires <= stage.now);
}

TEST_CASE("a planned hand-over waits for the publisher, then releases", "[elector]") {
  Stage stage;
  stage.become_master();
  stage.hear("b", Kind::presence, 0);
  auto draining = stage.a.hand_over("b", "test", stage.now);
  REQUIRE(draining);
  stage.take(*std::move(draining));
  REQUIRE(stage.a.role() == Role::draining);
  CHECK(stage.said(Kind::release) == nullptr);
  REQUIRE(stage.outcome.grant);
  CHECK(stage.outcome.grant->term == 0);

  stage.fit({.tier = Tier::fit, .stopped_term = stage.a.term()});

  REQUIRE(stage.said(Kind::release) != nullptr);
  CHECK(stage.said(Kind::release)->target == "b");
  CHECK(stage.a.role() == Role::follower);
}

TEST_CASE("a hand-over to nobody, a stranger or a witness is refused", "[elector]") {
  Stage stage;
  stage.become_master();

  CHECK(stage.a.hand_over("", "test", stage.now).error().code == Errc::unavailable);
  CHECK(stage.a.hand_over("x", "test", stage.now).error().code == Errc::not_found);
  CHECK(stage.a.hand_over("w", "test", stage.now).error().code == Errc::unavailable);
  CHECK(stage.a.hand_over("a", "test", stage.now).error().code == Errc::refused);
  CHECK(stage.a.role() == Role::master);
}

TEST_CASE("the death of the publisher releases at once", "[elector]") {
  Stage stage;
  stage.become_master();

  stage.take(stage.a.publisher_died(stage.now));

  CHECK(stage.said(Kind::release) != nullptr);
  CHECK(stage.a.role() == Role::observer);
}

TEST_CASE("a publisher that falls silent keeps its term until its grant is over", "[elector]") {
  Stage stage;
  stage.become_master();
  const Instant until = stage.a.lease_until();

  stage.fit({.tier = Tier::no_publisher});
  CHECK(stage.said(Kind::release) == nullptr);
  CHECK(stage.outcome.wake <= until);
  while (stage.now < until && stage.a.role() == Role::draining) {
    stage.now = std::min(stage.now + 20ms, until);
    stage.tick();
  }

  CHECK(stage.now == until);
  CHECK(stage.said(Kind::release) != nullptr);
}

TEST_CASE("a fenced master steps down and stands above the fence next time", "[elector]") {
  Stage stage;
  stage.become_master();
  const auto fence = std::uint64_t{40 << 8 | 2};
  stage.fit({.tier = Tier::fit, .stopped_term = stage.a.term(), .fenced_by = fence});
  REQUIRE(stage.a.role() == Role::follower);

  stage.become_master();

  CHECK(stage.a.term() > fence);
}

TEST_CASE("a node that lost its term takes no part until a quorum told it theirs", "[elector]") {
  Stage stage{{.incarnation = 1, .forgotten = true}};
  stage.hear("b", Kind::heartbeat, 5 << 8 | 2);
  CHECK(stage.said(Kind::acknowledge) == nullptr);
  stage.now += stage.policy.lock() * 2;
  stage.tick();
  const auto* asked = stage.said(Kind::pre_vote);
  REQUIRE(asked != nullptr);
  const auto id = asked->timestamp_ns;

  for (const auto* from : {"b", "w"}) {
    CHECK(stage.a.role() == Role::starting);
    auto answer = stage.message(from, Kind::pre_vote_answer, 6 << 8 | 2);
    answer.timestamp_ns = id;
    stage.hear(answer);
  }

  CHECK(stage.a.role() == Role::follower);
  CHECK(stage.a.term() == (6 << 8 | 2));
}

TEST_CASE("what was queued is heard before a late timer is judged", "[elector]") {
  Stage stage;
  stage.become_master();

  stage.now += 10s;
  stage.tick();

  CHECK(stage.a.role() == Role::master);
  CHECK(stage.a.late());
  CHECK(stage.outcome.grant->expires < stage.now);
  stage.now = stage.outcome.wake;
  stage.tick();
  stage.now += 60ms;
  stage.tick();
  CHECK(stage.a.role() == Role::grace);
}

TEST_CASE("one of a pair waits for the other once, then goes alone", "[elector]") {
  ElectionPolicy pair{.cluster = "test", .voters = {{"a", 100}, {"b", 90}}, .pair = true};
  Stage stage{{.incarnation = 1}, pair};
  Instant led{};

  for (int i = 0; i < 700 && led == Instant{}; ++i) {
    stage.now += 10ms;
    stage.tick();
    if (stage.a.role() == Role::master) led = stage.now;
  }

  REQUIRE(led != Instant{});
  CHECK(led - start >= 5s);
  CHECK(led - start < 5200ms);
}

TEST_CASE("whatever a peer says, the term never falls and nothing is granted alone",
          "[elector][property]") {
  REQUIRE(rc::check([] {
    Stage stage;
    stage.quiet_over();
    std::uint64_t term = 0;
    const auto steps = *rc::gen::inRange(1, 60);
    for (int i = 0; i < steps; ++i) {
      auto message = stage.message(*rc::gen::element<std::string>("b", "w", "a", "x"),
                                   static_cast<Kind>(*rc::gen::inRange(0, 9)),
                                   static_cast<std::uint64_t>(*rc::gen::inRange(0, 5)) << 8 |
                                       static_cast<std::uint64_t>(*rc::gen::inRange(0, 4)));
      message.timestamp_ns = stage.now.time_since_epoch().count() - *rc::gen::inRange(-1000, 1000);
      message.ok = *rc::gen::arbitrary<bool>();
      message.extends = *rc::gen::arbitrary<bool>();
      message.target = *rc::gen::element<std::string>("", "a", "b", "w", "x");
      message.to = *rc::gen::element<std::string>("", "a", "b");
      stage.hear(message);
      RC_ASSERT(stage.a.term() >= term);
      term = stage.a.term();
      stage.now += std::chrono::milliseconds{*rc::gen::inRange(0, 150)};
      stage.tick();
      RC_ASSERT(stage.outcome.wake > stage.now);
      RC_ASSERT(!stage.outcome.grant || stage.outcome.grant->term == 0 ||
                candidate_of(stage.outcome.grant->term) == 1);
      RC_ASSERT(!stage.outcome.grant || stage.outcome.grant->expires <= stage.now + 600ms);
    }
  }));
}

}  // namespace paceline::test
