// The world as a service may know it: what serve() hands to a process, and SimWorld to a test.
#pragma once

#include <functional>
#include <string>

#include "common/base/metrics.h"
#include "common/base/result.h"
#include "common/ports/bus.h"
#include "common/ports/clock.h"
#include "common/ports/log.h"
#include "common/ports/random.h"
#include "common/ports/timers.h"

namespace paceline {

struct World {
  Address self;
  std::uint64_t incarnation;  // Larger at each start of this process.
  Clock& clock;
  Timers& timers;
  Bus& bus;
  Log& log;
  Random& random;
  Metrics& metrics;
  /// Reads the files again and follows them (topology/process/serve.h); says what came of it.
  std::function<Result<std::string>()> reload{};
};

}  // namespace paceline
