// What will happen, by time: a heap with four children
// a node, which is what simulations are made of.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace paceline::test {

struct Event {
  double at;            // [s]
  std::uint32_t stamp;  // Outdated if what it is about has moved on to another one.
  std::uint32_t index : 28;
  std::uint32_t kind : 4;
};

class EventQueue {
 public:
  bool empty() const { return heap_.empty(); }
  const Event& front() const { return heap_.front(); }

  void push(const Event& event) {
    heap_.push_back(event);
    std::size_t i = heap_.size() - 1;
    while (i > 0) {
      const std::size_t parent = (i - 1) / 4;
      if (heap_[parent].at <= event.at) break;
      heap_[i] = heap_[parent];
      i = parent;
    }
    heap_[i] = event;
  }

  /// The earliest. Of an empty queue: a bug.
  Event pop() {
    const Event top = heap_.front();
    const Event last = heap_.back();
    heap_.pop_back();
    const std::size_t size = heap_.size();
    std::size_t i = 0;
    while (size > 0) {
      const std::size_t first = 4 * i + 1;
      if (first >= size) break;
      std::size_t least = first;
      for (std::size_t child = first + 1; child < std::min(first + 4, size); ++child)
        if (heap_[child].at < heap_[least].at) least = child;
      if (last.at <= heap_[least].at) break;
      heap_[i] = heap_[least];
      i = least;
    }
    if (size > 0) heap_[i] = last;
    return top;
  }

 private:
  std::vector<Event> heap_;
};

}  // namespace paceline::test
