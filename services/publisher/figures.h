// The publisher's metrics, by their names.
#pragma once

#include "common/base/metrics.h"
#include "common/wire/messages.h"

namespace paceline::publisher {

struct Figures {
  explicit Figures(Metrics& metrics);

  Gauge& gate_open;
  Gauge& term;
  Gauge& sequence;
  Gauge& pace_age_s;
  Gauge& since_accepted_s;
  Gauge& round_trip_share;
  Gauge& bytes_per_target;
  Gauge& capacity_targets;
  Gauge& endpoint_reachable;
  Gauge& connect_s;
  Gauge& tls_s;
  Gauge& first_byte_s;
  Gauge& total_s;
  Gauge& http_version;
  Histogram& round_trip_s;
  Histogram& make_s;
  Counter& full;
  Counter& delta;
  Counter& targets;
  Counter& body_bytes;
  Counter& sent_bytes;
  Counter& answer_bytes;
  Counter& wire_bytes;
  Counter& prompts;
  Counter& skipped;
  Counter& cancelled;
  Counter& grants_ignored;
  Counter& targets_rejected;
  Counter& feedback_unknown;
  Counter& feedback_fell;
  Counter& tokens;
  Counter& token_failures;

  /// Publications by what became of them.
  Counter& outcome(PublicationOutcome outcome);

 private:
  Metrics& metrics_;
};

}  // namespace paceline::publisher
