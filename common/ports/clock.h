// What time is it? The only source of both kinds of time.
#pragma once

#include "common/base/time.h"

namespace paceline {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  virtual WallTime wall() const = 0;
};

}  // namespace paceline
