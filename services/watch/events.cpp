#include "services/watch/events.h"

#include <algorithm>

#include "common/base/check.h"

namespace paceline::watch {

std::optional<std::string> utc_time(std::int64_t wall_ms) {
  if (wall_ms <= 0) return std::nullopt;
  return format_utc_ms(wall_ms);
}

void EventList::add(Event event) {
  event.number = ++last_;
  ++kinds_[event.kind];
  events_.push_back(std::move(event));
  if (events_.size() <= capacity_) return;
  const auto most =
      std::ranges::max_element(kinds_, {}, [](const auto& kind) { return kind.second; });
  const auto oldest = std::ranges::find(events_, most->first, &Event::kind);
  CHECK(oldest != events_.end());
  if (--most->second == 0) kinds_.erase(most);
  events_.erase(oldest);
}

void EventList::restore(std::vector<Event> events) {
  CHECK(last_ == 0);
  for (auto& event : events) {
    last_ = event.number - 1;
    add(std::move(event));
  }
}

std::vector<Event> EventList::since(std::uint64_t after, std::size_t most) const {
  std::vector<Event> found;
  for (auto event = events_.rbegin();
       event != events_.rend() && event->number > after && found.size() < most; ++event)
    found.push_back(*event);
  std::ranges::reverse(found);
  return found;
}

}  // namespace paceline::watch
