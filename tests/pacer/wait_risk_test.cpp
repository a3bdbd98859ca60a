#include "services/pacer/wait_risk.h"

#include <rapidcheck.h>

#include <cmath>

#include "common/base/random.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;
namespace {

/// The visitor at position z, played: whether he counts as lost.
bool is_lost(const WaitGoal& goal, double relief_rate, double abandon_rate, int z,
             SplitMix64& random) {
  const auto exponential = [&](double rate) { return -std::log1p(-random.uniform()) / rate; };
  double wait_s = 0;
  for (int ahead = z - 1; ahead >= 0; --ahead)
    wait_s += exponential(relief_rate + ahead * abandon_rate);
  const double patience_s = exponential(abandon_rate);
  const bool leaves = patience_s < wait_s;
  if (leaves && patience_s < goal.after_s) return false;
  return leaves || (goal.within_s >= 0 && wait_s > goal.within_s);
}

double played(const WaitGoal& goal, double relief_rate, double abandon_rate, int z) {
  constexpr int visitors = 40'000;
  SplitMix64 random{7};
  int lost = 0;
  for (int i = 0; i < visitors; ++i) lost += is_lost(goal, relief_rate, abandon_rate, z, random);
  return static_cast<double>(lost) / visitors;
}

}  // namespace

TEST_CASE("the chance to be lost is that of visitors who are played", "[pacer]") {
  const WaitGoal goal = GENERATE(WaitGoal{.within_s = 20}, WaitGoal{.within_s = 60},
                                 WaitGoal{.after_s = 5}, WaitGoal{.within_s = 20, .after_s = 5});
  const auto [slots, patience_s] =
      GENERATE(std::pair{5, 60.0}, std::pair{10, 60.0}, std::pair{30, 20.0}, std::pair{10, 2.0});
  CAPTURE(goal.within_s, goal.after_s, slots, patience_s);
  for (const int z : {1, 2, 4, 8})
    CHECK(wait_risk(goal, slots / 240.0, 1 / patience_s, z) ==
          Approx(played(goal, slots / 240.0, 1 / patience_s, z)).margin(0.01));
}

TEST_CASE("without a limit it is the chance to abandon", "[pacer]") {
  for (const int z : {1, 3, 20, 100}) {
    const double abandons = z / 60.0 / (10 / 240.0 + z / 60.0);
    CHECK(wait_risk({}, 10 / 240.0, 1 / 60.0, z) == Approx(abandons));
    CHECK(wait_risk({.within_s = 1e4}, 10 / 240.0, 1 / 60.0, z) == Approx(abandons).margin(1e-6));
    CHECK(wait_risk({.after_s = 1e-6}, 10 / 240.0, 1 / 60.0, z) == Approx(abandons).margin(1e-4));
  }
}

TEST_CASE("who finds a free agent is not lost", "[pacer]") {
  WaitRisk risk{{.within_s = 20}, 1, 0.1};
  CHECK(risk.at(0) == 0);
  CHECK(risk.at(-5) == 0);
  CHECK(risk.near(-1e9) == 0);
}

TEST_CASE("where the sums end the normal distribution goes on", "[pacer]") {
  for (const WaitGoal goal : {WaitGoal{.within_s = 20}, WaitGoal{.after_s = 5}}) {
    WaitRisk risk{goal, 2000 / 100.0, 1 / 60.0};
    CHECK(risk.at(WaitRisk::most + 1) == Approx(risk.at(WaitRisk::most)).margin(0.02));
  }
  // So many slots that the first term is too small for a number.
  WaitRisk many{{.within_s = 20}, 2000 / 30.0, 1 / 60.0};
  CHECK(many.at(1000) == Approx(0.2).margin(0.02));
  CHECK(many.at(1300) < many.at(1400));
  CHECK(many.at(2000) > 0.95);
}

TEST_CASE("the chance is one and rises with the position, whatever the figures",
          "[pacer][property]") {
  REQUIRE(rc::check([] {
    const double relief = std::exp(*rc::gen::inRange(-700, 700) / 100.0);
    const double abandon = std::exp(*rc::gen::inRange(-1100, 160) / 100.0);
    const WaitGoal goal{.within_s = *rc::gen::inRange(-1, 600) * 1.0,
                        .after_s = *rc::gen::inRange(0, 60) * 1.0};
    WaitRisk risk{goal, relief, abandon};
    double before = 0;
    for (int z = 0; z < 500; z += 7) {
      const double now = risk.at(z);
      RC_ASSERT(now >= 0 && now <= 1);
      if (goal.after_s == 0 && z <= WaitRisk::most) RC_ASSERT(now >= before - 1e-9);
      before = now;
    }
  }));
}

}  // namespace paceline::test
