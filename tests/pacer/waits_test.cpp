#include "services/pacer/waits.h"

#include <algorithm>
#include <cmath>
#include <deque>

#include "common/base/random.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;
namespace {

/// A queue before some slots, whose true waits are known, looked at every `look_s`.
struct Queue {
  struct Visitor {
    double came_s;
    double leaves_s;
  };
  double arrival_rate = 0.05;
  double patience_s = 60;
  double service_s = 240;
  int slots = 10;
  WaitLimits limits{.within_s = 20, .after_s = 5};

  double late = 0;
  double brief = 0;
  double estimated_late = 0;
  double estimated_brief = 0;
  double worst_count = 0;  // [interactions] by which the remembered differed from the queue.
  QueueCounts counts{};

  void play(double hours, double look_s, std::uint64_t seed) {
    SplitMix64 random{seed};
    const auto exponential = [&](double mean) { return -mean * std::log1p(-random.uniform()); };
    QueueWaits waits;
    std::deque<Visitor> queue;
    std::vector<double> busy;
    constexpr double step_s = 0.25;
    double look = 0;
    std::uint64_t answered = 0;
    std::uint64_t abandoned = 0;
    for (double now = 0; now < hours * 3600; now += step_s) {
      std::erase_if(busy, [&](double ends) { return ends <= now; });
      if (random.uniform() < arrival_rate * step_s)
        queue.push_back({now, now + exponential(patience_s)});
      std::erase_if(queue, [&](const Visitor& visitor) {
        if (visitor.leaves_s > now) return false;
        ++counts.abandoned;
        brief += visitor.leaves_s - visitor.came_s < limits.after_s;
        return true;
      });
      while (!queue.empty() && std::ssize(busy) < slots) {
        ++counts.answered;
        late += now - queue.front().came_s > limits.within_s;
        queue.pop_front();
        busy.push_back(now + exponential(service_s));
      }
      if (now < look) continue;
      look += look_s;
      counts.queue = static_cast<std::int32_t>(queue.size());
      const WaitShares shares = waits.follow(counts, limits, look_s);
      worst_count = std::max(worst_count, std::abs(waits.waiting() - counts.queue));
      estimated_late += shares.late * static_cast<double>(counts.answered - answered);
      estimated_brief += shares.brief * static_cast<double>(counts.abandoned - abandoned);
      answered = counts.answered;
      abandoned = counts.abandoned;
    }
  }
};

}  // namespace

TEST_CASE("how many waited too long is known from the counts within two points", "[pacer]") {
  const double load = GENERATE(0.8, 1.0, 1.3);
  const double look_s = GENERATE(0.5, 2.0);
  CAPTURE(load, look_s);
  Queue queue;
  queue.arrival_rate = load * queue.slots / queue.service_s;
  queue.play(50, look_s, 3);

  const auto answered = static_cast<double>(queue.counts.answered);
  const auto abandoned = static_cast<double>(queue.counts.abandoned);
  REQUIRE(answered > 1000);
  CHECK(queue.worst_count < 0.1);
  CHECK(queue.estimated_late / answered == Approx(queue.late / answered).margin(0.02));
  CHECK(queue.estimated_brief / abandoned == Approx(queue.brief / abandoned).margin(0.03));
}

TEST_CASE("counters that restart, or a long gap, teach nothing of those who waited", "[pacer]") {
  QueueWaits waits;
  const WaitLimits limits{.within_s = 20};
  waits.follow({.answered = 100, .queue = 5}, limits, 0);
  CHECK(waits.follow({.answered = 3, .queue = 5, .epoch = 1}, limits, 30).late == 0);
  CHECK(waits.follow({.answered = 8, .queue = 0, .epoch = 1}, limits, 970).late == 0);
  CHECK(waits.waiting() == 0);
}

TEST_CASE("a queue of any length takes no more room and keeps its count", "[pacer]") {
  QueueWaits waits;
  std::int32_t queue = 0;
  for (int second = 0; second < 1000; ++second)
    waits.follow({.queue = queue += 3}, {.within_s = 20}, 1);
  CHECK(waits.waiting() == Approx(3000).margin(1));
}

}  // namespace paceline::test
