// "What if this target had 12 agents and a goal of 5?": the engine itself on a copy of what a
// target has learned, with some of its inputs or options changed. Pure; the target is not touched.
//
//   WhatIf what = TRY(what_if(inputs, options, {"agents=12", "goal=5"}));
//   Decision d = decide_held(pacing, what, pool, uniform, now_s);
#pragma once

#include <span>
#include <string>

#include "common/base/result.h"
#include "services/pacer/pacing.h"

namespace paceline::pacer {

struct WhatIf {
  PacingInputs inputs;
  PacingOptions options;
  int refreshes = 1;  // [1..100] refresh periods for which the inputs are held.
};

/// Each change is KEY=VALUE.
///
///   agents, idle, busy, wrap_up, queue, pending   [0..100,000]
///   goal                                          [1..99] percent
///   ratio                                         [0..100] percent
///   algorithm, optimization_target                as in the targets file
///   enabled                                       true or false
///   refreshes                                     [1..100]
///
/// More agents are idle ones; fewer are taken from the idle ones first, then from those not ready,
/// in wrap-up, busy.
///   errors   bad_value: another key, a value that is none or out of its range
Result<WhatIf> what_if(const PacingInputs& inputs, const PacingOptions& options,
                       std::span<const std::string> changes);

/// The decision after `what.refreshes` refresh periods in which nothing else happens.
///   uniform  [0, 1) the draw, the same in every period
///   now_s    [s] of the pacing world: of the first decision
Decision decide_held(TargetPacing pacing, const WhatIf& what, const ChannelPool& pool,
                     double uniform, double now_s);

}  // namespace paceline::pacer
