// What happened lately, for a person who comes afterwards: a bounded list of transitions.
//
// Pure. Invariants:
//   1  Numbers rise by one from 1 and are never used again.
//   2  At most `capacity` events are kept; of more, the oldest of the most frequent kind goes, so
//      that a frequent kind does not push out the rare ones.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"

namespace paceline::watch {

/// [ms since 1970] for people; nothing for 0.
std::optional<std::string> utc_time(std::int64_t wall_ms);

struct Event {
  std::uint64_t number = 0;
  std::int64_t wall_ms = 0;  // [ms since 1970] when watch saw it.
  std::string kind{};        // "master_changed", ...: the list is in API.md.
  std::string severity{};    // "good", "notice", "bad".
  std::string subject{};     // A node, a process, a channel, a target; "" = the cluster.
  std::string detail{};      // A sentence for people.

  bool operator==(const Event&) const = default;
};

class EventList {
 public:
  /// `capacity` [>= 1] events.
  explicit EventList(std::size_t capacity) : capacity_{capacity} {}

  /// Adds it under the next number.
  ///   cost   O(1); O(capacity) when full
  void add(Event event);

  /// Takes up what an earlier watch knew, oldest first, before the first add().
  void restore(std::vector<Event> events);

  /// Up to `most` events with a number above `after`, the newest of them, oldest first.
  std::vector<Event> since(std::uint64_t after, std::size_t most) const;

  std::uint64_t last() const { return last_; }
  std::size_t size() const { return events_.size(); }

 private:
  std::size_t capacity_;
  std::uint64_t last_ = 0;
  std::deque<Event> events_;                  // By number.
  std::map<std::string, std::size_t> kinds_;  // How many of each kind are kept.
};

}  // namespace paceline::watch
