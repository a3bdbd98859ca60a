// _DUAL: proactive invitations that leave slots to reactive
// visitors; and the sum of a media channel's groups.
#pragma once

#include <span>

namespace paceline::pacer {

/// What is left for visitors who come by themselves within the answer delay.
struct ReactiveCapacity {
  double slots = 0;  // [>= 0]
  double state = 1;  // [0..1] probability that a new reactive engagement be allowed.
};

///   free      [slots] idle plus expected free minus queue; any sign
///   accepted  [interactions, >= 0] expected from pending invitations
///   demand    [interactions, >= 0] expected reactive arrivals
ReactiveCapacity reactive_capacity(double free, double accepted, double demand);

/// proactiveRatio as a cap: proactive in service + p m <= ratio x slots (our reading).
///   returns  [invitations, >= 0]
double ratio_stock(double ratio, double slots, double proactive_in_service, double acceptance);

/// Which of the reactive visitors who give up would have been served if nobody had been invited:
/// the difference D between the centre as it is and the one without invitations, as a fluid. An
/// invited visitor who is taken adds one to D. As many of D as reactive visitors wait stand in the
/// queue: of those who give up they are the share D / queue, and leave D with them. The rest of D
/// is in service, and of the interactions that are seen to end has its share.
class AttributableAbandonment {
 public:
  /// What happened since the last call.
  struct Step {
    double held = 0;                // [slots, >= 0] busy or in wrap-up now, by anybody.
    double waiting = 0;             // [interactions, >= 0] reactive ones in the queue now.
    double answered = 0;            // [interactions, >= 0] proactive and reactive.
    double proactive_answered = 0;  // [interactions, >= 0]
    double reactive_abandoned = 0;  // [interactions, >= 0]
  };

  /// Begins with `held` [slots, >= 0] in use, `invited` of them by invited visitors.
  explicit AttributableAbandonment(double invited = 0, double held = 0)
      : excess_{invited}, held_{held} {}

  ///   returns  [interactions, 0..reactive_abandoned] that invitations have cost
  double follow(const Step& step);

  /// D: [interactions, >= 0] waiting or in service that would not be there.
  double excess() const { return excess_; }

 private:
  double excess_ = 0;
  double held_ = 0;        // [slots] at the last call.
  double ends_carry_ = 0;  // [interactions, <= 0] ended by the counts, not yet by the counters.
};

/// One group's part in its media channel.
struct GroupPace {
  int proactive = 0;
  int reactive = 0;
  double reactive_state = 1;
  double reactive_demand = 0;  // Weight of its reactive_state.
  int ready = 0;
  double counted = 1;  // (0..1] of its agents, so that the sum has each agent once.
};

/// Sums over the groups; reactive_state is the demand-weighted mean (1 without groups).
GroupPace channel_sum(std::span<const GroupPace> groups);

}  // namespace paceline::pacer
