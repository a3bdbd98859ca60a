// How much of what agents may hold they hold: in interactions where the site tells them, else each agent is one.
#pragma once

#include <cstdint>

#include "common/wire/stat.h"

namespace paceline::watch {

struct Work {
  std::int64_t held = 0;   // Interactions, those in wrap-up too.
  std::int64_t slots = 0;  // That those who are logged in may hold.

  bool operator==(const Work&) const = default;
};

inline Work work_of(const TargetStat& stat) {
  if (stat.slots > 0 && stat.in_handling >= 0) return {stat.in_handling, stat.slots};
  return {std::int64_t{stat.busy} + stat.after_call_work, stat.logged_in};
}

}  // namespace paceline::watch
