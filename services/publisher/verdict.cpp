#include "services/publisher/verdict.h"

#include <fmt/format.h>

#include "common/base/retry_after.h"

namespace paceline::publisher {
namespace {

Verdict judge_acceptance(const Reply& reply, const PublicationRequest& sent,
                         const Contract& contract) {
  auto answer = contract.decode(reply.body, sent);
  if (!answer) return {.detail = fmt::format("unreadable answer: {}", answer.error().detail)};
  if (answer->term > sent.term)
    return {.outcome = PublicationOutcome::fenced,
            .detail = fmt::format("the endpoint knows term {}", answer->term),
            .fenced_by = answer->term};
  if (answer->term != sent.term || answer->sequence != sent.sequence)
    return {.detail = fmt::format("the answer is for term {} sequence {}, not {} and {}",
                                  answer->term, answer->sequence, sent.term, sent.sequence)};
  return {.outcome = PublicationOutcome::accepted, .answer = *std::move(answer)};
}

Verdict judge_conflict(const Reply& reply, const PublicationRequest& sent) {
  const auto fence = decode_fence(reply.body);
  if (fence && fence->term > sent.term)
    return {.outcome = PublicationOutcome::fenced,
            .detail = fmt::format("the endpoint knows term {}", fence->term),
            .fenced_by = fence->term};
  return {.outcome = PublicationOutcome::rejected,
          .detail = fmt::format("409 for sequence {}", sent.sequence),
          .sequence_refused = true,
          .sequence_held = fence && fence->term == sent.term ? fence->sequence : 0};
}

}  // namespace

Verdict judge(const Reply& reply, const PublicationRequest& sent, const Contract& contract,
              WallTime now) {
  if (reply.status == 200) return judge_acceptance(reply, sent, contract);
  if (reply.status == 409) return judge_conflict(reply, sent);

  Verdict verdict{.outcome = PublicationOutcome::rejected,
                  .detail = fmt::format("HTTP status {}", reply.status)};
  if (reply.status == 401) verdict.outcome = PublicationOutcome::unauthorised;
  if (reply.status == 413) verdict.too_large = true;
  if (reply.status == 415) verdict.encoding_refused = true;
  if (reply.status == 429 || reply.status == 503) {
    verdict.outcome = PublicationOutcome::throttled;
    verdict.retry_after = parse_retry_after(reply.retry_after, now);
  } else if (reply.status >= 500 || reply.status < 300) {
    verdict.outcome =
        PublicationOutcome::failed;  // Of unknown effect, or not an answer of the contract.
  } else if (reply.status < 400) {
    // Following it could carry the token to another host. The target is text from outside:
    // shortened.
    verdict.detail +=
        fmt::format(", redirected to {}, not followed", reply.location.substr(0, 200));
  }
  return verdict;
}

}  // namespace paceline::publisher
