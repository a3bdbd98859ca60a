// The engagement contract: what the publisher says to Predictive Engagement over HTTPS, and its
// answer. Version 1 [ours]: the vendor publishes none (services/publisher/README.md has the
// contract in full).
//
//   POST <base_service_url>v2/pacing/clusters/{cluster}/publications     publisher -> engagement
//   endpoint
//     Authorization: Bearer TOKEN, Content-Type: application/json, Content-Encoding: gzip (when it
//     pays; zstd where an answer said Accept-Encoding: zstd) body PublicationRequest; answers 200
//     PublicationAnswer, 409 Fence when the endpoint knows a higher term (fencing) or, within a
//     term, the same or a higher sequence, or does not hold what a delta stands on; 401, 413, 415,
//     429, 5xx.
//   POST <base_auth_url>   Basic client_id:client_secret, grant_type=client_credentials
//     answers {"access_token": "..", "token_type": "bearer", "expires_in": seconds}
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/wire/messages.h"

namespace paceline {

inline constexpr int engagement_version = 1;

/// One target of a publication.
struct TargetOffer {
  std::string id;
  std::string channel;  // Media channel.
  PaceState state = PaceState::stale;
  std::int32_t proactive =
      0;  // [>= 0] new invitations allowed now; replaces what was allowed before.
  std::int32_t max_pending =
      0;  // [>= 0] outstanding at once; the endpoint never goes beyond it, so that
          // late or repeated publications cannot spend a free agent twice.
  std::int32_t reactive = 0;
  double reactive_state = 1;  // [0..1]
  double predicted_wait_s = 0;
  PaceReason reason = PaceReason::stale_statistics;

  bool operator==(const TargetOffer&) const = default;
};

struct PublicationRequest {
  int version = engagement_version;
  std::string cluster;
  std::string node;
  std::uint64_t term = 0;
  std::uint64_t sequence = 0;     // Rises within a term; a delta's is one above what it stands on.
  std::int64_t timestamp_ms = 0;  // [ms since 1970] when it was made.
  std::int64_t valid_until_ms = 0;  // [ms since 1970] after that the endpoint offers nothing.
  std::int64_t refresh_period_ms = 0;
  bool full = true;  // mode: full = all targets; delta = those that changed.
  std::vector<TargetOffer> targets;

  bool operator==(const PublicationRequest&) const = default;
};

struct RejectedTarget {
  std::string id;
  std::string code;  // "unknown_target", ...

  bool operator==(const RejectedTarget&) const = default;
};

/// Feedback of one target: cumulative since the answer's epoch, so that a lost answer loses
/// nothing.
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
  bool full_wanted = false;  // The next publication is to be full. JSON: present if true only.

  bool operator==(const PublicationAnswer&) const = default;
};

struct TokenAnswer {
  std::string access_token;
  std::int64_t expires_in_s = 0;  // [300..172800]

  bool operator==(const TokenAnswer&) const = default;
};

/// JSON of each; unknown members are ignored, missing ones and wrong types are bad_value naming the
/// member.
void encode_publication(const PublicationRequest& request, std::string& out);
Result<PublicationRequest> decode_publication(std::string_view json);
void encode_publication_answer(const PublicationAnswer& answer, std::string& out);
Result<PublicationAnswer> decode_publication_answer(std::string_view json);
Result<TokenAnswer> decode_token_answer(std::string_view json);

/// The body of a 409: the highest term known and, within it, the sequence held (0 = not said).
struct Fence {
  std::uint64_t term = 0;
  std::uint64_t sequence = 0;

  bool operator==(const Fence&) const = default;
};
Result<Fence> decode_fence(std::string_view json);

}  // namespace paceline
