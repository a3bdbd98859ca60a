#include "services/watch/kept_time.h"

namespace paceline::watch {

WallTime KeptTime::note(Instant now, WallTime wall, ClockAgreement peers) {
  if (!first_) first_ = last_ = Point{now, wall};
  if (peers == ClockAgreement::agree || now - first_->at >= bound) confirmed_ = true;

  const WallTime expected = last_.wall + (now - last_.at);
  const Duration ahead = wall - expected;
  const bool jumped = ahead > tolerance || ahead < -tolerance;
  if (jumped && !jump_) jumped_at_ = now;
  const bool counts = peers == ClockAgreement::agree || (jump_ && now - jumped_at_ >= bound);
  if (jumped && !counts) {
    jump_ = ahead;
    return expected;
  }
  jump_.reset();
  last_ = {now, wall};
  return wall;
}

}  // namespace paceline::watch
