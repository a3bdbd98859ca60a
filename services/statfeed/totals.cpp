#include "services/statfeed/totals.h"

#include <algorithm>
#include <cmath>

#include "common/base/check.h"

namespace paceline::statfeed {
namespace {

constexpr double most_rise = 4'000'000'000;  // Between two marks.

}  // namespace

void Totals::resize(std::uint32_t slots) {
  const std::size_t size = std::size_t{slots} * counter_count;
  for (auto& counters : servers_) {
    counters.last.resize(size, -1);
    counters.at.resize(size);
    counters.rose.resize(size);
  }
  totals_.resize(size);
  gained_.resize(size);
}

void Totals::forget(std::uint32_t slot) {
  for (std::size_t i = std::size_t{slot} * counter_count, end = i + counter_count; i < end; ++i) {
    for (auto& counters : servers_) {
      counters.last[i] = -1;
      counters.rose[i] = 0;
    }
    totals_[i] = 0;
    gained_[i] = 0;
  }
}

double Totals::plausible(Duration since) const {
  return policy_.burst +
         policy_.per_second * to_seconds(std::clamp(since, Duration::zero(), policy_.longest_gap));
}

Totals::Counted Totals::count(int server, std::uint32_t slot, std::uint32_t counter, double raw,
                              Instant now) {
  auto& counters = servers_[static_cast<std::size_t>(server)];
  const std::size_t i = std::size_t{slot} * counter_count + counter;
  const double last = counters.last[i];
  if (!(raw >= 0 && raw < 1e15)) return Counted::jump;
  const double allowed = plausible(now - counters.at[i]);
  counters.last[i] = std::floor(raw);
  counters.at[i] = now;
  if (last < 0) return Counted::first;
  const bool fell = counters.last[i] < last;
  const double rise = fell ? counters.last[i] : counters.last[i] - last;
  if (rise > allowed) return Counted::jump;
  const bool is_in_use = server == in_use_;
  if (rise > 0 && (is_in_use || counters.in_step)) {
    auto& rose = counters.rose[i];
    if (rose == 0) risen_.push_back(i);
    rose = static_cast<std::uint32_t>(std::min(rose + rise, most_rise));
    if (is_in_use) carry(counters, i);
  }
  return fell ? Counted::reset : Counted::rise;
}

// The total becomes what it would be by this server alone, if that is more.
void Totals::carry(const ServerCounters& counters, std::size_t i) {
  if (counters.rose[i] <= gained_[i]) return;
  totals_[i] += counters.rose[i] - gained_[i];
  gained_[i] = counters.rose[i];
}

void Totals::mark(bool both) {
  for (int server = 0; server < server_count; ++server) {
    auto& counters = servers_[static_cast<std::size_t>(server)];
    for (const auto i : risen_) counters.rose[i] = 0;
    counters.in_step = both || server == in_use_;
  }
  for (const auto i : risen_) gained_[i] = 0;
  risen_.clear();
}

void Totals::use(int server) {
  CHECK(server >= 0 && server < server_count);
  if (server == in_use_) return;
  in_use_ = server;
  const auto& counters = servers_[static_cast<std::size_t>(server)];
  if (!counters.in_step) return mark(true);  // The one before told what the totals are.
  for (const auto i : risen_) carry(counters, i);
}

}  // namespace paceline::statfeed
