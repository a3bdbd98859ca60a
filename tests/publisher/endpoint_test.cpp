// The publisher against real servers on loopback, HTTPS with certificates made for the test: each
// way in which an endpoint can misbehave, and that publishing goes on once it does not.
#include <fstream>

#include "tests/publisher/real_fixture.h"

namespace paceline::test {
using namespace publisher;

TEST_CASE("a token refused again and again is renewed with back-off", "[publisher][process]") {
  RealFixture fixture{good_certificate()};
  fixture.endpoint.behave = [&](const PublicationRequest& request, Responder respond) {
    if (fixture.endpoint.tokens < 4) return respond.send({.status = 401});
    Endpoint::accept(request, std::move(respond));
  };
  fixture.start();

  CHECK(fixture.until_outcome(PublicationOutcome::accepted));
  CHECK(fixture.endpoint.tokens == 4);
  CHECK(fixture.endpoint.received.size() == 4);  // One for each token, none under a refused one.
}

TEST_CASE("nothing goes out before a Retry-After is over, whatever its form",
          "[publisher][process]") {
  const bool is_date = GENERATE(false, true);
  CAPTURE(is_date);
  RealFixture fixture{good_certificate()};
  const auto until = std::chrono::ceil<std::chrono::seconds>(fixture.clock.wall() + 2s);
  const auto at = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(until));
  char date[64];
  REQUIRE(std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", std::gmtime(&at)) > 0);
  fixture.endpoint.behave = [&](const PublicationRequest& request, Responder respond) {
    if (fixture.endpoint.received.size() > 1) return Endpoint::accept(request, std::move(respond));
    respond.send({.status = 429, .headers = {{"Retry-After", is_date ? date : "2"}}});
  };
  fixture.start();

  REQUIRE(fixture.until_outcome(PublicationOutcome::accepted));
  if (is_date)
    CHECK(fixture.clock.wall() >= until);
  else
    CHECK(fixture.endpoint.received_at[1] - fixture.endpoint.received_at[0] >= 2s);
}

TEST_CASE("each refusal is what it says and publishing goes on after it", "[publisher][process]") {
  const auto [answer, outcome] = GENERATE(table<ServerAnswer, PublicationOutcome>(
      {{{.status = 403}, PublicationOutcome::rejected},
       {{.status = 400, .body = "no"}, PublicationOutcome::rejected},
       {{.status = 413}, PublicationOutcome::rejected},
       {{.status = 429, .headers = {{"Retry-After", "1"}}}, PublicationOutcome::throttled},
       {{.status = 503, .headers = {{"Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"}}},
        PublicationOutcome::throttled},
       {{.status = 500, .body = "<html>"}, PublicationOutcome::failed},
       {{.status = 200, .body = "<html>"}, PublicationOutcome::failed},
       {{.status = 200, .body = R"({"term":1,"sequence":1,"acc)"}, PublicationOutcome::failed},
       {{.status = 200, .body = "not gzip", .headers = {{"Content-Encoding", "gzip"}}},
        PublicationOutcome::failed},
       {{.status = 200, .body = "not zstd", .headers = {{"Content-Encoding", "zstd"}}},
        PublicationOutcome::failed},
       {{.status = 200, .body = "not known", .headers = {{"Content-Encoding", "rot13"}}},
        PublicationOutcome::failed},
       {{.status = 502, .body = "<html>"}, PublicationOutcome::failed},
       {{.status = 204}, PublicationOutcome::failed},
       {{.status = 307, .headers = {{"Location", "https://127.0.0.1:1/"}}},
        PublicationOutcome::rejected},
       {{.status = 409, .body = R"({"term":1})"}, PublicationOutcome::rejected}}));
  CAPTURE(answer.status, answer.body);
  RealFixture fixture{good_certificate()};
  fixture.endpoint.behave = answering(answer);
  fixture.start();

  REQUIRE(fixture.until_outcome(outcome));
  const bool unreadable = answer.body.starts_with("not ");
  CHECK(fixture.publisher->report().status == (unreadable ? 0 : answer.status));
  CHECK(fixture.logged("publishing_failed"));

  fixture.endpoint.behave = Endpoint::accept;
  CHECK(fixture.until_outcome(PublicationOutcome::accepted));
  CHECK(fixture.endpoint.received.back().full);
}

TEST_CASE("a token that is refused is renewed", "[publisher][process]") {
  RealFixture fixture{good_certificate()};
  fixture.endpoint.behave = [&](const PublicationRequest& request, Responder respond) {
    if (fixture.endpoint.tokens < 2) return respond.send({.status = 401});
    Endpoint::accept(request, std::move(respond));
  };
  fixture.start();

  CHECK(fixture.until_outcome(PublicationOutcome::accepted));
  CHECK(fixture.endpoint.tokens == 2);
}

TEST_CASE("a throttled or broken token service is asked again", "[publisher][process]") {
  const auto answer = GENERATE(values<ServerAnswer>(
      {{.status = 429, .headers = {{"Retry-After", "1"}}}, {.status = 500}, {.body = "{}"}}));
  RealFixture fixture{good_certificate()};
  const auto right = fixture.endpoint.give_token;
  fixture.endpoint.give_token = [&](Responder respond) {
    if (fixture.endpoint.tokens > 1) return right(std::move(respond));
    respond.send(answer);
  };
  fixture.start();

  CHECK(fixture.until_outcome(PublicationOutcome::accepted));
  CHECK(fixture.endpoint.tokens == 2);
  CHECK(fixture.logged("token_failed"));
}

TEST_CASE("a fence shuts the publisher until a higher term is granted", "[publisher][process]") {
  RealFixture fixture{good_certificate()};
  fixture.endpoint.behave = answering({.status = 409, .body = R"({"term":7})"});
  fixture.start();
  REQUIRE(fixture.until_outcome(PublicationOutcome::fenced));
  CHECK(fixture.bus.reports.back().fenced_by == 7);

  fixture.endpoint.behave = Endpoint::accept;
  fixture.run_until([] { return false; }, 1500ms);
  CHECK(fixture.endpoint.received.size() == 1);

  fixture.grant(8);
  CHECK(fixture.until_outcome(PublicationOutcome::accepted));
}

TEST_CASE("an endpoint that does not answer in time costs less than a period",
          "[publisher][process]") {
  RealFixture fixture{good_certificate()};
  std::vector<Responder> kept;
  fixture.endpoint.behave = [&](const PublicationRequest&, Responder respond) {
    kept.push_back(std::move(respond));
  };
  fixture.start();

  REQUIRE(fixture.until_outcome(PublicationOutcome::failed));
  CHECK(fixture.publisher->report().round_trip_ms < 1000);
  CHECK(!fixture.publisher->report().endpoint_reachable);

  fixture.endpoint.behave = Endpoint::accept;
  CHECK(fixture.until_outcome(PublicationOutcome::accepted));
}

TEST_CASE("a connection that breaks in mid-answer is no acceptance", "[publisher][process]") {
  const auto [bytes, reset] = GENERATE(table<std::string, bool>(
      {{"", true},
       {"", false},
       {"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"term\":1", true},
       {"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"term\":1", false},
       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", false},
       {"\x15\x03 what is this", false}}));
  CAPTURE(bytes, reset);
  RealFixture fixture{good_certificate()};
  RawServer broken{fixture.loop, bytes, reset};
  fixture.config.base_service_url = broken.url();
  fixture.start();

  CHECK(fixture.until_outcome(PublicationOutcome::failed));
  CHECK(fixture.publisher->report().status == 0);
}

TEST_CASE("a certificate that is not right is never accepted", "[publisher][process]") {
  const auto [name, days, is_trusted] = GENERATE(table<std::string, int, bool>(
      {{"DNS:other.test", 30, true}, {"IP:127.0.0.1", -1, true}, {"IP:127.0.0.1", 31, false}}));
  CAPTURE(name, days, is_trusted);
  const Certificate wrong = make_certificate(name, days);
  RealFixture fixture{good_certificate()};
  Endpoint impostor{fixture.loop, wrong};
  fixture.config.base_service_url = impostor.url() + "api/";
  if (is_trusted) {  // Trusted, but for another host or another time.
    std::ofstream both{wrong.file + ".both"};
    both << good_certificate().certificate << wrong.certificate;
    both.close();
    fixture.config.ca_file = wrong.file + ".both";
  }
  fixture.start();

  CHECK(fixture.until_outcome(PublicationOutcome::failed));
  CHECK(impostor.received.empty());
  CHECK(!fixture.publisher->report().endpoint_reachable);
}

TEST_CASE("a host that cannot be found is a failure like any other", "[publisher][process]") {
  RealFixture fixture{good_certificate()};
  fixture.config.base_service_url = "https://nowhere.invalid/";
  fixture.start();

  CHECK(fixture.until_outcome(PublicationOutcome::failed));
}

}  // namespace paceline::test
