#include "services/pacer/hazard.h"

namespace paceline::pacer {
namespace {

constexpr double forget_per_end = 0.997;
constexpr double prior_ends_per_bin = 4;

}  // namespace

void Hazard::expose(const std::array<double, hazard_bins>& counts, std::uint32_t bins,
                    double seconds) {
  double slots = 0;
  for (; bins != 0; bins &= bins - 1) {
    const auto b = static_cast<std::size_t>(std::countr_zero(bins));
    slots += counts[b];
    learned.bin_exposure_s[b] += counts[b] * seconds;
  }
  learned.exposure_s += slots * seconds;
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
  int bin = hazard_bin(elapsed_s);
  const double until = elapsed_s + ahead_s;
  double from = elapsed_s;
  double sum = 0;
  while (bin + 1 < hazard_bins && hazard_edge(bin + 1) < until) {
    sum += rate(bin) * (hazard_edge(bin + 1) - from);
    from = hazard_edge(++bin);
  }
  return sum + rate(bin) * (until - from);
}

}  // namespace paceline::pacer
