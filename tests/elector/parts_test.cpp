#include "tests/support/catch.h"
// The rest after Catch: its CHECK is the one we mean.
#include <rapidcheck.h>

#include <limits>

#include "services/elector/damping.h"
#include "services/elector/health.h"
#include "services/elector/memory.h"
#include "services/elector/roll.h"

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

TEST_CASE("a lease on the slowest clock is over before the lock on the fastest",
          "[elector][property]") {
  REQUIRE(rc::check([] {
    ElectionPolicy policy;
    policy.heartbeat = std::chrono::milliseconds{*rc::gen::inRange(50, 5001)};
    policy.missed = *rc::gen::inRange(2, 11);
    policy.rho_ppm = *rc::gen::inRange(0, 100'001);
    policy.guard = policy.heartbeat / 10;
    const double rho = policy.rho_ppm / 1e6;
    const double lease = to_seconds(policy.lease()) / (1 - rho);
    const double lock = to_seconds(policy.lock()) / (1 + rho);
    RC_ASSERT(lease < lock);
  }));
}

TEST_CASE("more than half of all voters are a quorum", "[elector]") {
  auto policy = three;
  CHECK(policy.quorum() == 2);
  policy.voters.resize(5);
  CHECK(policy.quorum() == 3);
  policy.voters.resize(4);
  CHECK(policy.quorum() == 3);
  policy.voters.resize(2);
  policy.pair = true;
  CHECK(policy.quorum() == 1);
}

TEST_CASE("priorities may differ while a configuration is rolled out, voters may not",
          "[elector]") {
  auto other = three;
  other.voters[0].priority = 1;
  CHECK(other.fingerprint() == three.fingerprint());
  other.voters[0].name = "c";
  CHECK(other.fingerprint() != three.fingerprint());
  other = three;
  other.missed = 4;
  CHECK(other.fingerprint() != three.fingerprint());
}

TEST_CASE("three losses in a row suppress a node, and time heals it", "[elector]") {
  Damping damping;
  damping.lost_mastership(start);
  damping.lost_mastership(start + 1s);
  CHECK_FALSE(damping.suppressed(start + 1s));

  damping.lost_mastership(start + 2s);

  CHECK(damping.suppressed(start + 2s));
  CHECK(damping.suppressed(start + 60s));
  CHECK_FALSE(damping.suppressed(start + 130s));
}

TEST_CASE("a node that goes on losing is suppressed for 300 s at most", "[elector]") {
  Damping damping;
  for (int i = 0; i < 100; ++i) damping.lost_mastership(start);

  CHECK(damping.suppressed(start + 299s));
  CHECK_FALSE(damping.suppressed(start + 300s));
}

TEST_CASE("health is judged by what the publisher tried and how old the pace is", "[elector]") {
  PublicationReport report;
  report.pace_age_s = 1;
  CHECK(tier_of(report, 5s) == Tier::fit);  // A standby that has not tried.
  report.pace_age_s = 6;
  CHECK(tier_of(report, 5s) == Tier::stale_pace);
  report.pace_age_s = -1;
  CHECK(tier_of(report, 5s) == Tier::stale_pace);
  report.pace_age_s = std::numeric_limits<double>::quiet_NaN();
  CHECK(tier_of(report, 5s) == Tier::stale_pace);
  report.outcome = PublicationOutcome::failed;
  CHECK(tier_of(report, 5s) == Tier::cannot_reach);
  report.endpoint_reachable = true;
  report.pace_age_s = 0;
  CHECK(tier_of(report, 5s) == Tier::fit);
}

TEST_CASE("a standby whose probes fail cannot reach the endpoint", "[elector]") {
  PublicationReport report;
  report.pace_age_s = 1;
  report.endpoint_tried = true;
  CHECK(tier_of(report, 5s) == Tier::cannot_reach);

  report.endpoint_reachable = true;
  CHECK(tier_of(report, 5s) == Tier::fit);
}

TEST_CASE("a memory is read back as it was written", "[elector][property]") {
  REQUIRE(rc::check([](std::uint64_t term, std::uint64_t incarnation) {
    const Memory memory{.term = term, .incarnation = incarnation};
    RC_ASSERT(parse_memory(format_memory(memory)).value() == memory);
  }));
}

TEST_CASE("a memory that was cut off or changed anywhere is refused", "[elector]") {
  const std::string good = format_memory({.term = 1793, .incarnation = 12});
  for (std::size_t length = 0; length < good.size(); ++length)
    CHECK_FALSE(parse_memory(good.substr(0, length)));
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    CHECK_FALSE(parse_memory(bad));
  }
}

TEST_CASE("any bytes are a memory or an error", "[elector][property]") {
  REQUIRE(rc::check([](const std::string& bytes) {
    RC_ASSERT(!parse_memory(bytes));
    RC_ASSERT(!parse_memory("paceline-elector 1\nterm " + bytes));
  }));
}

TEST_CASE("an overtaken presence is not heard again, a new life is", "[elector]") {
  Roll roll{three, 1};
  REQUIRE(roll.note(presence("b", 5), start));

  CHECK_FALSE(roll.note(presence("b", 5), start + 1ms));
  CHECK_FALSE(roll.note(presence("b", 4), start + 1ms));
  CHECK(roll.note(presence("b", 6), start + 1ms));
  auto reborn = presence("b", 1);
  reborn.incarnation = 2;
  CHECK(roll.note(reborn, start + 2ms));
  auto without_memory = presence("b", 1);
  CHECK_FALSE(roll.note(without_memory, start + 3ms));
  CHECK(roll.note(without_memory, start + 2s));
}

TEST_CASE("the fittest is nobody while all are silent, witnesses or starting", "[elector]") {
  Roll roll{three, 1};
  CHECK(roll.fittest(start) == nullptr);
  auto witness = presence("w", 1);
  witness.priority = 0;
  roll.note(witness, start);
  CHECK(roll.fittest(start) == nullptr);
  auto starting = presence("b", 1);
  starting.role = ElectorRole::starting;
  roll.note(starting, start);
  CHECK(roll.fittest(start) == nullptr);

  roll.note(presence("b", 2), start);

  REQUIRE(roll.fittest(start) != nullptr);
  CHECK(roll.fittest(start)->said.node == "b");
  CHECK(roll.fittest(start + 600ms) == nullptr);
}

TEST_CASE("a quorum follows since the older of the two newest answers", "[elector]") {
  auto five = three;
  five.voters = {{"a"}, {"b"}, {"c"}, {"d"}, {"e"}};
  Roll roll{five, 1};
  CHECK_FALSE(roll.followed_since(start));
  roll.acknowledged("b", start - 30ms);
  CHECK_FALSE(roll.followed_since(start));

  roll.acknowledged("c", start - 10ms);

  CHECK(roll.followed_since(start) == start - 30ms);
  roll.acknowledged("d", start - 20ms);
  CHECK(roll.followed_since(start) == start - 20ms);
}

}  // namespace paceline::test
