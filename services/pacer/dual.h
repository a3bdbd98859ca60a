// _DUAL: proactive invitations that leave room for reactive visitors, and what a media channel of
// several groups has in sum.
#pragma once

#include <span>

namespace paceline {

/// What is left for visitors who come by themselves within the answer delay.
struct ReactiveRoom {
  double capacity = 0;  // [slots, >= 0]
  double state = 1;     // [0..1] probability that a new reactive engagement be allowed.
};

///   free      [slots] idle plus expected free minus queue; any sign
///   accepted  [interactions, >= 0] expected from pending invitations
///   demand    [interactions, >= 0] expected reactive arrivals
ReactiveRoom reactive_room(double free, double accepted, double demand);

/// proactiveRatio as a cap: proactive in service + p m <= ratio x slots (our reading, README.md).
///   returns  [invitations, >= 0]
double ratio_stock(double ratio, double slots, double proactive_in_service, double acceptance);

/// One group's part in its media channel.
struct GroupPace {
  int proactive = 0;
  int reactive = 0;
  double reactive_state = 1;
  double reactive_demand = 0;  // Weight of its reactive_state.
  int ready = 0;
};

/// Sums over the groups; reactive_state is the demand-weighted mean (1 without groups).
GroupPace channel_sum(std::span<const GroupPace> groups);

}  // namespace paceline
