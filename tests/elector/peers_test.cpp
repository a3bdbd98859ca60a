#include "tests/support/catch.h"
// The rest after Catch: its CHECK is the one we mean.
#include "services/elector/peers.h"
#include "tests/support/start.h"

namespace paceline::test {
using namespace elector;
using Kind = ElectionMessageKind;

namespace {

const ElectionPolicy two_and_witness{.cluster = "test",
                                     .voters = {{"a", 100}, {"b", 90}, {"w", 0}}};

ElectionMessage presence(const std::string& node, std::uint64_t sequence) {
  ElectionMessage message;
  message.cluster = "test";
  message.config = two_and_witness.fingerprint();
  message.node = node;
  message.incarnation = 1;
  message.sequence = sequence;
  message.role = ElectorRole::follower;
  message.priority = 90;
  return message;
}

}  // namespace

TEST_CASE("an overtaken presence is not heard again, a new life is", "[elector]") {
  Peers peers{two_and_witness, 1};
  REQUIRE(peers.record(presence("b", 5), start) == Refusal::none);

  CHECK(peers.record(presence("b", 5), start + 1ms) == Refusal::overtaken);
  CHECK(peers.record(presence("b", 4), start + 1ms) == Refusal::overtaken);
  CHECK(peers.record(presence("b", 6), start + 1ms) == Refusal::none);
  auto reborn = presence("b", 1);
  reborn.incarnation = 2;
  CHECK(peers.record(reborn, start + 2ms) == Refusal::none);
  auto without_state = presence("b", 1);
  CHECK(peers.record(without_state, start + 3ms) == Refusal::overtaken);
  CHECK(peers.record(without_state, start + 2s) == Refusal::none);
}

TEST_CASE("the fittest is nobody while all are silent, witnesses or starting", "[elector]") {
  Peers peers{two_and_witness, 1};
  CHECK(peers.fittest(start) == nullptr);
  auto witness = presence("w", 1);
  witness.priority = 0;
  peers.record(witness, start);
  CHECK(peers.fittest(start) == nullptr);
  auto starting = presence("b", 1);
  starting.role = ElectorRole::starting;
  peers.record(starting, start);
  CHECK(peers.fittest(start) == nullptr);

  peers.record(presence("b", 2), start);

  REQUIRE(peers.fittest(start) != nullptr);
  CHECK(peers.fittest(start)->said.node == "b");
  CHECK(peers.fittest(start + 600ms) == nullptr);
}

TEST_CASE("a quorum follows since the older of the two newest answers", "[elector]") {
  auto five = two_and_witness;
  five.voters = {{"a"}, {"b"}, {"c"}, {"d"}, {"e"}};
  Peers peers{five, 1};
  CHECK_FALSE(peers.followed_since(start));
  peers.acknowledged("b", start - 30ms);
  CHECK_FALSE(peers.followed_since(start));

  peers.acknowledged("c", start - 10ms);

  CHECK(peers.followed_since(start) == start - 30ms);
  peers.acknowledged("d", start - 20ms);
  CHECK(peers.followed_since(start) == start - 20ms);
}

TEST_CASE("every refusal has its name", "[elector]") {
  const auto refused = [](auto change) {
    Peers peers{two_and_witness, 1};
    auto message = presence("b", 1);
    change(message);
    return std::string{to_string(peers.record(message, start))};
  };

  CHECK(refused([](auto&) {}) == "none");
  CHECK(refused([](auto& m) { m.cluster = "other"; }) == "foreign_cluster");
  CHECK(refused([](auto& m) { m.node = "a"; }) == "own_echo");
  CHECK(refused([](auto& m) { m.node = "x"; }) == "unknown_node");
  CHECK(refused([](auto& m) { ++m.config; }) == "other_configuration");
  CHECK(refused([](auto& m) { m.to = "w"; }) == "for_another");
  CHECK(refused([](auto& m) { m.to = "a"; }) == "none");
  CHECK(refused([](auto& m) { m.term = largest_term + 1; }) == "impossible_term");
  CHECK(refused([](auto& m) { m.term = (most_lifted + 1) << 8; }) == "impossible_term");
  CHECK(refused([](auto& m) { m.term = most_lifted << 8; }) == "none");
  CHECK(std::string{to_string(Refusal::forged_sender)} == "forged_sender");
  CHECK(std::string{to_string(Refusal::witness_leads)} == "witness_leads");
  Peers peers{two_and_witness, 1};
  peers.record(presence("b", 1), start);
  CHECK(std::string{to_string(peers.record(presence("b", 1), start))} == "overtaken");
}

TEST_CASE("who acts under a term must be its only candidate", "[elector]") {
  const auto refused = [](Kind kind, std::uint64_t number) {
    Peers peers{two_and_witness, 1};
    auto message = presence("b", 1);
    message.kind = kind;
    message.term = 1 << 8 | number;
    return peers.record(message, start);
  };

  for (const Kind kind : {Kind::heartbeat, Kind::release, Kind::vote_request}) {
    CHECK(refused(kind, 3) == Refusal::impossible_term);
    CHECK(refused(kind, 2) == Refusal::none);
  }
  for (const Kind kind : {Kind::presence, Kind::acknowledge, Kind::vote, Kind::pre_vote,
                          Kind::pre_vote_answer, Kind::hand_over})
    CHECK(refused(kind, 3) == Refusal::none);
}

TEST_CASE("a witness beats no heart, asks for no vote and releases nothing", "[elector]") {
  Peers peers{two_and_witness, 1};
  for (const Kind kind : {Kind::heartbeat, Kind::release, Kind::vote_request}) {
    auto message = presence("w", 1);
    message.kind = kind;
    message.term = 1 << 8 | 3;

    CHECK(peers.record(message, start) == Refusal::witness_leads);
  }
  CHECK(peers.terms().highest() == 0);
}

TEST_CASE("a peer in a far term is refused until what we know has been lifted", "[elector]") {
  Peers peers{two_and_witness, 1, 5 << 8 | 1};
  auto far = presence("b", 1);
  far.term = (3 * most_lifted) << 8 | 2;

  CHECK(peers.record(far, start) == Refusal::impossible_term);
  CHECK(peers.record(far, start + 100ms) == Refusal::impossible_term);
  CHECK_FALSE(peers.find("b")->known);
  CHECK(peers.record(far, start + 200ms) == Refusal::impossible_term);
  CHECK(peers.record(far, start + 400ms) == Refusal::none);
}

TEST_CASE("a voter deposes a master at most once in four locks", "[elector]") {
  Peers peers{two_and_witness, 1};

  CHECK(peers.may_depose("w", start));
  CHECK_FALSE(peers.may_depose("w", start + 2400ms - 1ns));
  CHECK(peers.may_depose("b", start + 1ms));
  CHECK(peers.may_depose("w", start + 2400ms));
}

TEST_CASE("what comes over channel vote has no order, and proves its sender alive", "[elector]") {
  Peers peers{two_and_witness, 1};
  peers.record(presence("b", 5), start);
  auto vote = presence("b", 1);
  vote.kind = ElectionMessageKind::vote;

  CHECK(peers.record(vote, start + 500ms) == Refusal::none);

  CHECK(peers.is_alive(*peers.find("b"), start + 1099ms));
  CHECK(peers.find("b")->said.sequence == 5);
}

TEST_CASE("a peer is alive for less than a lock after it was heard", "[elector]") {
  Peers peers{two_and_witness, 1};
  CHECK_FALSE(peers.any_known());
  CHECK_FALSE(peers.any_alive(start));
  peers.record(presence("b", 1), start);

  CHECK(peers.any_known());
  CHECK(peers.any_alive(start + 600ms - 1ns));
  CHECK_FALSE(peers.any_alive(start + 600ms));
  CHECK(peers.any_known());
}

TEST_CASE("an incarnation that fell is heard after two locks of silence", "[elector]") {
  Peers peers{two_and_witness, 1};
  peers.record(presence("b", 5), start);

  CHECK(peers.record(presence("b", 1), start + 1200ms - 1ns) == Refusal::overtaken);
  CHECK(peers.record(presence("b", 1), start + 1200ms) == Refusal::none);
}

TEST_CASE("nobody finds itself, strangers or nobody", "[elector]") {
  const Peers peers{two_and_witness, 1};

  CHECK(peers.find("b") == &peers.all()[1]);
  CHECK(peers.find("a") == nullptr);
  CHECK(peers.find("x") == nullptr);
  CHECK(peers.find("") == nullptr);
}

TEST_CASE("the fittest is of the best tier, then the highest priority, then the first",
          "[elector]") {
  auto five = two_and_witness;
  five.voters = {{"a"}, {"b"}, {"c"}, {"d"}, {"e"}};
  Peers peers{five, 1};
  const auto heard = [&](const std::string& node, Tier tier, int priority) {
    auto message = presence(node, 1);
    message.config = five.fingerprint();
    message.tier = static_cast<int>(tier);
    message.priority = priority;
    REQUIRE(peers.record(message, start) == Refusal::none);
  };

  heard("e", Tier::stale_pace, 200);
  CHECK(peers.fittest(start)->said.node == "e");
  heard("d", Tier::fit, 50);
  CHECK(peers.fittest(start)->said.node == "d");
  heard("c", Tier::fit, 60);
  CHECK(peers.fittest(start)->said.node == "c");
  heard("b", Tier::fit, 60);
  CHECK(peers.fittest(start)->said.node == "b");
  CHECK(peers.any_eligible(start));
}

TEST_CASE("a rank counts who is fitter, of higher priority, or equal and before us", "[elector]") {
  ElectionPolicy five = two_and_witness;
  five.voters = {{"a", 90}, {"b", 90}, {"c", 90}, {"d", 90}, {"w", 0}};
  const auto rank = [&](Tier own, auto change, const std::string& except = "") {
    Peers peers{five, 2};
    for (const auto* node : {"a", "c", "d", "w"}) {
      auto message = presence(node, 1);
      message.config = five.fingerprint();
      message.priority = *node == 'w' ? 0 : 90;
      change(message);
      REQUIRE(peers.record(message, start) == Refusal::none);
    }
    return peers.rank(own, except, start + 100ms);
  };
  const auto as_is = [](ElectionMessage&) {};

  CHECK(rank(Tier::fit, as_is) == 1);  // a, equal and before us.
  CHECK(rank(Tier::fit, as_is, "a") == 0);
  CHECK(rank(Tier::stale_pace, as_is) == 3);
  CHECK(rank(Tier::stale_pace, as_is, "c") == 2);
  CHECK(rank(Tier::fit, [](auto& m) { m.tier = 1; }) == 0);
  CHECK(rank(Tier::fit, [](auto& m) {
          if (m.node == "d") m.priority = 91;
        }) == 2);
  CHECK(rank(Tier::stale_pace, [](auto& m) { m.role = ElectorRole::observer; }) == 0);
  CHECK(rank(Tier::stale_pace, [](auto& m) { m.role = ElectorRole::starting; }) == 3);
  Peers silent{five, 2};
  CHECK(silent.rank(Tier::no_publisher, "", start) == 0);
}

TEST_CASE("only a newer answer is news, and a new term begins without any", "[elector]") {
  Peers peers{two_and_witness, 1};

  CHECK(peers.acknowledged("b", start));
  CHECK_FALSE(peers.acknowledged("b", start));
  CHECK_FALSE(peers.acknowledged("b", start - 1ns));
  CHECK(peers.acknowledged("b", start + 1ns));
  CHECK(peers.followed_since(start + 5ms) == start + 1ns);
  peers.forget_acknowledgements();

  CHECK_FALSE(peers.followed_since(start + 5ms));
}

TEST_CASE("how long ago each other was heard, in milliseconds", "[elector]") {
  Peers peers{two_and_witness, 1};
  peers.record(presence("b", 1), start);

  CHECK(peers.seen(start + 1500us) == std::vector<PeerSeen>{{"b", 1}, {"w", -1}});
}

}  // namespace paceline::test
