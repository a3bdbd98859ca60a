// A group for the pacer's tests to change.
#pragma once

#include "services/pacer/pacing_inputs.h"

namespace paceline::test {
using namespace pacer;

/// Ten agents, of whom all but `idle` [0..10] are busy; nobody waits.
inline PacingInputs ten_agents(int idle) {
  PacingInputs in;
  in.logged_in = 10;
  in.idle = idle;
  in.busy = 10 - idle;
  in.answered = 1000;
  in.entered = 1000;
  return in;
}

/// So that the first decision is the model's own.
inline PacingTuning without_warm_up() {
  PacingTuning tuning;
  tuning.warm_up_answers = 0;
  return tuning;
}

}  // namespace paceline::test
