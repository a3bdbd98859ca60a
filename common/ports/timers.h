// Call me later. Callbacks run in the process's one loop, never inside the call that set them.
#pragma once

#include <cstdint>
#include <functional>

#include "common/base/time.h"

namespace paceline {

using TimerId = std::uint64_t;

class Timers {
 public:
  virtual ~Timers() = default;

  /// Once, `delay` [>= 0] from now.
  virtual TimerId after(Duration delay, std::function<void()> call) = 0;

  /// Again and again, first one `period` [> 0] from now. A late call is not made up for: calls that
  /// were missed are skipped, and the rhythm stays.
  virtual TimerId every(Duration period, std::function<void()> call) = 0;

  /// Forgets it; a timer that ran out or was cancelled may be cancelled again.
  virtual void cancel(TimerId timer) = 0;
};

}  // namespace paceline
