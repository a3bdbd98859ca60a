// How much older the statistics are than they claim to be, without any clock: a visitor whose
// acceptance the endpoint tells is counted into the queue by the source at once, so the time from
// the one to the other is the lag. Which rise belongs to which acceptance nobody knows; of all
// distances that could be, one comes back again and again. Pure.
//
//   lag.observe(inputs, now_s);                // every decision
//   age_s = inputs.stat_age_s + lag.lag_s();   // what to reckon with
//
// The lag counts from the age that is told (stat_age_s) to the time that the feedback tells
// (feedback_age_s): what the statistics admit is no part of it.
#pragma once

#include <array>
#include <cstdint>

#include "services/pacer/on_demand.h"
#include "services/pacer/pacing_inputs.h"

namespace paceline::pacer {

class HiddenLag {
 public:
  /// Two counters of which the one follows the other.
  struct Look {
    std::uint64_t causes = 0;  // Acceptances,
    double cause_age_s = 0;    // [s] since they were true; negative = never heard.
    std::uint64_t cause_epoch = 0;
    std::uint64_t effects = 0;  // and who entered the queue.
    double effect_age_s = 0;    // [s, >= 0] as it is told.
    std::uint64_t effect_epoch = 0;
  };

  /// Learns from what changed since the last call. A restart of a counter, and more than two
  /// minutes, teach nothing.
  ///   now_s  [s] of the pacing world
  ///   cost   O(1); O(distances) once a half second in which visitors entered the queue
  void observe(const Look& look, double now_s);
  void observe(const PacingInputs& inputs, double now_s);

  /// [s, 0 or 0.4..30] 0: none, or not known yet.
  double lag_s() const { return lag_s_; }

  /// Acceptances told since then.
  ///   since_s  [s] of the pacing world; before the last 40 s: those of the last 40 s
  double accepted_since(double since_s) const;

  static constexpr double slot_s = 0.5;
  static constexpr int before = 4;  // Slots by which the statistics may be ahead of the feedback.
  static constexpr int distances = 65;  // Slots from -before on: up to 30 s.

 private:
  void advance(std::int64_t slot);
  void weigh(std::int64_t slot);
  void enter(std::int64_t slot);
  void settle();

  static constexpr int spread = 2;  // Slots to each side that looks may scatter.
  static constexpr int ahead = before + spread;
  static constexpr int reach = distances - before + spread;  // Slots that a rise looks back.
  static constexpr int acceptance_slots = 88;  // `reach`, and some seconds that are told of late.
  static constexpr int rise_slots = 8;         // More than `ahead`.

  // Where nothing was ever accepted there is nothing to weigh.
  struct Evidence {
    // By half seconds, a ring; more than 255 count as 255.
    std::array<std::uint8_t, acceptance_slots> accepted{};
    // How likely each distance is to be the lag; what is left to 1: that there is no relation.
    std::array<float, distances> likely{};
  };

  OnDemand<Evidence> evidence_;
  std::array<bool, rise_slots> entered_{};  // A ring too.
  std::int64_t newest_ = 0;
  std::int64_t first_ = 0;  // The rings begin here.

  float unrelated_ = 0;  // 0: nothing was weighed yet.
  float lag_s_ = 0;

  bool has_last_ = false;
  bool has_causes_ = false;
  double last_s_ = 0;
  std::uint64_t last_causes_ = 0;
  std::uint64_t last_effects_ = 0;
  std::uint64_t cause_epoch_ = 0;
  std::uint64_t effect_epoch_ = 0;
};

/// Which share of the reactive visitors to come RISK counts without _DUAL. The loop makes good what
/// they cost as long as it can; late statistics make them cost more than it has left to take back.
///   s        ln of the risk allowed
///   returns  [0..1] 0 without lag
double reactive_counted(double lag_s, double s);

}  // namespace paceline::pacer
