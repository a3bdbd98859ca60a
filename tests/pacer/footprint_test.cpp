// What one target costs the engine: bytes, and that its steady state takes nothing from the heap.
// README.md tells the figures that are checked here.
#include <memory>

#include "services/pacer/pacing.h"
#include "tests/pacer/small_centre.h"
#include "tests/support/allocated_bytes.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;
namespace {

constexpr std::size_t idle_bytes = 1'536;
constexpr std::size_t busy_bytes = 6'656;

// An engine beside its centre, and how much of the heap the engine alone ever took.
struct Weighed {
  explicit Weighed(bool sends_after)
      : tuning{std::make_shared<const PacingTuning>(
            PacingTuning{.sends_after_decision = sends_after})} {}

  void run(int seconds) {
    for (int s = 0; s < seconds; ++s) {
      centre.step();
      PacingInputs in = centre.inputs();
      in.feedback_age_s = 0.5;
      const std::size_t before = allocated.now();
      const int invitations = pacing.decide(in, options, {}, 0.5, centre.now_s).invitations;
      taken += allocated.now() - before;
      centre.invite(invitations);
    }
  }
  std::size_t bytes() const { return sizeof pacing + taken; }

  std::shared_ptr<const PacingTuning> tuning;
  TargetPacing pacing{tuning};
  PacingOptions options{};
  SmallCentre centre{};
  AllocatedBytes allocated{};
  std::size_t taken = 0;
};

}  // namespace

TEST_CASE("a target whose agents never came takes a kilobyte and a half", "[pacer]") {
  Weighed night{false};
  night.centre.agents = 0;

  night.run(3 * 3600);

  CHECK(night.taken == 0);
  CHECK(night.bytes() <= idle_bytes);
}

TEST_CASE("a target at work takes six and a half kilobytes at most", "[pacer]") {
  Weighed day{false};
  day.centre.agents = 30;

  day.run(3 * 3600);

  CAPTURE(sizeof(TargetPacing), day.taken);
  REQUIRE(day.centre.counted.answered > 1000);
  CHECK(day.bytes() <= busy_bytes);
}

TEST_CASE("once a target has been at work for some hours its decisions take nothing from the heap",
          "[pacer]") {
  for (const bool sends_after : {false, true})
    for (const Algorithm algorithm :
         {Algorithm::super_progressive, Algorithm::super_progressive_dual, Algorithm::predictive_b})
      for (const OptimizationTarget target :
           {OptimizationTarget::abandonment_rate, OptimizationTarget::service_level}) {
        Weighed day{sends_after};
        day.options.algorithm = algorithm;
        day.options.optimization_target = target;
        day.options.rolling_days = 7;
        day.centre.reactive_rate = 0.02;
        day.run(2 * 3600);
        const std::size_t before = day.taken;
        const auto answered = day.centre.counted.answered;

        day.run(2 * 3600);

        CAPTURE(sends_after, to_string(algorithm), to_string(target));
        CHECK(day.centre.counted.answered > answered + 200);
        CHECK(day.taken == before);
      }
}

}  // namespace paceline::test
