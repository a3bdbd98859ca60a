// Tests of how it is said: contracts, compression, parts, capacity; and of what the answers mean.
#include "services/publisher/contract.h"

#include "tests/support/catch.h"

#include <rapidcheck.h>
#include <zlib.h>
#include <zstd.h>

#include "services/publisher/capacity.h"
#include "services/publisher/compress.h"
#include "services/publisher/parts.h"
#include "services/publisher/reach.h"
#include "services/publisher/verdict.h"

namespace paceline::test {
using namespace publisher;
namespace {

constexpr WallTime noon{1'000'000s};

std::string unpacked(const std::string& packed, std::size_t size) {
  std::string out(size, '\0');
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  inflateEnd(&stream);
  return out;
}

PublicationRequest sent_request() {
  PublicationRequest request;
  request.term = 5;
  request.sequence = 9;
  request.targets.resize(2);
  return request;
}

Verdict judged(int status, std::string_view body = "", std::string_view retry_after = "") {
  return judge({.status = status,
                .retry_after = retry_after,
                .location = "https://elsewhere/",
                .body = body},
               sent_request(), paceline_contract("c"), noon);
}

}  // namespace

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
      {.id = "sales", .channel = "chat", .proactive = 2, .reason = PaceReason::granted}};
  std::string body;

  contract.encode(request, body);

  CHECK(body == R"({"term":3,"validUntil":77,"queues":[{"queue":"sales","offers":2,)"
                R"("why":"granted"}]})");
  CHECK(!contract.deltas);
  CHECK(contract.decode("whatever", request)->accepted == 1);
}

TEST_CASE("what is compressed is what comes out", "[publisher][property]") {
  Compressor compressor{{.gzip_level = 1, .zstd_level = 1, .least = 0}};
  REQUIRE(rc::check([&](std::string body) {
    body += std::string(2000, 'x');
    std::string packed;
    RC_ASSERT(compressor.pack(Encoding::gzip, body, packed) == Encoding::gzip);
    RC_ASSERT(unpacked(packed, body.size()) == body);
    RC_ASSERT(compressor.pack(Encoding::zstd, body, packed) == Encoding::zstd);
    std::string out(body.size() + 1, '\0');
    RC_ASSERT(ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size()) == body.size());
    out.resize(body.size());
    RC_ASSERT(out == body);
  }));
}

TEST_CASE("compression that does not pay is left out", "[publisher]") {
  const auto encoding = GENERATE(Encoding::gzip, Encoding::zstd);
  std::string packed;

  CHECK(Compressor{{.least = 0}}.pack(encoding, "short", packed) == Encoding::identity);
  CHECK(packed.empty());
  CHECK(Compressor{{.least = 1024}}.pack(encoding, std::string(1000, 'x'), packed) ==
        Encoding::identity);
}

TEST_CASE("gzip is used until it is excluded, zstd once it is named", "[publisher]") {
  const auto [announced, chosen] =
      GENERATE(table<std::string, Encoding>({{"", Encoding::gzip},
                                             {"gzip, zstd", Encoding::zstd},
                                             {"GZIP;q=1.0 , ZStd;q=0.5", Encoding::zstd},
                                             {"zstd;q=0, gzip", Encoding::gzip},
                                             {"zstd; q=0.000,gzip;q=0.0", Encoding::identity},
                                             {"identity", Encoding::identity},
                                             {"br", Encoding::identity},
                                             {"*", Encoding::gzip},
                                             {",,;;q=,", Encoding::identity},
                                             {"zstd", Encoding::zstd}}));
  CAPTURE(announced);
  Encodings encodings{{}};

  encodings.heard(announced);

  CHECK(encodings.choose() == chosen);
}

TEST_CASE("an encoding that was refused rests until another term", "[publisher]") {
  Encodings encodings{{}};
  encodings.heard("gzip, zstd");

  encodings.refused(Encoding::zstd);
  encodings.heard("gzip, zstd");
  CHECK(encodings.choose() == Encoding::gzip);
  encodings.refused(Encoding::gzip);
  CHECK(encodings.choose() == Encoding::identity);
  encodings.forgive();
  CHECK(encodings.choose() == Encoding::zstd);

  Encodings unwilling{{.gzip = false, .zstd = false}};
  unwilling.heard("gzip, zstd");
  CHECK(unwilling.choose() == Encoding::identity);
}

TEST_CASE("parts shrink by what was too much, and grow again only after a time-out",
          "[publisher]") {
  Parts parts{10'000};

  parts.timed_out(8000);
  CHECK(parts.limit() == 4000);
  parts.timed_out(50);  // So small a one says nothing about size.
  CHECK(parts.limit() == 4000);
  parts.accepted();
  parts.accepted();
  CHECK(parts.limit() == 10'000);

  CHECK(parts.too_large(6000));
  CHECK(parts.limit() == 3000);
  parts.accepted();
  CHECK(parts.limit() == 3000);
  for (int i = 0; i < 20; ++i) parts.too_large(parts.limit());
  CHECK(parts.limit() == 100);
  CHECK(!parts.too_large(100));
  parts.forget();
  CHECK(parts.limit() == 10'000);
}

TEST_CASE("reach is an answer of the endpoint's own, and a token to use", "[publisher]") {
  Reach reach;
  CHECK(!reach.tried());

  reach.endpoint(405);
  CHECK(reach.tried());
  CHECK(reach.reachable(true));
  reach.token_service(0);
  CHECK(reach.reachable(true));  // The token that we have is good.
  CHECK(!reach.reachable(false));
  reach.token_service(401);
  CHECK(reach.reachable(false));
  reach.endpoint(502);
  CHECK(!reach.reachable(true));
  reach.endpoint(0);
  CHECK(!reach.reachable(true));
}

TEST_CASE("capacity follows from two sizes of publication", "[publisher]") {
  Capacity capacity;
  for (int i = 0; i < 20; ++i) {
    capacity.observe(10'000, 0.030);
    capacity.observe(110'000, 0.130);
  }

  REQUIRE(capacity.line());
  CHECK(capacity.line()->base_s == Approx(0.020));
  CHECK(capacity.line()->seconds_per_byte == Approx(1e-6));
  CHECK(*capacity.targets_within(1.0, 100) == Approx(9800));
  CHECK(*capacity.targets_within(0.01, 100) == 0);
}

TEST_CASE("capacity is not known from one size alone", "[publisher]") {
  Capacity capacity;
  for (int i = 0; i < 20; ++i) capacity.observe(10'000, 0.030 + i * 0.001);

  CHECK(!capacity.line());
}

TEST_CASE("a right answer is an acceptance", "[publisher]") {
  const auto verdict = judged(200, R"({"term":5,"sequence":9,"accepted":2,"epoch":"e"})");

  CHECK(verdict.outcome == PublicationOutcome::accepted);
  CHECK(verdict.answer.epoch == "e");
}

TEST_CASE("what is not exactly the promised answer is no acceptance", "[publisher]") {
  const auto body = GENERATE(as<std::string>{}, "", "{", "<html>",
                             R"({"term":5,"sequence":8,"accepted":2,"epoch":"e"})",
                             R"({"term":4,"sequence":9,"accepted":2,"epoch":"e"})");
  CAPTURE(body);

  CHECK(judged(200, body).outcome == PublicationOutcome::failed);
}

TEST_CASE("a higher term in any answer is a fence", "[publisher]") {
  const auto conflict = judged(409, R"({"term":6})");
  CHECK(conflict.outcome == PublicationOutcome::fenced);
  CHECK(conflict.fenced_by == 6);

  CHECK(judged(200, R"({"term":7,"sequence":9,"accepted":2,"epoch":"e"})").fenced_by == 7);
}

TEST_CASE("a conflict in our own term asks for a larger sequence", "[publisher]") {
  const auto body = GENERATE(as<std::string>{}, R"({"term":5})", R"({"term":4})", "", "no JSON");
  CAPTURE(body);

  const auto verdict = judged(409, body);

  CHECK(verdict.outcome == PublicationOutcome::rejected);
  CHECK(verdict.sequence_refused);
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

  const auto verdict = judged(status, "", "12");

  CHECK(verdict.outcome == outcome);
  CHECK(verdict.too_large == (status == 413));
  CHECK(verdict.encoding_refused == (status == 415));
  CHECK(verdict.retry_after.has_value() == (status == 429 || status == 503));
}

}  // namespace paceline::test
