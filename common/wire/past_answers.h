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

}  // namespace paceline
