// How a publication travels, with real servers: encodings, batches, redirects, proxies.
#include "tests/publisher/real_fixture.h"

namespace paceline::test {
using namespace publisher;

TEST_CASE("a publication goes out compressed over HTTPS and is accepted", "[publisher][process]") {
  RealFixture fixture{good_certificate()};
  fixture.config.compress_least = 100;
  fixture.start();

  REQUIRE(fixture.until_outcome(PublicationOutcome::accepted));

  CHECK(fixture.endpoint.encodings[0] == "gzip");
  CHECK(fixture.endpoint.received[0].targets.size() == 40);
  CHECK(fixture.endpoint.authorization == basic_authorization("paceline", "s"));
  CHECK(fixture.publisher->report().sent_bytes * 5 < fixture.publisher->report().body_bytes);
}

TEST_CASE("zstd is used once the endpoint announces it", "[publisher][process]") {
  RealFixture fixture{good_certificate()};
  fixture.config.compress_least = 100;
  fixture.config.full_every = 1;
  fixture.endpoint.behave = [](const PublicationRequest& request, Responder respond) {
    Endpoint::accept_with(request, std::move(respond), {{"Accept-Encoding", "gzip, zstd"}});
  };
  fixture.start();

  REQUIRE(fixture.run_until([&] { return fixture.endpoint.received.size() >= 2; }));

  CHECK(fixture.endpoint.encodings[0] == "gzip");
  CHECK(fixture.endpoint.encodings[1] == "zstd");
  CHECK(fixture.endpoint.received[1].targets.size() == 40);
}

TEST_CASE("an encoding that is not understood is given up, and the publication repeated",
          "[publisher][process]") {
  RealFixture fixture{good_certificate()};
  fixture.config.compress_least = 100;
  fixture.endpoint.behave = [&](const PublicationRequest& request, Responder respond) {
    if (!fixture.endpoint.encodings.back().empty()) return respond.send({.status = 415});
    Endpoint::accept(request, std::move(respond));
  };
  fixture.start();

  CHECK(fixture.until_outcome(PublicationOutcome::accepted));
  CHECK(fixture.endpoint.encodings == std::vector<std::string>{"gzip", ""});
  CHECK(fixture.logged("encoding_refused"));
}

TEST_CASE("connect, TLS, first byte and total are measured, and a connection is kept",
          "[publisher][process]") {
  RealFixture fixture{good_certificate()};
  const auto gauge = [&](const char* name) { return fixture.metrics.gauge(name, "").value(); };
  fixture.start();
  REQUIRE(fixture.until_outcome(PublicationOutcome::accepted));

  CHECK(gauge("paceline_publisher_first_byte_seconds") > 0);
  CHECK(gauge("paceline_publisher_total_seconds") >=
        gauge("paceline_publisher_first_byte_seconds"));
  CHECK(gauge("paceline_publisher_http_version") == 1.1);
  REQUIRE(fixture.run_until([&] { return fixture.publisher->report().sequence >= 2; }));
  REQUIRE(fixture.until_outcome(PublicationOutcome::accepted));
  CHECK(gauge("paceline_publisher_connect_seconds") == 0);
  CHECK(gauge("paceline_publisher_tls_seconds") == 0);
}

TEST_CASE("a publication that is too large arrives in batches", "[publisher][process]") {
  RealFixture fixture{good_certificate()};
  for (int i = 40; i < 350; ++i) fixture.config.ids.push_back("target-" + std::to_string(i));
  fixture.config.channels.assign(fixture.config.ids.size(), "chat");
  fixture.config.shards.assign(fixture.config.ids.size(), 0);
  std::set<std::string> told;
  fixture.endpoint.behave = [&](const PublicationRequest& request, Responder respond) {
    if (request.targets.size() > 150) return respond.send({.status = 413});
    for (const auto& target : request.targets) told.insert(target.id);
    Endpoint::accept(request, std::move(respond));
  };
  fixture.start();

  CHECK(fixture.run_until([&] { return told.size() == 350; }));
  CHECK(fixture.logged("publication_split"));
}

TEST_CASE("a redirect is not followed, least of all to another host", "[publisher][process]") {
  const int status = GENERATE(301, 302, 303, 307, 308);
  CAPTURE(status);
  RealFixture fixture{good_certificate()};
  Endpoint elsewhere{fixture.loop, good_certificate()};
  fixture.endpoint.behave = answering(
      {.status = status, .headers = {{"Location", elsewhere.url() + "api/publications"}}});
  fixture.start();

  REQUIRE(fixture.until_outcome(PublicationOutcome::rejected));
  fixture.run_until([] { return false; }, 200ms);
  CHECK(elsewhere.received.empty());
  CHECK(elsewhere.requests == 0);
}

TEST_CASE("a token is not fetched by way of a redirect", "[publisher][process]") {
  RealFixture fixture{good_certificate()};
  Endpoint elsewhere{fixture.loop, good_certificate()};
  fixture.endpoint.give_token = [&](Responder respond) {
    respond.send({.status = 307, .headers = {{"Location", elsewhere.url() + "oauth/token"}}});
  };
  fixture.start();

  CHECK(fixture.run_until([&] { return fixture.logged("token_failed"); }));
  CHECK(elsewhere.requests == 0);
  CHECK(fixture.endpoint.received.empty());
}

TEST_CASE("publications and tokens go through the proxy that is set", "[publisher][process]") {
  RealFixture fixture{good_certificate()};
  ConnectProxy proxy{fixture.loop};
  fixture.config.proxy = proxy.url();
  fixture.start();

  REQUIRE(fixture.until_outcome(PublicationOutcome::accepted));
  REQUIRE(!proxy.asked.empty());
  CHECK(proxy.asked[0].starts_with("CONNECT 127.0.0.1:"));
  CHECK(proxy.asked[0].find("Proxy-Authorization: Basic dTpw") != std::string::npos);
  for (const auto& bytes : proxy.asked) CHECK(bytes.find("Bearer") == std::string::npos);
}

TEST_CASE("the password of a proxy that fails is in no log and no report", "[publisher][process]") {
  RealFixture fixture{good_certificate()};
  const RawServer wary{fixture.loop, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", false};
  const auto address = GENERATE(as<std::string>{}, "http://127.0.0.1:1", "https://127.0.0.1:1",
                                "http://nowhere.invalid:3128", "");
  fixture.config.proxy = address.empty() ? wary.url() : address;
  CAPTURE(fixture.config.proxy);
  fixture.config.proxy.insert(fixture.config.proxy.find("//") + 2, "me:hidden@");
  fixture.start();

  REQUIRE(fixture.run_until([&] { return fixture.logged("token_failed"); }, 60s));

  const auto report = fixture.publisher->report();
  for (const auto& said : {fixture.log.lines, report.token_error, report.detail})
    CHECK(said.find("hidden") == said.npos);
  CHECK(!report.token_error.empty());
}

TEST_CASE("a proxy that is not there is a failure like any other", "[publisher][process]") {
  RealFixture fixture{good_certificate()};
  fixture.config.proxy = "http://127.0.0.1:1";
  fixture.start();

  CHECK(fixture.run_until([&] { return fixture.logged("token_failed"); }));
  CHECK(fixture.endpoint.requests == 0);
}

}  // namespace paceline::test
