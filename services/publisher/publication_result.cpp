#include "services/publisher/publication_result.h"

#include <fmt/format.h>

#include "common/base/retry_after.h"
#include "common/base/utf8.h"

namespace paceline::publisher {
namespace {

constexpr std::size_t longest_node = 64;  // [bytes] Of text from outside that people see.

PublicationResult fenced(std::uint64_t by) {
  return {.outcome = PublicationOutcome::fenced,
          .detail = fmt::format("the endpoint knows term {}", by),
          .fenced_by = by};
}

PublicationResult interpret_success(const Response& response, const PublicationRequest& sent,
                                    const Contract& contract) {
  auto answer = contract.decode(response.body, sent);
  const auto unreadable = [](std::string_view why) -> PublicationResult {
    return {.detail = fmt::format("unreadable answer: {}", why)};
  };
  if (!answer && !response.page.empty()) return unreadable(response.page);
  if (!answer) {
    const Error& error = answer.error();
    const bool is_absurd_number =
        error.code == Errc::too_large && error.detail.starts_with("term: ");
    return unreadable(is_absurd_number ? damaged_fence(error.detail) : error.detail);
  }
  if (is_absurd(answer->term, sent.term))
    return unreadable(damaged_fence(fmt::format("term {}", answer->term)));
  if (answer->term > sent.term) return fenced(answer->term);
  if (answer->term != sent.term || answer->sequence != sent.sequence)
    return {.detail = fmt::format("the answer is for term {} sequence {}, not {} and {}",
                                  answer->term, answer->sequence, sent.term, sent.sequence)};
  return {.outcome = PublicationOutcome::accepted, .answer = *std::move(answer)};
}

PublicationResult interpret_conflict(const Response& response, const PublicationRequest& sent,
                                     const Contract& contract) {
  const Conflict conflict = contract.decode_conflict(response.body, sent);
  if (!conflict.unreadable.empty())
    return {.detail = fmt::format("unreadable 409: {}", conflict.unreadable)};
  if (conflict.fenced_by > 0) return fenced(conflict.fenced_by);
  // What is held is this very publication: the network sent it twice, and its answer was lost. So the
  // next one is to be full, to be told everything.
  if (conflict.held_from == sent.incarnation && sent.incarnation != 0 &&
      conflict.sequence_held == sent.sequence)
    return {.outcome = PublicationOutcome::accepted,
            .detail = "accepted before, by the word of a 409: its answer was lost",
            .answer = {.term = sent.term, .sequence = sent.sequence, .full_wanted = true},
            .answer_was_lost = true};
  return {.outcome = PublicationOutcome::rejected,
          .detail = fmt::format("409 for sequence {}", sent.sequence),
          .sequence_refused = true,
          .sequence_held = conflict.sequence_held,
          .held_from = conflict.held_from,
          .held_node = printable_ascii(conflict.held_node, longest_node)};
}

}  // namespace

PublicationResult interpret(const Response& response, const PublicationRequest& sent,
                            const Contract& contract, WallTime now) {
  const int status = response.status;
  if (status == 200) return interpret_success(response, sent, contract);
  if (status == 409) return interpret_conflict(response, sent, contract);

  PublicationResult result{.outcome = PublicationOutcome::rejected,
                           .detail = std::string{response.refusal}};
  if (status == 401) result.outcome = PublicationOutcome::unauthorised;
  if (status == 413) result.too_large = true;
  if (status == 415) result.encoding_refused = true;
  if (status == 429 || status == 503) {
    result.outcome = PublicationOutcome::throttled;
    result.retry_after = parse_retry_after(response.retry_after, now);
  } else if (status >= 500 || status < 300) {
    // Of unknown effect, or not an answer of the contract.
    result.outcome = PublicationOutcome::failed;
  }  // A redirect is not followed: it could carry the token to another host.
  return result;
}

}  // namespace paceline::publisher
