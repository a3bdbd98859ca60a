#include "tests/support/catch.h"
// The rest after Catch: its CHECK is the one we mean.
#include "services/elector/peers.h"

namespace paceline::test {
using namespace elector;
namespace {

const ElectionPolicy three{.cluster = "test", .voters = {{"a", 100}, {"b", 90}, {"w", 0}}};
constexpr Instant start{1000s};

ElectionMessage presence(const std::string& node, std::uint64_t sequence) {
  ElectionMessage message;
  message.cluster = "test";
  message.config = three.fingerprint();
  message.node = node;
  message.incarnation = 1;
  message.sequence = sequence;
  message.role = ElectorRole::follower;
  message.priority = 90;
  return message;
}

}  // namespace

TEST_CASE("an overtaken presence is not heard again, a new life is", "[elector]") {
  Peers peers{three, 1};
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
  Peers peers{three, 1};
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
  auto five = three;
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

}  // namespace paceline::test
