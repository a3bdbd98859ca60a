#include "services/pacer/due_times.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tests/support/catch.h"

namespace paceline::test {
using pacer::DueTimes;
namespace {

// The first refresh after a decision, to a hundredth of its period.
double refresh_after(DueTimes due, std::uint32_t target, double now_s, double period_s) {
  due.decided(target, now_s, period_s, target);
  double at_s = now_s;
  while (!due.is_due(target, at_s)) at_s += period_s / 100;
  return at_s;
}

}  // namespace

TEST_CASE("all targets are due at the start, and then each once in its refresh period", "[pacer]") {
  const DueTimes due{2};
  CHECK(due.is_due(0, 0));
  CHECK(due.is_due(1, 0));

  const double first_s = refresh_after(due, 0, 0, 2);
  const double other_s = refresh_after(due, 1, 0, 5);

  CHECK(first_s > 0);
  CHECK(first_s <= 2.02);
  CHECK(other_s <= 5.05);
  CHECK(refresh_after(due, 0, first_s, 2) == Approx(first_s + 2).margin(0.03));
}

TEST_CASE("a change is due at once, and does not move the refreshes after it", "[pacer]") {
  DueTimes due{1};
  const double refresh_s = refresh_after(due, 0, 10, 2);
  due.decided(0, 10, 2, 0);
  due.changed(0);
  CHECK(due.is_due(0, 10));

  const double half_way_s = (10 + refresh_s) / 2;
  CHECK(refresh_after(due, 0, half_way_s, 2) == Approx(refresh_s).margin(0.03));
}

TEST_CASE("after a pause refreshes go on from then, not one for each that was missed", "[pacer]") {
  const DueTimes due{1};
  const double refresh_s = refresh_after(due, 0, 0, 2);

  CHECK(refresh_after(due, 0, 100, 2) == Approx(refresh_s + 100).margin(0.03));
}

TEST_CASE("refreshes of many targets are spread over the period, one of each in every period",
          "[pacer]") {
  constexpr std::uint32_t targets = 6400;
  constexpr double period_s = 2;
  DueTimes due{targets};
  for (std::uint32_t i = 0; i < targets; ++i) due.decided(i, 0, period_s, i);
  std::vector<int> decided(targets);
  std::vector<double> last_s(targets, 0);

  for (int tick = 1; tick <= 200; ++tick) {  // Ten periods, looked at twenty times each.
    const double now_s = tick * 0.1;
    int at_once = 0;
    for (std::uint32_t i = 0; i < targets; ++i) {
      if (!due.is_due(i, now_s)) continue;
      REQUIRE(now_s - last_s[i] < period_s + 0.11);
      last_s[i] = now_s;
      due.decided(i, now_s, period_s, i);
      ++decided[i];
      ++at_once;
    }
    REQUIRE(at_once >= 4 * 64);  // Of a hundred blocks five, as even as can be.
    REQUIRE(at_once <= 6 * 64);
  }

  CHECK(std::ranges::all_of(decided, [](int times) { return times == 10; }));
}

TEST_CASE("targets with one grid are refreshed together, whenever each was decided first",
          "[pacer]") {
  DueTimes due{200};
  due.decided(0, 0.3, 2, 100);
  due.decided(1, 0.9, 2, 100);
  due.decided(2, 17.4, 2, 100);

  for (double now_s = 19.5; now_s < 26; now_s += 0.1) {  // All were due once.
    REQUIRE(due.is_due(0, now_s) == due.is_due(1, now_s));
    REQUIRE(due.is_due(1, now_s) == due.is_due(2, now_s));
    if (due.is_due(0, now_s))
      for (std::uint32_t i = 0; i < 3; ++i) due.decided(i, now_s, 2, 100);
  }
}

TEST_CASE("a target that rests is left alone for so long, unless something changes", "[pacer]") {
  DueTimes due{3};
  due.decided(0, 0, 2, 0, 45);
  due.decided(1, 0, 60, 0, 45);
  due.decided(2, 0, 2, 0, 45);

  CHECK_FALSE(due.is_due(0, 44));
  CHECK(due.is_due(0, 45));
  const double refresh_s = refresh_after(DueTimes{3}, 0, 0, 60);
  CHECK(due.is_due(1, std::max(45.0, refresh_s)));
  CHECK_FALSE(due.is_due(1, std::max(45.0, refresh_s) - 0.7));  // Never sooner than its refresh.
  due.changed(0);
  CHECK(due.is_due(0, 3));
  due.all_changed();
  CHECK(due.is_due(2, 3));
}

TEST_CASE("another index takes over what is known of a target", "[pacer]") {
  DueTimes before{200};
  before.decided(150, 0, 7, 150);
  DueTimes after{2};

  after.keep(0, before, 150);

  const double refresh_s = refresh_after(before, 150, 0, 7);
  CHECK_FALSE(after.is_due(0, refresh_s - 0.1));
  CHECK(after.is_due(0, refresh_s));
  CHECK(after.is_due(1, 0));
  CHECK(refresh_after(after, 0, 20, 7) == refresh_after(before, 150, 20, 7));
}

}  // namespace paceline::test
