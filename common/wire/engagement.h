// The engagement contract: what the publisher says to Predictive Engagement over HTTPS, and its
// answer. Version 1 is ours: the vendor publishes none. services/publisher/CONTRACT.md
// and openapi.yaml have the contract in full.
//
//   POST <base_service_url>v2/pacing/clusters/{cluster}/publications
//     direction   publisher -> engagement endpoint
//     headers     Authorization: Bearer TOKEN
//                 Content-Type: application/json
//                 Content-Encoding: gzip when it pays, or zstd where an answer announced it
//     body        PublicationRequest
//     200         PublicationAnswer
//     409         Fence: the endpoint knows a higher term, or has the same or a higher sequence of
//                 this term, or does not hold the publication that a delta stands on
//     others      401, 413, 415, 429, 5xx
//
//   POST <base_auth_url>
//     headers     Authorization: Basic client_id:client_secret
//     body        grant_type=client_credentials
//     200         TokenAnswer
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/wire/messages.h"

namespace paceline {

inline constexpr int engagement_version = 1;

// The largest whole number that every JSON reader takes exactly (RFC 8259, section 6). No count of
// the contract is larger; one that is makes the message unreadable.
inline constexpr std::int64_t largest_contract_number = (std::int64_t{1} << 53) - 1;
static_assert(largest_term == largest_contract_number);

/// What a target may be offered.
struct Offer {
  PaceState state = PaceState::stale;
  PaceReason reason = PaceReason::stale_statistics;
  // [>= 0] New invitations allowed from now on; replaces what was allowed before.
  std::int32_t proactive = 0;
  // [>= 0] Outstanding at once. The endpoint never goes beyond it, so that late or repeated
  // publications cannot spend a free agent twice.
  std::int32_t max_pending = 0;
  std::int32_t reactive = 0;    // [>= 0]
  double reactive_state = 1;    // [0..1]
  double predicted_wait_s = 0;  // [s, >= 0]

  bool operator==(const Offer&) const = default;
};

/// One target of a publication.
struct TargetOffer {
  std::string id;
  std::string channel;  // Media channel.
  Offer offer;

  bool operator==(const TargetOffer&) const = default;
};

struct PublicationRequest {
  int version = engagement_version;
  std::string cluster;
  std::string node;
  std::uint64_t term = 0;
  // Of the publisher, 0 = not said: two that publish under one term are told apart by it.
  std::uint64_t incarnation = 0;
  std::uint64_t sequence = 0;     // Rises within a term; a delta's is one above what it stands on.
  std::int64_t timestamp_ms = 0;  // [ms since 1970] When it was made.
  // [ms] From its arrival on, by the endpoint's own clock; then it offers nothing. Two clocks may
  // differ, so this one counts; 0 = not said, as publishers of old.
  std::int64_t valid_for_ms = 0;
  std::int64_t valid_until_ms = 0;  // [ms since 1970] The same by our clock, for endpoints of old.
  std::int64_t refresh_period_ms = 0;
  bool full = true;  // JSON "mode": full = all targets; delta = those that changed.
  std::vector<TargetOffer> targets;

  bool operator==(const PublicationRequest&) const = default;
};

struct RejectedTarget {
  std::string id;
  std::string code;  // "unknown_target", ...

  bool operator==(const RejectedTarget&) const = default;
};

/// Feedback of one target, cumulative since the answer's epoch: a lost answer loses nothing.
struct OfferFeedback {
  std::string id;
  TargetFeedback counts;

  bool operator==(const OfferFeedback&) const = default;
};

struct PublicationAnswer {
  std::uint64_t term = 0;      // The highest the endpoint knows.
  std::uint64_t sequence = 0;  // Accepted.
  std::uint64_t accepted = 0;  // Targets.
  std::string epoch;           // Names the life of the counters.
  std::vector<RejectedTarget> rejected;
  std::vector<OfferFeedback> feedback;
  bool full_wanted = false;  // The next publication is to be full. JSON: present only if true.

  bool operator==(const PublicationAnswer&) const = default;
};

/// The body of a 409.
struct Fence {
  std::uint64_t term = 0;         // The highest term known.
  std::uint64_t sequence = 0;     // The sequence held in it; 0 = not said.
  std::uint64_t incarnation = 0;  // Of the publisher that it came from; 0 = not said.
  std::string node;               // ... and its node; "" = not said.

  bool operator==(const Fence&) const = default;
};

struct TokenAnswer {
  std::string access_token;
  std::int64_t expires_in_s = 0;  // [1..172800] 300 if the service says none that can be read.

  bool operator==(const TokenAnswer&) const = default;
};

/// JSON of each, replacing what was in `out`; a number that is not finite goes out as 0.
void encode_publication(const PublicationRequest& request, std::string& out);
void encode_publication_answer(const PublicationAnswer& answer, std::string& out);

/// The reverse; unknown members are ignored.
///   errors   bad_value: no JSON, or a member that is missing or of a wrong type, named
///            too_large: more bytes or items than any message has
///            unsupported: another version
Result<PublicationRequest> decode_publication(std::string_view json);
Result<PublicationAnswer> decode_publication_answer(std::string_view json);
Result<Fence> decode_fence(std::string_view json);  // not_found: an object without a term
Result<TokenAnswer> decode_token_answer(std::string_view json);

/// What a token service says when it refuses (RFC 6749, 5.2, and what vendors call its members), for people:
/// "invalid_client: Client is not known". Printable ASCII on one line, at most 400 bytes; "" if it says nothing of that form.
std::string token_refusal(std::string_view json);

/// What the body of a refusal says, for people: that, or its `detail` or `title` (RFC 9457) or `message`, or that of an
/// `error`, `errors`, `fault` or `status` in it. On one line as above; "" if it is no JSON object with one of them.
std::string refusal_text(std::string_view json);

}  // namespace paceline
