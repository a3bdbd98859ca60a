#include "services/publisher/figures.h"

#include <array>

namespace paceline::publisher {
namespace {

constexpr std::array round_trip_bounds = {0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0};
constexpr std::array make_bounds = {0.0002, 0.0005, 0.001, 0.002, 0.005,
                                    0.01,   0.02,   0.05,  0.1,   0.5};

}  // namespace

Figures::Figures(Metrics& metrics)
    : gate_open{metrics.gauge("paceline_publisher_gate_open", "1 while a valid grant is held.")},
      term{metrics.gauge("paceline_publisher_term", "Term of the grant held, or of the last one.")},
      sequence{metrics.gauge("paceline_publisher_sequence", "Sequence of the last publication.")},
      pace_age_s{
          metrics.gauge("paceline_publisher_pace_age_seconds",
                        "Since the most silent pacer shard was heard; -1 = one is missing.")},
      since_accepted_s{metrics.gauge("paceline_publisher_since_accepted_seconds",
                                     "Since the last accepted publication; -1 = never.")},
      round_trip_share{metrics.gauge("paceline_publisher_round_trip_share",
                                     "Last round trip as a share of the refresh period.")},
      bytes_per_target{
          metrics.gauge("paceline_publisher_target_bytes",
                        "Bytes of a target on the wire, in the last full publication.")},
      capacity_targets{metrics.gauge("paceline_publisher_capacity_targets",
                                     "Targets whose full publication would fit into the warning "
                                     "share of the period; -1 = not known yet.")},
      endpoint_reachable{metrics.gauge("paceline_publisher_endpoint_reachable",
                                       "1 if the endpoint answered the last request or probe.")},
      connect_s{metrics.gauge("paceline_publisher_connect_seconds",
                              "Until connected, of the last publication; 0 = connection reused.")},
      tls_s{metrics.gauge("paceline_publisher_tls_seconds",
                          "Until TLS stood, of the last publication; 0 = connection reused.")},
      first_byte_s{metrics.gauge("paceline_publisher_first_byte_seconds",
                                 "Until the first byte of the last answer.")},
      total_s{metrics.gauge("paceline_publisher_total_seconds",
                            "Until the last byte of the last answer, without our own waiting.")},
      http_version{metrics.gauge("paceline_publisher_http_version",
                                 "HTTP version of the last answer: 1.1 or 2; 0 = none yet.")},
      round_trip_s{metrics.histogram("paceline_publisher_round_trip_seconds",
                                     "From sending a publication to its answer.",
                                     round_trip_bounds)},
      make_s{metrics.histogram("paceline_publisher_make_seconds",
                               "To choose, encode and compress a publication.", make_bounds)},
      full{metrics.counter("paceline_publisher_publications_total", "Publications sent.",
                           {{"mode", "full"}})},
      delta{metrics.counter("paceline_publisher_publications_total", "Publications sent.",
                            {{"mode", "delta"}})},
      targets{metrics.counter("paceline_publisher_targets_total", "Targets in publications sent.")},
      body_bytes{metrics.counter("paceline_publisher_body_bytes_total",
                                 "Bytes of publications before compression.")},
      sent_bytes{metrics.counter("paceline_publisher_sent_bytes_total",
                                 "Bytes of publications as sent, bodies only.")},
      answer_bytes{metrics.counter("paceline_publisher_answer_bytes_total",
                                   "Bytes of answers, after decompression.")},
      wire_bytes{metrics.counter("paceline_publisher_wire_bytes_total",
                                 "Bytes of publications and their answers as they travelled, heads "
                                 "included, before TLS.")},
      prompts{metrics.counter("paceline_publisher_prompts_total",
                              "Publications between two periods, for what could not wait.")},
      skipped{metrics.counter("paceline_publisher_skipped_cycles_total",
                              "Refresh periods that passed without a publication of their own.")},
      cancelled{metrics.counter("paceline_publisher_cancelled_total",
                                "Publications cancelled in flight, because the gate closed.")},
      grants_ignored{
          metrics.counter("paceline_publisher_grants_ignored_total",
                          "Grants that counted for nothing: repeated, overtaken, foreign.")},
      targets_rejected{metrics.counter("paceline_publisher_targets_rejected_total",
                                       "Targets that the endpoint rejected.")},
      feedback_unknown{metrics.counter("paceline_publisher_feedback_unknown_total",
                                       "Feedback for targets that we do not know.")},
      feedback_fell{
          metrics.counter("paceline_publisher_feedback_fell_total",
                          "Feedback refused, because its counters fell within an epoch.")},
      tokens{metrics.counter("paceline_publisher_tokens_total", "Access tokens fetched.")},
      token_failures{metrics.counter("paceline_publisher_token_failures_total",
                                     "Token requests without a token.")},
      metrics_{metrics} {
}

Counter& Figures::outcome(PublicationOutcome outcome) {
  return metrics_.counter("paceline_publisher_outcomes_total",
                          "Publications by what became of them.",
                          {{"outcome", to_string(outcome)}});
}

}  // namespace paceline::publisher
