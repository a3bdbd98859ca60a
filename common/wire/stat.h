// Channel `stat`: statfeed -> pacer (its shard), watch. The live statistics of pacing targets.
#pragma once

#include <string>

#include "common/wire/state_frame.h"

namespace paceline {

enum class StatQuality : std::uint8_t { not_visible, stale, provisional, good };

/// How far a target's statistics may be trusted.
template <>
inline constexpr std::array words_of<StatQuality>{
    Word{"not_visible", "the Stat Server does not know the target or one of its needed statistics"},
    Word{"stale", "known once, but not heard within the bound"},
    Word{"provisional", "within the grace period after a switch of servers"},
    Word{"good", "confirmed within the bound"},
};
static_assert(words_match<StatQuality>());

inline constexpr std::size_t max_trouble_bytes = 400;

/// The Stat Server pair as statfeed sees it.
struct StatSource {
  std::string in_use;
  bool primary_up = false;
  bool backup_up = false;
  std::uint32_t switches = 0;
  std::uint32_t targets_visible = 0;
  std::uint32_t targets_unseen = 0;
  double updates_per_second = 0;
  std::string push_doubt;
  std::string primary_trouble;
  std::string backup_trouble;

  static constexpr About about{"stat_source", "The Stat Server pair as statfeed sees it."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&StatSource::in_use, "in_use",
              "primary, backup, replay, or empty while neither answers"},
        Field{&StatSource::primary_up, "primary_up", "its session is open and Available"},
        Field{&StatSource::backup_up, "backup_up", "its session is open and Available"},
        Field{&StatSource::switches, "switches", "", "of servers, since the start of statfeed"},
        Field{&StatSource::targets_visible, "targets_visible", "targets",
              "that the server in use knows"},
        Field{&StatSource::targets_unseen, "targets_unseen", "targets",
              "that it does not: not_visible"},
        Field{&StatSource::updates_per_second, "updates_per_second", "1/s", 0, 1e12,
              "statistics heard"},
        Field{&StatSource::push_doubt, "push_doubt",
              "what is wrong with the push of the server in use; empty = nothing, or it is polled"}
            .added(),
        Field{&StatSource::primary_trouble, "primary_trouble", max_trouble_bytes,
              "why the primary serves nothing, as its last failure says; empty = it does"}
            .added(),
        Field{&StatSource::backup_trouble, "backup_trouble", max_trouble_bytes,
              "the same of the backup; empty = it serves, or there is none"}
            .added(),
    };
  }
  bool operator==(const StatSource&) const = default;
};
static_assert(lists_every_member<StatSource>());

/// The live statistics of one pacing target. An agent who holds several interactions is `ready` while one more can
/// come; `slots` and `in_handling` tell how many can, where the site has such figures. The counters are made from
/// the server's by differences, so that a counter reset or a switch of servers never makes them jump or fall.
struct TargetStat {
  using Head = StatSource;

  StatQuality quality = StatQuality::not_visible;
  std::int32_t logged_in = 0;
  std::int32_t ready = 0;
  std::int32_t busy = 0;
  std::int32_t after_call_work = 0;
  std::int32_t not_ready = 0;
  std::int32_t in_queue = 0;
  std::uint64_t entered = 0;
  std::uint64_t answered = 0;
  std::uint64_t abandoned = 0;
  double handling_time_s = 0;
  double waiting_time_s = 0;
  double age_s = 0;
  std::int32_t slots = 0;
  std::int32_t in_handling = -1;

  static constexpr About about{"stat", "The live statistics of one pacing target."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&TargetStat::quality, "quality", "how far the statistics may be trusted"},
        Field{&TargetStat::logged_in, "logged_in", "agents", 0, max_count, "logged in"},
        Field{&TargetStat::ready, "ready", "agents", 0, max_count,
              "waiting for the next interaction"},
        Field{&TargetStat::busy, "busy", "agents", 0, max_count, "handling an interaction"},
        Field{&TargetStat::after_call_work, "after_call_work", "agents", 0, max_count,
              "in wrap-up"},
        Field{&TargetStat::not_ready, "not_ready", "agents", 0, max_count, "logged in and away"},
        Field{&TargetStat::in_queue, "in_queue", "interactions", 0, max_count,
              "waiting now, proactive and reactive"},
        Field{&TargetStat::entered, "entered", "interactions",
              "that came into the queue since the start of statfeed"},
        Field{&TargetStat::answered, "answered", "interactions",
              "that an agent took since the start of statfeed"},
        Field{&TargetStat::abandoned, "abandoned", "interactions",
              "that left the queue unanswered since the start of statfeed"},
        Field{&TargetStat::handling_time_s, "handling_time_s", "s", 0, max_seconds,
              "AverageHandlingTime; 0 = unknown"},
        Field{&TargetStat::waiting_time_s, "waiting_time_s", "s", 0, max_seconds,
              "AverageWaitingTime; 0 = unknown"},
        Field{&TargetStat::age_s, "age_s", "s", 0, max_seconds,
              "since the server last confirmed the numbers"},
        Field{&TargetStat::slots, "slots", "interactions", 0, max_count,
              "that the agents who are logged in may hold at once; 0 = unknown"},
        Field{&TargetStat::in_handling, "in_handling", "interactions", -1, max_count,
              "that agents hold now, those in wrap-up too; -1 = unknown"},
    };
  }
  bool operator==(const TargetStat&) const = default;
};
static_assert(lists_every_member<TargetStat>());

}  // namespace paceline
