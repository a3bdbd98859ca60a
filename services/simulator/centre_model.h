// What a simulated contact centre is made of: kinds of agent groups, and the targets of each kind.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "services/simulator/distribution.h"

namespace paceline::simulator {

using HourProfile = std::array<double, 24>;  // By hour of the day.

/// What all groups of a kind have in common.
struct GroupKind {
  std::string name;
  HourProfile agents{};             // [agents, >= 0] of a group of size 1.
  HourProfile arrivals_per_hour{};  // [1/h, >= 0] reactive, of a group of size 1.
  Distribution service{Shape::lognormal, 185, 1.33};
  Distribution wrap_up{Shape::exponential, 13.5, 1};
  Distribution patience{Shape::exponential, 409, 1};
  double not_ready_share = 0.05;                  // [0..0.9] of the logged-in time.
  Distribution rest{Shape::exponential, 600, 1};  // How long an agent stays not ready.
  int slots = 1;                                  // [1..16] interactions an agent handles at once.
  int other_slots = 0;   // [0..16] every second agent handles so many; 0 = as many as the others.
  double slow_down = 0;  // [0..5] each other one of the agent makes all of his so much longer.
  double acceptance = 0.3;  // [0..1] of the invitations.
  double rejection = 0.2;   // [0..1] of those that are not accepted; the rest is ignored.
  Distribution answer_delay{Shape::exponential, 10, 1};
  Duration invitation_life = 30s;  // Not answered by then: timed out.
  double visitors_per_hour = -1;   // [1/h] for size 1, who may be invited; -1 = always somebody.
  std::uint32_t max_queue = 1000;  // [interactions] more are turned away.

  bool operator==(const GroupKind&) const = default;
};

/// A reactive arrival of a recorded day.
struct RecordedCall {
  Duration at{};         // Since midnight.
  Duration service{-1};  // < 0: drawn from the group's kind.
  Duration patience{};  // From its arrival; when `abandoned` what it showed, else the least it had.
  bool abandoned = false;

  bool operator==(const RecordedCall&) const = default;
};

struct TargetModel {
  std::string id;
  std::string channel;
  std::string group;
  std::string queue;
  std::uint32_t kind = 0;           // Index into CentreModel::kinds.
  double size = 1;                  // [> 0] times the kind's agents, arrivals and visitors.
  std::vector<RecordedCall> calls;  // Ascending; replace drawn arrivals when `recorded`.
  bool recorded = false;

  bool operator==(const TargetModel&) const = default;
};

struct CentreModel {
  std::vector<GroupKind> kinds;
  std::vector<TargetModel> targets;
  Duration start = 10h;  // [0..24 h) time of the day at which it begins.

  bool operator==(const CentreModel&) const = default;
};

}  // namespace paceline::simulator
