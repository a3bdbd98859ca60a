#include "tests/support/catch.h"
// The rest after Catch: its CHECK is the one we mean.
#include <rapidcheck.h>

#include "services/elector/policy.h"

namespace paceline::test {
using namespace elector;
namespace {

const ElectionPolicy three{.cluster = "test", .voters = {{"a", 100}, {"b", 90}, {"w", 0}}};

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

}  // namespace paceline::test
