// Which statistics of which objects make up a pacing target: one of each of thirteen kinds, of the
// target's agent group or of its queue.
//
//   Mapping mapping = default_mapping();                     // the vendor's sample names
//   StatisticRequest ask = request_for(mapping, target, StatisticKind::ready);
//
// A statistic is known everywhere by its number: slot x statistic_kind_count + kind.
// targets_index.h has the slots.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/wire/statistics.h"

namespace paceline::statfeed {

enum class StatisticKind : std::uint8_t {
  logged_in,
  ready,
  busy,
  after_call_work,
  not_ready,
  in_queue,
  entered,  // The three counters, in this order.
  answered,
  abandoned,
  handling_time,
  waiting_time,
  in_handling,  // Where agents hold several interactions: those held now,
  slots,        // and those that the logged-in agents may hold.
};

inline constexpr std::uint32_t statistic_kind_count = 13;
inline constexpr std::uint32_t counter_count = 3;
// A bit for each kind.
inline constexpr std::uint32_t all_statistic_kinds = (1u << statistic_kind_count) - 1;
// The first ones are asked for unless the site says otherwise, the others only if it names them.
inline constexpr std::uint32_t usual_kind_count = 11;
inline constexpr std::uint32_t usual_statistic_kinds = (1u << usual_kind_count) - 1;

using Statistic = std::uint32_t;  // slot x statistic_kind_count + kind.

constexpr Statistic statistic_of(std::uint32_t slot, StatisticKind kind) {
  return slot * statistic_kind_count + static_cast<std::uint32_t>(kind);
}
constexpr std::uint32_t slot_of(Statistic statistic) {
  return statistic / statistic_kind_count;
}
constexpr StatisticKind kind_of(Statistic statistic) {
  return static_cast<StatisticKind>(statistic % statistic_kind_count);
}
constexpr bool is_counter(StatisticKind kind) {
  return kind == StatisticKind::entered || kind == StatisticKind::answered ||
         kind == StatisticKind::abandoned;
}

/// "logged_in", ...: the words of the settings.
const char* to_string(StatisticKind kind);

/// What a site has for one kind of statistic.
struct MappedStatistic {
  bool of_queue = false;    // Of the target's queue; otherwise of its agent group.
  std::string object_type;  // GroupAgents, Queue, ...
  std::string name;         // A pattern, as defined at the server; empty if `definition` is given.
  std::optional<StatisticDefinition> definition;
  bool needed = true;  // Without it the target is not visible.
  // For the Stat Service of GMS only.
  std::string filter;
  std::string time_profile;
  std::string time_range;
  std::string time_range2;
  bool asked = true;     // False: the site has no such statistic, it stays unknown.
  std::string object{};  // A pattern that gives the object's id; "" = the group's or the queue's.

  bool operator==(const MappedStatistic&) const = default;
};

struct Mapping {
  std::array<MappedStatistic, statistic_kind_count> statistics;

  const MappedStatistic& operator[](StatisticKind kind) const {
    return statistics[static_cast<std::size_t>(kind)];
  }
  MappedStatistic& operator[](StatisticKind kind) {
    return statistics[static_cast<std::size_t>(kind)];
  }
  bool operator==(const Mapping&) const = default;
};

/// A bit for each kind that is asked for, by its number.
std::uint32_t asked_kinds(const Mapping& mapping);

/// The names of the vendor's own sample definitions. Not needed are: after-call work, not ready,
/// both averages. Not asked for, since most sites have no such statistic: in_handling, slots.
Mapping default_mapping();

/// A pacing target as the Stat Server knows it.
struct TargetObjects {
  std::string id;
  std::string group;  // Object id of the agent group.
  std::string queue;  // Object id of the queue.
  std::string media_channel{};

  bool operator==(const TargetObjects&) const = default;
};

/// `pattern` with {id}, {channel}, {group} and {queue} replaced by the target's own.
///
///   errors   bad_value: a { without its }, or another word between them
Result<std::string> filled(std::string_view pattern, const TargetObjects& target);

/// What to ask the server for; the patterns must be good, the statistic's id is left empty.
StatisticRequest request_for(const Mapping& mapping, const TargetObjects& target,
                             StatisticKind kind);

/// A UUID that holds the statistic's number, so that reading it back needs no table.
///
///   salt        of the session: an id of another session reads as unknown
///   generation  of the slot: an id of a target that left reads as unknown (the caller compares)
std::string statistic_id(std::uint64_t salt, std::uint16_t generation, Statistic statistic);

struct StatisticId {
  std::uint16_t generation = 0;
  Statistic statistic = 0;

  bool operator==(const StatisticId&) const = default;
};

/// The reverse, in upper case too; nothing for any text that statistic_id() did not make with this
/// salt.
std::optional<StatisticId> read_statistic_id(std::string_view id, std::uint64_t salt);

}  // namespace paceline::statfeed
