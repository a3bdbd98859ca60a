#include "services/pacer/overlap.h"

#include <algorithm>
#include <cmath>

#include "common/base/check.h"

namespace paceline::pacer {
namespace {

constexpr double halve_s = 2 * 3600;  // Sums are halved each two hours.
constexpr double moved = 0.05;        // Of a share: worth telling.
constexpr double tried = 12;          // [changes] after which a pair without a sign may go.
constexpr double room_pause_s = 10;

}  // namespace

void OverlapSearch::look(std::span<const BusyChange> changes, double now_s) {
  if (changes.size() > most_changes) {
    ++passed_over_;
    return;
  }
  ++looks_;
  if (pairs_.size() >= most_pairs && now_s - room_made_s_ >= room_pause_s) make_room(now_s);
  std::size_t fresh = 0;
  // Each look begins elsewhere, so that those who may not enter are not always the same.
  const std::size_t size = changes.size();
  const std::size_t from = size > 0 ? looks_ % size : 0;
  for (std::size_t m = 0; m < size; ++m)
    for (std::size_t k = m + 1; k < size; ++k) {
      const BusyChange* a = &changes[(from + m) % size];
      const BusyChange* b = &changes[(from + k) % size];
      CHECK(a->target < squares_.size() && b->target < squares_.size());
      if (a->target == b->target) continue;
      if (a->target > b->target) std::swap(a, b);
      const float product = static_cast<float>(a->change) * static_cast<float>(b->change);
      const std::uint64_t key = key_of(a->target, b->target);
      auto known = pairs_.find(key);
      if (known == pairs_.end()) {
        if (product <= 0 || fresh >= most_new_pairs || pairs_.size() >= most_pairs) continue;
        ++fresh;
        // What brought it in does not count: chance brings in others too.
        pairs_.emplace(key, Pair{.square_a = squares_[a->target] + a->change * a->change,
                                 .square_b = squares_[b->target] + b->change * b->change,
                                 .since_s = now_s,
                                 .halved_s = now_s});
        continue;
      }
      known->second.product += product;
      known->second.product_square += product * product;
    }
  for (const BusyChange& each : changes)
    squares_[each.target] += static_cast<double>(each.change) * each.change;
}

DetectedOverlap OverlapSearch::overlap_of(std::uint64_t key, const Pair& pair) const {
  DetectedOverlap overlap{.a = static_cast<std::uint32_t>(key >> 32),
                          .b = static_cast<std::uint32_t>(key & 0xffffffffu)};
  const auto share = [&](double square) {
    return square > 0 ? std::clamp(pair.product / square, 0.0, 1.0) : 0.0;
  };
  overlap.of_a = share(squares_[overlap.a] - pair.square_a);
  overlap.of_b = share(squares_[overlap.b] - pair.square_b);
  if (pair.product_square > 0)
    overlap.z = std::max(0.0, pair.product / std::sqrt(static_cast<double>(pair.product_square)));
  return overlap;
}

bool OverlapSearch::judge(double now_s) {
  std::vector<DetectedOverlap> found;
  for (auto& [key, pair] : pairs_) {
    const DetectedOverlap now = overlap_of(key, pair);
    const double share = std::max(now.of_a, now.of_b);
    if (pair.found && share < lost_share) pair.found = false;
    if (!pair.found && now.z > certain_z && share >= found_share &&
        now_s - pair.since_s >= least_age_s)
      pair.found = true;
    if (pair.found) found.push_back(now);
    if (now_s - pair.halved_s < halve_s) continue;
    pair.halved_s = now_s;
    pair.product /= 2;
    pair.product_square /= 2;
    pair.square_a += (squares_[now.a] - pair.square_a) / 2;
    pair.square_b += (squares_[now.b] - pair.square_b) / 2;
  }
  std::sort(found.begin(), found.end(),
            [](const auto& x, const auto& y) { return key_of(x.a, x.b) < key_of(y.a, y.b); });
  const bool same = std::equal(
      found.begin(), found.end(), found_.begin(), found_.end(), [](const auto& x, const auto& y) {
        return x.a == y.a && x.b == y.b && std::abs(x.of_a - y.of_a) <= moved &&
               std::abs(x.of_b - y.of_b) <= moved;
      });
  if (!same) {
    found_ = std::move(found);
    return true;
  }
  // The shares stay, so that small moves add up to one that is worth telling.
  for (std::size_t i = 0; i < found.size(); ++i) found_[i].z = found[i].z;
  return false;
}

// Drops the pairs that were tried and show nothing.
void OverlapSearch::make_room(double now_s) {
  room_made_s_ = now_s;
  std::erase_if(pairs_, [&](const auto& each) {
    const auto& [key, pair] = each;
    if (pair.found) return false;
    const DetectedOverlap now = overlap_of(key, pair);
    const double changes =
        std::max(squares_[now.a] - pair.square_a, squares_[now.b] - pair.square_b);
    return changes >= tried && std::max(now.of_a, now.of_b) < found_share;
  });
}

}  // namespace paceline::pacer
