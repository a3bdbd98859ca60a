// Runs a real loop until something has happened; the limit only ends a test that hangs.
#pragma once

#include <functional>

#include "common/runtime/loop.h"
#include "common/runtime/system_clock.h"

namespace paceline::test {

inline bool run_until(Loop& loop, const std::function<bool()>& done, Duration limit = 120s) {
  const SystemClock clock;
  const Instant end = clock.now() + limit;
  while (!done() && clock.now() < end) loop.run_once(20ms);
  return done();
}

}  // namespace paceline::test
