#include "services/pacer/hazard.h"

#include <array>

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
      hazard.expose(one, hazard_bins - 1, 1);
    }
    hazard.end(hazard_bin(60));
  }
  hazard.prepare(hazard.mean(240, 10));
  const double known_s = hazard.learned.exposure_s;
  std::array<double, hazard_bins> outlier{};
  outlier[9] = 1;
  hazard.expose(outlier, 8, 1);

  CHECK(hazard.learned.exposure_s == known_s);
  CHECK(hazard.mean(240, 10) == Approx(65).margin(3));
  CHECK(hazard.between(5, 10) < 0.1);
  CHECK(hazard.between(55, 10) > 0.3);
}

}  // namespace paceline::test
