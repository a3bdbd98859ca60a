// The far end of a closed loop: a centre, its Stat Server's numbers, and the endpoint that invites.
#pragma once

#include <cstdint>
#include <memory>

#include "common/wire/engagement.h"
#include "tests/scenario/closed_loop.h"
#include "topology/targets.h"

namespace paceline::test {

/// What a Stat Server tells of a target.
struct LoopNumbers {
  // Agents, each by one state.
  int logged_in = 0;
  int ready = 0;
  int busy = 0;
  int wrap_up = 0;
  int not_ready = 0;
  int slots = 0;        // That they may hold,
  int in_handling = 0;  // and hold.
  int in_queue = 0;
  // Since the start.
  std::uint64_t entered = 0;
  std::uint64_t answered = 0;
  std::uint64_t abandoned = 0;
  double handling_s = 0;  // [s] mean of those that are over; 0 = none is.
};

class LoopCentre {
 public:
  virtual ~LoopCentre() = default;

  /// As the services' files have them, with who serves them where agents have some skills only.
  const Targets& targets() const { return targets_; }

  /// Lets everything happen up to `now`, a time since the start.
  virtual void advance(Duration now) = 0;

  /// Rises with every change of what is told of a target.
  virtual std::uint64_t changed(std::uint32_t target) const = 0;
  virtual LoopNumbers numbers(std::uint32_t target) const = 0;

  /// What the endpoint answers to a publication, which it follows from now on.
  ///   errors   one that it refuses is a fault of the loop (CHECK)
  virtual PublicationAnswer receive(const PublicationRequest& request) = 0;

  /// Since the start, over all targets, each agent once; of the publisher nothing.
  virtual ClosedLoop::Totals totals() = 0;

 protected:
  explicit LoopCentre(Targets targets) : targets_{std::move(targets)} {}

 private:
  Targets targets_;
};

/// Groups of agents who are alike: the simulator's centre and its endpoint.
std::unique_ptr<LoopCentre> centre_of_groups(const ClosedLoop::Plan& plan, std::uint64_t seed);

/// Agents who have some skills only: the centre of the pacing bench that `plan.skills` names. Its
/// endpoint invites as the simulator's does.
///   errors   no such scenario, or one in which visitors are rare or come by themselves (CHECK)
std::unique_ptr<LoopCentre> centre_of_skills(const ClosedLoop::Plan& plan, std::uint64_t seed);

}  // namespace paceline::test
