#include "services/simulator/headless.h"

#include <algorithm>

#include "common/base/check.h"
#include "services/simulator/faults.h"

namespace paceline::simulator {

void run_headless(Centre& centre, const std::vector<TimedFault>& faults, Duration length,
                  bool invite) {
  constexpr Duration refresh = 2s;
  Faults state;
  auto fault = faults.begin();
  const Duration end = centre.now() + length;
  for (Duration now = centre.now(); now < end; now += refresh) {
    for (; fault != faults.end() && fault->at <= now; ++fault) {
      for (const auto& [key, value] : fault->settings) {
        const auto changed = with_fault(state, key, value);
        CHECK(changed.has_value());  // The scenario's parser has tried each.
        state = *changed;
      }
      centre.drift(state.drift);
    }
    if (invite) {
      for (std::uint32_t target = 0; target < centre.size(); ++target) {
        const auto& counts = centre.latest_counts(target);
        const int queued = counts.reactive.queued + counts.proactive.queued;
        const int most = std::max(0, counts.ready - queued);
        centre.offer(target, {.allowance = std::max(0, most - counts.pending),
                              .max_pending = most,
                              .until = now + 3 * refresh});
      }
    }
    centre.advance(std::min(now + refresh, end));
  }
}

}  // namespace paceline::simulator
