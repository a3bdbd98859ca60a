// A group of agents in closed loop, one second a step: just enough of a contact centre that every
// rule of the engine is used. The bench (tests/bench) has the one that is held to theory.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "common/base/random.h"
#include "services/pacer/pacing_inputs.h"

namespace paceline::test {
using namespace pacer;

struct SmallCentre {
  // Its settings; times are means of exponential distributions.
  int agents = 10;
  int slots_each = 1;
  double acceptance = 0.4;
  double delay_s = 10;  // Until an invitation is answered.
  double service_s = 120;
  double wrap_up_s = 10;
  double patience_s = 30;
  double reactive_rate = 0;  // [1/s]

  SplitMix64 random{1};
  double now_s = 0;
  std::vector<double> asked{};  // [s] when each outstanding invitation is answered.
  struct Visitor {
    bool invited;
    double leaves_s;
  };
  std::vector<Visitor> queue{};
  std::vector<double> busy{};  // [s] when each interaction ends.
  std::vector<double> wrapping{};
  PacingInputs counted{};

  double after(double mean_s) { return now_s - mean_s * std::log1p(-random.uniform()); }
  int free() const { return agents * slots_each - static_cast<int>(busy.size() + wrapping.size()); }

  void invite(int invitations) {
    counted.proactive.sent += static_cast<std::uint64_t>(invitations);
    for (int i = 0; i < invitations; ++i) asked.push_back(after(delay_s));
  }

  void step() {
    now_s += 1;
    auto& fate = counted.proactive;
    const auto over = [&](double at_s) { return at_s <= now_s; };
    std::erase_if(wrapping, over);
    const auto ended = std::erase_if(busy, over);
    for (std::size_t i = 0; i < ended && wrap_up_s > 0; ++i) wrapping.push_back(after(wrap_up_s));
    const auto answers = std::erase_if(asked, over);
    for (std::size_t i = 0; i < answers; ++i) {
      if (random.uniform() >= acceptance) {
        ++(i % 2 == 0 ? fate.rejected : fate.timed_out);
        continue;
      }
      ++fate.accepted;
      ++counted.entered;
      queue.push_back({true, after(patience_s)});
    }
    if (random.uniform() < reactive_rate) {
      ++counted.entered;
      queue.push_back({false, after(patience_s)});
    }
    std::erase_if(queue, [&](const Visitor& visitor) {
      if (visitor.leaves_s > now_s) return false;
      ++counted.abandoned;
      if (visitor.invited) ++fate.abandoned;
      return true;
    });
    while (!queue.empty() && free() > 0) {
      ++counted.answered;
      if (queue.front().invited) ++fate.answered;
      queue.erase(queue.begin());
      busy.push_back(after(service_s));
    }
  }

  PacingInputs inputs() const {
    PacingInputs in = counted;
    in.logged_in = agents;
    in.slots = slots_each > 1 ? agents * slots_each : 0;
    in.idle = std::max(0, free());
    in.busy = static_cast<std::int32_t>(busy.size());
    in.wrap_up = static_cast<std::int32_t>(wrapping.size());
    in.queue = static_cast<std::int32_t>(queue.size());
    in.proactive.pending = static_cast<std::int32_t>(asked.size());
    return in;
  }
};

}  // namespace paceline::test
