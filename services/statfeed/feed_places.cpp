#include "services/statfeed/feed_places.h"

#include <algorithm>
#include <utility>

namespace paceline::statfeed {

void FeedPlaces::arrived(int connection, Instant now) {
  places_.insert_or_assign(connection, Place{std::nullopt, now});
}

void FeedPlaces::heard(int connection, int sender, Instant now) {
  const auto found = places_.find(connection);
  if (found != places_.end()) found->second = {sender, now};
}

void FeedPlaces::keep_only(std::span<const int> open) {
  std::erase_if(places_,
                [&](const auto& place) { return !std::ranges::binary_search(open, place.first); });
}

std::optional<int> FeedPlaces::gives_way() const {
  if (places_.size() <= policy_.most) return std::nullopt;
  std::vector<std::pair<Instant, int>> latest_first;
  for (const auto& [connection, place] : places_) latest_first.emplace_back(place.last, connection);
  std::ranges::sort(latest_first, std::greater{});
  std::map<int, std::size_t> kept;
  std::optional<int> last;
  for (const auto& [at, connection] : latest_first) {
    const auto& sender = places_.at(connection).sender;
    if (!sender || ++kept[*sender] > policy_.most_kept) last = connection;
  }
  return last;
}

}  // namespace paceline::statfeed
