// What senders tell statfeed where there is no Stat Server: statistics of targets in rows, a message at a time, and the
// answer to each message (services/statfeed/FEED.md).
//
//   JSON lines    {"sender": "crm-a"}                                   a FeedMessage without its rows, then
//                 {"target": "t00", "logged_in": 12, "ready": 3, ...}   a FeedRow a line
//   MessagePack   [1, "crm-a", [["t00", 12, 3, ...], ...]]              a FeedMessage, its fields in order
//
// A row may end early: fields that are left out have no value. The answer is a FeedAnswer in the notation of the message.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/wire/state_frame.h"

namespace paceline {

inline constexpr std::size_t max_feed_bytes = 4u << 20;  // Of a message.
inline constexpr std::size_t max_feed_rows = 20'000;     // In a message.
inline constexpr std::size_t max_feed_refusals = 100;    // That an answer names.
inline constexpr std::size_t max_feed_name = 32;         // Of a sender.

/// What a sender knows of one target now.
struct FeedRow {
  std::string target;
  double logged_in = -1;
  double ready = -1;
  double busy = -1;
  double in_queue = -1;
  double entered = -1;
  double answered = -1;
  double abandoned = -1;
  double after_call_work = -1;
  double not_ready = -1;
  double handling_time_s = -1;
  double waiting_time_s = -1;
  double age_s = -1;
  double timestamp_ms = -1;
  double in_handling = -1;
  double slots = -1;

  static constexpr About about{"feed_row", "What a sender knows of one target now."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&FeedRow::target, "target", 128, "its id in the targets file"},
        Field{&FeedRow::logged_in, "logged_in", "agents", -1, max_count, "logged in"},
        Field{&FeedRow::ready, "ready", "agents", -1, max_count,
              "waiting for the next interaction"},
        Field{&FeedRow::busy, "busy", "agents", -1, max_count, "handling an interaction"},
        Field{&FeedRow::in_queue, "in_queue", "interactions", -1, max_count,
              "waiting now, proactive and reactive"},
        Field{&FeedRow::entered, "entered", "interactions", -1, 1e15,
              "that came into the queue: a counter that only grows, from any beginning"},
        Field{&FeedRow::answered, "answered", "interactions", -1, 1e15,
              "that an agent took: a counter too"},
        Field{&FeedRow::abandoned, "abandoned", "interactions", -1, 1e15,
              "that left the queue unanswered: a counter too"},
        Field{&FeedRow::after_call_work, "after_call_work", "agents", -1, max_count, "in wrap-up"},
        Field{&FeedRow::not_ready, "not_ready", "agents", -1, max_count, "logged in and away"},
        Field{&FeedRow::handling_time_s, "handling_time_s", "s", -1, max_seconds,
              "that an interaction takes, on average"},
        Field{&FeedRow::waiting_time_s, "waiting_time_s", "s", -1, max_seconds,
              "in the queue, on average"},
        Field{&FeedRow::age_s, "age_s", "s", -1, max_seconds,
              "how old these numbers were when they were sent; none counts as 0"},
        Field{&FeedRow::timestamp_ms, "timestamp_ms", "ms since 1970", -1, max_wall_ms,
              "when they were true, by the sender's clock: a row that comes after a later one is "
              "passed over"},
        Field{&FeedRow::in_handling, "in_handling", "interactions", -1, max_count,
              "that agents hold now, those in wrap-up too: where an agent may hold several"},
        Field{&FeedRow::slots, "slots", "interactions", -1, max_count,
              "that the agents who are logged in may hold at once"},
    };
  }
  bool operator==(const FeedRow&) const = default;
};
static_assert(lists_every_member<FeedRow>());

/// A sender's message.
struct FeedMessage {
  std::uint8_t version = wire_version;
  std::string sender;
  std::vector<FeedRow> rows;

  static constexpr About about{"feed", "A sender's message."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&FeedMessage::version, "version", "", "of this contract; JSON may leave it out"},
        Field{&FeedMessage::sender, "sender", max_feed_name,
              "its name: that of `primary` or `backup`; may be empty where its key says it"},
        Field{&FeedMessage::rows, "rows", max_feed_rows, "one a target"},
    };
  }
  bool operator==(const FeedMessage&) const = default;
};
static_assert(lists_every_member<FeedMessage>());

/// A row that was not taken.
struct FeedRefusal {
  std::uint32_t row = 0;
  std::string target;
  std::string key;
  std::string why;

  static constexpr About about{"feed_refusal", "A row that was not taken."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&FeedRefusal::row, "row", "", "its number in the message, from 1"},
        Field{&FeedRefusal::target, "target", "as far as it could be read"},
        Field{&FeedRefusal::key, "key", "the field that is wrong; empty = the row as a whole"},
        Field{&FeedRefusal::why, "why", "the value and what is wrong with it"},
    };
  }
  bool operator==(const FeedRefusal&) const = default;
};
static_assert(lists_every_member<FeedRefusal>());

/// What became of a message.
struct FeedAnswer {
  std::uint8_t version = wire_version;
  std::uint32_t taken = 0;
  std::uint32_t refused = 0;
  std::string why;
  std::vector<FeedRefusal> refusals;

  static constexpr About about{"feed_answer", "What became of a message of a sender."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&FeedAnswer::version, "version", "", "of this contract"},
        Field{&FeedAnswer::taken, "taken", "rows", "that count now"},
        Field{&FeedAnswer::refused, "refused", "rows", "that do not"},
        Field{&FeedAnswer::why, "why",
              "why the message as a whole was refused; empty = it was not"},
        Field{&FeedAnswer::refusals, "refusals", max_feed_refusals, "the first of those rows"},
    };
  }
  bool operator==(const FeedAnswer&) const = default;
};
static_assert(lists_every_member<FeedAnswer>());

/// A message as it was read: rows that are right, each with its number, and the others.
struct FeedReading {
  struct Row {
    std::uint32_t number = 0;  // From 1.
    FeedRow row;
  };
  std::vector<Row> rows;
  std::uint32_t refused = 0;
  std::vector<FeedRefusal> refusals;  // The first max_feed_refusals.

  void refuse(FeedRefusal refusal);
};

enum class FeedNotation : std::uint8_t { json_lines, messagepack };

/// By how it begins: JSON with a byte of ASCII or a mark of the byte order, a MessagePack array with neither.
FeedNotation feed_notation(std::span<const std::uint8_t> bytes);

/// Who a message says that it is from, without a look at its rows; may be "".
///   errors   bad_value: it does not begin as a message does; unsupported: another version
Result<std::string> read_feed_sender(std::span<const std::uint8_t> bytes);

/// The rows of a message whose sender could be read. One that is wrong costs no other.
///   errors   bad_value: where MessagePack breaks off, what follows cannot be told apart, so no row counts
///            too_large: beyond max_feed_bytes or max_feed_rows
///   cost     O(bytes)
Result<FeedReading> read_feed_rows(std::span<const std::uint8_t> bytes);

/// The answer in the notation of its message.
std::vector<std::uint8_t> write_feed_answer(const FeedAnswer& answer, FeedNotation notation);

}  // namespace paceline
