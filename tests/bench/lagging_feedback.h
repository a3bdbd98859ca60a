// The endpoint's feedback as it was some seconds ago.
#pragma once

#include <deque>

#include "common/wire/messages.h"

namespace paceline::test {

class LaggingFeedback {
 public:
  explicit LaggingFeedback(double lag_s) : lag_s_{lag_s} {}

  /// Takes up what is true now; returns what was true `lag_s` ago, or at first.
  TargetFeedback told(const TargetFeedback& now, double now_s) {
    if (lag_s_ <= 0) return now;
    kept_.push_back({now_s, now});
    while (kept_.size() > 1 && kept_[1].at_s <= now_s - lag_s_) kept_.pop_front();
    return kept_.front().feedback;
  }

 private:
  struct Kept {
    double at_s;
    TargetFeedback feedback;
  };

  double lag_s_;
  std::deque<Kept> kept_;
};

}  // namespace paceline::test
