// What watch answers over HTTP about the past: written by watch, read by pacelinectl, both by these tables. The OpenAPI
// document says more of them than tables can (services/watch/openapi.yaml); a test holds it to them.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/wire/schema.h"

namespace paceline {

/// A transition that watch saw.
struct EventAnswer {
  std::uint64_t number = 0;
  std::optional<std::string> time;
  std::string kind;
  std::string severity;
  std::string subject;
  std::string detail;

  static constexpr About about{"event", "A transition that watch saw."};
  static constexpr auto schema() {
    using E = EventAnswer;
    return std::tuple{
        Field{&E::number, "number", "", "plus one an event"},
        Field{&E::time, "time", "when watch saw it, in UTC"},
        Field{&E::kind, "kind", "master_changed, role_changed, ..."},
        Field{&E::severity, "severity", "good, notice or bad"},
        Field{&E::subject, "subject", "a node, process, channel or target; empty = the cluster"},
        Field{&E::detail, "detail", "a sentence for people"},
    };
  }
  bool operator==(const EventAnswer&) const = default;
};
static_assert(lists_every_member<EventAnswer>());

/// Some events, oldest first: GET /api/v1/events.
struct EventsAnswer {
  std::uint64_t last = 0;
  std::vector<EventAnswer> events;

  static constexpr About about{"events", "Some events, oldest first."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&EventsAnswer::last, "last", "", "number of the newest there is"},
        Field{&EventsAnswer::events, "events", "those asked for"},
    };
  }
  bool operator==(const EventsAnswer&) const = default;
};
static_assert(lists_every_member<EventsAnswer>());

/// How far back a resolution reaches.
struct KeptAnswer {
  std::int64_t step_s = 0;
  std::int64_t keep_s = 0;

  static constexpr About about{"kept", "How far back a resolution reaches."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&KeptAnswer::step_s, "step_s", "s", 0, 1e15, "between two points"},
        Field{&KeptAnswer::keep_s, "keep_s", "s", 0, 1e15, "until a point is forgotten"},
    };
  }
  bool operator==(const KeptAnswer&) const = default;
};
static_assert(lists_every_member<KeptAnswer>());

/// A figure or word of the past; none = null.
using HistoryCell = std::variant<std::monostate, std::int64_t, double, std::string>;

/// The past of a target as a table: GET /api/v1/targets/ID/history.
struct HistoryAnswer {
  std::string target;
  std::optional<std::string> from;
  std::optional<std::string> to;
  std::int64_t step_s = 0;
  std::vector<KeptAnswer> kept;
  std::vector<std::string> columns;
  std::vector<std::vector<HistoryCell>> rows;

  static constexpr About about{"history", "The past of a target as a table."};
  static constexpr auto schema() {
    using H = HistoryAnswer;
    return std::tuple{
        Field{&H::target, "target", "its id; empty = all together"},
        Field{&H::from, "from", "the beginning, in UTC"},
        Field{&H::to, "to", "the end, in UTC"},
        Field{&H::step_s, "step_s", "s", 0, 1e15, "between two rows"},
        Field{&H::kept, "kept", "every resolution there is, the finest first"},
        Field{&H::columns, "columns", "what stands in a row; the first is time_ms, since 1970"},
        Field{&H::rows, "rows", "the oldest first; where nothing was recorded there is none"},
    };
  }
  bool operator==(const HistoryAnswer&) const = default;
};
static_assert(lists_every_member<HistoryAnswer>());

/// A day of a target's compliance record.
struct ComplianceDayAnswer {
  std::string date;
  std::optional<std::string> begins;
  std::optional<std::string> ends;
  bool over = false;
  double watched = 0;
  std::uint64_t offered = 0;
  std::uint64_t answered = 0;
  std::uint64_t abandoned = 0;
  double abandonment = -1;
  double rolling_abandonment = -1;
  std::string goal_target;
  std::int64_t goal = 0;
  bool goal_changed = false;
  std::string digest;

  static constexpr About about{"compliance_day", "A day of a target's compliance record."};
  static constexpr auto schema() {
    using D = ComplianceDayAnswer;
    return std::tuple{
        Field{&D::date, "date", "of the target's calendar, 2026-11-29"},
        Field{&D::begins, "begins", "in UTC"},
        Field{&D::ends, "ends", "in UTC"},
        Field{&D::over, "over", "false: it is today, and has no digest yet"},
        Field{&D::watched, "watched", "", 0, 1, "share of it in which this node's watch ran"},
        Field{&D::offered, "offered", "interactions", "visitors who accepted an invitation"},
        Field{&D::answered, "answered", "interactions", "of them taken by an agent"},
        Field{&D::abandoned, "abandoned", "interactions", "of them left before"},
        Field{&D::abandonment, "abandonment", "", -1, 1, "of those answered or abandoned"},
        Field{&D::rolling_abandonment, "rolling_abandonment", "", -1, 1,
              "the same over the rolling window that ends with this day"},
        Field{&D::goal_target, "goal_target", "optimizationTarget when the day ended"},
        Field{&D::goal, "goal", "percent", 0, 100, "optimizationGoal when the day ended"},
        Field{&D::goal_changed, "goal_changed", "another goal was in force earlier in the day"},
        Field{&D::digest, "digest", "of the day and all before it, hexadecimal; empty = not over"},
    };
  }
  bool operator==(const ComplianceDayAnswer&) const = default;
};
static_assert(lists_every_member<ComplianceDayAnswer>());

/// What a target must show: GET /api/v1/targets/ID/compliance.
struct ComplianceAnswer {
  std::string target;
  std::string time_zone;
  std::string day_begins;
  std::int64_t rolling_days = 1;
  std::int64_t keep_days = 0;
  std::optional<std::string> fault;
  std::vector<ComplianceDayAnswer> days;

  static constexpr About about{"compliance", "A target's compliance record."};
  static constexpr auto schema() {
    using C = ComplianceAnswer;
    return std::tuple{
        Field{&C::target, "target", "its id"},
        Field{&C::time_zone, "time_zone", "in which its days are counted now"},
        Field{&C::day_begins, "day_begins", "local time of day, HH:MM"},
        Field{&C::rolling_days, "rolling_days", "days", 1, 366, "of the rolling window"},
        Field{&C::keep_days, "keep_days", "days", 1, 4000, "that are kept"},
        Field{&C::fault, "fault", "where the chain of digests is broken; none = nowhere"},
        Field{&C::days, "days", "the oldest first"},
    };
  }
  bool operator==(const ComplianceAnswer&) const = default;
};
static_assert(lists_every_member<ComplianceAnswer>());

}  // namespace paceline
