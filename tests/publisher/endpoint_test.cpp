// The publisher against real servers on loopback, HTTPS with certificates made for the test: each
// way in which an endpoint can misbehave, and that publishing goes on once it does not.
#include "tests/publisher/real_stage.h"

namespace paceline::test {
using namespace publisher;

TEST_CASE("a token refused again and again is renewed with back-off", "[publisher][process]") {
  RealStage stage{good_certificate()};
  stage.endpoint.behave = [&](const PublicationRequest& request, Responder respond) {
    if (stage.endpoint.tokens < 4) return respond.send({.status = 401});
    Endpoint::accept(request, std::move(respond));
  };
  stage.start();

  CHECK(stage.until_outcome(PublicationOutcome::accepted));
  CHECK(stage.endpoint.tokens == 4);
  CHECK(stage.endpoint.heard.size() == 4);  // One for each token, none under a refused one.
}

TEST_CASE("nothing goes out before a Retry-After is over, whatever its form",
          "[publisher][process]") {
  const bool is_date = GENERATE(false, true);
  CAPTURE(is_date);
  RealStage stage{good_certificate()};
  const auto until = std::chrono::ceil<std::chrono::seconds>(stage.clock.wall() + 2s);
  const auto at = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(until));
  char date[64];
  REQUIRE(std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", std::gmtime(&at)) > 0);
  stage.endpoint.behave = [&](const PublicationRequest& request, Responder respond) {
    if (stage.endpoint.heard.size() > 1) return Endpoint::accept(request, std::move(respond));
    respond.send({.status = 429, .headers = {{"Retry-After", is_date ? date : "2"}}});
  };
  stage.start();

  REQUIRE(stage.until_outcome(PublicationOutcome::accepted));
  if (is_date)
    CHECK(stage.clock.wall() >= until);
  else
    CHECK(stage.endpoint.heard_at[1] - stage.endpoint.heard_at[0] >= 2s);
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
  RealStage stage{good_certificate()};
  stage.endpoint.behave = answering(answer);
  stage.start();

  REQUIRE(stage.until_outcome(outcome));
  const bool unreadable = answer.body.starts_with("not ");
  CHECK(stage.publisher->report().status == (unreadable ? 0 : answer.status));
  CHECK(stage.logged("publishing_failed"));

  stage.endpoint.behave = Endpoint::accept;
  CHECK(stage.until_outcome(PublicationOutcome::accepted));
  CHECK(stage.endpoint.heard.back().full);
}

TEST_CASE("a token that is refused is renewed", "[publisher][process]") {
  RealStage stage{good_certificate()};
  stage.endpoint.behave = [&](const PublicationRequest& request, Responder respond) {
    if (stage.endpoint.tokens < 2) return respond.send({.status = 401});
    Endpoint::accept(request, std::move(respond));
  };
  stage.start();

  CHECK(stage.until_outcome(PublicationOutcome::accepted));
  CHECK(stage.endpoint.tokens == 2);
}

TEST_CASE("a throttled or broken token service is asked again", "[publisher][process]") {
  const auto answer = GENERATE(values<ServerAnswer>(
      {{.status = 429, .headers = {{"Retry-After", "1"}}}, {.status = 500}, {.body = "{}"}}));
  RealStage stage{good_certificate()};
  const auto right = stage.endpoint.give_token;
  stage.endpoint.give_token = [&](Responder respond) {
    if (stage.endpoint.tokens > 1) return right(std::move(respond));
    respond.send(answer);
  };
  stage.start();

  CHECK(stage.until_outcome(PublicationOutcome::accepted));
  CHECK(stage.endpoint.tokens == 2);
  CHECK(stage.logged("token_failed"));
}

TEST_CASE("a fence shuts the publisher until a higher term is granted", "[publisher][process]") {
  RealStage stage{good_certificate()};
  stage.endpoint.behave = answering({.status = 409, .body = R"({"term":7})"});
  stage.start();
  REQUIRE(stage.until_outcome(PublicationOutcome::fenced));
  CHECK(stage.bus.reports.back().fenced_by == 7);

  stage.endpoint.behave = Endpoint::accept;
  stage.run_until([] { return false; }, 1500ms);
  CHECK(stage.endpoint.heard.size() == 1);

  stage.grant(8);
  CHECK(stage.until_outcome(PublicationOutcome::accepted));
}

TEST_CASE("an endpoint that does not answer in time costs less than a period",
          "[publisher][process]") {
  RealStage stage{good_certificate()};
  std::vector<Responder> kept;
  stage.endpoint.behave = [&](const PublicationRequest&, Responder respond) {
    kept.push_back(std::move(respond));
  };
  stage.start();

  REQUIRE(stage.until_outcome(PublicationOutcome::failed));
  CHECK(stage.publisher->report().round_trip_ms < 1000);
  CHECK(!stage.publisher->report().endpoint_reachable);

  stage.endpoint.behave = Endpoint::accept;
  CHECK(stage.until_outcome(PublicationOutcome::accepted));
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
  RealStage stage{good_certificate()};
  RawServer broken{stage.loop, bytes, reset};
  stage.config.base_service_url = broken.url();
  stage.start();

  CHECK(stage.until_outcome(PublicationOutcome::failed));
  CHECK(stage.publisher->report().status == 0);
}

TEST_CASE("a certificate that is not right is never accepted", "[publisher][process]") {
  const auto [name, days, is_trusted] = GENERATE(table<std::string, int, bool>(
      {{"DNS:other.test", 30, true}, {"IP:127.0.0.1", -1, true}, {"IP:127.0.0.1", 31, false}}));
  CAPTURE(name, days, is_trusted);
  const Certificate wrong = make_certificate(name, days);
  RealStage stage{good_certificate()};
  Endpoint impostor{stage.loop, wrong};
  stage.config.base_service_url = impostor.url() + "api/";
  if (is_trusted) {  // Trusted, but for another host or another time.
    std::ofstream both{wrong.file + ".both"};
    both << good_certificate().certificate << wrong.certificate;
    both.close();
    stage.config.ca_file = wrong.file + ".both";
  }
  stage.start();

  CHECK(stage.until_outcome(PublicationOutcome::failed));
  CHECK(impostor.heard.empty());
  CHECK(!stage.publisher->report().endpoint_reachable);
}

TEST_CASE("a host that cannot be found is a failure like any other", "[publisher][process]") {
  RealStage stage{good_certificate()};
  stage.config.base_service_url = "https://nowhere.invalid/";
  stage.start();

  CHECK(stage.until_outcome(PublicationOutcome::failed));
}

}  // namespace paceline::test
