#include "services/watch/api.h"

#include <rapidcheck.h>
#include <zlib.h>

#include "tests/support/catch.h"
#include "tests/watch/fixtures.h"

namespace paceline::test {
using namespace watch;
namespace {

struct ApiFixture {
  explicit ApiFixture(AccessRules rules = {.read_token = "", .requests_per_second = 1000})
      : api{{cluster, targets, events, history, nullptr}, std::move(rules), "http://127.0.0.1:1/"} {
  }

  WebAnswer get(const std::string& path, std::multimap<std::string, std::string> query = {},
                WebHeaders headers = {}) {
    const auto reply = ask({.path = path,
                            .query = std::move(query),
                            .headers = std::move(headers),
                            .peer = "127.0.0.1"});
    REQUIRE(std::holds_alternative<WebAnswer>(reply));
    return std::get<WebAnswer>(reply);
  }
  Reply ask(const WebRequest& request) { return api.reply(request, start, morning); }

  ClusterView cluster{two_nodes_and_a_witness()};
  TargetTable targets{names({"t0", "t1", "t2"})};
  EventList events{100};
  History history{{}, {"t0", "t1", "t2"}, nullptr};
  Api api;
};

std::string header(const WebAnswer& answer, std::string_view name) {
  for (const auto& [key, value] : answer.headers)
    if (key == name) return value;
  return "";
}

std::string gunzip(const std::string& packed) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  std::string out(1u << 22, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

}  // namespace

TEST_CASE("every path answers as its document says", "[watch]") {
  ApiFixture api;

  CHECK(api.get("/healthz").status == 200);
  CHECK(api.get("/readyz").status == 503);
  CHECK(api.get("/").content_type == "text/html; charset=utf-8");
  CHECK(api.get("/app.js").content_type == "text/javascript; charset=utf-8");
  for (const char* path :
       {"/api/v1/status", "/api/v1/targets", "/api/v1/targets/t0", "/api/v1/targets/t0/history",
        "/api/v1/history", "/api/v1/nodes", "/api/v1/events", "/api/v1/channels"}) {
    CAPTURE(path);
    CHECK(api.get(path).status == 200);
    CHECK(api.get(path).content_type == "application/json");
  }
  CHECK(std::holds_alternative<AskMetrics>(api.ask({.path = "/metrics"})));
  CHECK(std::holds_alternative<OpenStream>(api.ask({.path = "/api/v1/stream"})));
  const auto explain = api.ask({.path = "/api/v1/targets/t1/explain"});
  REQUIRE(std::holds_alternative<AskExplanation>(explain));
  CHECK(std::get<AskExplanation>(explain).target == 1);
}

TEST_CASE("what is not there or not understood is a problem with its reason", "[watch]") {
  ApiFixture api;

  CHECK(api.get("/nothing").status == 404);
  CHECK(api.get("/api/v1/targets/t9").status == 404);
  CHECK(api.get("/api/v1/targets/t9/explain").status == 404);
  CHECK(api.get("/api/v1/targets/t0/").status == 404);
  CHECK(api.get("/api/v1/targets", {{"limit", "-1"}}).status == 400);
  CHECK(api.get("/api/v1/targets", {{"limit", "99999999999999999999"}}).status == 400);
  CHECK(api.get("/api/v1/targets", {{"offset", "1e3"}}).status == 400);
  CHECK(api.get("/api/v1/targets", {{"state", "bogus"}}).status == 400);
  CHECK(api.get("/api/v1/targets", {{"sort", "bogus"}}).status == 400);
  CHECK(api.get("/api/v1/targets", {{"form", "bogus"}}).status == 400);
  CHECK(api.get("/api/v1/events", {{"after", "x"}}).status == 400);
  CHECK(api.get("/api/v1/events", {{"from", "yesterday"}}).status == 400);
  CHECK(api.get("/api/v1/events", {{"format", "xml"}}).status == 400);
  CHECK(api.get("/api/v1/history", {{"from", "-1h"}, {"to", "-2h"}}).status == 400);
  CHECK(api.get("/api/v1/targets/t0/history", {{"step", "0s"}}).status == 400);
  CHECK(api.get("/api/v1/targets/t9/history").status == 404);
  CHECK(api.get("/api/v1/handover").status == 405);
  const auto refusal = api.get("/server/data/pacing/reactiveState");
  CHECK(refusal.status == 400);
  CHECK(refusal.content_type == "application/problem+json");
}

TEST_CASE("only GET and HEAD look", "[watch]") {
  ApiFixture api;
  const auto reply = api.ask({.method = "DELETE", .path = "/api/v1/targets/t0"});

  const auto& refusal = std::get<WebAnswer>(reply);
  CHECK(refusal.status == 405);
  CHECK(header(refusal, "Allow") == "GET, HEAD");
}

TEST_CASE("the pull calls answer under both of their prefixes", "[watch]") {
  ApiFixture api;
  TargetStat stat;
  stat.quality = StatQuality::good;
  stat.ready = 5;
  api.targets.set_stat(1, stat);

  for (const std::string prefix : {"/server/data/pacing/", "/backend/data/pacing/"}) {
    CHECK(api.get(prefix + "channelCapacity", {{"channel", "chat"}}).body ==
          R"({"channelCapacity":5})");
    CHECK(api.get(prefix + "channelCapacity", {{"channel", "chat"}, {"groups", "t0"}}).status ==
          503);
    CHECK(api.get(prefix + "reactiveState", {{"channel", "chat"}}).status == 400);
    CHECK(api.get(prefix + "reactiveState", {{"channel", "fax"}}).status == 404);
  }
}

TEST_CASE("an unchanged answer is 304 to whoever has it", "[watch]") {
  ApiFixture api;
  const auto first = api.get("/api/v1/targets");
  const auto tag = header(first, "ETag");
  REQUIRE_FALSE(tag.empty());

  const auto again = api.get("/api/v1/targets", {}, {{"if-none-match", "\"x\", " + tag}});
  CHECK(again.status == 304);
  CHECK(again.body.empty());

  api.targets.set_pace(0, paced(PaceReason::granted, 1));
  CHECK(api.get("/api/v1/targets", {}, {{"if-none-match", tag}}).status == 200);
}

TEST_CASE("large answers are compressed when asked for", "[watch]") {
  ApiFixture api;
  const auto plain = api.get("/api/v1/targets");
  const auto packed = api.get("/api/v1/targets", {}, {{"accept-encoding", "br, gzip;q=0.8"}});

  CHECK(header(packed, "Content-Encoding") == "gzip");
  CHECK(packed.body.size() < plain.body.size());
  CHECK(gunzip(packed.body) == plain.body);
  CHECK(header(plain, "Content-Encoding").empty());
}

TEST_CASE("gzip is admitted as RFC 9110 says", "[watch]") {
  CHECK(accepts_gzip("gzip"));
  CHECK(accepts_gzip("deflate, gzip;q=1.0, *;q=0.5"));
  CHECK(accepts_gzip("*"));
  CHECK_FALSE(accepts_gzip(""));
  CHECK_FALSE(accepts_gzip("identity"));
  CHECK_FALSE(accepts_gzip("gzip;q=0, *"));
  CHECK_FALSE(accepts_gzip("gzip; Q=0"));
  CHECK(accepts_gzip("GZIP;q=0.001"));
}

TEST_CASE("a token guards what it should and nothing else", "[watch]") {
  ApiFixture api{{.read_token = "secret-word", .requests_per_second = 1000}};

  CHECK(api.get("/healthz").status == 200);
  CHECK(api.get("/readyz").status == 503);
  CHECK(api.get("/").status == 200);
  for (const char* path : {"/metrics", "/api/v1/status", "/api/v1/stream", "/api/v1/targets/t0",
                           "/server/data/pacing/channelCapacity"}) {
    CAPTURE(path);
    CHECK(api.get(path).status == 401);
    CHECK(api.get(path, {}, {{"authorization", "Bearer wrong"}}).status == 401);
    CHECK(api.get(path, {}, {{"authorization", "Bearer "}}).status == 401);
  }
  CHECK(api.get("/api/v1/status", {}, {{"authorization", "Bearer secret-word"}}).status == 200);
}

TEST_CASE("operating needs its own token, and there is none by default", "[watch]") {
  ApiFixture closed;
  CHECK(std::get<WebAnswer>(closed.ask({.method = "POST", .path = "/api/v1/handover"})).status ==
        403);

  ApiFixture api{{.read_token = "look", .operate_token = "touch", .requests_per_second = 1000}};
  const auto post = [&](const std::string& path, const std::string& token,
                        std::multimap<std::string, std::string> query = {}) {
    return api.ask({.method = "POST",
                    .path = path,
                    .query = std::move(query),
                    .headers = {{"authorization", "Bearer " + token}},
                    .peer = "x"});
  };
  CHECK(std::get<WebAnswer>(post("/api/v1/handover", "look")).status == 401);
  CHECK(std::get<WebAnswer>(post("/api/v1/handover", "")).status == 401);
  CHECK(std::get<WebAnswer>(post("/api/v1/handover", "touch", {{"to", "w"}})).status == 400);
  CHECK(std::get<WebAnswer>(post("/api/v1/handover", "touch", {{"to", "x"}})).status == 400);
  CHECK(std::get<WebAnswer>(post("/api/v1/status", "touch")).status == 405);
  REQUIRE(std::holds_alternative<AskHandover>(post("/api/v1/handover", "touch", {{"to", "b"}})));
  CHECK(api.get("/api/v1/status", {}, {{"authorization", "Bearer touch"}}).status == 200);
}

TEST_CASE("history and events come as CSV when asked for", "[watch]") {
  ApiFixture api;
  api.targets.set_pace(0, paced(PaceReason::granted, 4));
  REQUIRE(api.history.sample(api.targets, ms_since_1970(morning)));
  api.events.add({.wall_ms = ms_since_1970(morning),
                  .kind = "master_changed",
                  .severity = "notice",
                  .subject = "a",
                  .detail = "=1+1"});

  const auto history = api.get("/api/v1/targets/t0/history", {{"format", "csv"}});
  CHECK(history.content_type.starts_with("text/csv"));
  CHECK(header(history, "Content-Disposition") == "attachment; filename=\"t0.csv\"");
  CHECK(history.body.starts_with("time,granted,pending,"));
  CHECK(history.body.find("2026-09-21T14:13:20.000Z,4,") != std::string::npos);
  const auto events = api.get("/api/v1/events", {}, {{"accept", "text/csv"}});
  CHECK(events.body.ends_with("1,2026-09-21T14:13:20.000Z,master_changed,notice,a,'=1+1\r\n"));
  CHECK(api.get("/api/v1/events", {{"kind", "other"}}).body == R"({"last":1,"events":[]})");

  const auto is_csv = [&](const char* accept) {
    return api.get("/api/v1/events", {}, {{"accept", accept}}).content_type.starts_with("text/csv");
  };
  CHECK(is_csv("text/csv, */*"));
  CHECK(is_csv("application/json;q=0.5, text/csv"));
  CHECK_FALSE(is_csv("text/csv;q=0"));
  CHECK_FALSE(is_csv("text/csv;q=0.5, application/json"));
  CHECK_FALSE(is_csv("text/csv, application/json"));
  CHECK_FALSE(is_csv("text/html, */*;q=0.8"));
  CHECK_FALSE(is_csv("image/png"));
}

TEST_CASE("a peer that asks too often is told to wait and others are not", "[watch]") {
  AccessControl access{{.read_token = "", .requests_per_second = 2}};
  const WebRequest greedy{.path = "/", .peer = "127.0.0.2"};
  int served = 0;
  while (!access.over_rate(greedy, start)) ++served;

  CHECK(served == 20);
  CHECK_FALSE(access.over_rate({.path = "/", .peer = "127.0.0.3"}, start));
  const auto refusal = access.over_rate(greedy, start + 100ms);
  CHECK(refusal->status == 429);
  CHECK(header(*refusal, "Retry-After") == "1");
  CHECK_FALSE(access.over_rate(greedy, start + 1s));
}

TEST_CASE("monitoring is not starved by who else asks from its address", "[watch]") {
  ApiFixture api{{.requests_per_second = 1}};
  const auto status = [&](const std::string& path) {
    const auto reply = api.ask({.path = path, .peer = "10.0.0.1"});
    const auto* answer = std::get_if<WebAnswer>(&reply);
    return answer ? answer->status : 200;
  };
  while (status("/api/v1/status") == 200) continue;

  REQUIRE(status("/api/v1/status") == 429);
  CHECK(status("/metrics") == 200);
  CHECK(status("/readyz") == 503);
  while (status("/readyz") == 503) continue;
  CHECK(status("/readyz") == 429);
  CHECK(status("/metrics") == 200);
  CHECK(status("/healthz") == 200);
}

TEST_CASE("a request that was meant for another host is refused, and told where to allow it",
          "[watch]") {
  ApiFixture api{{.requests_per_second = 1000, .hosts = {"pace.example.com", "*.centre.test"}}};
  const auto status = [&](const std::string& host, const std::string& path = "/api/v1/status") {
    return api.get(path, {}, {{"host", host}}).status;
  };

  for (const char* host :
       {"", "127.0.0.1", "127.0.0.1:7110", "10.1.2.3", "[::1]:7110", "[2001:db8::1]", "localhost",
        "LocalHost:7110", "a.localhost", "localhost.", "pace.example.com", "Pace.Example.COM.:7110",
        "a.centre.test:1"}) {
    CAPTURE(host);
    CHECK(status(host) == 200);
  }
  for (const char* host :
       {"evil.example", "evil.example:7110", "127.0.0.1.evil.example", "localhost.evil.example",
        "pace.example.com.evil.example", "centre.test", ".centre.test", "a.b.centre.test", ":7110",
        "[", "x[::1]", "::1.evil", "0x7f000001"}) {
    CAPTURE(host);
    CHECK(status(host) == 421);
  }
  for (const char* path : {"/", "/metrics", "/readyz", "/api/v1/targets", "/nothing"})
    CHECK(status("evil.example", path) == 421);
  CHECK(status("evil.example", "/healthz") == 200);
  CHECK_THAT(api.get("/", {}, {{"host", "evil.example"}}).body,
             Catch::Contains("'evil.example'") && Catch::Contains("allowed_hosts"));
}

TEST_CASE("peers are remembered within a bound", "[watch]") {
  AccessControl access{{.read_token = "", .requests_per_second = 2}};
  for (int i = 0; i < 5000; ++i)
    access.over_rate({.path = "/", .peer = std::to_string(i)}, start + std::chrono::seconds{i});

  CHECK(access.peers() == AccessControl::max_peers);
}

TEST_CASE("any request gets an answer", "[watch][property]") {
  REQUIRE(rc::check("any request", [](const std::string& path, const std::string& key,
                                      const std::string& value, bool prefixed) {
    ApiFixture api;
    static const char* prefixes[] = {"/api/v1/targets/", "/server/data/pacing/", "/api/v1/"};
    const WebRequest request{
        .path = (prefixed ? prefixes[path.size() % 3] : "/") + path,
        .query = {{key, value}, {"limit", value}, {"channel", value}, {"groups", key}},
        .headers = {{"if-none-match", value}, {"accept-encoding", value}, {"authorization", value}},
        .peer = value};
    const auto reply = api.ask(request);
    if (const auto* answer = std::get_if<WebAnswer>(&reply))
      RC_ASSERT(answer->status >= 200 && answer->status < 600);
  }));
}

}  // namespace paceline::test
