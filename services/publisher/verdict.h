// What an answer of the engagement endpoint means for us.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/wire/engagement.h"
#include "services/publisher/contract.h"

namespace paceline::publisher {

/// An HTTP answer, as far as it matters.
struct Reply {
  int status = 0;
  std::string_view retry_after;  // Headers; "" = absent.
  std::string_view location;
  std::string_view body;
};

struct Verdict {
  PublicationOutcome outcome = PublicationOutcome::failed;
  std::string detail;           // For people; "" = accepted.
  std::uint64_t fenced_by = 0;  // outcome fenced: the higher term.
  bool sequence_refused =
      false;  // 409 under our own term: the endpoint is ahead, or wants a full one.
  std::uint64_t sequence_held = 0;  // ... and has this one; 0 = it does not say.
  bool too_large = false;           // 413: fewer targets in one request.
  bool encoding_refused = false;    // 415: another encoding of the body.
  std::optional<Duration> retry_after;
  PublicationAnswer answer;  // outcome accepted.
};

/// Judges the answer to `sent`. Everything that is not exactly what the contract promises is no
/// acceptance.
Verdict judge(const Reply& reply, const PublicationRequest& sent, const Contract& contract,
              WallTime now);

}  // namespace paceline::publisher
