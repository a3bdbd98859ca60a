// What an answer of the engagement endpoint means for us.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/wire/engagement.h"
#include "services/publisher/contract.h"

namespace paceline::publisher {

/// An HTTP answer, as far as it matters.
struct Response {
  int status = 0;
  std::string_view retry_after;  // Headers; "" = absent.
  std::string_view body;
  std::string_view page;     // Not "" = it is a page for people ("answered text/html").
  std::string_view refusal;  // What it says if it is no success, for people (http_refusal.h).
};

struct PublicationResult {
  PublicationOutcome outcome = PublicationOutcome::failed;
  std::string detail;               // For people; "" = as it should be.
  std::uint64_t fenced_by = 0;      // Of outcome fenced: the higher term.
  bool sequence_refused = false;    // 409 under our own term.
  std::uint64_t sequence_held = 0;  // ... the endpoint's last sequence; 0 = it does not say.
  std::uint64_t held_from = 0;    // ... incarnation of the publisher it is of; 0 = it does not say.
  std::string held_node;          // ... and its node, printable; "" = it does not say.
  bool too_large = false;         // 413: fewer targets in one request.
  bool encoding_refused = false;  // 415: another encoding of the body.
  std::optional<Duration> retry_after;
  PublicationAnswer answer;      // Of outcome accepted.
  bool answer_was_lost = false;  // ... by the word of a 409: without feedback and rejections.
};

/// What the response to `sent` means. Everything that is not exactly what the contract promises is
/// no acceptance.
PublicationResult interpret(const Response& response, const PublicationRequest& sent,
                            const Contract& contract, WallTime now);

}  // namespace paceline::publisher
