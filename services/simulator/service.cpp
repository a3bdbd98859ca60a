#include "services/simulator/service.h"

#include <algorithm>

namespace paceline::simulator {

SimulatedWorld::SimulatedWorld(Centre& centre, const Clock& clock, Log& log, Options options)
    : centre_{centre},
      clock_{clock},
      log_{log},
      options_{std::move(options)},
      started_{clock.now()} {
}

void SimulatedWorld::advance() {
  const Duration now = from_seconds(to_seconds(clock_.now() - started_) * options_.time_scale);
  for (; next_fault_ < options_.faults.size() && options_.faults[next_fault_].at <= now;
       ++next_fault_) {
    const TimedFault& due = options_.faults[next_fault_];
    centre_.advance(due.at);
    for (const auto& [key, value] : due.settings)
      if (const auto done = set_fault(key, value); !done)
        log_.warn("fault_refused", {{"why", done.error().detail}});
  }
  centre_.advance(now);
}

Timestamp SimulatedWorld::timestamp() const {
  const auto wall = std::chrono::floor<std::chrono::milliseconds>(clock_.wall());
  return {.now = clock_.now(), .wall_ms = wall.time_since_epoch().count()};
}

Result<void> SimulatedWorld::set_fault(std::string_view key, std::string_view value) {
  const Drift before = faults_.drift;
  faults_ = TRY(with_fault(faults_, key, value));
  log_.info("fault_set", {{"fault", key}, {"value", value}});
  if (faults_.drift != before) centre_.drift(faults_.drift);
  for (const auto& listener : listeners_) listener(faults_);
  return {};
}

Duration SimulatedWorld::tick() const {
  return std::clamp(from_seconds(0.2 / options_.time_scale), Duration{10ms}, Duration{200ms});
}

}  // namespace paceline::simulator
