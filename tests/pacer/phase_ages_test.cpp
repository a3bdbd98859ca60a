#include "services/pacer/phase_ages.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/support/catch.h"

// After ours: rapidcheck's own headers know nothing of CHECK.
#include <rapidcheck.h>

namespace paceline::test {
using namespace pacer;
namespace {

constexpr std::array<double, 3> horizons = {30, 240, 2400};

double all(const std::array<double, hazard_bins>& bins) {
  return std::accumulate(bins.begin(), bins.end(), 0.0);
}

}  // namespace

TEST_CASE("as many slots are in the phase as were counted, whatever ended", "[pacer][property]") {
  REQUIRE(rc::check([](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& looks) {
    PhaseAges ages;
    ages.prepare(horizons, 240, 0);
    double now_s = 0;
    for (const auto& [count, ends] : looks) {
      ages.reconstruct(count, ends, now_s > 0 ? 2 : 0, now_s);
      now_s += 2;
      RC_ASSERT(ages.count() == static_cast<std::size_t>(count));
      Forecast forecast;
      ages.prepare(horizons, 240, 20);
      ages.add_free(count, forecast);
      for (std::size_t k = 0; k < horizons.size(); ++k) {
        RC_ASSERT(forecast.mean[k] >= 0 && forecast.mean[k] <= count * (1 + 1e-6));
        RC_ASSERT(forecast.variance[k] >= 0 && forecast.variance[k] <= 0.25 * count * (1 + 1e-6));
        if (k > 0) RC_ASSERT(forecast.mean[k] >= forecast.mean[k - 1] - 1e-9);
      }
    }
  }));
}

TEST_CASE("start times are guessed at first sight and known once half of them were seen",
          "[pacer]") {
  PhaseAges ages;
  ages.prepare(horizons, 240, 0);
  ages.reconstruct(4, 0, 0, 1000);
  CHECK_FALSE(ages.known());

  ages.reconstruct(7, 0, 2, 1002);
  CHECK_FALSE(ages.known());
  ages.reconstruct(8, 0, 2, 1004);
  CHECK(ages.known());

  ages.forget_ages();
  CHECK(ages.count() == 0);
}

TEST_CASE("who ended is whom the hazard makes most likely", "[pacer]") {
  PhaseAges ages;
  for (int i = 0; i < 500; ++i) ages.hazard.end(hazard_bin(100));  // Always after 100 s.
  for (int bin = 0; bin <= hazard_bin(100); ++bin) {
    std::array<double, hazard_bins> one{};
    one[static_cast<std::size_t>(bin)] = 1;
    ages.hazard.expose(one, bin, 20'000);
  }
  ages.prepare(horizons, 100, 0);
  ages.reconstruct(0, 0, 0, 0);
  ages.reconstruct(1, 0, 2, 1);    // The old one.
  ages.reconstruct(6, 0, 98, 99);  // Five younger ones.
  const double before = ages.hazard.learned.bin_ends[static_cast<std::size_t>(hazard_bin(100))];

  ages.reconstruct(5, 1, 3, 102);

  const double after = ages.hazard.learned.bin_ends[static_cast<std::size_t>(hazard_bin(100))];
  CHECK(after == Approx(before * 0.997 + 1));
}

TEST_CASE("a phase of more than eight means teaches nothing", "[pacer]") {
  for (const double length_s : {790.0, 810.0}) {
    PhaseAges ages;
    ages.prepare(horizons, 100, 0);
    ages.reconstruct(0, 0, 0, 0);
    ages.reconstruct(1, 0, 0.001, 0);
    ages.reconstruct(0, 1, 0.001, length_s);

    CHECK(ages.count() == 0);
    CHECK(ages.hazard.learned.ends == (length_s < 800 ? 1 : 0));
  }
}

TEST_CASE("who came and went between two looks has ended at once", "[pacer]") {
  PhaseAges ages;
  ages.prepare(horizons, 240, 0);

  ages.reconstruct(0, 3, 2, 10);

  CHECK(ages.hazard.learned.bin_ends[0] == Approx(1 + 0.997 + 0.997 * 0.997));
  CHECK(all(ages.hazard.learned.bin_ends) == ages.hazard.learned.bin_ends[0]);
}

TEST_CASE("time in the phase is counted for every slot that is in it", "[pacer]") {
  PhaseAges ages;
  ages.prepare(horizons, 240, 0);
  ages.reconstruct(5, 0, 0, 0);

  ages.reconstruct(5, 0, 2, 2);

  CHECK(ages.hazard.learned.exposure_s == Approx(10));
}

TEST_CASE("ends beyond what can be drawn one by one cost no more", "[pacer]") {
  PhaseAges ages;
  ages.prepare(horizons, 240, 0);
  ages.reconstruct(20'000, 0, 0, 0);

  ages.reconstruct(12'000, 8'000, 2, 2);

  CHECK(ages.count() == 12'000);
  CHECK(ages.hazard.learned.ends <= 256);
}

TEST_CASE("until ages are known slots come free at the mean's rate, behind a wrap-up later",
          "[pacer]") {
  PhaseAges ages;
  Forecast service;
  ages.prepare(horizons, 240, 0);
  ages.add_free(8, service);
  CHECK(service.mean[1] == Approx(8 * (1 - std::exp(-1))));
  CHECK(service.variance[1] == Approx(8 * std::exp(-1) * (1 - std::exp(-1))));

  Forecast wrapped;
  ages.prepare(horizons, 240, 240);  // Two exponential phases of the same length: Erlang 2.
  ages.add_free(8, wrapped);
  CHECK(wrapped.mean[1] == Approx(8 * (1 - 2 * std::exp(-1))));

  Forecast nobody;
  ages.add_free(0, nobody);
  CHECK(nobody.mean[2] == 0);
}

TEST_CASE("chances are made anew when something moved by two percent, and not before", "[pacer]") {
  PhaseAges ages;
  ages.prepare(horizons, 240, 20);
  const auto made = ages.remade();

  ages.prepare(horizons, 240 * 1.015, 20 * 1.015);
  CHECK(ages.remade() == made);
  ages.prepare(horizons, 240 * 1.025, 20);
  CHECK(ages.remade() == made + 1);
  ages.prepare(std::array<double, 3>{30, 246, 2400}, 246, 20);
  CHECK(ages.remade() == made + 2);
}

}  // namespace paceline::test
