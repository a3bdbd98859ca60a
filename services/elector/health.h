// How fit is this node to be master, by what its own publisher reports?
#pragma once

#include "common/wire/messages.h"

namespace paceline::elector {

/// Smaller is better. Without a publisher a node cannot be master; others can, after fitter ones.
enum class Tier : std::int32_t {
  fit = 0,
  stale_pace = 1,    // A pacer shard is missing or silent.
  cannot_reach = 2,  // The engagement endpoint did not answer the last attempt.
  no_publisher = 3,  // Dead, silent or never heard.
};

const char* to_string(Tier tier);

/// The tier of a node whose publisher just said `report`.
///
///   pace_stale   [> 0] beyond that age the oldest shard's `pace` counts as missing
Tier tier_of(const PublicationReport& report, Duration pace_stale);

}  // namespace paceline::elector
