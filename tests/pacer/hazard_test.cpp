#include "services/pacer/hazard.h"

#include <array>
#include <cmath>

#include "tests/support/catch.h"

// After ours: rapidcheck's own headers know nothing of CHECK.
#include <rapidcheck.h>

namespace paceline::test {
using namespace pacer;

TEST_CASE("bins cover every time once and in order", "[pacer][property]") {
  REQUIRE(rc::check([] {
    const double elapsed = *rc::gen::inRange(0, 20'000'000) / 1000.0;
    const int bin = hazard_bin(elapsed);
    RC_ASSERT(bin >= 0);
    RC_ASSERT(bin < hazard_bins);
    RC_ASSERT(hazard_edge(bin) <= elapsed * (1 + 1e-12));
    if (bin + 1 < hazard_bins) RC_ASSERT(elapsed < hazard_edge(bin + 1) * (1 + 1e-12));
  }));
  CHECK(hazard_bin(std::nan("")) == 0);
  CHECK(hazard_bin(-1) == 0);
  CHECK(hazard_bin(INFINITY) == hazard_bins - 1);
}

TEST_CASE("a hazard learns that a phase of fixed length ends at its length", "[pacer]") {
  Hazard hazard;
  for (int i = 0; i < 500; ++i) {
    for (int s = 0; s < 60; ++s) {
      std::array<double, hazard_bins> one{};
      one[static_cast<std::size_t>(hazard_bin(s))] = 1;
      hazard.expose(one, bins_to(hazard_bins - 1), 1);
    }
    hazard.end(hazard_bin(60));
  }
  hazard.prepare(hazard.mean(240, 10));
  const double known_s = hazard.learned.exposure_s;
  std::array<double, hazard_bins> outlier{};
  outlier[9] = 1;
  hazard.expose(outlier, bins_to(8), 1);

  CHECK(hazard.learned.exposure_s == known_s);
  CHECK(hazard.mean(240, 10) == Approx(65).margin(3));
  CHECK(hazard.between(5, 10) < 0.1);
  CHECK(hazard.between(55, 10) > 0.3);
}

TEST_CASE("a hazard forgets three in a thousand an end, and all by what decays", "[pacer]") {
  Hazard hazard;
  std::array<double, hazard_bins> counts{};
  counts[0] = 2;
  counts[3] = 5;
  hazard.expose(counts, bins_to(3), 10);
  CHECK(hazard.learned.exposure_s == 70);
  CHECK(hazard.learned.bin_exposure_s[0] == 20);
  CHECK(hazard.learned.bin_exposure_s[3] == 50);
  hazard.expose(counts, bins_to(2), 10);
  CHECK(hazard.learned.exposure_s == 90);
  CHECK(hazard.learned.bin_exposure_s[3] == 50);

  hazard.end(3);
  hazard.end(3);
  CHECK(hazard.learned.ends == Approx(1.997));
  CHECK(hazard.learned.bin_ends[3] == Approx(1.997));
  CHECK(hazard.learned.exposure_s == Approx(90 * 0.997 * 0.997));
  CHECK(hazard.mean(100, 3) == Approx((90 * 0.997 * 0.997 + 300) / (1.997 + 3)));

  hazard.decay(0.5);
  CHECK(hazard.learned.ends == Approx(1.997 / 2));
  CHECK(hazard.learned.bin_ends[3] == Approx(1.997 / 2));
  CHECK(hazard.learned.exposure_s == Approx(45 * 0.997 * 0.997));
  CHECK(hazard.learned.bin_exposure_s[3] == Approx(25 * 0.997 * 0.997));
}

TEST_CASE("a rate is ends by exposure, the mean counting as four ends in each bin", "[pacer]") {
  Hazard hazard;
  hazard.learned.bin_ends[1] = 6;
  hazard.learned.bin_exposure_s[1] = 100;

  hazard.prepare(50);

  CHECK(hazard.rate(0) == Approx(1.0 / 50));
  CHECK(hazard.rate(1) == Approx((6 + 4) / (100 + 4 * 50.0)));
  CHECK(hazard.between(0.5, 0.25) == Approx(0.25 / 50));
  CHECK(hazard.between(0.5, 1.25) ==
        Approx(0.5 / 50 + (std::sqrt(2.0) - 1) / 30 + (1.75 - std::sqrt(2.0)) / 50));
  CHECK(hazard.between(20'000, 5) == Approx(5.0 / 50));
  CHECK(hazard.between(3, 0) == 0);
}

}  // namespace paceline::test
