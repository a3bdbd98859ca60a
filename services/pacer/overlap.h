// Finds targets that share agents and were not told to: an agent who begins or ends an interaction
// changes the busy counts of all his targets at the same instant.
//
//   OverlapSearch search{targets};
//   search.look(changes, now_s);         // once a look: all busy counts that differ from the last
//   search.judge(now_s);                 // now and then, each minute
//   for (const DetectedOverlap& pair : search.found()) ...
//
// Over the looks in which i's busy count B_i differed from the last one:
//
//   share of i = sum dB_i dB_j / sum dB_i^2               i's agents who are j's as well, 0..1
//   z          = sum dB_i dB_j / sqrt(sum (dB_i dB_j)^2)  how sure: standard deviations from chance
//
// A pair is found at z > 4 and a share of .1 of either, half an hour after it was first seen, and
// lost at a share below .05 of both.
//
// Bounds: a pair is watched from the first look on in which both changed in the same direction, at most most_pairs of
// them; when they are full those are dropped that changed together least. So with thousands of targets a pair may have to
// change together some dozens of times until it is let in. A look in which more than most_changes
// targets changed tells nothing and is passed over for all: all pairs of it would be too many.
// A pair takes 40 bytes, two and a half megabytes for all.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace paceline::pacer {

struct BusyChange {
  std::uint32_t target = 0;
  std::int32_t change = 0;  // [slots] since the last look, not 0.
};

struct DetectedOverlap {
  std::uint32_t a = 0;  // < b
  std::uint32_t b = 0;
  double of_a = 0;  // [0..1] share of a's agents that are b's as well.
  double of_b = 0;  // [0..1]
  double z = 0;     // [>= 0] standard deviations.
};

class OverlapSearch {
 public:
  static constexpr std::size_t most_pairs = 3 << 14;
  static constexpr std::size_t most_changes = 256;
  static constexpr std::size_t most_new_pairs = 1024;
  static constexpr double certain_z = 4;
  static constexpr double found_share = 0.1;
  static constexpr double lost_share = 0.05;
  static constexpr double least_age_s = 1800;  // [s] that a pair must have been watched.

  explicit OverlapSearch(std::size_t targets) : squares_(targets, 0) {}

  /// The busy counts that differ from the last look, all read at one instant.
  ///   cost     O(changes^2)
  ///   errors   a target out of range is a bug (CHECK)
  void look(std::span<const BusyChange> changes, double now_s);

  /// Finds and loses pairs, and forgets what is older than some hours.
  ///   returns  whether found() is another set of pairs, or a share moved by more than .05
  ///   cost     O(pairs watched)
  bool judge(double now_s);

  /// In the order of their targets; `z` as last judged, the shares as last returned to be others.
  std::span<const DetectedOverlap> found() const { return found_; }

  std::size_t watched() const { return watched_; }
  std::uint64_t passed_over() const { return passed_over_; }

 private:
  struct Pair {
    std::uint32_t a = 0;  // < b
    std::uint32_t b = 0;  // 0 = a place that is free.
    float product = 0;
    float product_square = 0;
    double square_a = 0;  // squares_ where its sums begin.
    double square_b = 0;
    std::uint32_t since_s = 0;  // [s] of the pacing world.
    std::uint32_t halved_s : 31 = 0;
    std::uint32_t found : 1 = 0;
  };
  static_assert(sizeof(Pair) == 40);

  std::size_t first_place(std::uint32_t a, std::uint32_t b) const;
  Pair& place_of(std::uint32_t a, std::uint32_t b);
  void double_places();
  void drop(std::size_t place);
  void watch(const BusyChange& a, const BusyChange& b, double now_s);
  DetectedOverlap overlap_of(const Pair& pair) const;
  bool shows_nothing(const Pair& pair) const;
  void make_room(double now_s);

  std::vector<double> squares_;  // Of each target: sum of dB^2.
  // Each pair at the first free place from that of its hash on; a power of two of them, a quarter of
  // which is free at least.
  std::vector<Pair> places_;
  std::size_t watched_ = 0;
  std::vector<DetectedOverlap> found_;
  std::uint64_t passed_over_ = 0;
  std::uint64_t looks_ = 0;
  double room_made_s_ = -1e18;
};

}  // namespace paceline::pacer
