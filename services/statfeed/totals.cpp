#include "services/statfeed/totals.h"

#include <algorithm>
#include <cmath>

#include "common/base/check.h"

namespace paceline::statfeed {

void Totals::resize(std::uint32_t slots) {
  const std::size_t size = std::size_t{slots} * counter_count;
  for (auto& counters : servers_) {
    counters.last.resize(size, -1);
    counters.at.resize(size);
    counters.seen.resize(size);
  }
  marks_.resize(size);
  totals_.resize(size);
}

void Totals::forget(std::uint32_t slot) {
  for (std::size_t i = std::size_t{slot} * counter_count, end = i + counter_count; i < end; ++i) {
    for (auto& counters : servers_) {
      counters.last[i] = -1;
      counters.seen[i] = 0;
    }
    marks_[i] = 0;
    totals_[i] = 0;
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
  const auto counted = static_cast<std::uint64_t>(rise);
  counters.seen[i] += counted;
  if (server == in_use_) totals_[i] += counted;
  return fell ? Counted::reset : Counted::rise;
}

void Totals::mark() {
  std::ranges::copy(servers_[static_cast<std::size_t>(1 - in_use_)].seen, marks_.begin());
}

void Totals::use(int server) {
  CHECK(server >= 0 && server < server_count);
  if (server == in_use_) return;
  const auto& seen = servers_[static_cast<std::size_t>(server)].seen;
  for (std::size_t i = 0; i < totals_.size(); ++i) totals_[i] += seen[i] - marks_[i];
  in_use_ = server;
  mark();
}

}  // namespace paceline::statfeed
