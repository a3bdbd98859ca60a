#include "services/publisher/publication_result.h"

#include <fmt/format.h>

#include <algorithm>

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
                    .body = body,
                    .page = body == "<html>" ? "answered text/html" : "",
                    .refusal = "HTTP status and words"},
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

TEST_CASE("an absurd term in any answer is told and believed nowhere", "[publisher]") {
  const auto term = GENERATE(as<std::string>{}, "9223372036854775807", "72057594037927936",
                             "1795373026375000000", "9007199254740991");
  CAPTURE(term);

  for (const auto& result :
       {interpret(409, R"({"term":)" + term + "}"),
        interpret(200, R"({"term":)" + term + R"(,"sequence":9,"accepted":2,"epoch":"e"})")}) {
    CHECK(result.outcome == PublicationOutcome::failed);
    CHECK(result.fenced_by == 0);
    CHECK(!result.sequence_refused);
    CHECK(result.detail.find("term") != std::string::npos);
    CHECK(result.detail.find(term) != std::string::npos);
    CHECK(result.detail.find("no cluster of this name elects that often: the endpoint's fence is "
                             "damaged; `pacelinectl topology rename` gives the cluster another "
                             "name") != std::string::npos);
  }
}

TEST_CASE("a conflict in our own term names whose publication is held", "[publisher]") {
  const auto result =
      interpret(409, R"({"term":5,"sequence":40,"incarnation":77,"node":"b\u001b[31m\n"})");

  CHECK(result.sequence_held == 40);
  CHECK(result.held_from == 77);
  CHECK(result.held_node == "b?[31m?");
}

TEST_CASE("a conflict that names the very publication that was sent is its acceptance",
          "[publisher]") {
  const auto held = [](std::uint64_t incarnation, std::uint64_t sequence) {
    PublicationRequest sent = sent_request();
    sent.incarnation = 77;
    return interpret({.status = 409,
                      .retry_after = {},
                      .body = fmt::format(R"({{"term":5,"sequence":{},"incarnation":{}}})",
                                          sequence, incarnation),
                      .page = {},
                      .refusal = {}},
                     sent, paceline_contract("c"), WallTime{});
  };

  const auto repeated = held(77, 9);
  CHECK(repeated.outcome == PublicationOutcome::accepted);
  CHECK(repeated.answer_was_lost);
  CHECK(repeated.answer.full_wanted);
  CHECK(held(77, 8).sequence_refused);
  CHECK(held(78, 9).sequence_refused);  // A copy of this cluster may count as we do.
}

TEST_CASE("an answer without a term is none, and says nothing of the fence", "[publisher]") {
  const auto term = GENERATE(as<std::string>{}, "\"5\"", "5.5", "null");
  CAPTURE(term);

  const auto result =
      interpret(200, R"({"term":)" + term + R"(,"sequence":9,"accepted":2,"epoch":"e"})");

  CHECK(result.outcome == PublicationOutcome::failed);
  CHECK(result.detail.find("unreadable answer: term: ") == 0);
  CHECK(result.detail.find("rename") == std::string::npos);
}

TEST_CASE("feedback out of range refuses the answer", "[publisher]") {
  const auto counts = GENERATE(as<std::string>{}, R"("sent":1,"pending":-2147483648)",
                               R"("sent":1,"pending":2147483648)", R"("sent":-1,"pending":0)",
                               R"("sent":9007199254740992,"pending":0)",
                               R"("sent":18446744073709551615,"pending":0)");
  CAPTURE(counts);

  const auto result =
      interpret(200, R"({"term":5,"sequence":9,"accepted":2,"epoch":"e","feedback":[{"id":"t",)"
                     R"("accepted":0,"rejected":0,"timedOut":0,"answered":0,"abandoned":0,)" +
                         counts + "}]}");

  CHECK(result.outcome == PublicationOutcome::failed);
  CHECK(result.detail.find("feedback[0]") != std::string::npos);
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

TEST_CASE("statuses of the same hundred mean the same, but for those with a meaning of their own",
          "[publisher]") {
  const auto [status, outcome] =
      GENERATE(table<int, PublicationOutcome>({{100, PublicationOutcome::failed},
                                               {299, PublicationOutcome::failed},
                                               {300, PublicationOutcome::rejected},
                                               {399, PublicationOutcome::rejected},
                                               {400, PublicationOutcome::rejected},
                                               {499, PublicationOutcome::rejected},
                                               {500, PublicationOutcome::failed},
                                               {599, PublicationOutcome::failed}}));
  CAPTURE(status);

  const auto result = interpret(status);

  CHECK(result.outcome == outcome);
  CHECK(result.detail == "HTTP status and words");
}

TEST_CASE("no more than some words of an answer are shown to people", "[publisher]") {
  const std::string longer(300, 'x');
  const auto conflict =
      interpret(409, R"({"term":5,"sequence":40,"incarnation":77,"node":")" + longer + "\"}");
  CHECK(conflict.held_node.size() == 64);
  CHECK(conflict.detail == "409 for sequence 9");
}

TEST_CASE("an answer to another publication says which", "[publisher]") {
  CHECK(interpret(200, R"({"term":5,"sequence":8,"accepted":2,"epoch":"e"})").detail ==
        "the answer is for term 5 sequence 8, not 5 and 9");
  CHECK(interpret(409, R"({"term":6})").detail == "the endpoint knows term 6");
}

TEST_CASE("a number too large elsewhere than in the term damages no fence", "[publisher]") {
  const auto result =
      interpret(200, R"({"term":5,"sequence":18446744073709551616,"accepted":2,"epoch":"e"})");

  CHECK(result.outcome == PublicationOutcome::failed);
  CHECK(result.detail.find("rename") == std::string::npos);
}

TEST_CASE("a publication without an incarnation is nobody's", "[publisher]") {
  const auto result = interpret(409, R"({"term":5,"sequence":9})");

  CHECK(result.outcome == PublicationOutcome::rejected);
  CHECK(result.sequence_refused);
}

}  // namespace paceline::test
