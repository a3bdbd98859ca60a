// bench_compliance: what the compliance record of many targets costs over its whole life.
//
//   bench_compliance JSON_FILE [TARGETS] [DAYS] [KEPT]     10000 500 400; a table on standard output, see `ops/bench compliance`
//
// Every target ends a day in the same second, day after day; once KEPT days are there, the oldest goes with each new
// one. Beside it, in the same run, the same bytes appended to a plain file and synchronised.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "services/watch/adapter_store.h"
#include "services/watch/compliance_day.h"
#include "tests/support/folder.h"

namespace paceline::test {
using namespace watch;
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

std::uintmax_t bytes_of(const std::string& file) {
  std::uintmax_t sum = 0;
  for (const char* part : {"", "-wal"})
    if (std::filesystem::exists(file + part)) sum += std::filesystem::file_size(file + part);
  return sum;
}

double median_of(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + std::ssize(values) / 2);
  return values[values.size() / 2];
}

struct Costs {
  std::vector<double> day_s;    // To write a day of all targets.
  std::vector<double> plain_s;  // The same bytes to a plain file.
  std::uintmax_t payload = 0;   // [bytes] of the days that are kept.
};

// A day of every target, as ComplianceBook::close() makes it.
void keep_days(Store& store, const std::vector<std::uint32_t>& numbers, int days, int kept,
               int plain, Costs& costs) {
  std::vector<std::string> digests(numbers.size());
  for (int day = 0; day < days; ++day) {
    StoreBatch batch{.keep_days = kept};
    std::string bytes;
    for (std::size_t t = 0; t < numbers.size(); ++t) {
      const std::int64_t begins_ms = 86'400'000ll * (20'000 + day);
      const auto body = encode_day({.date = 20'000 + day,
                                    .begins_ms = begins_ms,
                                    .ends_ms = begins_ms + 86'400'000,
                                    .counted_ms = 86'390'000,
                                    .offered = 1'000 + t,
                                    .answered = 970 + t,
                                    .abandoned = 30,
                                    .goal = 3});
      digests[t] = day_digest(digests[t], fmt::format("target-{}", t), body);
      bytes += body + digests[t];
      batch.days.push_back({numbers[t], 20'000 + day, body, digests[t]});
    }
    costs.payload = bytes.size() * static_cast<std::size_t>(std::min(days, kept));
    auto began = Clock::now();
    if (const auto done = store.write(batch); !done) throw std::runtime_error{done.error().detail};
    costs.day_s.push_back(seconds_since(began));
    began = Clock::now();
    if (::write(plain, bytes.data(), bytes.size()) != std::ssize(bytes) || fdatasync(plain) != 0)
      throw std::runtime_error{"cannot write the plain file"};
    costs.plain_s.push_back(seconds_since(began));
  }
}

int run(const std::string& json_file, int targets, int days, int kept) {
  const Folder folder;
  const std::string file = folder / "history.db";
  SqliteStore store{file};
  std::vector<std::string> ids;
  for (int t = 0; t < targets; ++t) ids.push_back(fmt::format("target-{}", t));
  const auto numbers = store.numbers(ids);
  const int plain = ::open((folder / "plain").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (!numbers || plain < 0) throw std::runtime_error{"cannot make the files"};
  Costs costs;
  keep_days(store, *numbers, days, kept, plain, costs);
  ::close(plain);

  const auto began = Clock::now();
  const auto chain = store.days(numbers->back());
  const double read_s = seconds_since(began);
  if (!chain || std::ssize(chain->days) != std::min(days, kept))
    throw std::runtime_error{"the record is not whole"};
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const double rows = static_cast<double>(targets) * std::min(days, kept);
  const auto bytes = static_cast<double>(bytes_of(file));
  const double day_s = median_of(costs.day_s);
  const double worst_s = std::ranges::max(costs.day_s);
  const double plain_s = median_of(costs.plain_s);
  fmt::print(
      "{} targets, {} days, {} kept: {:.0f} MB, {:.1f} bytes a target and day ({:.1f} of them its "
      "own)\n"
      "a day of all targets: median {:.0f} ms, longest {:.0f} ms; the same bytes to a plain file "
      "{:.1f} ms (x {:.1f})\n"
      "{} days of one target read in {:.2f} ms; largest RSS {} MB\n",
      targets, days, kept, bytes / 1e6, bytes / rows, static_cast<double>(costs.payload) / rows,
      day_s * 1e3, worst_s * 1e3, plain_s * 1e3, day_s / plain_s, chain->days.size(), read_s * 1e3,
      used.ru_maxrss / 1024);
  const nlohmann::json json{{"targets", targets},     {"days", days},    {"kept", kept},
                            {"bytes", bytes},         {"day_s", day_s},  {"day_longest_s", worst_s},
                            {"plain_day_s", plain_s}, {"read_s", read_s}};
  std::ofstream out{json_file};
  out << json.dump(1) << "\n";
  if (!out.flush()) throw std::runtime_error{"cannot write " + json_file};
  return 0;
}

}  // namespace
}  // namespace paceline::test

int main(int argc, char** argv) {
  const auto number = [&](int at, int otherwise) {
    return argc > at ? std::atoi(argv[at]) : otherwise;
  };
  const int targets = number(2, 10'000);
  const int days = number(3, 500);
  const int kept = number(4, 400);
  if (argc < 2 || argc > 5 || targets < 1 || days < 1 || kept < 1) {
    fmt::print(stderr, "usage: bench_compliance JSON_FILE [TARGETS] [DAYS] [KEPT]\n");
    return 64;
  }
  try {
    return paceline::test::run(argv[1], targets, days, kept);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_compliance: {}\n", error.what());
    return 1;
  }
}
