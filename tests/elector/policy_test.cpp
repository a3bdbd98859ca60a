#include "tests/support/catch.h"
// The rest after Catch: its CHECK is the one we mean.
#include <rapidcheck.h>

#include "services/elector/policy.h"
#include "services/elector/terms.h"

namespace paceline::test {
using namespace elector;
namespace {

const ElectionPolicy a_b_and_witness{.cluster = "test",
                                     .voters = {{"a", 100}, {"b", 90}, {"w", 0}}};

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
  auto policy = a_b_and_witness;
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
  auto other = a_b_and_witness;
  other.voters[0].priority = 1;
  CHECK(other.fingerprint() == a_b_and_witness.fingerprint());
  other.voters[0].name = "c";
  CHECK(other.fingerprint() != a_b_and_witness.fingerprint());
  other = a_b_and_witness;
  other.missed = 4;
  CHECK(other.fingerprint() != a_b_and_witness.fingerprint());
}

TEST_CASE("lock and lease follow from heartbeat, missed, rho and guard", "[elector]") {
  ElectionPolicy policy = a_b_and_witness;
  policy.heartbeat = 100ms;
  policy.missed = 4;
  policy.rho_ppm = 0;
  policy.guard = 30ms;
  CHECK(policy.lock() == 400ms);
  CHECK(policy.lease() == 370ms);
  policy.rho_ppm = 100'000;

  CHECK(policy.lease() == 327272727ns - 30ms);
}

TEST_CASE("voters are numbered from 1, in their order", "[elector]") {
  CHECK(a_b_and_witness.number("a") == 1);
  CHECK(a_b_and_witness.number("w") == 3);
  CHECK(a_b_and_witness.number("x") == 0);
  CHECK(a_b_and_witness.number("") == 0);
  CHECK(counter_of(0x1234) == 0x12);
  CHECK(candidate_of(0x1234) == 0x34);
}

TEST_CASE("what all electors must agree on is in the fingerprint, each by itself", "[elector]") {
  const auto differs = [](auto change) {
    ElectionPolicy other = a_b_and_witness;
    change(other);
    return other.fingerprint() != a_b_and_witness.fingerprint();
  };

  CHECK(differs([](auto& p) { p.cluster = "tset"; }));
  CHECK(differs([](auto& p) { std::swap(p.voters[0], p.voters[1]); }));
  CHECK(differs([](auto& p) { p.voters.pop_back(); }));
  CHECK(differs([](auto& p) { p.pair = true; }));
  CHECK(differs([](auto& p) { p.heartbeat = 100ms; }));
  CHECK(differs([](auto& p) { p.missed = 4; }));
  CHECK(differs([](auto& p) { p.rho_ppm = 2000; }));
  CHECK_FALSE(differs([](auto& p) { p.guard = 1ms; }));
  CHECK_FALSE(differs([](auto& p) { p.stagger = 1ms; }));
  CHECK_FALSE(differs([](auto& p) { p.preempt = true; }));
}

TEST_CASE("a fingerprint is the same in every build", "[elector]") {
  CHECK(a_b_and_witness.fingerprint() == 0x2a16e2bfu);
}

}  // namespace paceline::test
