#include "common/wire/engagement.h"

#include "tests/support/catch.h"

#include <rapidcheck.h>

namespace paceline::test {
namespace {

std::string word() {
  return *rc::gen::container<std::string>(rc::gen::inRange<char>(32, 127));
}

template <class Integer>
Integer from_zero() {
  return *rc::gen::inRange<Integer>(0, std::numeric_limits<Integer>::max());
}

// From zero to the largest that the contract allows.
template <class Integer = std::uint64_t>
Integer any_count() {
  return *rc::gen::inRange<Integer>(0, largest_contract_number + 1);
}

TargetOffer any_offer() {
  return {.id = word(),
          .channel = word(),
          .offer = {.state = static_cast<PaceState>(*rc::gen::inRange(0, 4)),
                    .reason = static_cast<PaceReason>(*rc::gen::inRange(0, 13)),
                    .proactive = from_zero<std::int32_t>(),
                    .max_pending = from_zero<std::int32_t>(),
                    .reactive = from_zero<std::int32_t>(),
                    .reactive_state = *rc::gen::inRange(0, 1000) / 1000.0,
                    .predicted_wait_s = *rc::gen::inRange(0, 1'000'000) / 7.0}};
}

PublicationRequest any_request() {
  PublicationRequest request{.cluster = word(),
                             .node = word(),
                             .term = any_count(),
                             .incarnation = any_count(),
                             .sequence = any_count(),
                             .timestamp_ms = any_count<std::int64_t>(),
                             .valid_for_ms = any_count<std::int64_t>(),
                             .valid_until_ms = any_count<std::int64_t>(),
                             .refresh_period_ms = any_count<std::int64_t>(),
                             .full = *rc::gen::arbitrary<bool>(),
                             .targets = {}};
  const int count = *rc::gen::inRange(0, 20);
  for (int i = 0; i < count; ++i) request.targets.push_back(any_offer());
  return request;
}

PublicationAnswer any_answer() {
  PublicationAnswer answer{.term = any_count(),
                           .sequence = any_count(),
                           .accepted = any_count(),
                           .epoch = word(),
                           .rejected = {},
                           .feedback = {}};
  const int count = *rc::gen::inRange(0, 10);
  for (int i = 0; i < count; ++i) {
    answer.rejected.push_back({word(), word()});
    answer.feedback.push_back({word(),
                               {.sent = any_count(),
                                .accepted = any_count(),
                                .rejected = any_count(),
                                .timed_out = any_count(),
                                .answered = any_count(),
                                .abandoned = any_count(),
                                .pending = from_zero<std::int32_t>()}});
  }
  return answer;
}

// Something a peer might send: nearly right, or anything at all.
std::string hostile(const std::string& right) {
  std::string bytes = right;
  const int changes = *rc::gen::inRange(1, 4);
  for (int i = 0; i < changes && !bytes.empty(); ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        bytes[at] = *rc::gen::arbitrary<char>();
        break;
      case 1:
        bytes.resize(at);
        break;
      default:
        bytes.erase(at, *rc::gen::inRange<std::size_t>(1, 8));
        break;
    }
  }
  return bytes;
}

std::string small_answer(std::string_view member, std::string_view value) {
  std::string json = R"({"term":1,"sequence":2,"accepted":3,"epoch":"e","rejected":[],"feedback":[)"
                     R"({"id":"t","sent":1,"accepted":1,"rejected":0,"timedOut":0,"answered":1,)"
                     R"("abandoned":0,"pending":0}]})";
  const auto at = json.find("\"" + std::string{member} + "\":");
  const auto from = json.find(':', at) + 1;
  json.replace(from, json.find_first_of(",}]", from) - from, value);
  return json;
}

}  // namespace

TEST_CASE("a publication is read as it was written", "[wire][property]") {
  REQUIRE(rc::check([] {
    const PublicationRequest request = any_request();
    std::string json = "what was there before";
    encode_publication(request, json);
    const auto read = decode_publication(json);
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == request);
  }));
}

TEST_CASE("an answer to a publication is read as it was written", "[wire][property]") {
  REQUIRE(rc::check([] {
    const PublicationAnswer answer = any_answer();
    std::string json;
    encode_publication_answer(answer, json);
    const auto read = decode_publication_answer(json);
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == answer);
  }));
}

TEST_CASE("arbitrary bytes are an engagement message or an error", "[wire][property]") {
  REQUIRE(rc::check([] {
    const auto bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
    static_cast<void>(decode_publication(bytes));
    static_cast<void>(decode_publication_answer(bytes));
    static_cast<void>(decode_token_answer(bytes));
    static_cast<void>(decode_fence(bytes));
  }));
}

TEST_CASE("damaged engagement messages are read or refused and never crash", "[wire][property]") {
  REQUIRE(rc::check([] {
    std::string request;
    encode_publication(any_request(), request);
    std::string answer;
    encode_publication_answer(any_answer(), answer);

    if (const auto read = decode_publication(hostile(request))) {
      RC_ASSERT(read->version == engagement_version);
      for (const auto& target : read->targets) RC_ASSERT(target.offer.proactive >= 0);
    }
    if (const auto read = decode_publication_answer(hostile(answer)))
      for (const auto& feedback : read->feedback) RC_ASSERT(feedback.counts.pending >= 0);
  }));
}

TEST_CASE("a publication has the members that the contract names", "[wire]") {
  std::string json;

  encode_publication({.cluster = "c",
                      .node = "a",
                      .term = 257,
                      .incarnation = 9,
                      .sequence = 3,
                      .timestamp_ms = 1000,
                      .valid_for_ms = 6000,
                      .valid_until_ms = 7000,
                      .refresh_period_ms = 2000,
                      .full = false,
                      .targets = {{.id = "sales",
                                   .channel = "chat",
                                   .offer = {.state = PaceState::ok,
                                             .reason = PaceReason::granted,
                                             .proactive = 2,
                                             .max_pending = 5,
                                             .reactive = 1,
                                             .reactive_state = 0.5,
                                             .predicted_wait_s = 1.5}}}},
                     json);

  CHECK(
      json ==
      R"({"version":1,"cluster":"c","node":"a","term":257,"incarnation":9,"sequence":3,)"
      R"("timestamp":1000,"validForMs":6000,"validUntil":7000,"refreshPeriodMs":2000,"mode":"delta","targets":[{"id":"sales",)"
      R"("channel":"chat","state":"ok","proactive":2,"maxPending":5,"reactive":1,)"
      R"("reactiveState":0.5,"predictedWaitS":1.5,"reason":"granted"}]})");
}

TEST_CASE("what is not finite goes out as zero", "[wire]") {
  PublicationRequest request;
  request.targets.resize(1);
  request.targets[0].offer.predicted_wait_s = std::numeric_limits<double>::infinity();
  std::string json;

  encode_publication(request, json);

  CHECK(decode_publication(json)->targets[0].offer.predicted_wait_s == 0);
}

TEST_CASE("an error names the member that is wrong", "[wire]") {
  const auto [member, value] =
      GENERATE(table<std::string, std::string>({{"term", "-1"},
                                                {"term", "9007199254740992"},
                                                {"term", "9223372036854775807"},
                                                {"term", "\"5\""},
                                                {"sequence", "\"2\""},
                                                {"epoch", "7"},
                                                {"pending", "-1"},
                                                {"pending", "4294967296"},
                                                {"pending", "-2147483648"},
                                                {"pending", "2147483648"},
                                                {"sent", "-1"},
                                                {"sent", "9223372036854775808"},
                                                {"timedOut", "0.5"},
                                                {"sent", "18446744073709551616"}}));
  CAPTURE(member, value);

  const auto read = decode_publication_answer(small_answer(member, value));

  REQUIRE(!read);
  CHECK((read.error().detail.find(member) != std::string::npos ||
         read.error().detail.find("not JSON") == 0));
}

TEST_CASE("a missing member is named with its place", "[wire]") {
  const auto read = decode_publication_answer(
      R"({"term":1,"sequence":2,"accepted":3,"epoch":"e","feedback":[{"id":"t"}]})");

  REQUIRE(!read);
  CHECK(read.error().detail == "feedback[0].sent: missing; it is a whole number from 0");
}

TEST_CASE("members that nobody knows are passed over", "[wire]") {
  const auto read = decode_publication_answer(
      R"({"new":{"a":[1]},"term":1,"sequence":2,"accepted":3,"epoch":"e"})");

  REQUIRE(read);
  CHECK(read->sequence == 2);
}

TEST_CASE("another version of the contract is unsupported", "[wire]") {
  CHECK(decode_publication(R"({"version":2})").error().code == Errc::unsupported);
}

TEST_CASE("a token is taken with its life", "[wire]") {
  const auto token =
      decode_token_answer(R"({"access_token":"abc","token_type":"Bearer","expires_in":3600})");

  REQUIRE(token);
  CHECK(*token == TokenAnswer{"abc", 3600});
}

TEST_CASE("a token without a life that can be read gets the shortest one", "[wire]") {
  const auto life =
      GENERATE(as<std::string>{}, "", R"(,"expires_in":0)", R"(,"expires_in":-1)",
               R"(,"expires_in":null)", R"(,"expires_in":"soon")", R"(,"expires_in":"12 h")",
               R"(,"expires_in":"nan")", R"(,"expires_in":"-inf")", R"(,"expires_in":[3600])");
  CAPTURE(life);
  const auto token = decode_token_answer(R"({"access_token":"abc")" + life + "}");

  REQUIRE(token);
  CHECK(token->expires_in_s == 300);
}

TEST_CASE("a life may be a text or a fraction, and a mark of the byte order may come first",
          "[wire]") {
  CHECK(decode_token_answer(R"({"access_token":"abc","expires_in":"3600"})")->expires_in_s == 3600);
  CHECK(decode_token_answer(R"({"access_token":"abc","expires_in":3599.5})")->expires_in_s == 3599);
  CHECK(decode_token_answer("\xef\xbb\xbf{\"access_token\":\"abc\"}"));
}

TEST_CASE("lists that are null are empty, and whole numbers may be written 257.0", "[wire]") {
  const auto answer = decode_publication_answer(
      R"({"term":257.0,"sequence":1,"accepted":2.0,"epoch":"e","rejected":null,"feedback":null})");

  REQUIRE(answer);
  CHECK(answer->term == 257);
  CHECK(answer->accepted == 2);
  CHECK(!decode_publication_answer(R"({"term":257.5,"sequence":1,"accepted":2,"epoch":"e"})"));
  CHECK(!decode_publication_answer(R"({"term":-1.0,"sequence":1,"accepted":2,"epoch":"e"})"));
  CHECK(!decode_publication_answer(R"({"term":1e300,"sequence":1,"accepted":2,"epoch":"e"})"));
}

TEST_CASE("a token lives two days at most, whatever its service says", "[wire]") {
  const auto [said, taken] =
      GENERATE(table<std::string, std::int64_t>({{"1", 1},
                                                 {"172800", 172'800},
                                                 {"172801", 172'800},
                                                 {"9000000000000000", 172'800},
                                                 {"1e30", 172'800}}));
  const auto token = decode_token_answer(R"({"access_token":"abc","expires_in":)" + said + "}");

  REQUIRE(token);
  CHECK(token->expires_in_s == taken);
}

TEST_CASE("a refused token request is shown by 80 bytes of its error and 300 of its description",
          "[wire]") {
  const std::string word(500, 'w');

  CHECK(token_refusal(R"({"error":")" + word + R"(","error_description":")" + word + "\"}") ==
        word.substr(0, 80) + ": " + word.substr(0, 300));
  CHECK(token_refusal(R"({"error":"invalid_client"})") == "invalid_client");
  CHECK(token_refusal("<html>") == "");
  CHECK(refusal_text(R"({"error":"invalid_client","message":"m"})") == "invalid_client: m");
  CHECK(refusal_text(R"({"message":")" + word + "\"}") == word.substr(0, 300));
  CHECK(refusal_text(R"({"title":"t","detail":null})") == "t");
  CHECK(refusal_text("[]") == "");
}

TEST_CASE("tokens as the field's services give them are read", "[wire]") {
  const auto [body, life_s] = GENERATE(table<std::string, std::int64_t>(
      {// Azure AD, v1 and v2; ADFS.
       {R"({"token_type":"Bearer","expires_in":"3599","ext_expires_in":"3599","expires_on":"1764460000",
            "not_before":"1764456100","resource":"https://api.example.com/","access_token":"ey.J0.eX"})",
        3599},
       {R"({"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"ey.J0.eX"})",
        3599},
       {R"({"access_token":"ey.J0.eX","token_type":"bearer","expires_in":3600,"resource":"urn:a"})",
        3600},
       // Keycloak.
       {R"({"access_token":"ey.J0.eX","expires_in":300,"refresh_expires_in":0,"token_type":"Bearer",
            "not-before-policy":0,"scope":"email profile"})",
        300},
       // Genesys Cloud.
       {R"({"access_token":"ey.J0.eX","token_type":"bearer","expires_in":86399})", 86'399},
       // Okta, Auth0, Cognito.
       {R"({"token_type":"Bearer","expires_in":3600,"access_token":"ey.J0.eX","scope":"a b"})",
        3600},
       {R"({"access_token":"ey.J0.eX","scope":"a","expires_in":86400,"token_type":"Bearer"})",
        86'400},
       {R"({"access_token":"ey.J0.eX","expires_in":3600,"token_type":"Bearer"})", 3600},
       // Salesforce says no life; Apigee everything as text, and the type in its own way.
       {R"({"access_token":"ey.J0.eX","signature":"s=","token_format":"opaque","instance_url":"https://a.example",
            "id":"https://b.example/id","token_type":"Bearer","issued_at":"1764456100000"})",
        300},
       {R"({"refresh_token_expires_in":"0","api_product_list":"[a]","organization_name":"o","issued_at":
            "1764456100000","client_id":"c","access_token":"ey.J0.eX","token_type":"BearerToken",
            "expires_in":"1799","refresh_count":"0","status":"approved"})",
        1799}}));
  CAPTURE(body);
  const auto token = decode_token_answer(body);

  REQUIRE(token);
  CHECK(*token == TokenAnswer{"ey.J0.eX", life_s});
}

TEST_CASE("refusals as the field's services write them are shown in a sentence", "[wire]") {
  const auto [body, shown] = GENERATE(table<std::string, std::string>(
      {{"{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: Invalid client "
        "secret provided.\\r\\n"
        "Trace ID: 3f1e\\r\\nCorrelation ID: 77aa\\r\\nTimestamp: 2026-11-29 "
        "23:00:00Z\",\"error_codes\":[7000215],"
        "\"timestamp\":\"2026-11-29 23:00:00Z\",\"trace_id\":\"3f1e\",\"correlation_id\":\"77aa\","
        "\"error_uri\":\"https://login.microsoftonline.com/error?code=7000215\"}",
        "invalid_client: AADSTS7000215: Invalid client secret provided. Trace ID: 3f1e Correlation "
        "ID: 77aa Timestamp: 2026-11-29 23:00:00Z"},
       {R"({"error":"unauthorized_client","error_description":"Invalid client or Invalid client credentials"})",
        "unauthorized_client: Invalid client or Invalid client credentials"},
       {R"({"error":"invalid_client","description":"invalid client secret"})",  // Genesys Cloud, login and API.
        "invalid_client: invalid client secret"},
       {R"({"message":"Invalid login credentials.","code":"bad.credentials","status":401,"contextId":"c",
            "details":[],"errors":[]})",
        "Invalid login credentials."},
       {R"({"errorCode":"invalid_client","errorSummary":"Invalid value for 'client_id' parameter.",
            "errorLink":"invalid_client","errorId":"oae","errorCauses":[]})",  // Okta.
        "invalid_client: Invalid value for 'client_id' parameter."},
       {R"({"error":"invalid_client"})", "invalid_client"},                    // Cognito.
       {R"({"Message":"User is not authorized"})", "User is not authorized"},  // AWS.
       {R"({"error":"access_denied","error_description":"Unauthorized"})",     // Auth0.
        "access_denied: Unauthorized"},
       {R"({"statusCode":429,"error":"Too Many Requests","message":"Global limit has been reached"})",
        "Too Many Requests: Global limit has been reached"},
       {R"({"error":{"code":403,"message":"Method doesn't allow it","status":"PERMISSION_DENIED"}})",  // Google.
        "Method doesn't allow it"},
       {R"({"ErrorCode":"invalid_client","Error":"ClientId is Invalid"})",  // Apigee.
        "invalid_client: ClientId is Invalid"},
       {R"({"fault":{"faultstring":"Invalid ApiKey","detail":{"errorcode":"oauth.v2.InvalidApiKey"}}})",
        "Invalid ApiKey"},
       {R"({"fault":{"code":900902,"message":"Missing Credentials","description":"d"}})",  // WSO2.
        "Missing Credentials"},
       {R"({"errors":[{"title":"Unauthorized","detail":"no key"}]})", "no key"},  // JSON:API.
       {R"({"status":{"code":1,"message":"not allowed"}})", "not allowed"},       // Genesys Engage.
       {R"({"error":{"error":{"error":{"error":"too deep"}}}})", ""}}));
  CAPTURE(body);

  CHECK(refusal_text(body) == shown);
}

TEST_CASE("a token that no header may hold is refused", "[wire]") {
  const auto text =
      GENERATE(as<std::string>{}, R"({"access_token":""})", R"({"access_token":"a\r\nX-Evil: 1"})",
               R"({"access_token":"a","token_type":"mac"})");
  CAPTURE(text);

  CHECK(!decode_token_answer(text));
}

TEST_CASE("a fence names the higher term", "[wire]") {
  CHECK(*decode_fence(R"({"term":513,"error":"fenced"})") ==
        Fence{.term = 513, .sequence = 0, .incarnation = 0, .node = ""});
  CHECK(*decode_fence(R"({"term":513,"sequence":9,"incarnation":7,"node":"b"})") ==
        Fence{.term = 513, .sequence = 9, .incarnation = 7, .node = "b"});
  CHECK(!decode_fence("<html>"));
}

}  // namespace paceline::test
