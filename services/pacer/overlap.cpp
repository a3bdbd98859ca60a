#include "services/pacer/overlap.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "common/base/check.h"

namespace paceline::pacer {
namespace {

constexpr double halve_s = 2 * 3600;  // Sums are halved each two hours.
constexpr double moved = 0.05;        // Of a share: worth telling.
constexpr double tried = 12;          // [changes] after which a pair without a sign may go.
constexpr double room_pause_s = 10;
constexpr std::size_t first_places = 64;

// [s] Whole ones of the pacing world, which begins with the process: enough for 68 years.
std::uint32_t whole_s(double now_s) {
  return static_cast<std::uint32_t>(std::clamp(now_s, 0.0, 2'147'483'647.0));
}

}  // namespace

std::size_t OverlapSearch::first_place(std::uint32_t a, std::uint32_t b) const {
  const std::uint64_t key = static_cast<std::uint64_t>(a) << 32 | b;
  return key * 0x9e3779b97f4a7c15ull >> (64 - std::countr_zero(places_.size()));
}

// Where the pair is, or would be. Some place is free, so the search ends.
OverlapSearch::Pair& OverlapSearch::place_of(std::uint32_t a, std::uint32_t b) {
  auto at = first_place(a, b);
  while (places_[at].b != 0 && (places_[at].a != a || places_[at].b != b))
    at = (at + 1) & (places_.size() - 1);
  return places_[at];
}

void OverlapSearch::double_places() {
  const std::size_t places = std::max(first_places, 2 * places_.size());
  const auto before = std::exchange(places_, std::vector<Pair>(places));
  for (const Pair& pair : before)
    if (pair.b != 0) place_of(pair.a, pair.b) = pair;
}

// Frees a place; a pair behind it that may be nearer to its first place comes up.
void OverlapSearch::drop(std::size_t place) {
  const std::size_t last = places_.size() - 1;
  for (auto next = (place + 1) & last; places_[next].b != 0; next = (next + 1) & last) {
    const auto first = first_place(places_[next].a, places_[next].b);
    if (((next - first) & last) < ((next - place) & last)) continue;
    places_[place] = places_[next];
    place = next;
  }
  places_[place] = {};
  --watched_;
}

// What brings a pair in does not count: chance brings in others too.
void OverlapSearch::watch(const BusyChange& a, const BusyChange& b, double now_s) {
  if (4 * (watched_ + 1) > 3 * places_.size()) double_places();
  const auto with = [](double squares, std::int32_t change) {
    return squares + static_cast<double>(change) * change;
  };
  place_of(a.target, b.target) = {.a = a.target,
                                  .b = b.target,
                                  .square_a = with(squares_[a.target], a.change),
                                  .square_b = with(squares_[b.target], b.change),
                                  .since_s = whole_s(now_s),
                                  .halved_s = whole_s(now_s) & 0x7fffffffu};
  ++watched_;
}

void OverlapSearch::look(std::span<const BusyChange> changes, double now_s) {
  if (changes.size() > most_changes) {
    ++passed_over_;
    return;
  }
  for (const BusyChange& each : changes) CHECK(each.target < squares_.size());
  ++looks_;
  if (watched_ >= most_pairs && now_s - room_made_s_ >= room_pause_s) make_room(now_s);
  if (places_.empty()) double_places();
  std::size_t fresh = 0;
  // Each look begins elsewhere, so that those who may not enter are not always the same.
  const std::size_t size = changes.size();
  const std::size_t from = size > 0 ? looks_ % size : 0;
  const auto at = [&](std::size_t m) -> const BusyChange& {
    return changes[from + m < size ? from + m : from + m - size];
  };
  for (std::size_t m = 0; m < size; ++m)
    for (std::size_t k = m + 1; k < size; ++k) {
      const BusyChange* a = &at(m);
      const BusyChange* b = &at(k);
      if (a->target == b->target) continue;
      if (a->target > b->target) std::swap(a, b);
      const float product = static_cast<float>(a->change) * static_cast<float>(b->change);
      if (Pair& known = place_of(a->target, b->target); known.b != 0) {
        known.product += product;
        known.product_square += product * product;
      } else if (product > 0 && fresh < most_new_pairs && watched_ < most_pairs) {
        ++fresh;
        watch(*a, *b, now_s);
      }
    }
  for (const BusyChange& each : changes)
    squares_[each.target] += static_cast<double>(each.change) * each.change;
}

DetectedOverlap OverlapSearch::overlap_of(const Pair& pair) const {
  DetectedOverlap overlap{.a = pair.a, .b = pair.b};
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
  for (Pair& pair : places_) {
    if (pair.b == 0) continue;
    const DetectedOverlap now = overlap_of(pair);
    const double share = std::max(now.of_a, now.of_b);
    if (pair.found && share < lost_share) pair.found = 0;
    if (!pair.found && now.z > certain_z && share >= found_share &&
        now_s - pair.since_s >= least_age_s)
      pair.found = 1;
    if (pair.found) found.push_back(now);
    if (now_s - pair.halved_s < halve_s) continue;
    pair.halved_s = whole_s(now_s) & 0x7fffffffu;
    pair.product /= 2;
    pair.product_square /= 2;
    pair.square_a += (squares_[now.a] - pair.square_a) / 2;
    pair.square_b += (squares_[now.b] - pair.square_b) / 2;
  }
  std::sort(found.begin(), found.end(), [](const auto& x, const auto& y) {
    return std::pair{x.a, x.b} < std::pair{y.a, y.b};
  });
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
  for (std::size_t i = 0; i < places_.size();) {
    const Pair& pair = places_[i];
    const bool kept = pair.b == 0 || pair.found || !shows_nothing(pair);
    if (kept)
      ++i;
    else
      drop(i);  // Another may be there now.
  }
}

bool OverlapSearch::shows_nothing(const Pair& pair) const {
  const DetectedOverlap now = overlap_of(pair);
  const double changes = std::max(squares_[now.a] - pair.square_a, squares_[now.b] - pair.square_b);
  return changes >= tried && std::max(now.of_a, now.of_b) < found_share;
}

}  // namespace paceline::pacer
