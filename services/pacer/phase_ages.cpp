#include "services/pacer/phase_ages.h"

#include <algorithm>
#include <cmath>

namespace paceline::pacer {
namespace {

constexpr double outlier_means = 8;      // A phase longer than this many means teaches nothing.
constexpr double most_unseen_ends = 64;  // Of phases that began and ended between two looks.
constexpr std::size_t least_room = 16;   // [slots] so that small groups take room once.
constexpr double most_draws = 65'536;    // Steps that drawing who ended may cost in one look.

// Chance that a slot whose service ends with cumulative hazard `x` within `ahead_s` and is followed
// by an exponential wrap-up is free by then: a hypoexponential distribution with the service's rate
// taken constant over the horizon.
double chance_free(double x, double ahead_s, double wrap_up_s) {
  if (wrap_up_s < 0.3 || ahead_s <= 0) return 1 - std::exp(-x);
  const double u = ahead_s / wrap_up_s;
  if (std::abs(u - x) < 1e-5 * u) return 1 - std::exp(-x) * (1 + x);
  return std::clamp(1 - (u * std::exp(-x) - x * std::exp(-u)) / (u - x), 0.0, 1.0);
}

}  // namespace

void PhaseAges::reconstruct(std::int32_t count, double ends, double dt_s, double now_s) {
  expose(dt_s);
  const auto slots = static_cast<std::size_t>(count);
  if (starts_.empty() && slots == 0 && ends < 0.5) return;
  const double most = std::min(ends, static_cast<double>(slots) + most_unseen_ends);
  if (most * static_cast<double>(starts_.size()) > most_draws) {
    end_oldest(static_cast<std::size_t>(most), now_s);
  } else {
    for (double left = most; left >= 0.5; left -= 1) {
      if (!starts_.empty()) {
        end_one(now_s);
        continue;
      }
      hazard.end(0);  // Began and ended between two looks.
      learned_more_ = true;
    }
  }
  if (starts_.size() > slots) {  // Ended without the counters saying so.
    const auto gone = static_cast<std::ptrdiff_t>(starts_.size() - slots);
    starts_.erase(starts_.begin(), starts_.begin() + gone);
    guesses_ -= std::min(guesses_, static_cast<std::size_t>(gone));
  }
  if (starts_.capacity() < slots) starts_.reserve(std::max(least_room, 2 * slots));
  // First sight: as a renewal process would look, ages spread evenly.
  if (starts_.empty() && dt_s <= 0) {
    for (std::size_t i = 0; i < slots; ++i)
      starts_.push_back(now_s -
                        mean_s_ * static_cast<double>(slots - i) / static_cast<double>(slots + 1));
    guesses_ = slots;
  }
  while (starts_.size() < slots) starts_.push_back(now_s - 0.5 * dt_s);
  counted_s_ = now_s;
}

void PhaseAges::Bins::add(std::size_t bin, double slots, double sum_s) {
  const bool more = (occupied >> bin & 1u) != 0;
  occupied |= 1u << bin;
  count[bin] = slots + (more ? count[bin] : 0);
  elapsed_s[bin] = sum_s + (more ? elapsed_s[bin] : 0);
}

// The starts ascend but for what an age of the statistics that jumps may have put in disorder, so
// that those of a bin stand side by side.
PhaseAges::Bins PhaseAges::bins() const {
  Bins bins;
  for (std::size_t i = 0; i < starts_.size();) {
    double elapsed_s = std::max(0.0, counted_s_ - starts_[i]);
    const int bin = hazard_bin(elapsed_s);
    const double from_s = hazard_edge(bin);
    double slots = 0;
    double sum_s = 0;
    do {
      slots += 1;
      sum_s += elapsed_s;
      if (++i == starts_.size()) break;
      elapsed_s = std::max(0.0, counted_s_ - starts_[i]);
    } while (elapsed_s >= from_s && starts_[i] >= starts_[i - 1]);
    bins.add(static_cast<std::size_t>(bin), slots, sum_s);
  }
  return bins;
}

// For ends that are too many to be drawn one by one: then hardly anybody is left to tell apart.
void PhaseAges::end_oldest(std::size_t ends, double now_s) {
  constexpr std::size_t most_learned = 256;
  const std::size_t gone = std::min(ends, starts_.size());
  for (std::size_t i = 0; i < std::min(gone, most_learned); ++i) {
    if (now_s - starts_[i] <= outlier_means * mean_s_) hazard.end(hazard_bin(now_s - starts_[i]));
  }
  starts_.erase(starts_.begin(), starts_.begin() + static_cast<std::ptrdiff_t>(gone));
  guesses_ -= std::min(guesses_, gone);
  learned_more_ = true;
}

void PhaseAges::forget_ages() {
  starts_.clear();
  guesses_ = 0;
}

void PhaseAges::prepare(std::span<const double> horizons_s, double mean_s, double then_s) {
  constexpr int usual_calls = 256;  // Between two remakings for what few ends have taught.
  constexpr double noticeable = 0.02;
  const auto differs = [](double a, double b) { return std::abs(a - b) > noticeable * b; };
  bool remake = ++prepared_ >= usual_calls && learned_more_;
  remake = remake || horizon_count_ != horizons_s.size() || differs(mean_s, mean_s_) ||
           differs(then_s, then_s_);
  for (std::size_t k = 0; k < horizons_s.size() && !remake; ++k)
    remake = differs(horizons_s[k], horizons_s_[k]);
  if (!remake) return;
  prepared_ = 0;
  ++remade_;
  learned_more_ = false;
  mean_s_ = mean_s;
  then_s_ = then_s;
  horizon_count_ = horizons_s.size();
  hazard.prepare(mean_s);
  std::copy(horizons_s.begin(), horizons_s.end(), horizons_s_.begin());
  chance_made_ = 0;
  make_chances(1);
}

// Of those `edges`, a bit each, that have none yet. Most edges never need any: nobody is in the bins
// beside them before all is prepared anew.
void PhaseAges::make_chances(std::uint32_t edges) {
  for (std::uint32_t left = edges & ~chance_made_; left != 0; left &= left - 1) {
    const int edge = std::countr_zero(left);
    auto& chances = chance_[static_cast<std::size_t>(edge)];
    for (std::size_t k = 0; k < horizon_count_; ++k)
      chances[k] = static_cast<float>(
          chance_free(hazard.between(hazard_edge(edge), horizons_s_[k]), horizons_s_[k], then_s_));
  }
  chance_made_ |= edges;
}

void PhaseAges::add_free(double slots, Forecast& forecast) {
  if (slots <= 0) return;
  if (starts_.empty()) {
    for (std::size_t k = 0; k < horizon_count_; ++k) {
      const double chance = chance_free(horizons_s_[k] / mean_s_, horizons_s_[k], then_s_);
      forecast.mean[k] += slots * chance;
      forecast.variance[k] += slots * chance * (1 - chance);
    }
    return;
  }
  const Bins now = bins();
  make_chances(now.occupied | now.occupied << 1);
  std::array<double, max_horizons> sum{};
  std::array<double, max_horizons> sum_of_squares{};
  for (std::uint32_t left = now.occupied; left != 0; left &= left - 1) {
    const auto b = static_cast<std::size_t>(std::countr_zero(left));
    const double count = now.count[b];
    const double from = hazard_edge(static_cast<int>(b));
    const double width = hazard_edge(static_cast<int>(b) + 1) - from;
    const double part = std::clamp((now.elapsed_s[b] / count - from) / width, 0.0, 1.0);
    for (std::size_t k = 0; k < max_horizons; ++k) {
      const double low = chance_[b][k];
      const double chance = low + part * (chance_[b + 1][k] - low);
      sum[k] += count * chance;
      sum_of_squares[k] += count * chance * chance;
    }
  }
  const double scale = slots / static_cast<double>(starts_.size());
  for (std::size_t k = 0; k < horizon_count_; ++k) {
    forecast.mean[k] += scale * sum[k];
    forecast.variance[k] += scale * std::max(0.0, sum[k] - sum_of_squares[k]);
  }
}

void PhaseAges::expose(double dt_s) {
  if (dt_s <= 0 || starts_.empty()) return;
  std::array<double, hazard_bins> count;
  std::uint32_t occupied = 0;
  for (std::size_t i = 0; i < starts_.size();) {
    const std::size_t first = i;
    const int bin = hazard_bin(counted_s_ - starts_[i]);
    const double last_s = counted_s_ - hazard_edge(bin);
    do ++i;
    while (i < starts_.size() && starts_[i] <= last_s && starts_[i] >= starts_[i - 1]);
    const auto b = static_cast<std::size_t>(bin);
    count[b] = static_cast<double>(i - first) + ((occupied >> bin & 1u) != 0 ? count[b] : 0);
    occupied |= 1u << bin;
  }
  hazard.expose(count, occupied & bins_to(hazard_bin(outlier_means * mean_s_)), dt_s);
}

void PhaseAges::end_one(double now_s) {
  double total = 0;
  for (const double start : starts_) total += hazard.rate(hazard_bin(now_s - start));
  draw_ = draw_ * 6364136223846793005ull + 1442695040888963407ull;
  double left = static_cast<double>(draw_ >> 11) * 0x1.0p-53 * total;
  std::size_t chosen = 0;
  while (chosen + 1 < starts_.size()) {
    left -= hazard.rate(hazard_bin(now_s - starts_[chosen]));
    if (left < 0) break;
    ++chosen;
  }
  const double length_s = now_s - starts_[chosen];
  if (length_s <= outlier_means * mean_s_) {
    hazard.end(hazard_bin(length_s));
    learned_more_ = true;
  }
  starts_.erase(starts_.begin() + static_cast<std::ptrdiff_t>(chosen));
  if (chosen < guesses_) --guesses_;
}

}  // namespace paceline::pacer
