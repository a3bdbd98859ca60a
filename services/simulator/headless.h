// The centre alone, at full speed: a day without a pacing service, or with the simplest one.
#pragma once

#include "services/simulator/centre.h"
#include "services/simulator/scenario.h"

namespace paceline::simulator {

/// Runs the centre for `length`, with the scenario's faults at their times.
///
///   invite   true: progressive 1:1, every 2 s each target may have as many invitations pending as
///            it has ready agents for whom nobody waits; false: none
///   cost     O(events + targets * length / 2 s)
void run_headless(Centre& centre, const std::vector<TimedFault>& faults, Duration length,
                  bool invite);

}  // namespace paceline::simulator
