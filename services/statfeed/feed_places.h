// Which connections of a feed stay when there are too many: a bounded number in all, and for each sender those that it spoke on
// last, so that nobody who opens connections takes another's away. Pure.
//
//   places.arrived(connection, now);
//   places.heard(connection, sender, now);                     // It said something in that sender's name.
//   places.keep_only(open);
//   while (auto connection = places.gives_way()) end it, places.left(*connection)
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "common/base/time.h"

namespace paceline::statfeed {

class FeedPlaces {
 public:
  struct Policy {
    std::size_t most = 16;
    // Of each sender, whoever comes; `most` has room for those of both and a newcomer.
    std::size_t most_kept = 4;
  };

  explicit FeedPlaces(Policy policy) : policy_{policy} {}

  void arrived(int connection, Instant now);
  /// Nothing if it is not known.
  void heard(int connection, int sender, Instant now);
  void left(int connection) { places_.erase(connection); }
  /// Those that are not among them have left.
  ///   open   in order
  void keep_only(std::span<const int> open);

  std::size_t taken() const { return places_.size(); }
  /// Of those that are not kept for a sender, the one that came or spoke longest ago; nothing while there is room.
  std::optional<int> gives_way() const;

 private:
  struct Place {
    std::optional<int> sender;
    Instant last{};  // That it spoke; or came, as long as it said nothing.
  };

  Policy policy_;
  std::map<int, Place> places_;
};

}  // namespace paceline::statfeed
