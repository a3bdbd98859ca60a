// The publisher's metrics, by their names.
#pragma once

#include <array>

#include "common/base/metrics.h"
#include "common/wire/messages.h"

namespace paceline::publisher {

struct PublisherMetrics {
  explicit PublisherMetrics(Metrics& metrics) : metrics_{metrics} {}

  /// Publications by what became of them.
  Counter& outcome(PublicationOutcome outcome) {
    return metrics_.counter("paceline_publisher_outcomes_total",
                            "Publications by what became of them.",
                            {{"outcome", to_string(outcome)}});
  }

 private:
  static constexpr std::array round_trip_bounds = {0.005, 0.01, 0.02, 0.05, 0.1,
                                                   0.2,   0.5,  1.0,  2.0,  5.0};
  static constexpr std::array make_bounds = {0.0002, 0.0005, 0.001, 0.002, 0.005,
                                             0.01,   0.02,   0.05,  0.1,   0.5};

  Metrics& metrics_;

 public:
  Gauge& gate_open{
      metrics_.gauge("paceline_publisher_gate_open", "1 while a valid grant is held.")};
  Gauge& term{
      metrics_.gauge("paceline_publisher_term", "Term of the grant held, or of the last one.")};
  Gauge& sequence{
      metrics_.gauge("paceline_publisher_sequence", "Sequence of the last publication.")};
  Gauge& pace_age_s{
      metrics_.gauge("paceline_publisher_pace_age_seconds",
                     "Since the most silent pacer shard was heard; -1 = one is missing.")};
  Gauge& since_accepted_s{metrics_.gauge("paceline_publisher_since_accepted_seconds",
                                         "Since the last accepted publication; -1 = never.")};
  Gauge& round_trip_share{metrics_.gauge("paceline_publisher_round_trip_share",
                                         "Last round trip as a share of the refresh period.")};
  Gauge& bytes_per_target{
      metrics_.gauge("paceline_publisher_target_bytes",
                     "Bytes of a target on the wire, in the last full publication.")};
  Gauge& capacity_targets{metrics_.gauge("paceline_publisher_capacity_targets",
                                         "Targets whose full publication would fit into the "
                                         "warning share of the period; -1 = not known yet.")};
  Gauge& endpoint_reachable{
      metrics_.gauge("paceline_publisher_endpoint_reachable",
                     "1 if the endpoint answered the last request or probe.")};
  Gauge& token_usable{metrics_.gauge("paceline_publisher_token_usable",
                                     "1 while an access token is held that has not run out.")};
  Gauge& paused{metrics_.gauge(
      "paceline_publisher_paused",
      "1 if the last accepted publication allowed nothing, because an operator has paused.")};
  Gauge& failed_in_a_row{metrics_.gauge("paceline_publisher_failed_in_a_row",
                                        "Publications that failed since the last accepted one.")};
  Gauge& clock_skew_s{metrics_.gauge(
      "paceline_publisher_clock_skew_seconds",
      "This host's clock minus the endpoint's, by the dates of its answers; above 0 = ours is "
      "ahead.")};
  Gauge& clock_skew_error_s{
      metrics_.gauge("paceline_publisher_clock_skew_error_seconds",
                     "By which the clock skew may be wrong; -1 = not known yet.")};
  Gauge& connect_s{
      metrics_.gauge("paceline_publisher_connect_seconds",
                     "Until connected, of the last publication; 0 = connection reused.")};
  Gauge& tls_s{metrics_.gauge("paceline_publisher_tls_seconds",
                              "Until TLS stood, of the last publication; 0 = connection reused.")};
  Gauge& first_byte_s{metrics_.gauge("paceline_publisher_first_byte_seconds",
                                     "Until the first byte of the last answer.")};
  Gauge& total_s{
      metrics_.gauge("paceline_publisher_total_seconds",
                     "Until the last byte of the last answer, without our own waiting.")};
  Gauge& http_version{metrics_.gauge("paceline_publisher_http_version",
                                     "HTTP version of the last answer: 1.1 or 2; 0 = none yet.")};
  Histogram& round_trip_s{metrics_.histogram("paceline_publisher_round_trip_seconds",
                                             "From sending a publication to its answer.",
                                             round_trip_bounds)};
  Histogram& make_s{metrics_.histogram("paceline_publisher_make_seconds",
                                       "To choose, encode and compress a publication.",
                                       make_bounds)};
  Counter& full{metrics_.counter("paceline_publisher_publications_total", "Publications sent.",
                                 {{"mode", "full"}})};
  Counter& delta{metrics_.counter("paceline_publisher_publications_total", "Publications sent.",
                                  {{"mode", "delta"}})};
  Counter& targets{
      metrics_.counter("paceline_publisher_targets_total", "Targets in publications sent.")};
  Counter& body_bytes{metrics_.counter("paceline_publisher_body_bytes_total",
                                       "Bytes of publications before compression.")};
  Counter& sent_bytes{metrics_.counter("paceline_publisher_sent_bytes_total",
                                       "Bytes of publications as sent, bodies only.")};
  Counter& answer_bytes{metrics_.counter("paceline_publisher_answer_bytes_total",
                                         "Bytes of answers, after decompression.")};
  Counter& wire_bytes{metrics_.counter(
      "paceline_publisher_wire_bytes_total",
      "Bytes of publications and their answers as they travelled, heads included, before TLS.")};
  Counter& prompts{metrics_.counter("paceline_publisher_prompts_total",
                                    "Publications between two periods, for what could not wait.")};
  Counter& skipped{
      metrics_.counter("paceline_publisher_skipped_cycles_total",
                       "Refresh periods that passed without a publication of their own.")};
  Counter& cancelled{
      metrics_.counter("paceline_publisher_cancelled_total",
                       "Publications cancelled in flight, because the gate closed.")};
  Counter& disputes{metrics_.counter(
      "paceline_publisher_disputes_total",
      "Terms of ours given up, because another publisher used them: a copy of this cluster.")};
  Counter& grants_ignored{
      metrics_.counter("paceline_publisher_grants_ignored_total",
                       "Grants that counted for nothing: repeated, overtaken, foreign.")};
  Counter& targets_rejected{metrics_.counter("paceline_publisher_targets_rejected_total",
                                             "Targets that the endpoint rejected.")};
  Counter& feedback_unknown{metrics_.counter("paceline_publisher_feedback_unknown_total",
                                             "Feedback for targets that we do not know.")};
  Counter& feedback_fell{
      metrics_.counter("paceline_publisher_feedback_fell_total",
                       "Feedback refused, because its counters fell within an epoch.")};
  Counter& tokens{metrics_.counter("paceline_publisher_tokens_total", "Access tokens fetched.")};
  Counter& token_failures{metrics_.counter("paceline_publisher_token_failures_total",
                                           "Token requests without a token.")};
};

}  // namespace paceline::publisher
