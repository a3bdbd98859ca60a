// Small contact centres for the simulator's tests.
#pragma once

#include "services/simulator/centre.h"

namespace paceline::test {
using namespace simulator;

inline HourProfile all_day(double value) {
  HourProfile hours{};
  hours.fill(value);
  return hours;
}

/// Nobody rests, no wrap-up, nobody gives up before a day is over; `agents` and no arrivals.
inline GroupKind plain_kind(double agents) {
  GroupKind kind;
  kind.name = "plain";
  kind.agents = all_day(agents);
  kind.service = {Shape::exponential, 180, 1};
  kind.wrap_up = {Shape::exponential, 0, 1};
  kind.patience = {Shape::lognormal, 1e6, 0};
  kind.not_ready_share = 0;
  return kind;
}

/// `targets` [>= 1], of which so many share a group's agents.
inline CentreModel centre_with(GroupKind kind, int targets = 1, int targets_per_group = 1) {
  CentreModel model;
  model.kinds.push_back(std::move(kind));
  for (int index = 0; index < targets; ++index) {
    const std::string number = std::to_string(index);
    model.targets.push_back({.id = "t" + number,
                             .channel = "chat",
                             .group = "group-" + std::to_string(index / targets_per_group),
                             .queue = "queue-" + number,
                             .kind = 0,
                             .size = 1,
                             .calls = {},
                             .recorded = false});
  }
  return model;
}

}  // namespace paceline::test
