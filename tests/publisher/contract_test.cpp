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
  const Contract contract = webhook_contract(names);
  PublicationRequest request;
  request.term = 3;
  request.valid_until_ms = 77;
  request.targets = {
      {.id = "sales", .channel = "chat", .offer = {.reason = PaceReason::granted, .proactive = 2}}};
  std::string body;

  contract.encode(request, body);

  CHECK(body == R"({"term":3,"validUntil":77,"queues":[{"queue":"sales","offers":2,)"
                R"("why":"granted"}]})");
  CHECK(!contract.deltas);
  CHECK(contract.decode("whatever", request)->accepted == 1);
}

TEST_CASE("a conflict is about the term or about the sequence", "[publisher]") {
  const auto [body, expected] =
      GENERATE(table<std::string, Conflict>({{R"({"term":6,"sequence":2})", {.fenced_by = 6}},
                                             {R"({"term":5,"sequence":40})", {.sequence_held = 40}},
                                             {R"({"term":5})", {}},
                                             {R"({"term":4,"sequence":40})", {}},
                                             {"no JSON", {}}}));
  CAPTURE(body);
  PublicationRequest sent;
  sent.term = 5;

  CHECK(paceline_contract("c").decode_conflict(body, sent) == expected);
  CHECK(webhook_contract({}).decode_conflict(body, sent) == expected);
}

}  // namespace paceline::test
