// The event queue of the simulation: a heap by virtual time.
//
// Events of equal times come in the order in which they were added.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "common/base/time.h"

namespace paceline::simulator {

enum class EventKind : std::uint8_t {
  arrival,       // A reactive interaction enters; the next one is drawn.
  visitor,       // Somebody comes to the web site who may be invited.
  answer,        // An invitation ends; `subject` says how.
  patience_end,  // A waiting customer gives up.
  service_end,
  wrap_up_end,
  staffing,  // The planned number of agents changes with the hour.
  break_due,
  break_end,
};

struct Event {
  Duration at{};            // Virtual time since the start.
  std::uint64_t order = 0;  // Set by EventQueue::add().
  EventKind what = EventKind::arrival;
  std::uint32_t target = 0;
  std::uint32_t subject = 0;     // Customer, agent or outcome.
  std::uint32_t generation = 0;  // Of the subject: an event for an earlier generation is void.
};

class EventQueue {
 public:
  void add(Event event) {
    event.order = next_order_++;
    heap_.push_back(event);
    std::push_heap(heap_.begin(), heap_.end(), later);
  }

  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }

  /// The time of the next event; not to be asked when empty.
  Duration next_at() const { return heap_.front().at; }

  Event take() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const Event event = heap_.back();
    heap_.pop_back();
    return event;
  }

 private:
  static bool later(const Event& a, const Event& b) {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
  }

  std::vector<Event> heap_;
  std::uint64_t next_order_ = 0;
};

}  // namespace paceline::simulator
