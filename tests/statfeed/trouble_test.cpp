// Why a Stat Server serves nothing: what statfeed tells the others of it, in a person's words.
#include "tests/statfeed/adapter_fixture.h"
#include "tests/statfeed/fed.h"
#include "tests/statfeed/site.h"
#include "tests/support/catch.h"

namespace paceline::test {
namespace {

void log_in(Site& site) {
  site.config.access.user = "pacer";
  site.config.access.password = "secret";
}

}  // namespace

TEST_CASE("a server that refuses our password is told apart from one that does not answer",
          "[statfeed][scenario]") {
  Site site{1};
  log_in(site);
  site.primary.status = 401;
  site.backup.up = false;
  site.start();
  site.sim.run_for(20s);

  CHECK(site.source().in_use.empty());
  CHECK(site.source().primary_trouble.starts_with(
      "it refuses our password (user pacer): HTTP status 401"));
  CHECK(site.source().primary_trouble.find("secret") == std::string::npos);
  CHECK(site.source().backup_trouble.find("HTTP") == std::string::npos);
  CHECK_FALSE(site.source().backup_trouble.empty());

  site.primary.status = 0;
  site.backup.up = true;
  site.sim.run_for(1min);
  CHECK(site.source().in_use == "primary");
  CHECK(site.source().primary_trouble.empty());
  CHECK(site.source().backup_trouble.empty());
}

TEST_CASE("a failure of a server that serves is no trouble", "[statfeed][scenario]") {
  Site site{2};
  site.start();
  site.sim.run_for(5s);
  site.primary.poll_status = 500;
  site.sim.run_for(2s);

  CHECK(site.source().primary_trouble.empty());
}

TEST_CASE("a server that fell silent without an error is called silent, an unavailable one so",
          "[statfeed]") {
  Fed fed;
  fed.open(0);
  fed.open(1);
  const auto trouble = [&](const char* server) {
    return Fed::field(*fed.ask(Question::status), std::string{server} + "_trouble");
  };
  fed.run(10s, {1});
  CHECK(trouble("primary") == "it is silent");
  CHECK(trouble("backup").empty());

  fed.open(0, {.complete = true, .available = false});
  fed.run(1s, {0, 1});
  CHECK(trouble("primary") == "it says that it is not available");
}

TEST_CASE("a site with one server has no trouble with the other", "[statfeed]") {
  Fed fed{2, {}, 1};
  fed.open(0);
  fed.run(10s, {});

  const auto told = fed.ask(Question::status);

  REQUIRE(told);
  CHECK(Fed::field(*told, "primary_trouble") == "it is silent");
  CHECK(Fed::field(*told, "backup_trouble").empty());
}

TEST_CASE("a token service that refuses us is told as the server's trouble, before any session",
          "[statfeed]") {
  AdapterFixture fixture{[](const ServerRequest&) {
    return plain(401, R"({"error":"invalid_client","error_description":"unknown client"})");
  }};
  fixture.options.access.auth_url = fixture.address() + "/token";
  fixture.options.access.client_id = "me";
  fixture.options.access.client_secret = "hush";

  fixture.run([&] { return !fixture.listener.state.trouble.empty(); });

  CHECK(fixture.listener.state.trouble.starts_with("no access token: "));
  CHECK(fixture.listener.state.trouble.find("unknown client") != std::string::npos);
  CHECK(fixture.listener.state.trouble.find("hush") == std::string::npos);
  CHECK(fixture.listener.sessions == 0);
}

}  // namespace paceline::test
