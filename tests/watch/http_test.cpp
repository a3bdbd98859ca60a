#include "services/watch/adapter_http.h"

#include <list>
#include <optional>

#include "common/ports/state_channel.h"
#include "common/runtime/curl_http.h"
#include "tests/support/catch.h"
#include "tests/support/raw_client.h"
#include "tests/support/real_loop.h"
#include "tests/support/sim_world.h"
#include "tests/watch/fixtures.h"

namespace paceline::test {
using namespace watch;
namespace {

// A real server on a real socket; what it tells comes from a simulated bus.
struct House {
  explicit House(WatchConfig its_settings = make())
      : settings{std::move(its_settings)},
        watch{settings, sim.process({"a", "watch", 0})},
        server{settings, watch, loop} {}

  static WatchConfig make() {
    WatchConfig config;
    config.node = "a";
    config.cluster = two_nodes_and_a_witness();
    config.targets = names({"t0", "t1", "t2"});
    config.access.requests_per_second = 1000;
    return config;
  }

  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(server.port()) + path;
  }

  HttpAnswer get(const std::string& path, HttpHeaders headers = {}) {
    std::optional<Result<HttpAnswer>> got;
    http.send({.url = url(path),
               .headers = std::move(headers),
               .body = "",
               .ca_file = "",
               .client_certificate_file = "",
               .client_key_file = "",
               .proxy = ""},
              [&](Result<HttpAnswer> answer) { got = std::move(answer); });
    for (int i = 0; i < 1000 && !got; ++i) loop.run_once(10ms);
    REQUIRE(got);
    REQUIRE(*got);
    return **got;
  }

  /// What the server says to these bytes, up to its end or 200 rounds.
  std::string raw(std::string_view bytes) {
    RawClient client{server.port()};
    for (int i = 0; i < 100; ++i) {
      loop.run_once(2ms);
      if (!bytes.empty()) bytes = client.say(bytes);
      if (!client.listen()) break;
    }
    return client.heard;
  }

  SimWorld sim{1};
  WatchConfig settings;
  Watch watch;
  Loop loop;
  WatchServer server;
  Metrics metrics;
  CurlHttp http{loop, metrics};
};

}  // namespace

TEST_CASE("the server answers over a real socket", "[watch][process]") {
  House house;

  CHECK(house.get("/healthz").status == 200);
  CHECK(house.get("/").header("content-type") == "text/html; charset=utf-8");
  const auto targets = house.get("/api/v1/targets?limit=2&sort=-id");
  CHECK(targets.status == 200);
  CHECK(targets.body.find(R"("matching":3,"offset":0,"limit":2,"targets":[{"id":"t2")") !=
        std::string::npos);
  CHECK(house.get("/api/v1/targets?q=group%2Dt1").body.find(R"("matching":1)") !=
        std::string::npos);
  CHECK(house.get("/api/v1/targets/t%31").body.find(R"("id":"t1")") != std::string::npos);
  CHECK(house.get("/nothing").header("content-type") == "application/problem+json");
}

TEST_CASE("a second look costs 304", "[watch][process]") {
  House house;
  const std::string tag{house.get("/api/v1/targets").header("etag")};
  REQUIRE_FALSE(tag.empty());

  CHECK(house.get("/api/v1/targets", {{"If-None-Match", tag}}).status == 304);
}

TEST_CASE("the page needs nothing from anywhere else", "[watch][process]") {
  House house;
  const auto page = house.get("/");

  CHECK(page.body.find("http://") == std::string::npos);
  CHECK(page.body.find("https://") == std::string::npos);
  for (const char* file :
       {"/app.js", "/app.css", "/ask.js", "/cells.js", "/cluster.js", "/dom.js", "/events.js",
        "/history.js", "/rows.js", "/schema.js", "/table.js", "/target.js", "/theme.js",
        "/icon.svg", "/uplot/uPlot.iife.min.js", "/uplot/uPlot.min.css"})
    CHECK(house.get(file).status == 200);
}

TEST_CASE("hostile bytes end their own connection and nothing else", "[watch][process]") {
  House house;
  for (const std::string& bytes :
       {std::string{"\0\xff\x16\x03\x01 nonsense\r\n\r\n", 18}, std::string(100'000, 'A'),
        std::string{"GET / HTTP/9.9\r\n\r\n"},
        std::string{"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n"},
        std::string{"GET /%00%ff%zz HTTP/1.1\r\nHost: localhost\r\n\r\n"},
        "GET /api/v1/targets?" + std::string(20'000, '&') + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
        std::string{"POST /api/v1/status HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                    "9999999999\r\n\r\n"},
        std::string{"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n"},
        std::string{"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
                    "chunked\r\n\r\nFFFFFFFFF\r\n"}}) {
    const auto said = house.raw(bytes);
    CHECK(said.find("root:") == std::string::npos);
    CHECK(house.get("/healthz").status == 200);
  }
}

TEST_CASE("what the server itself refuses is a problem as the API's own", "[watch][process]") {
  House house;
  std::string many = "GET /api/v1/targets?q=x";
  for (int i = 0; i < 401; ++i) many += "&q=x";

  const auto said = house.raw(many + " HTTP/1.1\r\nHost: localhost\r\n\r\n");

  CHECK(said.starts_with("HTTP/1.1 400 "));
  CHECK(said.find("Content-Type: application/problem+json\r\n") != said.npos);
  CHECK(said.find("more than 200 parameters") != said.npos);
}

TEST_CASE("a browser that was led here under another name reads nothing", "[watch][process]") {
  House house;
  const auto asked_as = [&](const std::string& host, const std::string& target) {
    return house.raw("GET " + target + " HTTP/1.1\r\nHost: " + host +
                     "\r\nConnection: close\r\n\r\n");
  };

  const auto said = asked_as("evil.example:80", "/api/v1/status");
  CHECK(said.starts_with("HTTP/1.1 421 "));
  CHECK(said.find("allowed_hosts") != said.npos);
  CHECK(said.find("\"nodes\"") == said.npos);
  CHECK(asked_as("evil.example", "/healthz").starts_with("HTTP/1.1 200 "));
  CHECK(asked_as("evil.example", "http://localhost/api/v1/status").starts_with("HTTP/1.1 200 "));
  CHECK(asked_as("localhost", "http://evil.example/api/v1/status").starts_with("HTTP/1.1 421 "));
}

TEST_CASE("three hundred slow connections leave room for a probe", "[watch][process]") {
  House house;
  std::list<RawClient> slow;
  for (int i = 0; i < 300; ++i) {
    slow.emplace_back(house.server.port()).say("GET /api/v1/status HTTP/1.1\r\nHo");
    house.loop.run_once(0ms);
  }

  CHECK(house.get("/healthz").status == 200);
  CHECK(house.get("/metrics").body.find("why=\"gave_way\"") != std::string::npos);
}

TEST_CASE("a stream starts at once with the status", "[watch][process]") {
  House house;

  const auto said = house.raw("GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n");

  CHECK(said.find("text/event-stream") != std::string::npos);
  CHECK(said.find("event: status") != std::string::npos);
}

TEST_CASE("a stream whose reader lets four megabytes wait is closed and the others go on",
          "[watch][process]") {
  auto settings = House::make();
  std::vector<std::string> ids;
  settings.targets.clear();
  for (int i = 0; i < 2000; ++i) {
    ids.push_back("t" + std::to_string(i));
    settings.targets.push_back(names({ids.back().c_str()}).front());
  }
  House house{std::move(settings)};
  StateWriter<TargetPace> pacer{house.sim.process({"a", "pacer", 0}), "pace", {.ids = ids}};
  const std::string_view question = "GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n";
  RawClient slow{house.server.port()};
  RawClient quick{house.server.port()};
  for (auto* client : {&slow, &quick}) {
    std::string_view rest = question;
    REQUIRE(run_until(house.loop, [&] { return (rest = client->say(rest)).empty(); }));
  }
  REQUIRE(run_until(house.loop, [&] { return house.watch.streams() == 2; }));

  int messages = 0;
  for (; house.watch.streams() == 2 && messages < 100; ++messages) {
    for (std::uint32_t i = 0; i < ids.size(); ++i)
      pacer.set(i, paced(PaceReason::granted, messages));
    pacer.publish({});
    house.sim.run_for(1100ms);  // One message of the stream, or two.
    const std::string mark = "\"granted\"," + std::to_string(messages) + ",";
    REQUIRE(run_until(house.loop, [&] {
      quick.listen();
      return quick.heard.find(mark) != std::string::npos;
    }));
  }

  REQUIRE(house.watch.streams() == 1);
  CHECK(quick.heard.size() > (4u << 20));
  const auto before = quick.heard.size();
  house.sim.run_for(1100ms);
  CHECK(run_until(house.loop, [&] {
    quick.listen();
    return quick.heard.size() > before;
  }));
}

}  // namespace paceline::test
