#include "services/publisher/capacity.h"

#include <cmath>
#include <vector>

#include "tests/support/catch.h"

namespace paceline::test {
using namespace publisher;

TEST_CASE("capacity follows from two sizes of publication", "[publisher]") {
  Capacity capacity;
  for (int i = 0; i < 20; ++i) {
    capacity.observe(10'000, 0.030);
    capacity.observe(110'000, 0.130);
  }

  REQUIRE(capacity.line());
  CHECK(capacity.line()->base_s == Approx(0.020));
  CHECK(capacity.line()->seconds_per_byte == Approx(1e-6));
  CHECK(*capacity.targets_within(1.0, 100) == Approx(9800));
  CHECK(*capacity.targets_within(0.01, 100) == 0);
}

TEST_CASE("capacity is not known from one size alone", "[publisher]") {
  Capacity capacity;
  for (int i = 0; i < 20; ++i) capacity.observe(10'000, 0.030 + i * 0.001);

  CHECK(!capacity.line());
}

TEST_CASE("the line is that of least squares, an older round trip weighing a hundredth less",
          "[publisher]") {
  struct Seen {
    double bytes;
    double time_s;
  };
  std::vector<Seen> seen;
  for (int i = 0; i < 60; ++i) {
    const double bytes = 1000 * (i % 7) + 40 * (i % 11);
    seen.push_back({bytes, (i < 30 ? 0.1 : 0.104) + 2e-6 * bytes + 0.001 * (i % 3)});
  }

  Capacity capacity;
  for (const auto& [bytes, time_s] : seen) capacity.observe(bytes, time_s);

  double total = 0, bytes_mean = 0, time_mean = 0, square = 0, product = 0;
  const auto weight = [&](std::size_t i) {
    return std::pow(0.99, static_cast<double>(seen.size() - 1 - i));
  };
  for (std::size_t i = 0; i < seen.size(); ++i) {
    total += weight(i);
    bytes_mean += weight(i) * seen[i].bytes;
    time_mean += weight(i) * seen[i].time_s;
  }
  bytes_mean /= total;
  time_mean /= total;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const double off = seen[i].bytes - bytes_mean;
    square += weight(i) * off * off;
    product += weight(i) * off * (seen[i].time_s - time_mean);
  }
  REQUIRE(capacity.line());
  CHECK(capacity.line()->seconds_per_byte == Approx(product / square));
  CHECK(capacity.line()->base_s == Approx(time_mean - product / square * bytes_mean));
}

TEST_CASE("no line is known from four round trips", "[publisher]") {
  Capacity capacity;
  for (int i = 0; i < 4; ++i) capacity.observe(i % 2 == 0 ? 1000 : 9000, i % 2 == 0 ? 0.1 : 0.2);
  CHECK(!capacity.line());

  capacity.observe(1000, 0.1);

  CHECK(capacity.line());
}

TEST_CASE("sizes must be 64 bytes apart from their mean to be two", "[publisher]") {
  const auto known = [](double off) {
    Capacity capacity;
    for (int i = 0; i < 200; ++i) {
      capacity.observe(5000 - off, 0.1);
      capacity.observe(5000 + off, 0.2);
    }
    return capacity.line().has_value();
  };

  CHECK(!known(60));
  CHECK(known(68));
}

TEST_CASE("a slope counts if it explains a twentieth of how times differ", "[publisher]") {
  const auto known = [](double slope_s, double noise_s) {
    Capacity capacity;
    for (int i = 0; i < 200; ++i)
      for (const double noise : {-noise_s, noise_s})
        for (const double side : {-1.0, 1.0})
          capacity.observe(5000 + 1000 * side, 0.5 + slope_s * side + noise);
    return capacity.line().has_value();
  };

  CHECK(known(0.01, 0.036));   // 7 %
  CHECK(!known(0.01, 0.055));  // 3 %
  CHECK(!known(-0.01, 0));
}

TEST_CASE("a line that begins below zero begins at zero, and no number of targets is endless",
          "[publisher]") {
  Capacity capacity;
  for (int i = 0; i < 20; ++i) {
    capacity.observe(10'000, 0.001);
    capacity.observe(20'000, 0.101);
  }

  REQUIRE(capacity.line());
  CHECK(capacity.line()->base_s == 0);
  CHECK(*capacity.targets_within(1e6, 1e-3) == 1e9);
}

}  // namespace paceline::test
