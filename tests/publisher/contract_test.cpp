#include "services/publisher/contract.h"

#include "tests/support/catch.h"

namespace paceline::test {
using namespace publisher;

TEST_CASE("the path names the cluster and nothing else", "[publisher]") {
  CHECK(paceline_contract("a/b c").path == "v2/pacing/clusters/a%2Fb%20c/publications");
}

TEST_CASE("another site's contract has its own names", "[publisher]") {
  WebhookNames names;
  names.targets = "queues";
  names.id = "queue";
  names.proactive = "offers";
  names.reason = "why";
  names.sequence = "";
  names.valid_for = "seconds";
  const Contract contract = webhook_contract(names);
  PublicationRequest request;
  request.term = 3;
  request.valid_for_ms = 6000;
  request.valid_until_ms = 77;
  request.targets = {
      {.id = "sales", .channel = "chat", .offer = {.reason = PaceReason::granted, .proactive = 2}}};
  std::string body;

  contract.encode(request, body);

  CHECK(body == R"({"term":3,"seconds":6000,"validUntil":77,"queues":[{"queue":"sales","offers":2,)"
                R"("why":"granted"}]})");
  CHECK(!contract.deltas);
  CHECK(contract.decode("whatever", request)->accepted == 1);
}

TEST_CASE("a conflict is about the term or about the sequence", "[publisher]") {
  const auto [body, expected] = GENERATE(
      table<std::string, Conflict>({{R"({"term":6,"sequence":2})", {.fenced_by = 6}},
                                    {R"({"term":5,"sequence":40})", {.sequence_held = 40}},
                                    {R"({"term":5})", {}},
                                    {R"({"error":"conflict"})", {}},
                                    {R"({"term":5,"sequence":4,"incarnation":7,"node":"b"})",
                                     {.sequence_held = 4, .held_from = 7, .held_node = "b"}},
                                    {R"({"term":4,"sequence":40})", {}},
                                    {"no JSON", {}}}));
  CAPTURE(body);
  PublicationRequest sent;
  sent.term = 5;

  CHECK(paceline_contract("c").decode_conflict(body, sent) == expected);
  CHECK(webhook_contract({}).decode_conflict(body, sent) == expected);
}

// A counter of 2^55 or more, a time, a number that no JSON reader has exactly, none at all: an elector
// that took one could never elect again.
TEST_CASE("a term that no cluster reaches by electing is neither a fence nor about the sequence",
          "[publisher]") {
  const auto term = GENERATE(as<std::string>{}, "9223372036854775807", "72057594037927936",
                             "1795373026375000000", "9007199254740991", "1099511628549", "-5",
                             "\"6\"", "1e300", "18446744073709551616", "null");
  CAPTURE(term);
  PublicationRequest sent;
  sent.term = 5;
  const std::string body = R"({"term":)" + term + R"(,"sequence":40})";

  for (const Contract& contract : {paceline_contract("c"), webhook_contract({})}) {
    const Conflict conflict = contract.decode_conflict(body, sent);
    CHECK(conflict.fenced_by == 0);
    CHECK(conflict.sequence_held == 0);
    CHECK(conflict.unreadable.find("fence is damaged") != std::string::npos);
    CHECK(conflict.unreadable.find("pacelinectl topology rename") != std::string::npos);
  }
}

TEST_CASE("terms are as far apart as a hundred years of elections, not further", "[publisher]") {
  constexpr std::uint64_t ours = (7 << 8) + 1;

  CHECK(!is_absurd(ours - 256, ours));
  CHECK(!is_absurd(((7 + most_elections_apart) << 8) + 255, ours));
  CHECK(is_absurd((8 + most_elections_apart) << 8, ours));
  CHECK(is_absurd(largest_term + 1, largest_term));
}

TEST_CASE("a webhook has the members that have names", "[publisher]") {
  PublicationRequest request;
  request.term = 3;
  request.sequence = 4;
  request.targets = {{.id = "sales",
                      .channel = "chat",
                      .offer = {.reason = PaceReason::granted,
                                .proactive = 2,
                                .reactive = 5,
                                .reactive_state = 0.25}},
                     {.id = "help", .channel = "chat", .offer = {}}};
  WebhookNames names{.reactive = "free", .reactive_state = "chance"};
  names.term = names.valid_for = names.valid_until = "";
  std::string body = "of before";

  webhook_contract(names).encode(request, body);

  CHECK(body == R"({"sequence":4,"targets":[{"id":"sales","proactive":2,"free":5,"chance":0.25},)"
                R"({"id":"help","proactive":0,"free":0,"chance":1.0}]})");
  names.sequence = names.targets = "";
  webhook_contract(names).encode(request, body);
  CHECK(body == "{}");
}

TEST_CASE("a webhook's answer accepts what was sent", "[publisher]") {
  PublicationRequest request;
  request.term = 3;
  request.sequence = 4;
  request.targets.resize(7);

  const auto answer = webhook_contract({}).decode("", request);

  REQUIRE(answer);
  CHECK(answer->term == 3);
  CHECK(answer->sequence == 4);
  CHECK(answer->accepted == 7);
  CHECK(webhook_contract({.path = "hooks/pace"}).path == "hooks/pace");
  CHECK(paceline_contract("c").deltas);
}

TEST_CASE("a conflict is read behind blanks, and says nothing if it is no object", "[publisher]") {
  PublicationRequest sent;
  sent.term = 5;
  const auto read = paceline_contract("c").decode_conflict;

  CHECK(read(" \t\r\n{\"term\":6}", sent) == Conflict{.fenced_by = 6});
  for (const char* body : {"", " \n", "[6]", "6", "\"{\"", "x{\"term\":6}"})
    CHECK(read(body, sent) == Conflict{});
}

}  // namespace paceline::test
