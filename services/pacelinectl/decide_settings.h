// What `decide` is told by its flags.
#pragma once

#include <cstdint>

#include "common/base/pacing_options.h"
#include "services/pacer/pacing_inputs.h"

namespace paceline::pacelinectl {

struct DecideSettings {
  std::uint64_t seed = 1;   // Of the draws that dither.
  bool brief = false;       // Answers without the figures.
  PacingOptions options{};  // Of targets whose lines name none.
  pacer::PacingTuning tuning{};
};

}  // namespace paceline::pacelinectl
