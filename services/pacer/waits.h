// How long those waited who were answered or left, followed in the counts: no statistic tells it of one visitor.
//
// Whoever enters the queue is remembered with his age there; who is answered is the oldest; who leaves is any of those
// who wait, each with the same chance, which is what a patience without memory means. Between two looks events are
// spread evenly. Visitors who enter and are answered between two looks did not wait.
//
//   const WaitShares of = waits.follow({.answered = .., .abandoned = .., .queue = ..}, limits, passed_s);
//   late += of.late * proactive_answered;     // invited and others share one queue
//
// Pure. Invariant: the remembered are as many as the statistics say that wait.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace paceline::pacer {

struct WaitLimits {
  double within_s = 20;  // [s, >= 0] answered later is late.
  double after_s = 0;    // [s, >= 0] left sooner is brief.
};

struct QueueCounts {
  std::uint64_t answered = 0;   // Cumulative; a fall is a restart.
  std::uint64_t abandoned = 0;  // Likewise.
  std::int32_t queue = 0;       // [interactions] waiting now.
  std::uint64_t epoch = 0;      // Another one: the counters restarted.
};

/// Of those who ended since the last look; of the last ones who did, where nobody was.
struct WaitShares {
  double late = 0;   // [0..1] of those who were answered.
  double brief = 0;  // [0..1] of those who left.
};

class QueueWaits {
 public:
  ///   passed_s  [s, >= 0] since the last call
  WaitShares follow(const QueueCounts& counts, const WaitLimits& limits, double passed_s);

  /// [interactions] remembered.
  double waiting() const;

 private:
  static constexpr std::size_t most = 24;
  struct Group {
    float age_s = 0;
    float count = 0;
  };

  void add(double age_s, double count);
  double serve(double count, double limit_s, double dt_s);
  double leave(double count, double limit_s, double dt_s);
  void forget_empty();

  std::array<Group, most> groups_{};  // The oldest first.
  std::size_t size_ = 0;
  bool started_ = false;
  QueueCounts last_{};
  WaitShares recent_{};  // Smoothed over some tens of those who ended.
};

}  // namespace paceline::pacer
