// Bounds of the simulated endpoint and of what it keeps: lives, sizes, rates, its log.
#include <nlohmann/json.hpp>
#include <set>

#include "common/runtime/files.h"
#include "tests/simulator/outside.h"
#include "tests/support/manual.h"

namespace paceline::test {
using namespace simulator;

TEST_CASE("a token lives as long as the scenario says", "[simulator][process]") {
  Outside outside{{.token_life = 300s}};
  const auto token = outside.token();

  outside.clock.ahead = 240s;
  CHECK(outside.publish(1, 1, token)->status == 200);
  outside.clock.ahead = 301s;
  CHECK(outside.publish(1, 2, token)->status == 401);
  CHECK(outside.publish(1, 2, outside.token())->status == 200);
}

TEST_CASE("of 1,025 tokens the oldest is forgotten", "[simulator][process]") {
  Outside outside;
  const auto oldest = outside.token();
  const auto second = outside.token();
  REQUIRE(outside.publish(1, 1, oldest)->status == 200);

  for (int i = 0; i < 1023; ++i) outside.token();

  CHECK(outside.publish(1, 2, oldest)->status == 401);
  CHECK(outside.publish(1, 2, second)->status == 200);
}

TEST_CASE("more requests a minute than the scenario allows are answered 429",
          "[simulator][process]") {
  Outside outside{{.requests_per_minute = 3}};
  const auto token = outside.token();
  CHECK(outside.publish(1, 1, token)->status == 200);
  CHECK(outside.publish(1, 2, token)->status == 200);

  const auto refused = outside.publish(1, 3, token);

  CHECK(refused->status == 429);
  CHECK(refused->header("retry-after") == "2");
  outside.clock.ahead = 61s;
  CHECK(outside.publish(1, 3, token)->status == 200);
}

TEST_CASE("a body over 64 MiB is refused, packed or not, and the next one is served",
          "[simulator][process]") {
  Outside outside;
  const auto token = outside.token();
  const std::string large((64u << 20) + 1, ' ');

  const auto plain = outside.post(outside.door(), large, {{"Authorization", "Bearer " + token}});
  const auto packed =
      outside.post(outside.door(), gzip(large),
                   {{"Authorization", "Bearer " + token}, {"Content-Encoding", "gzip"}});

  if (plain) CHECK(plain->status == 413);  // Or the server hangs up while it is being sent.
  REQUIRE(packed);
  CHECK(packed->status == 413);
  CHECK(outside.publish(1, 1, token)->status == 200);
}

TEST_CASE("answers over 1 KiB are packed for clients that can read them", "[simulator][process]") {
  Outside outside;
  const auto token = outside.token();
  const auto sent = [&](std::uint64_t sequence, int strangers, const char* accepted) {
    std::string body;
    encode_publication(outside.publication(1, sequence, strangers), body);
    return outside
        .post(outside.door(), body,
              {{"Authorization", "Bearer " + token}, {"Accept-Encoding", accepted}})
        .value();
  };

  const auto packed = sent(1, 60, "gzip");
  const auto plain = sent(2, 60, "identity");
  const auto small = sent(3, 0, "gzip");

  CHECK(packed.header("content-encoding") == "gzip");
  CHECK(decode_publication_answer(packed.body)->rejected.size() == 60);
  CHECK(plain.header("content-encoding").empty());
  CHECK(plain.body.size() > 1024);
  CHECK(small.header("content-encoding").empty());
  CHECK(small.body.size() <= 1024);
}

TEST_CASE("each publication is a line with what the manual names", "[simulator][process]") {
  Outside outside;
  const auto token = outside.token();
  outside.publish(3, 1, token);
  outside.publish(2, 1, token);
  const auto section = section_of("services/simulator/SETTINGS.md", "Endpoint");
  const auto from = section.find("A line of `publications.jsonl` has ");
  REQUIRE(from != section.npos);
  auto told = code_words(section.substr(from, section.find(". ", from) - from));
  told.erase(told.begin());  // The file's own name.

  const auto log = read_file(outside.folder / "publications.jsonl").value();

  const auto lines = parts_of(log, "\n");
  REQUIRE(lines.size() == 2);
  const auto first = nlohmann::ordered_json::parse(lines[0]);
  std::vector<std::string> members;
  for (const auto& [key, value] : first.items()) members.push_back(key);
  CHECK(members == told);
  CHECK(first["cluster"] == "demo");
  CHECK(first["node"] == "a");
  CHECK(first["term"] == 3);
  CHECK(first["mode"] == "full");
  CHECK(first["count"] == 1);
  CHECK(first["status"] == 200);
  CHECK(first["result"] == "accepted");
  const auto second = nlohmann::json::parse(lines[1]);
  CHECK(second["status"] == 409);
  CHECK(second["result"] == "older term");
}

TEST_CASE("a log that is full becomes the one before, and a new one begins", "[simulator]") {
  const Folder folder;
  const auto file = folder / "log";
  {
    BoundedLog log{file, 11};
    for (const char* line : {"one", "two", "three", "four"}) log.write(line);
  }
  CHECK(read_file(file) == "three\nfour\n");
  CHECK(read_file(file + ".1") == "one\ntwo\n");

  {
    BoundedLog log{file, 11};  // Goes on where the process before ended.
    log.write("5");
    log.write("6");
  }
  CHECK(read_file(file + ".1") == "three\nfour\n");
  CHECK(read_file(file) == "5\n6\n");
  CHECK(EngagementAdapter::Options{}.max_log_bytes == 256u << 20);
  CHECK_THROWS_AS((BoundedLog{folder / "none/log", 10}), std::system_error);
}

TEST_CASE("health is told at the endpoint and at the control port", "[simulator][process]") {
  Outside outside;

  const auto endpoint = outside.send({.url = outside.secure("/health"),
                                      .headers = {},
                                      .body = {},
                                      .ca_file = outside.folder / "ca.pem"});
  const auto control =
      outside.send({.url = outside.url(outside.control.port(), "/health"), .headers = {}});

  CHECK(endpoint->status == 200);
  CHECK(control->status == 200);
  CHECK(endpoint->body == R"({"status":"ok"})");
}

TEST_CASE("a port that is taken is named", "[simulator][process]") {
  Outside outside;
  const auto port = outside.control.port();

  try {
    const ReportAdapter second{outside.loop, outside.world, outside.endpoint, "127.0.0.1", port};
    FAIL("two servers on one port");
  } catch (const std::system_error& error) {
    CHECK(std::string{error.what()}.find(std::to_string(port)) != std::string::npos);
  }
}

}  // namespace paceline::test
