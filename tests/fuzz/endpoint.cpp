// Answers of the engagement endpoint. The first byte says by which contract; the first line is status, Retry-After,
// Location, Accept-Encoding and Date, apart by tabs; the rest is the body.
#include <algorithm>
#include <charconv>

#include "common/ports/http_refusal.h"
#include "services/publisher/clock_skew.h"
#include "services/publisher/encoding.h"
#include "services/publisher/publication_result.h"
#include "tests/fuzz/fuzz.h"

namespace paceline::fuzz {
namespace {

using namespace publisher;

const WallTime now{1'790'000'000s};

const PublicationRequest sent{.cluster = "demo",
                              .node = "a",
                              .term = 513,
                              .incarnation = 9,
                              .sequence = 7,
                              .targets = {{"t0", "chat", {}}, {"t1", "chat", {}}}};

bool is_printable(char c) {
  return c >= ' ' && c < 0x7f;
}

void check_result(const PublicationResult& result, const Response& response) {
  const bool accepted = result.outcome == PublicationOutcome::accepted;
  CHECK(accepted == (result.answer.sequence == sent.sequence && result.answer.term == sent.term));
  CHECK(!accepted || response.status == 200 || result.answer_was_lost);
  CHECK(accepted || !result.detail.empty());
  CHECK(result.detail.size() <= 4 * response.body.size() + 2000);
  if (result.outcome == PublicationOutcome::fenced)
    CHECK(result.fenced_by > sent.term && result.fenced_by <= largest_term &&
          !is_absurd(result.fenced_by, sent.term));
  else
    CHECK(result.fenced_by == 0);
  if (result.retry_after)
    CHECK(*result.retry_after >= Duration::zero() && *result.retry_after <= 1h);
  CHECK(result.held_node.size() <= 64 && std::ranges::all_of(result.held_node, is_printable));
  CHECK(result.answer.feedback.size() + result.answer.rejected.size() <= response.body.size());
  for (const auto& [id, counts] : result.answer.feedback) CHECK(counts.pending >= 0);
}

void check_headers(std::string_view accept_encoding, std::string_view date) {
  Encodings encodings{{}};
  encodings.learn(accept_encoding);
  const auto first = encodings.choose();
  encodings.exclude(first);
  CHECK(first == Encoding::identity || encodings.choose() != first);
  ClockSkew skew;
  for (int i = 1; i <= 10; ++i) {
    skew.observe(date, now, 20ms, Instant{i * 1s});
    const auto estimate = skew.estimate(Instant{i * 1s});
    CHECK(!estimate || (std::abs(estimate->skew_ms) <= 9e12 && estimate->error_ms > 500));
  }
}

void check_bodies(std::string_view body) {
  if (const auto answer = decode_publication_answer(body))
    check_stays(*answer, decode_publication_answer, [](const PublicationAnswer& value) {
      std::string text;
      encode_publication_answer(value, text);
      return text;
    });
  else
    check_told(answer.error(), body);
  if (const auto request = decode_publication(body))
    check_stays(*request, decode_publication, [](const PublicationRequest& value) {
      std::string text;
      encode_publication(value, text);
      return text;
    });
  else
    check_told(request.error(), body);
}

}  // namespace

FUZZ(endpoint) {
  const auto contract =
      take_choice(input, 2) == 0 ? paceline_contract("demo") : webhook_contract({});
  auto head = take_part(input, '\n');
  const auto status = take_part(head, '\t');
  Response response;
  std::from_chars(status.data(), status.data() + status.size(), response.status);
  response.retry_after = take_part(head, '\t');
  HttpAnswer answer{.status = response.status,
                    .headers = {{"location", std::string{take_part(head, '\t')}}},
                    .body = std::string{input}};
  const auto accept_encoding = take_part(head, '\t');
  const std::string page = answered_page(answer);
  const std::string refusal = http_refusal(answer, "https://api.test/?key=secret");
  CHECK(refusal.size() <= 1024 && std::ranges::all_of(refusal, is_printable));
  response.body = input;
  response.page = page;
  response.refusal = refusal;
  check_result(interpret(response, sent, contract, now), response);
  check_headers(accept_encoding, take_part(head, '\t'));
  check_bodies(input);
}

}  // namespace paceline::fuzz
