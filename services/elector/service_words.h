// What the parts of the shell agree on.
#pragma once

#include "common/base/time.h"
#include "services/elector/peers.h"

namespace paceline::elector {

inline std::uint64_t wall_ms(WallTime wall) {
  return static_cast<std::uint64_t>(ms_since_1970(wall));
}

// The rest goes over channel vote. An answer to a heartbeat goes where the presence goes that
// follows it: one packet, one awakening.
inline bool goes_over_heartbeat(ElectionMessageKind kind) {
  return is_ordered(kind) || kind == ElectionMessageKind::acknowledge;
}

}  // namespace paceline::elector
