// The elector's metrics, by name.
#pragma once

#include <map>
#include <string>

#include "common/base/metrics.h"
#include "common/wire/messages.h"

namespace paceline {

struct ElectorFigures {
  explicit ElectorFigures(Metrics& metrics);

  void became(ElectorRole role);
  void refused(const std::string& why);
  void heartbeats_lost(const std::string& node, std::uint64_t count);
  void sent(ElectionMessageKind kind);

  Gauge& term;
  Gauge& role;
  Gauge& is_master;
  Gauge& lease_left;
  Gauge& penalty;
  Counter& grants;
  Counter& revocations;
  Counter& late;
  Counter& store_failures;
  Histogram& store_seconds;

 private:
  Metrics& metrics_;
};

}  // namespace paceline
