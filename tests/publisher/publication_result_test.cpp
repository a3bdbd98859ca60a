#include "services/publisher/publication_result.h"

#include "tests/support/catch.h"

namespace paceline::test {
using namespace publisher;
namespace {

constexpr WallTime noon{1'000'000s};

PublicationRequest sent_request() {
  PublicationRequest request;
  request.term = 5;
  request.sequence = 9;
  request.targets.resize(2);
  return request;
}

PublicationResult interpret(int status, std::string_view body = "",
                            std::string_view retry_after = "") {
  return interpret({.status = status,
                    .retry_after = retry_after,
                    .location = "https://elsewhere/",
                    .body = body},
                   sent_request(), paceline_contract("c"), noon);
}

}  // namespace

TEST_CASE("a right answer is an acceptance", "[publisher]") {
  const auto result = interpret(200, R"({"term":5,"sequence":9,"accepted":2,"epoch":"e"})");

  CHECK(result.outcome == PublicationOutcome::accepted);
  CHECK(result.answer.epoch == "e");
}

TEST_CASE("what is not exactly the promised answer is no acceptance", "[publisher]") {
  const auto body = GENERATE(as<std::string>{}, "", "{", "<html>",
                             R"({"term":5,"sequence":8,"accepted":2,"epoch":"e"})",
                             R"({"term":4,"sequence":9,"accepted":2,"epoch":"e"})");
  CAPTURE(body);

  CHECK(interpret(200, body).outcome == PublicationOutcome::failed);
}

TEST_CASE("a higher term in any answer is a fence", "[publisher]") {
  const auto conflict = interpret(409, R"({"term":6})");
  CHECK(conflict.outcome == PublicationOutcome::fenced);
  CHECK(conflict.fenced_by == 6);

  CHECK(interpret(200, R"({"term":7,"sequence":9,"accepted":2,"epoch":"e"})").fenced_by == 7);
}

TEST_CASE("a conflict in our own term asks for a larger sequence", "[publisher]") {
  const auto body = GENERATE(as<std::string>{}, R"({"term":5})", R"({"term":4})", "", "no JSON");
  CAPTURE(body);

  const auto result = interpret(409, body);

  CHECK(result.outcome == PublicationOutcome::rejected);
  CHECK(result.sequence_refused);
}

TEST_CASE("each status has its meaning", "[publisher]") {
  const auto [status, outcome] =
      GENERATE(table<int, PublicationOutcome>({{204, PublicationOutcome::failed},
                                               {302, PublicationOutcome::rejected},
                                               {400, PublicationOutcome::rejected},
                                               {401, PublicationOutcome::unauthorised},
                                               {403, PublicationOutcome::rejected},
                                               {413, PublicationOutcome::rejected},
                                               {415, PublicationOutcome::rejected},
                                               {429, PublicationOutcome::throttled},
                                               {500, PublicationOutcome::failed},
                                               {502, PublicationOutcome::failed},
                                               {503, PublicationOutcome::throttled}}));
  CAPTURE(status);

  const auto result = interpret(status, "", "12");

  CHECK(result.outcome == outcome);
  CHECK(result.too_large == (status == 413));
  CHECK(result.encoding_refused == (status == 415));
  CHECK(result.retry_after.has_value() == (status == 429 || status == 503));
}

}  // namespace paceline::test
