// The clocks of this host.
#pragma once

#include <ctime>

#include "common/ports/clock.h"

namespace paceline {

class SystemClock final : public Clock {
 public:
  Instant now() const override { return Instant{read(CLOCK_BOOTTIME)}; }
  WallTime wall() const override { return WallTime{read(CLOCK_REALTIME)}; }

 private:
  static Duration read(clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
  }
};

}  // namespace paceline
