// The whole outside world on loopback, and a client for it, in one loop.
#pragma once

#include <optional>

#include "common/runtime/curl_http.h"
#include "common/runtime/system_clock.h"
#include "services/simulator/adapter_engagement.h"
#include "services/simulator/adapter_report.h"
#include "services/simulator/adapter_statserver.h"
#include "services/simulator/gzip.h"
#include "tests/simulator/small_centres.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

namespace paceline::test {
using namespace simulator;

struct Quiet final : Log {
  void write(LogLevel, std::string_view, std::span<const LogField>) override {}
  void set_level(LogLevel) override {}
};

// Real time, in which a test may leap ahead.
struct LeapingClock final : Clock {
  Instant now() const override { return real.now() + ahead; }
  WallTime wall() const override { return real.wall() + ahead; }
  SystemClock real;
  Duration ahead{};
};

struct Outside {
  Folder folder;
  Loop loop;
  LeapingClock clock;
  Quiet log;
  Metrics metrics;
  EndpointSettings settings;
  Centre centre;
  SimulatedWorld world{centre, clock, log, {.time_scale = 600, .faults = {}}};
  PublicationEndpoint endpoint{centre, {.epoch = "e"}};
  StatServerAdapter primary{
      loop, world, log, {.primary = true, .authorization = "Basic bWU6aA==", .server = {}}};
  StatServerAdapter backup{loop, world, log, {.primary = false, .authorization = "", .server = {}}};
  EngagementAdapter engagement{loop,
                               world,
                               endpoint,
                               log,
                               {.certificates = make_certificates(folder.path(), "127.0.0.1"),
                                .settings = settings,
                                .log_file = folder.path() + "/publications.jsonl"}};
  ReportAdapter control{loop, world, endpoint, "127.0.0.1", 0};
  CurlHttp http{loop, metrics};

  static CentreModel model() {
    auto kind = plain_kind(10);
    kind.arrivals_per_hour = all_day(120);
    return centre_with(kind, 2);
  }
  explicit Outside(EndpointSettings wanted = {})
      : settings{std::move(wanted)}, centre{model(), 1} {}

  std::string url(int port, const std::string& path) {
    return "http://127.0.0.1:" + std::to_string(port) + path;
  }
  std::string secure(const std::string& path) {
    return "https://localhost:" + std::to_string(engagement.port()) + path;
  }

  Result<HttpAnswer> send(HttpRequest request) {
    std::optional<Result<HttpAnswer>> answer;
    http.send(std::move(request), [&](Result<HttpAnswer> done) { answer = std::move(done); });
    REQUIRE(wait([&] { return answer.has_value(); }));
    return *answer;
  }
  /// Lets the loop run until something has happened; the limit only ends a test that hangs.
  bool wait(const std::function<bool()>& done) {
    const auto until = clock.real.now() + 120s;
    while (!done() && clock.real.now() < until) loop.run_once(20ms);
    return done();
  }
  Result<HttpAnswer> post(const std::string& to, std::string body, HttpHeaders headers = {}) {
    headers.emplace_back("Content-Type", "application/json");
    return send({.method = "POST",
                 .url = to,
                 .headers = std::move(headers),
                 .body = std::move(body),
                 .timeout = 120s,
                 .ca_file = to.starts_with("https") ? folder.path() + "/ca.pem" : "",
                 .client_certificate_file = {},
                 .client_key_file = {},
                 .proxy = {}});
  }
  /// Sets a fault and lets the servers follow it.
  void fault(const std::string& key, const std::string& value) {
    REQUIRE(post(url(control.port(), "/fault"), "{\"" + key + "\":\"" + value + "\"}")->status ==
            200);
    loop.run_once(1ms);
  }
  std::string token() {
    const auto answer = post(
        secure("/oauth/token"), "grant_type=client_credentials",
        {{"Authorization", "Basic cGFjZWxpbmU6cGFjZWxpbmUtc2VjcmV0"}});  // paceline:paceline-secret
    REQUIRE(answer);
    REQUIRE(answer->status == 200);
    return decode_token_answer(answer->body)->access_token;
  }
  std::string door() { return secure("/api/v2/pacing/clusters/demo/publications"); }
  /// To t0, and to so many targets that nobody knows.
  PublicationRequest publication(std::uint64_t term, std::uint64_t sequence, int strangers = 0) {
    PublicationRequest request;
    request.cluster = "demo";
    request.node = "a";
    request.term = term;
    request.sequence = sequence;
    request.timestamp_ms = world.timestamp().wall_ms;
    request.valid_until_ms = request.timestamp_ms + 60'000;
    TargetOffer offer;
    offer.id = "t0";
    offer.channel = "chat";
    offer.offer.state = PaceState::ok;
    offer.offer.proactive = 2;
    offer.offer.max_pending = 2;
    request.targets = {offer};
    for (int i = 0; i < strangers; ++i) {
      offer.id = "stranger-" + std::to_string(i);
      request.targets.push_back(offer);
    }
    return request;
  }
  Result<HttpAnswer> publish(std::uint64_t term, std::uint64_t sequence, const std::string& token,
                             bool packed = false) {
    return publish(publication(term, sequence), token, packed);
  }
  Result<HttpAnswer> publish(const PublicationRequest& request, const std::string& token,
                             bool packed = false) {
    std::string body;
    encode_publication(request, body);
    HttpHeaders headers{{"Authorization", "Bearer " + token}};
    if (packed) {
      body = gzip(body);
      headers.emplace_back("Content-Encoding", "gzip");
    }
    return post(door(), std::move(body), std::move(headers));
  }
};

inline constexpr const char* subscription = R"({"operationId":"op-1","data":{"statistics":[
  {"statisticId":"s1","objectId":"queue-0","objectType":"Queue","name":"TotalEntered"},
  {"statisticId":"s2","objectId":"nowhere","objectType":"Queue","name":"TotalEntered"}]}})";

}  // namespace paceline::test
