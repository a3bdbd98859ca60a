#include <filesystem>
#include <nlohmann/json.hpp>

#include "common/runtime/files.h"
#include "tests/simulator/outside.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

namespace paceline::test {
using namespace simulator;

TEST_CASE("the statistics API subscribes, polls and deletes on both ports",
          "[simulator][process]") {
  Outside outside;
  const int port = GENERATE(true, false) ? outside.primary.port() : outside.backup.port();

  const auto made = outside.post(outside.url(port, "/statistics/v3/subscriptions"), subscription);
  const auto polled = outside.send(
      {.url = outside.url(port, "/statistics/v3/subscriptions/op-1/statistic-values?verbose=INFO"),
       .headers = {}});
  const auto gone = outside.send({.method = "DELETE",
                                  .url = outside.url(port, "/statistics/v3/subscriptions/op-1"),
                                  .headers = {}});
  const auto after =
      outside.send({.url = outside.url(port, "/statistics/v3/subscriptions/op-1/statistic-values"),
                    .headers = {}});

  REQUIRE(made);
  const auto answer = decode_subscription_answer(made->body);
  REQUIRE(answer);
  CHECK(answer->subscription_id == "op-1");
  CHECK(answer->statistics.size() == 1);
  CHECK(answer->errors.size() == 1);
  CHECK(decode_subscription_answer(polled->body)->statistics.size() == 1);
  CHECK(gone->status == 200);
  CHECK(after->status == 404);
}

TEST_CASE("a held connect is answered when a statistic changes", "[simulator][process]") {
  Outside outside;
  const auto bayeux = [&](const std::string& body, const std::string& cookie) {
    auto answer = outside.post(outside.url(outside.primary.port(), "/statistics/v3/notifications"),
                               body, {{"Cookie", cookie}});
    REQUIRE(answer);
    return *answer;
  };
  const auto shaken = bayeux(R"([{"channel":"/meta/handshake","version":"1.0"}])", "");
  const std::string cookie{shaken.header("set-cookie")};
  REQUIRE(cookie.starts_with("STATISTICS_SESSIONID="));
  const auto client = decode_bayeux(shaken.body)->at(0).client_id;
  bayeux(R"([{"channel":"/meta/subscribe","clientId":")" + client +
             R"(","subscription":"/statistics/v3/updates"}])",
         cookie);
  const std::string connect = R"([{"channel":"/meta/connect","clientId":")" + client +
                              R"(","connectionType":"long-polling"}])";
  bayeux(connect, cookie);
  outside.post(outside.url(outside.primary.port(), "/statistics/v3/subscriptions"), subscription,
               {{"Cookie", cookie}});

  const auto pushed = decode_bayeux(bayeux(connect, cookie).body);

  REQUIRE(pushed);
  REQUIRE(pushed->size() == 2);
  CHECK(pushed->at(0).channel == updates_channel);
  CHECK(pushed->at(0).statistics.at(0).statistic_id == "s1");
  CHECK(pushed->at(0).statistics.at(0).value > 0);
  CHECK(pushed->at(1).channel == "/meta/connect");
}

TEST_CASE("a server that is down refuses and comes back empty", "[simulator][process]") {
  Outside outside;
  outside.post(outside.url(outside.primary.port(), "/statistics/v3/subscriptions"), subscription);

  outside.post(outside.url(outside.control.port(), "/fault"), R"({"statserver_primary":"down"})");
  const auto down = outside.post(
      outside.url(outside.primary.port(), "/statistics/v3/subscriptions"), subscription);
  outside.post(outside.url(outside.control.port(), "/fault"), R"({"statserver_primary":"up"})");
  const auto up = outside.post(outside.url(outside.primary.port(), "/statistics/v3/subscriptions"),
                               subscription);

  CHECK_FALSE(down);
  REQUIRE(up);
  const auto answer = decode_subscription_answer(up->body);
  CHECK(answer->code == 0);
  CHECK(answer->statistics.at(0).value < 10);
}

TEST_CASE("faults of a Stat Server show as their status, and only on that server",
          "[simulator][process]") {
  const auto [word, status] = GENERATE(table<const char*, int>(
      {{"429", 429}, {"401", 401}, {"403", 403}, {"503", 503}, {"up", 200}, {"no_push", 200}}));
  Outside outside;
  const std::string body =
      std::string{R"({"retry_after":"3s","statserver_primary":")"} + word + "\"}";
  const auto set = outside.post(outside.url(outside.control.port(), "/fault"), body);
  REQUIRE(set->status == 200);

  const auto sick = outside.post(
      outside.url(outside.primary.port(), "/statistics/v3/subscriptions"), subscription);
  const auto well = outside.post(outside.url(outside.backup.port(), "/statistics/v3/subscriptions"),
                                 subscription);
  const auto shaken =
      outside.post(outside.url(outside.primary.port(), "/statistics/v3/notifications"),
                   R"([{"channel":"/meta/handshake","version":"1.0"}])");

  CHECK(sick->status == status);
  CHECK(well->status == 200);
  if (status == 429 || status == 503) CHECK(sick->header("retry-after") == "3");
  CHECK(shaken->status == (word == std::string{"no_push"} ? 404 : status));
}

TEST_CASE("a truncated answer is half an answer", "[simulator][process]") {
  Outside outside;
  outside.post(outside.url(outside.control.port(), "/fault"),
               R"({"statserver_primary":"truncated"})");

  const auto half = outside.post(
      outside.url(outside.primary.port(), "/statistics/v3/subscriptions"), subscription);

  CHECK(half->status == 200);
  CHECK_FALSE(decode_subscription_answer(half->body));
}

TEST_CASE("another prefix serves the same without push", "[simulator][process]") {
  Outside outside;
  const auto base = outside.url(outside.primary.port(), "/workspace/v3/reporting");

  const auto made = outside.post(base + "/subscriptions", subscription);
  const auto shaken =
      outside.post(base + "/notifications", R"([{"channel":"/meta/handshake","version":"1.0"}])");

  CHECK(decode_subscription_answer(made->body)->statistics.size() == 1);
  CHECK(shaken->status == 404);
}

TEST_CASE("the Stat Service is open within and needs a password from without",
          "[simulator][process]") {
  Outside outside;
  const auto base = outside.url(outside.primary.port(), "/genesys/1");
  constexpr const char* form = "objectId=queue-0&objectType=Queue&metric=TotalEntered";

  const auto within = outside.post(base + "/internal_statistic", form);
  const auto stranger = outside.post(base + "/statistic", form);
  const auto known = outside.post(base + "/statistic", form, {{"Authorization", "Basic bWU6aA=="}});

  CHECK(within->status == 200);
  CHECK(within->header("age") == "0");
  CHECK(stranger->status == 401);
  CHECK(known->status == 200);
}

TEST_CASE("a publication needs a token, is fenced, and stands in the log", "[simulator][process]") {
  Outside outside;

  const auto refused = outside.publish(3, 1, "nonsense");
  const auto token = outside.token();
  const auto accepted = outside.publish(3, 1, token);
  const auto packed = outside.publish(3, 2, token, true);
  const auto fenced = outside.publish(2, 9, token);

  REQUIRE(refused);
  CHECK(refused->status == 401);
  REQUIRE(accepted);
  REQUIRE(accepted->status == 200);
  CHECK(decode_publication_answer(accepted->body)->feedback.size() == 1);
  CHECK(packed->status == 200);
  CHECK(fenced->status == 409);
  CHECK(decode_fence(fenced->body)->term == 3);
  CHECK(decode_fence(fenced->body)->node == "a");
  const auto log = read_file(outside.folder.path() + "/publications.jsonl");
  REQUIRE(log);
  CHECK(std::ranges::count(*log, '\n') == 4);
  CHECK(outside.centre.latest_counts(0).sent >= 2);
}

TEST_CASE("a wrong secret gets no token", "[simulator][process]") {
  Outside outside;

  const auto answer = outside.post(outside.secure("/oauth/token"), "grant_type=client_credentials",
                                   {{"Authorization", "Basic bm86bm8="}});

  CHECK(answer->status == 401);
  CHECK(token_refusal(answer->body) == "invalid_client: unknown client or wrong secret");
}

TEST_CASE("a stranger's authority is not trusted", "[simulator][process]") {
  Outside outside;

  const auto answer =
      outside.send({.url = outside.secure("/health"), .headers = {}, .body = {}, .ca_file = {}});

  CHECK_FALSE(answer);
}

TEST_CASE("faults of the endpoint show as their status", "[simulator][process]") {
  Outside outside;
  const auto token = outside.token();
  const auto [fault, status] = GENERATE(table<std::string, int>({{"429", 429},
                                                                 {"503", 503},
                                                                 {"401", 401},
                                                                 {"403", 403},
                                                                 {"409", 409},
                                                                 {"415", 200},
                                                                 {"413", 200},
                                                                 {"500", 500},
                                                                 {"redirect", 307},
                                                                 {"not_json", 200},
                                                                 {"full_wanted", 200},
                                                                 {"409_absurd", 409}}));
  CAPTURE(fault);

  outside.fault("endpoint", fault);
  const auto answer = outside.publish(1, 1, token);

  REQUIRE(answer);
  CHECK(answer->status == status);
  CHECK(answer->header("retry-after") == (fault == "429" || fault == "503" ? "2" : ""));
  if (fault == "409") CHECK(decode_fence(answer->body)->term == 257);
  if (fault == "409_absurd") CHECK(answer->body.find("9223372036854775807") != std::string::npos);
  if (fault == "redirect") CHECK(answer->header("location").starts_with("https://elsewhere."));
  if (fault == "not_json") CHECK(!decode_publication_answer(answer->body));
  if (fault == "full_wanted") CHECK(decode_publication_answer(answer->body)->full_wanted);
  CHECK(outside.world.faults().endpoint != EndpointFault::ok);
}

TEST_CASE("what the endpoint can do to an answer is no answer any more", "[simulator][process]") {
  Outside outside;
  const auto token = outside.token();
  const auto fault = GENERATE(as<std::string>{}, "reset", "wrong_encoding", "down",
                              "expired_certificate", "other_certificate", "foreign_certificate");
  CAPTURE(fault);

  outside.fault("endpoint", fault);
  const auto broken = outside.publish(1, 1, token);
  outside.fault("endpoint", "ok");
  const auto whole = outside.publish(1, 2, token);

  CHECK_FALSE(broken);
  REQUIRE(whole);
  CHECK(whole->status == 200);
}

TEST_CASE("faults of size and encoding concern those publications alone", "[simulator][process]") {
  Outside outside;
  const auto token = outside.token();

  outside.fault("endpoint", "415");
  const auto packed = outside.publish(1, 1, token, true);
  const auto plain = outside.publish(1, 1, token);

  CHECK(packed->status == 415);
  CHECK(plain->status == 200);
  CHECK(plain->header("accept-encoding") == "identity");
}

TEST_CASE("a Retry-After can be a date", "[simulator][process]") {
  Outside outside;
  outside.fault("retry_after_form", "date");
  outside.fault("endpoint", "429");

  const auto answer = outside.publish(1, 1, "none");

  CHECK(answer->header("retry-after").size() == 29);
  CHECK(answer->header("retry-after").ends_with(" GMT"));
}

TEST_CASE("the token service has faults of its own", "[simulator][process]") {
  Outside outside;
  const auto [fault, status] = GENERATE(
      table<std::string, int>({{"429", 429}, {"500", 500}, {"401", 401}, {"malformed", 200}}));
  CAPTURE(fault);
  const auto token = outside.token();
  outside.fault("token", fault);

  const auto answer = outside.post(outside.secure("/oauth/token"), "grant_type=client_credentials",
                                   {{"Authorization", "Basic cGFjZWxpbmU6cGFjZWxpbmUtc2VjcmV0"}});

  CHECK(answer->status == status);
  CHECK_FALSE((status == 200 && decode_token_answer(answer->body)));
  CHECK(outside.publish(1, 1, token)->status == 200);
}

TEST_CASE("what requests may be encoded in is announced, and understood", "[simulator][process]") {
  Outside outside;
  const auto token = outside.token();
  const auto door = outside.secure("/api/v2/pacing/clusters/demo/publications");
  const auto announced = outside.send(
      {.url = door, .headers = {}, .body = {}, .ca_file = outside.folder.path() + "/ca.pem"});

  CHECK(announced->status == 405);
  CHECK(announced->header("accept-encoding") == "gzip, zstd");
  // Not zstd, and half of a frame whose end is missing.
  for (const auto& body : {std::string{"not zstd"}, std::string{"\x28\xb5\x2f\xfd\x24\x05", 6}})
    CHECK(
        outside
            .post(door, body, {{"Authorization", "Bearer " + token}, {"Content-Encoding", "zstd"}})
            ->status == 400);
}

TEST_CASE("a malformed answer is no JSON", "[simulator][process]") {
  Outside outside;
  const auto token = outside.token();
  outside.post(outside.url(outside.control.port(), "/fault"), R"({"endpoint":"malformed"})");

  const auto answer = outside.publish(1, 1, token);

  CHECK(answer->status == 200);
  CHECK_FALSE(decode_publication_answer(answer->body));
}

TEST_CASE("broken bodies are refused, and the next request is served", "[simulator][process]") {
  Outside outside;
  const auto token = outside.token();
  const HttpHeaders authorised{{"Authorization", "Bearer " + token}};
  const auto door = outside.secure("/api/v2/pacing/clusters/demo/publications");

  CHECK(outside.post(door, "{", authorised)->status == 400);
  CHECK(outside
            .post(door, "not gzip",
                  {{"Authorization", "Bearer " + token}, {"Content-Encoding", "gzip"}})
            ->status == 400);
  CHECK(outside.post(door, "", {{"Authorization", "Bearer " + token}, {"Content-Encoding", "br"}})
            ->status == 415);
  CHECK(outside.post(outside.url(outside.primary.port(), "/statistics/v3/subscriptions"), "[[[")
            ->status == 400);
  CHECK(outside.post(outside.url(outside.primary.port(), "/statistics/v3/notifications"), "\x01")
            ->status == 400);
  CHECK(
      outside.post(outside.url(outside.control.port(), "/fault"), R"({"coffee":"out"})")->status ==
      400);
  CHECK(outside.publish(1, 1, token)->status == 200);
}

TEST_CASE("the report counts what was published", "[simulator][process]") {
  Outside outside;
  outside.publish(1, 1, outside.token());

  const auto answer =
      outside.send({.url = outside.url(outside.control.port(), "/report"), .headers = {}});

  const auto report = nlohmann::json::parse(answer->body);
  CHECK(report["publications"]["accepted"] == 1);
  CHECK(report["groups"].size() == 2);
  CHECK(report["groups"][0]["invitations"]["sent"] >= 2);
}

TEST_CASE("certificates that are still good are kept", "[simulator][process]") {
  const Folder folder;

  const auto first = make_certificates(folder.path(), "127.0.0.1");
  const auto second = make_certificates(folder.path(), "127.0.0.1");
  const auto elsewhere = make_certificates(folder.path(), "127.0.0.2");

  CHECK(first.certificate_pem == second.certificate_pem);
  for (const char* name : {"ca.pem", "server.pem", "server-key.pem", "server-expired.pem",
                           "server-other.pem", "server-foreign.pem"})
    CHECK(std::filesystem::exists(folder / name));
  CHECK(elsewhere.certificate_pem != first.certificate_pem);
  CHECK(std::filesystem::status(folder.path() + "/server-key.pem").permissions() ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
}

}  // namespace paceline::test
