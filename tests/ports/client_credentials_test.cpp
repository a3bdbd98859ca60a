#include "common/ports/client_credentials.h"

#include "tests/support/catch.h"

#include <deque>

#include "tests/support/http_answer.h"
#include "tests/support/sim_world.h"

namespace paceline::test {
namespace {

// A token service that answers as it is told, 10 ms later.
struct TokenService final : Http {
  explicit TokenService(World& world_) : world{world_} {}

  HttpCall send(HttpRequest request, Done done) override {
    requests.push_back(std::move(request));
    const HttpCall call = requests.size();
    auto answer = answers.empty() ? token() : answers.front();
    if (!answers.empty()) answers.pop_front();
    world.timers.after(10ms, [this, call, done, answer] {
      if (call != cancelled) done(answer);
    });
    return call;
  }
  void cancel(HttpCall call) override { cancelled = call; }

  Result<HttpAnswer> token() const {
    return answered(200, R"({"access_token":"token-)" + std::to_string(requests.size()) +
                             R"(","token_type":"bearer","expires_in":1000})");
  }

  World& world;
  std::deque<Result<HttpAnswer>> answers;
  std::vector<HttpRequest> requests;
  HttpCall cancelled = 0;
};

struct Client {
  Client() {
    HttpRequest request;
    request.url = "https://login.test/oauth/token";
    request.ca_file = "ca.pem";
    credentials.emplace(world, service,
                        ClientCredentials::Options{.request = request,
                                                   .client_id = "a",
                                                   .client_secret = "b",
                                                   .fault_event = "token_failed",
                                                   .read_secret =
                                                       [this] {
                                                         ++secrets_read;
                                                         return secret;
                                                       }},
                        [this](bool fetched, int status) { ended.emplace_back(fetched, status); });
  }

  SimWorld sim{1};
  World& world = sim.process({"a", "publisher", 0});
  TokenService service{world};
  Result<std::string> secret = "mended";  // When it is read again.
  int secrets_read = 0;
  std::optional<ClientCredentials> credentials;
  std::vector<std::pair<bool, int>> ended;
};

}  // namespace

TEST_CASE("a token is asked for as RFC 6749 has it", "[ports]") {
  Client client;

  client.credentials->start();
  client.sim.run_for(1s);

  REQUIRE(client.service.requests.size() == 1);
  const HttpRequest& request = client.service.requests[0];
  CHECK(request.method == "POST");
  CHECK(request.url == "https://login.test/oauth/token");
  CHECK(request.ca_file == "ca.pem");
  CHECK(request.body == "grant_type=client_credentials");
  CHECK(request.headers == HttpHeaders{{"Authorization", "Basic YTpi"},
                                       {"Content-Type", "application/x-www-form-urlencoded"},
                                       {"Accept", "application/json"}});
  CHECK(client.credentials->token().text() == "token-1");
  CHECK(client.ended == std::vector<std::pair<bool, int>>{{true, 200}});
}

TEST_CASE("a token is fetched anew by itself before it ends", "[ports]") {
  Client client;
  client.credentials->start();

  client.sim.run_for(790s);
  CHECK(client.service.requests.size() == 1);
  client.sim.run_for(20s);

  CHECK(client.service.requests.size() == 2);
  CHECK(client.credentials->token().text() == "token-2");
}

TEST_CASE("a token service that fails is asked again, and not before it allows it", "[ports]") {
  const auto answer = GENERATE(0, 1, 2);
  Client client;
  if (answer == 0) client.service.answers.push_back(fail(Errc::unavailable, "reset"));
  if (answer == 1) client.service.answers.push_back(answered(200, "no JSON"));
  if (answer == 2) {
    HttpAnswer busy;
    busy.status = 429;
    busy.headers = {{"retry-after", "60"}};
    client.service.answers.emplace_back(busy);
  }

  client.credentials->start();
  client.sim.run_for(15s);
  CHECK(client.service.requests.size() == (answer == 2 ? 1 : 2));
  client.sim.run_for(50s);

  CHECK(client.credentials->token().text() == "token-2");
  const int status = answer == 0 ? 0 : answer == 1 ? 200 : 429;
  CHECK(client.ended == std::vector<std::pair<bool, int>>{{false, status}, {true, 200}});
  CHECK(client.sim.count("token_failed") == 1);
  CHECK(client.sim.count("token_failed_over") == 1);
}

TEST_CASE("why there is no token is kept until there is one", "[ports]") {
  const auto [answer, said] = GENERATE(table<Result<HttpAnswer>, std::string>(
      {{fail(Errc::unavailable, "connection refused"), "connection refused"},
       {answered(503, "<html>"), "HTTP status 503: answered text/html"},
       {answered(200, "<!DOCTYPE HTML><title>Hotel</title>"), "answered text/html (Hotel)"},
       {answered(401, R"({"error":"invalid_client"})"), "HTTP status 401: invalid_client"},
       {answered(400, R"({"error":"x","error_description":"no\u001b[2J such client"})"),
        "HTTP status 400: x: no?[2J such client"},
       {answered(200, R"({"access_token":7})"), "access_token: not a text"}}));
  CAPTURE(said);
  Client client;
  client.service.answers.push_back(answer);
  CHECK(client.credentials->error().empty());

  client.credentials->start();
  client.sim.run_for(20ms);
  CHECK(client.credentials->error() == "https://login.test/oauth/token: " + said);

  client.sim.run_for(15s);
  CHECK(client.credentials->error().empty());
}

TEST_CASE("a success without a token says what it says instead", "[ports]") {
  Client client;
  client.service.answers = {answered(
      200,
      R"({"error":"incorrect_client_credentials","error_description":"The client_id is\nincorrect."})")};
  client.credentials->start();
  client.sim.run_for(20ms);

  CHECK(client.credentials->error() ==
        "https://login.test/oauth/token: no token, but incorrect_client_credentials: The client_id "
        "is "
        "incorrect.");
}

TEST_CASE("where nothing is answered the address is said once", "[ports]") {
  Client client;
  client.service.answers = {
      fail(Errc::unavailable,
           "https://login.test/oauth/token: login.test port 443: Connection refused")};

  client.credentials->start();
  client.sim.run_for(100ms);

  CHECK(client.credentials->error() ==
        "https://login.test/oauth/token: login.test port 443: Connection refused");
}

TEST_CASE("any success with a token is one", "[ports]") {
  Client client;
  client.service.answers.push_back(answered(201, R"({"access_token":"made"})"));

  client.credentials->start();
  client.sim.run_for(20ms);

  CHECK(client.credentials->token().text() == "made");
}

TEST_CASE("a service that refuses the client makes the secret be read again", "[ports]") {
  const auto [answer, is_read] = GENERATE(
      table<Result<HttpAnswer>, bool>({{answered(401, ""), true},
                                       {answered(400, R"({"error":"invalid_client"})"), true},
                                       {answered(400, R"({"error":"invalid_scope"})"), false},
                                       {answered(503, ""), false}}));
  Client client;
  client.service.answers.push_back(answer);

  client.credentials->start();
  client.sim.run_for(15s);

  CHECK(client.secrets_read == (is_read ? 1 : 0));
  REQUIRE(client.service.requests.size() == 2);
  const auto sent_with = [&](std::size_t request) {
    return client.service.requests[request].headers[0].second;
  };
  CHECK(sent_with(0) == basic_authorization("a", "b"));
  CHECK(sent_with(1) == basic_authorization("a", is_read ? "mended" : "b"));
}

TEST_CASE("a secret that cannot be read again is told beside what the service said", "[ports]") {
  Client client;
  client.service.answers.push_back(answered(401, ""));
  client.secret = fail(Errc::not_found, "secret: no such file");

  client.credentials->start();
  client.sim.run_for(20ms);

  CHECK(client.credentials->error() ==
        "https://login.test/oauth/token: HTTP status 401; and secret: no such file");
}

TEST_CASE("a token service cannot fill the log", "[ports]") {
  Client client;
  client.service.answers.push_back(answered(401, R"({"error":")" + std::string(5000, 'e') +
                                                     R"(","error_description":")" +
                                                     std::string(50'000, 'd') + "\"}"));

  client.credentials->start();
  client.sim.run_for(20ms);

  CHECK(client.credentials->error().size() < 500);
}

TEST_CASE("a refused token is replaced at once", "[ports]") {
  Client client;
  client.credentials->start();
  client.sim.run_for(1s);

  client.credentials->refused("an older one");
  client.sim.run_for(1s);
  CHECK(client.credentials->token().text() == "token-1");

  client.credentials->refused("token-1");
  client.sim.run_for(20ms);
  CHECK(client.credentials->token().text() == "token-2");
}

TEST_CASE("nothing is called back when the credentials are gone", "[ports]") {
  Client client;
  client.credentials->start();

  client.credentials.reset();
  client.sim.run_for(1s);

  CHECK(client.service.cancelled == 1);
  CHECK(client.ended.empty());
}

}  // namespace paceline::test
