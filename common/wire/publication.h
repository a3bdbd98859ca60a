// Channels `grant` (elector -> publisher, watch of its own node) and `publication` (publisher -> elector of its node,
// watch of every node).
#pragma once

#include <string>

#include "common/wire/state_frame.h"

namespace paceline {

/// "Publish under this term until then." Sent on every renewal and every heartbeat period.
struct Grant {
  std::uint8_t version = wire_version;
  std::string node;
  std::uint64_t incarnation = 0;
  std::uint64_t sequence = 0;
  std::uint64_t term = 0;
  std::int64_t expires_ns = 0;
  std::string boot;
  std::string why;
  std::uint64_t publisher = 0;
  std::string pause;

  static constexpr About about{"grant", "The elector's leave to publish."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&Grant::version, "version", "", "of the wire"},
        Field{&Grant::node, "node", max_name_bytes, "that it is for"},
        Field{&Grant::incarnation, "incarnation", "", "of the elector"},
        Field{&Grant::sequence, "sequence", "", "plus one a grant"},
        Field{&Grant::term, "term", "", 0, largest_term, "to publish under; 0 = no grant"},
        Field{&Grant::expires_ns, "expires_ns", "ns",
              "when it ends, by the boot clock of this host"},
        Field{&Grant::boot, "boot", "the host's boot id; a grant of another boot is void"},
        Field{&Grant::why, "why", "for people, when revoked"},
        Field{&Grant::publisher, "publisher", "",
              "incarnation of the publisher that it is for; no other may use it"},
        Field{
            &Grant::pause, "pause", max_why_bytes,
            "why an operator has nothing allowed to any target; empty = the pacers' word goes out"}
            .added(),
    };
  }
  bool operator==(const Grant&) const = default;
};
static_assert(lists_every_member<Grant>());

enum class PublicationOutcome : std::uint8_t {
  none,
  accepted,
  rejected,
  fenced,
  unauthorised,
  throttled,
  failed,
};

template <>
inline constexpr std::array words_of<PublicationOutcome>{
    Word{"none", "nothing was sent yet"},
    Word{"accepted", "200"},
    Word{"rejected", "4xx other than those below"},
    Word{"fenced", "409: the endpoint knows a higher term"},
    Word{"unauthorised", "401"},
    Word{"throttled", "429 or 503"},
    Word{"failed", "no usable answer: refused, reset, timed out, TLS, malformed"},
};
static_assert(words_match<PublicationOutcome>());

/// The publisher's life sign and the report of its last cycle.
struct PublicationReport {
  std::uint8_t version = wire_version;
  std::string node;
  std::uint64_t incarnation = 0;
  std::uint64_t report = 0;
  std::int64_t pid = 0;
  bool open = false;
  std::uint64_t term = 0;
  std::uint64_t stopped_term = 0;
  std::uint64_t fenced_by = 0;
  std::uint64_t sequence = 0;
  PublicationOutcome outcome = PublicationOutcome::none;
  std::int32_t status = 0;
  std::string detail;
  double round_trip_ms = 0;
  double period_ms = 0;
  std::uint64_t targets = 0;
  std::uint64_t rejected_targets = 0;
  std::uint64_t body_bytes = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t cycles = 0;
  std::uint64_t skipped_cycles = 0;
  double since_accepted_s = -1;
  double pace_age_s = -1;
  bool endpoint_reachable = false;
  bool endpoint_tried = false;
  double capacity_targets = -1;
  std::uint64_t prompts = 0;
  std::uint64_t requests = 0;
  std::uint64_t wire_bytes = 0;
  bool token_usable = false;
  std::string token_error;
  std::uint64_t failed_in_a_row = 0;
  std::uint64_t disputed_term = 0;
  double clock_skew_ms = 0;
  double clock_skew_error_ms = -1;
  std::string targets_version;
  std::uint64_t awaiting_targets = 0;
  double stat_age_s = -1;
  std::uint64_t paced_targets = 0;
  bool paused = false;

  static constexpr About about{"publication",
                               "The publisher's life sign and the report of its last cycle."};
  static constexpr auto schema() {
    using R = PublicationReport;
    return std::tuple{
        Field{&R::version, "version", "", "of the wire"},
        Field{&R::node, "node", max_name_bytes, "whose publisher this is"},
        Field{&R::incarnation, "incarnation", "", "of the publisher, larger at each start"},
        Field{&R::report, "report", "", "plus one a report"},
        Field{&R::pid, "pid", "", "of its process"},
        Field{&R::open, "open", "the gate: a valid grant is held"},
        Field{&R::term, "term", "", 0, largest_term, "of the grant held, or the last one"},
        Field{&R::stopped_term, "stopped_term", "", 0, largest_term,
              "the last term under which nothing more will be sent"},
        Field{&R::fenced_by, "fenced_by", "", 0, largest_term,
              "a higher term that the endpoint named; 0 = none"},
        Field{&R::sequence, "sequence", "", "of the last publication"},
        Field{&R::outcome, "outcome", "of the last publication"},
        Field{&R::status, "http_status", "", 0, 999, "of its answer; 0 = no answer"},
        Field{&R::detail, "detail", "for people: the error"},
        Field{&R::round_trip_ms, "round_trip_ms", "ms", 0, max_seconds * 1e3,
              "of the last publication"},
        Field{&R::period_ms, "period_ms", "ms", 0, max_seconds * 1e3,
              "the refresh period it is measured against"},
        Field{&R::targets, "targets", "targets", "in the last publication"},
        Field{&R::rejected_targets, "rejected_targets", "targets",
              "of those, refused by the endpoint"},
        Field{&R::body_bytes, "body_bytes", "bytes", "of the last publication, before compression"},
        Field{&R::sent_bytes, "sent_bytes", "bytes", "of its body on the wire"},
        Field{&R::cycles, "cycles", "", "since start"},
        Field{&R::skipped_cycles, "skipped_cycles", "", "in which a request was still in flight"},
        Field{&R::since_accepted_s, "since_accepted_s", "s", -1, max_seconds,
              "since the last accepted publication; -1 = never"},
        Field{&R::pace_age_s, "pace_age_s", "s", -1, max_seconds,
              "age of the oldest shard's `pace`; -1 = one is missing"},
        Field{&R::endpoint_reachable, "endpoint_reachable",
              "as of the last publication, probe and token request"},
        Field{&R::endpoint_tried, "endpoint_tried", "there was one of them"},
        Field{&R::capacity_targets, "capacity_targets", "targets", -1, 1e18,
              "that would fit into warn_share of the period; -1 = unknown"},
        Field{&R::prompts, "prompts", "", "publications between two cycles, since start"},
        Field{&R::requests, "requests", "", "publications that were answered, since start"},
        Field{&R::wire_bytes, "wire_bytes", "bytes",
              "of those, both ways, heads included, before TLS"},
        Field{&R::token_usable, "token_usable", "an access token is held that has not run out"},
        Field{&R::token_error, "token_error", 1024,
              "why the last token request failed, with the address; empty = it did not"},
        Field{&R::failed_in_a_row, "failed_in_a_row", "",
              "publications since the last accepted one"},
        Field{&R::disputed_term, "disputed_term", "", 0, largest_term,
              "a term of ours under which somebody else publishes too; 0 = none"},
        Field{&R::clock_skew_ms, "clock_skew_ms", "ms", -max_wall_ms, max_wall_ms,
              "this host's clock minus the endpoint's; above 0 = ours is ahead"},
        Field{&R::clock_skew_error_ms, "clock_skew_error_ms", "ms", -1, max_wall_ms,
              "by which that may be wrong; -1 = not known"},
        Field{&R::targets_version, "targets_version", 64, "of the targets file it paces by"},
        Field{&R::awaiting_targets, "awaiting_targets", "targets",
              "that still wait for what a peer's pacer has learned"},
        Field{&R::stat_age_s, "stat_age_s", "s", -1, max_seconds,
              "age of the statistics that the oldest shard decided on; -1 = one has none"},
        Field{&R::paced_targets, "paced_targets", "targets", "that it publishes for when it may"},
        Field{&R::paused, "paused", "the last accepted publication allowed nothing, by a pause"}
            .added(),
    };
  }
  bool operator==(const PublicationReport&) const = default;
};
static_assert(lists_every_member<PublicationReport>());

}  // namespace paceline
