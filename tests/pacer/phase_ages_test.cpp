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
    ages.hazard.expose(one, bins_to(bin), 20'000);
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

TEST_CASE("half of an end is one, less is none", "[pacer]") {
  for (const double ends : {0.49, 0.5, 0.9}) {
    PhaseAges ages;
    ages.prepare(horizons, 240, 0);
    ages.reconstruct(0, ends, 2, 10);
    CHECK(ages.hazard.learned.ends == (ends < 0.5 ? 0 : 1));
  }
}

TEST_CASE("of those who came and went between two looks at most 64 are believed", "[pacer]") {
  PhaseAges ages;
  ages.prepare(horizons, 240, 0);

  ages.reconstruct(0, 1000, 2, 10);

  CHECK(ages.hazard.learned.ends == Approx((1 - std::pow(0.997, 64)) / 0.003));
}

TEST_CASE("a slot that was taken between two looks was taken half way", "[pacer]") {
  for (const double end_s : {72.9, 73.1}) {  // It began at 9: bins meet at 64 s.
    PhaseAges ages;
    ages.prepare(horizons, 240, 0);
    ages.reconstruct(0, 0, 0, 8);
    ages.reconstruct(1, 0, 2, 10);
    ages.reconstruct(0, 1, 0.001, end_s);

    const auto bin = static_cast<std::size_t>(hazard_bin(64) - (end_s < 73 ? 1 : 0));
    CHECK(ages.hazard.learned.bin_ends[bin] == 1);
  }
}

TEST_CASE("at first sight ages are spread evenly over the mean", "[pacer]") {
  PhaseAges ages;
  ages.prepare(horizons, 80, 0);
  ages.reconstruct(3, 0, 0, 1000);  // Since 60, 40 and 20 s.

  ages.reconstruct(3, 0, 1, 1001);

  const auto& exposure = ages.hazard.learned.bin_exposure_s;
  CHECK(exposure[static_cast<std::size_t>(hazard_bin(60))] == 1);
  CHECK(exposure[static_cast<std::size_t>(hazard_bin(40))] == 1);
  CHECK(exposure[static_cast<std::size_t>(hazard_bin(20))] == 1);
  CHECK(all(exposure) == 3);
}

TEST_CASE("who is gone without a word was the oldest, and teaches nothing", "[pacer]") {
  PhaseAges ages;
  ages.prepare(horizons, 80, 0);
  ages.reconstruct(3, 0, 0, 1000);
  ages.reconstruct(2, 0, 1, 1001);
  CHECK(ages.count() == 2);
  CHECK(ages.hazard.learned.ends == 0);
  CHECK_FALSE(ages.known());
  ages.reconstruct(1, 0, 1, 1002);
  ages.reconstruct(2, 0, 1, 1003);
  CHECK(ages.known());  // One of two is guessed.

  ages.reconstruct(2, 0, 1, 1004);

  // The youngest at first sight, since 24 s, and who came at 1002.5.
  CHECK(ages.hazard.learned.bin_exposure_s[static_cast<std::size_t>(hazard_bin(23))] >= 1);
  CHECK(ages.hazard.learned.bin_exposure_s[0] == 1);
}

TEST_CASE("many ends at once are the oldest ones, of whom some hundred teach", "[pacer]") {
  PhaseAges ages;
  ages.prepare(horizons, 240, 0);
  ages.reconstruct(2'000, 0, 0, 0);

  ages.reconstruct(1'000, 1'000, 2, 2);

  CHECK(ages.count() == 1'000);
  CHECK(ages.hazard.learned.ends == Approx((1 - std::pow(0.997, 256)) / 0.003));
  CHECK(ages.hazard.learned.bin_ends[static_cast<std::size_t>(hazard_bin(240))] > 100);
  CHECK_FALSE(ages.known());
  ages.reconstruct(1'000, 1'000, 2, 4);
  CHECK(ages.known());  // None of the guesses is left.
}

TEST_CASE("the chances of known ages are those of the hazard, one by one", "[pacer]") {
  PhaseAges ages;
  const std::array<double, 2> near = {10, 50};
  ages.prepare(near, 100, 0);
  ages.reconstruct(0, 0, 0, 0);
  ages.reconstruct(2, 0, 2, 1);  // Both since 0.
  Forecast forecast;

  ages.add_free(4, forecast);  // Twice as many as are known of.

  for (std::size_t k = 0; k < near.size(); ++k) {
    const double chance = 1 - std::exp(-near[k] / 100);
    CHECK(forecast.mean[k] == Approx(4 * chance).epsilon(1e-5));
    CHECK(forecast.variance[k] == Approx(4 * chance * (1 - chance)).epsilon(1e-5));
    CHECK(ages.free_from_start(k) == Approx(chance).epsilon(1e-5));
  }
  CHECK(forecast.mean[2] == 0);
}

TEST_CASE("a short wrap-up is none, one as long as the service makes an Erlang of both",
          "[pacer]") {
  const auto chance = [](double mean_s, double then_s) {
    PhaseAges ages;
    const std::array<double, 1> horizon = {50};
    Forecast forecast;
    ages.prepare(horizon, mean_s, then_s);
    ages.add_free(1, forecast);
    return forecast.mean[0];
  };

  CHECK(chance(100, 0.29) == Approx(1 - std::exp(-0.5)));
  CHECK(chance(100, 0.31) < 1 - std::exp(-0.5) - 1e-4);
  CHECK(chance(100, 25) == Approx(1 - (2 * std::exp(-0.5) - 0.5 * std::exp(-2)) / 1.5));
  CHECK(chance(100, 100) == Approx(1 - 1.5 * std::exp(-0.5)));
  CHECK(chance(100, 100.0001) == Approx(1 - 1.5 * std::exp(-0.5)).epsilon(1e-5));
}

TEST_CASE("few ends make the chances anew after some hundred calls", "[pacer]") {
  PhaseAges ages;
  ages.prepare(horizons, 240, 20);
  ages.reconstruct(0, 0, 0, 0);
  const auto made = ages.remade();
  for (int i = 0; i < 600; ++i) ages.prepare(horizons, 240, 20);
  CHECK(ages.remade() == made);  // Nothing has ended.

  ages.reconstruct(0, 1, 2, 2);
  ages.prepare(horizons, 240, 20);

  CHECK(ages.remade() == made + 1);
  ages.reconstruct(0, 1, 2, 4);
  for (int i = 0; i < 255; ++i) ages.prepare(horizons, 240, 20);
  CHECK(ages.remade() == made + 1);
  ages.prepare(horizons, 240, 20);
  CHECK(ages.remade() == made + 2);
}

}  // namespace paceline::test
