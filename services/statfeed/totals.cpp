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
    counters.seen_at_mark.resize(size);
  }
  totals_.resize(size);
  totals_at_mark_.resize(size);
}

void Totals::forget(std::uint32_t slot) {
  for (std::size_t i = std::size_t{slot} * counter_count, end = i + counter_count; i < end; ++i) {
    for (auto& counters : servers_) {
      counters.last[i] = -1;
      counters.seen[i] = 0;
      counters.seen_at_mark[i] = 0;
    }
    totals_[i] = 0;
    totals_at_mark_[i] = 0;
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
  if (server == in_use_)
    totals_[i] = std::max(totals_[i], since_mark(counters, i));
  else if (!counters.in_step)
    counters.seen_at_mark[i] = counters.seen[i];
  return fell ? Counted::reset : Counted::rise;
}

// What the total would be by this server alone.
std::uint64_t Totals::since_mark(const ServerCounters& counters, std::size_t i) const {
  return totals_at_mark_[i] + counters.seen[i] - counters.seen_at_mark[i];
}

void Totals::mark(bool both) {
  for (int server = 0; server < server_count; ++server) {
    auto& counters = servers_[static_cast<std::size_t>(server)];
    counters.seen_at_mark = counters.seen;
    counters.in_step = both || server == in_use_;
  }
  totals_at_mark_ = totals_;
}

void Totals::use(int server) {
  CHECK(server >= 0 && server < server_count);
  if (server == in_use_) return;
  in_use_ = server;
  const auto& counters = servers_[static_cast<std::size_t>(server)];
  if (!counters.in_step) return mark(true);  // The one before told what the totals are.
  for (std::size_t i = 0; i < totals_.size(); ++i)
    totals_[i] = std::max(totals_[i], since_mark(counters, i));
}

}  // namespace paceline::statfeed
