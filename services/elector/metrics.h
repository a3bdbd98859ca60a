// The elector's metrics, by name.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "common/base/metrics.h"
#include "common/wire/messages.h"

namespace paceline::elector {

struct ElectorMetrics {
  explicit ElectorMetrics(Metrics& metrics);

  void became(ElectorRole role);
  void refused(const std::string& why);
  void heartbeats_lost(const std::string& node, std::uint64_t count);
  void sent(ElectionMessageKind kind);
  void master_is(const std::string& master, Instant now);
  Gauge& clock_skew(const std::string& node);

  Gauge& term;
  Gauge& role;
  Gauge& is_master;
  Gauge& lease_left;
  Gauge& penalty;
  Gauge& tier;
  Gauge& targets_differ;
  Gauge& paused;
  Gauge& maintenance;
  Counter& grants;
  Counter& revocations;
  Counter& late;
  Counter& store_failures;
  Counter& disputes;
  Histogram& store_seconds;
  Histogram& failover_seconds;

 private:
  Metrics& registry_;
  std::optional<Instant> masterless_;  // Since when, after a master was known.
};

}  // namespace paceline::elector
