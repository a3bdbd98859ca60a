#include "services/publisher/publication_result.h"

#include <fmt/format.h>

#include "common/base/retry_after.h"

namespace paceline::publisher {
namespace {

PublicationResult fenced(std::uint64_t by) {
  return {.outcome = PublicationOutcome::fenced,
          .detail = fmt::format("the endpoint knows term {}", by),
          .fenced_by = by};
}

PublicationResult interpret_success(const Response& response, const PublicationRequest& sent,
                                    const Contract& contract) {
  auto answer = contract.decode(response.body, sent);
  if (!answer) return {.detail = fmt::format("unreadable answer: {}", answer.error().detail)};
  if (answer->term > sent.term) return fenced(answer->term);
  if (answer->term != sent.term || answer->sequence != sent.sequence)
    return {.detail = fmt::format("the answer is for term {} sequence {}, not {} and {}",
                                  answer->term, answer->sequence, sent.term, sent.sequence)};
  return {.outcome = PublicationOutcome::accepted, .answer = *std::move(answer)};
}

PublicationResult interpret_conflict(const Response& response, const PublicationRequest& sent,
                                     const Contract& contract) {
  const Conflict conflict = contract.decode_conflict(response.body, sent);
  if (conflict.fenced_by > 0) return fenced(conflict.fenced_by);
  return {.outcome = PublicationOutcome::rejected,
          .detail = fmt::format("409 for sequence {}", sent.sequence),
          .sequence_refused = true,
          .sequence_held = conflict.sequence_held};
}

}  // namespace

PublicationResult interpret(const Response& response, const PublicationRequest& sent,
                            const Contract& contract, WallTime now) {
  const int status = response.status;
  if (status == 200) return interpret_success(response, sent, contract);
  if (status == 409) return interpret_conflict(response, sent, contract);

  PublicationResult result{.outcome = PublicationOutcome::rejected,
                           .detail = fmt::format("HTTP status {}", status)};
  if (status == 401) result.outcome = PublicationOutcome::unauthorised;
  if (status == 413) result.too_large = true;
  if (status == 415) result.encoding_refused = true;
  if (status == 429 || status == 503) {
    result.outcome = PublicationOutcome::throttled;
    result.retry_after = parse_retry_after(response.retry_after, now);
  } else if (status >= 500 || status < 300) {
    // Of unknown effect, or not an answer of the contract.
    result.outcome = PublicationOutcome::failed;
  } else if (status < 400) {
    // Following it could carry the token to another host. Text from outside: shortened.
    result.detail +=
        fmt::format(", redirected to {}, not followed", response.location.substr(0, 200));
  }
  return result;
}

}  // namespace paceline::publisher
