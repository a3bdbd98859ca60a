// How a publication travels: encodings, parts, connections, redirects, proxies; with real servers.
#include "tests/publisher/real_stage.h"

namespace paceline::test {
using namespace publisher;

TEST_CASE("a publication goes out compressed over HTTPS and is accepted", "[publisher][process]") {
  RealStage stage{good_certificate()};
  stage.config.compress_least = 100;
  stage.start();

  REQUIRE(stage.until_outcome(PublicationOutcome::accepted));

  CHECK(stage.endpoint.encodings[0] == "gzip");
  CHECK(stage.endpoint.heard[0].targets.size() == 40);
  CHECK(stage.endpoint.authorization == basic_authorization("paceline", "s"));
  CHECK(stage.publisher->report().sent_bytes * 5 < stage.publisher->report().body_bytes);
}

TEST_CASE("zstd is used once the endpoint announces it", "[publisher][process]") {
  RealStage stage{good_certificate()};
  stage.config.compress_least = 100;
  stage.config.full_every = 1;
  stage.endpoint.behave = [](const PublicationRequest& request, Responder respond) {
    Endpoint::accept_with(request, std::move(respond), {{"Accept-Encoding", "gzip, zstd"}});
  };
  stage.start();

  REQUIRE(stage.run_until([&] { return stage.endpoint.heard.size() >= 2; }));

  CHECK(stage.endpoint.encodings[0] == "gzip");
  CHECK(stage.endpoint.encodings[1] == "zstd");
  CHECK(stage.endpoint.heard[1].targets.size() == 40);
}

TEST_CASE("an encoding that is not understood is given up, and the publication repeated",
          "[publisher][process]") {
  RealStage stage{good_certificate()};
  stage.config.compress_least = 100;
  stage.endpoint.behave = [&](const PublicationRequest& request, Responder respond) {
    if (!stage.endpoint.encodings.back().empty()) return respond.send({.status = 415});
    Endpoint::accept(request, std::move(respond));
  };
  stage.start();

  CHECK(stage.until_outcome(PublicationOutcome::accepted));
  CHECK(stage.endpoint.encodings == std::vector<std::string>{"gzip", ""});
  CHECK(stage.logged("encoding_refused"));
}

TEST_CASE("connect, TLS, first byte and total are measured, and a connection is kept",
          "[publisher][process]") {
  RealStage stage{good_certificate()};
  const auto gauge = [&](const char* name) { return stage.metrics.gauge(name, "").value(); };
  stage.start();
  REQUIRE(stage.until_outcome(PublicationOutcome::accepted));

  CHECK(gauge("paceline_publisher_first_byte_seconds") > 0);
  CHECK(gauge("paceline_publisher_total_seconds") >=
        gauge("paceline_publisher_first_byte_seconds"));
  CHECK(gauge("paceline_publisher_http_version") == 1.1);
  REQUIRE(stage.run_until([&] { return stage.publisher->report().sequence >= 2; }));
  REQUIRE(stage.until_outcome(PublicationOutcome::accepted));
  CHECK(gauge("paceline_publisher_connect_seconds") == 0);
  CHECK(gauge("paceline_publisher_tls_seconds") == 0);
}

TEST_CASE("a publication that is too large arrives in parts", "[publisher][process]") {
  RealStage stage{good_certificate()};
  for (int i = 40; i < 350; ++i) stage.config.ids.push_back("target-" + std::to_string(i));
  stage.config.channels.assign(stage.config.ids.size(), "chat");
  std::set<std::string> told;
  stage.endpoint.behave = [&](const PublicationRequest& request, Responder respond) {
    if (request.targets.size() > 150) return respond.send({.status = 413});
    for (const auto& target : request.targets) told.insert(target.id);
    Endpoint::accept(request, std::move(respond));
  };
  stage.start();

  CHECK(stage.run_until([&] { return told.size() == 350; }));
  CHECK(stage.logged("publication_split"));
}

TEST_CASE("a redirect is not followed, least of all to another host", "[publisher][process]") {
  const int status = GENERATE(301, 302, 303, 307, 308);
  CAPTURE(status);
  RealStage stage{good_certificate()};
  Endpoint elsewhere{stage.loop, good_certificate()};
  stage.endpoint.behave = answering(
      {.status = status, .headers = {{"Location", elsewhere.url() + "api/publications"}}});
  stage.start();

  REQUIRE(stage.until_outcome(PublicationOutcome::rejected));
  stage.run_until([] { return false; }, 200ms);
  CHECK(elsewhere.heard.empty());
  CHECK(elsewhere.requests == 0);
}

TEST_CASE("a token is not fetched by way of a redirect", "[publisher][process]") {
  RealStage stage{good_certificate()};
  Endpoint elsewhere{stage.loop, good_certificate()};
  stage.endpoint.give_token = [&](Responder respond) {
    respond.send({.status = 307, .headers = {{"Location", elsewhere.url() + "oauth/token"}}});
  };
  stage.start();

  CHECK(stage.run_until([&] { return stage.logged("token_failed"); }));
  CHECK(elsewhere.requests == 0);
  CHECK(stage.endpoint.heard.empty());
}

TEST_CASE("publications and tokens go through the proxy that is set", "[publisher][process]") {
  RealStage stage{good_certificate()};
  ConnectProxy proxy{stage.loop};
  stage.config.proxy = proxy.url();
  stage.start();

  REQUIRE(stage.until_outcome(PublicationOutcome::accepted));
  REQUIRE(!proxy.asked.empty());
  CHECK(proxy.asked[0].starts_with("CONNECT 127.0.0.1:"));
  CHECK(proxy.asked[0].find("Proxy-Authorization: Basic dTpw") != std::string::npos);
  for (const auto& bytes : proxy.asked) CHECK(bytes.find("Bearer") == std::string::npos);
}

TEST_CASE("a proxy that is not there is a failure like any other", "[publisher][process]") {
  RealStage stage{good_certificate()};
  stage.config.proxy = "http://127.0.0.1:1";
  stage.start();

  CHECK(stage.run_until([&] { return stage.logged("token_failed"); }));
  CHECK(stage.endpoint.requests == 0);
}

}  // namespace paceline::test
