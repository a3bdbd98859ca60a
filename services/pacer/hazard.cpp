#include "services/pacer/hazard.h"

namespace paceline {
namespace {

constexpr double forget_per_end = 0.997;
constexpr double prior_ends_per_bin = 4;
constexpr double half_octave = 1.4142135623730951;

constexpr std::array<double, hazard_bins + 1> make_edges() {
  std::array<double, hazard_bins + 1> edges{};
  edges[0] = 0;
  double octave = 1;
  for (int b = 1; b <= hazard_bins; ++b) {
    edges[static_cast<std::size_t>(b)] = b % 2 == 1 ? octave : octave * half_octave;
    if (b % 2 == 0) octave *= 2;
  }
  return edges;
}

constexpr std::array<double, hazard_bins + 1> edges = make_edges();

}  // namespace

double hazard_edge(int bin) {
  return edges[static_cast<std::size_t>(bin)];
}

void Hazard::expose(int bin, double count, double seconds) {
  const double exposure_s = count * seconds;
  learned.exposure_s += exposure_s;
  learned.bin_exposure_s[static_cast<std::size_t>(bin)] += exposure_s;
}

void Hazard::end(int bin) {
  decay(forget_per_end);
  learned.ends += 1;
  learned.bin_ends[static_cast<std::size_t>(bin)] += 1;
}

void Hazard::decay(double keep) {
  learned.ends *= keep;
  learned.exposure_s *= keep;
  for (auto& ends : learned.bin_ends) ends *= keep;
  for (auto& exposure : learned.bin_exposure_s) exposure *= keep;
}

double Hazard::mean(double prior_s, double prior_ends) const {
  return (learned.exposure_s + prior_ends * prior_s) / (learned.ends + prior_ends);
}

void Hazard::prepare(double mean_s) {
  for (std::size_t b = 0; b < hazard_bins; ++b)
    rate_[b] = (learned.bin_ends[b] + prior_ends_per_bin) /
               (learned.bin_exposure_s[b] + prior_ends_per_bin * mean_s);
}

double Hazard::between(double elapsed_s, double ahead_s) const {
  auto bin = static_cast<std::size_t>(hazard_bin(elapsed_s));
  const double until = elapsed_s + ahead_s;
  double from = elapsed_s;
  double sum = 0;
  while (bin + 1 < hazard_bins && edges[bin + 1] < until) {
    sum += rate_[bin] * (edges[bin + 1] - from);
    from = edges[++bin];
  }
  return sum + rate_[bin] * (until - from);
}

}  // namespace paceline
