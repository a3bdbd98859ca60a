// The HTTP server before clients that are slow, many, or speak ambiguously.
#include "common/runtime/http_server.h"

#include <algorithm>
#include <memory>

#include "common/runtime/curl_http.h"
#include "tests/support/catch.h"
#include "tests/support/certificate.h"
#include "tests/support/fetch.h"
#include "tests/support/raw_client.h"
#include "tests/support/real_loop.h"

namespace paceline::test {
namespace {

struct Site {
  explicit Site(HttpServer::Options options = {})
      : server{loop, std::move(options), [this](ServerRequest request, Responder respond) {
                 seen.push_back(request);
                 if (request.path == "/late") return late.push_back(respond);
                 if (request.path == "/stream") {
                   respond.start_stream("text/event-stream");
                   return late.push_back(respond);
                 }
                 if (request.path == "/huge")
                   return respond.send({.body = std::string(16u << 20, 'x')});
                 respond.send({.content_type = "text/plain", .body = "heard " + request.path});
               }} {}

  RawClient& client() { return *clients.emplace_back(std::make_unique<RawClient>(server.port())); }

  RawClient& client(std::string_view says) {
    auto& one = client();
    REQUIRE(run_until(loop, [&] { return (says = one.say(says)).empty(); }));
    return one;
  }

  bool until_end(RawClient& one) {
    return run_until(loop, [&] { return !one.listen(); });
  }

  /// What is said to these bytes, and whether the connection then ends.
  std::string answer(std::string_view bytes) {
    auto& one = client(bytes);
    REQUIRE(until_end(one));
    return one.heard;
  }

  Result<HttpAnswer> fetch(const std::string& url) {
    HttpRequest request;
    request.url =
        url.starts_with("http") ? url : "http://127.0.0.1:" + std::to_string(server.port()) + url;
    return test::fetch(loop, http, std::move(request));
  }

  Loop loop;
  Metrics metrics;
  std::vector<ServerRequest> seen;
  std::vector<Responder> late;
  std::vector<std::unique_ptr<RawClient>> clients;
  HttpServer server;
  CurlHttp http{loop, metrics};
};

}  // namespace

TEST_CASE("three hundred that never finish a request do not keep a probe out", "[runtime]") {
  const bool share_is_small = GENERATE(true, false);
  Site site{{.max_of_address = share_is_small ? 64u : 256u}};
  for (int i = 0; i < 300; ++i) site.client(i % 2 ? "GET / HTTP/1.1\r\nHost: x\r\n" : "");
  const auto answer = site.fetch("/healthz");

  REQUIRE(answer);
  CHECK(answer->body == "heard /healthz");
  CHECK(site.server.connections() <= (share_is_small ? 64u : 256u));
  CHECK(site.server.counts().gave_way >= 300u - 256u);
  CHECK(site.server.counts().turned_away == 0);
}

TEST_CASE("who does not take his answer gives way to who comes", "[runtime]") {
  Site site{{.max_connections = 2}};
  for (int i = 0; i < 2; ++i) site.client("GET /huge HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(run_until(site.loop, [&] { return site.seen.size() == 2; }));

  CHECK(site.fetch("/healthz")->body == "heard /healthz");
}

TEST_CASE("who waits for the server keeps his place, and who comes is told 503", "[runtime]") {
  Site site{{.max_connections = 2}};
  site.client("GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
  site.client("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(run_until(site.loop, [&] { return site.late.size() == 2; }));

  const auto refused = site.answer("");
  CHECK(refused.starts_with("HTTP/1.1 503 "));
  CHECK(refused.find("Retry-After: 1\r\n") != refused.npos);
  CHECK(site.server.counts().turned_away == 1);

  site.late[0].send({.body = "at last"});
  REQUIRE(run_until(site.loop, [&] {
    site.clients[0]->listen();
    return site.clients[0]->heard.ends_with("at last");
  }));
  CHECK(site.fetch("/healthz"));  // The first one is idle now.
}

TEST_CASE("a byte now and then does not lengthen the time for a head", "[runtime]") {
  Site site{{.head_timeout = 1s}};
  auto& slow = site.client();
  std::size_t said = 0;
  const std::string head = "GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x');
  const auto ticks = site.loop.every(100ms, [&] { slow.say(head.substr(said++, 1)); });

  CHECK(site.until_end(slow));
  site.loop.cancel(ticks);
  CHECK(said < head.size());
  CHECK(site.server.counts().late == 1);
  CHECK(site.seen.empty());
  CHECK(run_until(site.loop, [&] { return site.server.connections() == 0; }));
}

TEST_CASE("a byte now and then does not lengthen the time for a body", "[runtime]") {
  Site site{{.request_timeout = 1s}};
  auto& slow = site.client("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
  const auto ticks = site.loop.every(100ms, [&] { slow.say("x"); });

  CHECK(site.until_end(slow));
  site.loop.cancel(ticks);
  CHECK(site.server.counts().late == 1);
  CHECK(site.seen.empty());
}

TEST_CASE("after an answer the next request has its time, and then the connection ends",
          "[runtime]") {
  Site site{{.head_timeout = 1s, .idle_timeout = 2s}};
  auto& client = site.client("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(run_until(site.loop, [&] {
    client.listen();
    return client.heard.ends_with("heard /1");
  }));
  client.say("GET /2 HTTP/1.1\r\nHost: x\r\n\r\nGET /3 HTTP/1.1\r\nHost: x\r\n\r\n");

  CHECK(site.until_end(client));
  CHECK(client.heard.ends_with("heard /3"));
  CHECK(site.seen.size() == 3);
  CHECK(site.server.counts().late == 1);
}

TEST_CASE("a request that can be read in two ways is refused at once and ends its connection",
          "[runtime]") {
  Site site;
  const std::string end = " HTTP/1.1\r\nHost: x\r\n\r\n";
  std::string many = "GET /?a=1";
  for (int i = 0; i < 450; ++i) many += "&a=1";
  std::string empty = "GET /?";
  for (int i = 0; i < 5'000; ++i) empty += "&a";
  std::string fields = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 150; ++i) fields += "X: y\r\n";
  const std::string get = "GET / HTTP/1.1\r\nHost: x\r\n";
  const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";
  const auto zero = [](std::string text) {
    std::ranges::replace(text, '@', '\0');
    return text;
  };
  for (const auto& bytes :
       {many + end,
        empty + end,
        "GET /a%00b" + end,
        "GET /?a=%00" + end,
        "GET /%zz" + end,
        "GET a" + end,
        "CONNECT x:1" + end,
        "GET http://u@x/" + end,
        post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        post + "Content-Length : 5\r\n\r\nhello",
        post + "Content-Length: 5, 5\r\n\r\nhello",
        "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + std::string{},
        get + "Host: y\r\n\r\n",
        get + "X: a\r\n b\r\n\r\n",
        get + "X: a\rb\r\n\r\n",
        get + "X: a\r\n b\r\nY: c\r\n\r\n",
        zero(get + "X: a@b\r\n\r\n"),
        zero(get + "X: a@b\r\nY: c\r\n\r\n"),
        zero("GET /a@b HTTP/1.1\r\nHost: x\r\n\r\n"),
        "GET / HTTP/1.1\r\n\r\n" + std::string{}}) {
    CAPTURE(bytes.substr(0, 100));
    const auto said = site.answer(bytes);
    CHECK(said.substr(0, 13) == "HTTP/1.1 400 ");
  }
  CHECK(site.answer(post + "Transfer-Encoding: gzip\r\n\r\n").starts_with("HTTP/1.1 501 "));
  CHECK(site.answer(fields + "\r\n").starts_with("HTTP/1.1 431 "));
  CHECK(site.answer("GET /" + std::string(100'000, 'a') + end).starts_with("HTTP/1.1 414 "));
  CHECK(site.seen.empty());
  CHECK(site.fetch("/healthz"));
}

TEST_CASE("a refusal says why, in the form that its owner wants", "[runtime]") {
  Site site{{.refuse = [](int status, std::string_view why) {
    return ServerAnswer{
        .status = status, .content_type = "x/y", .body = "<" + std::string{why} + ">"};
  }}};

  const auto said = site.answer("GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n");

  CHECK(said.find("Content-Type: x/y\r\n") != said.npos);
  CHECK(said.find("Connection: close\r\n") != said.npos);
  CHECK(said.ends_with("<the address has a zero byte (%00)>"));
  CHECK(site.server.counts().refused == 1);
}

TEST_CASE("what is only unusual is answered", "[runtime]") {
  Site site;

  CHECK(site.answer("GET http://other:1/a?b=c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .ends_with("heard /a"));
  CHECK(site.seen.back().header("host") == "other:1");
  CHECK(site.seen.back().parameter("b") == "c");
  CHECK(site.answer("GET /old HTTP/1.0\r\n\r\n").ends_with("heard /old"));
  CHECK(site.answer("GET /lf HTTP/1.1\nHost: \t x \nConnection: close\n\n").ends_with("heard /lf"));
  CHECK(site.seen.back().header("host") == "x");
  CHECK(site.answer("GET /none HTTP/1.1\r\nHost:\r\nX:\r\nConnection: close\r\n\r\n")
            .ends_with("heard /none"));
  CHECK(site.answer("POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                    "Connection: close\r\n\r\n3\r\nabc\r\n0\r\nTrailer: x\r\n\r\n")
            .ends_with("heard /body"));
  CHECK(site.seen.back().body == "abc");
}

TEST_CASE("a large head that comes in pieces is plain", "[runtime]") {
  Site site;
  std::string head = "GET /?q=" + std::string(2'000, 'q') + " HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 60; ++i)
    head += "X-" + std::to_string(i) + ": " + std::string(200, 'v') + "\r\n";
  head += "Cookie: a=b; c=d\r\nConnection: close\r\n\r\n";
  auto& client = site.client();
  for (std::size_t at = 0; at < head.size(); at += 700) {
    std::string_view piece = std::string_view{head}.substr(at, 700);
    REQUIRE(run_until(site.loop, [&] { return (piece = client.say(piece)).empty(); }));
    site.loop.run_once(1ms);
  }

  CHECK(site.until_end(client));
  CHECK(client.heard.ends_with("heard /"));
  CHECK(site.seen.back().headers.size() == 63);
  CHECK(site.seen.back().parameter("q").size() == 2'000);
}

TEST_CASE("a TLS handshake that does not go on takes no turns of the loop", "[runtime]") {
  const Certificate certificate = good_certificate();
  Site site{{.certificate_pem = certificate.certificate, .key_pem = certificate.key}};
  for (int i = 0; i < 3; ++i)
    site.client({"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11});  // Of 517 bytes.
  REQUIRE(run_until(site.loop, [&] { return site.server.connections() == 3; }));

  int turns = 0;
  bool over = false;
  site.loop.after(1s, [&] { over = true; });
  for (; !over; ++turns) site.loop.run_once(1s);

  CHECK(turns < 1000);  // It would be tens of thousands.
  const auto huge =
      test::fetch(site.loop, site.http,
                  {.url = "https://127.0.0.1:" + std::to_string(site.server.port()) + "/huge",
                   .ca_file = certificate.file,
                   .max_answer_bytes = 32u << 20});
  REQUIRE(huge);
  CHECK(huge->body == std::string(16u << 20, 'x'));
}

TEST_CASE("a server that ends while requests wait for it, and others have just come, ends them all",
          "[runtime]") {
  std::unique_ptr<RawClient> just_come;
  {
    Site site;
    site.client("GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(run_until(site.loop, [&] { return site.late.size() == 1; }));
    just_come = std::make_unique<RawClient>(site.server.port());
    REQUIRE(run_until(site.loop, [&] { return site.server.connections() == 2; }));
    CHECK(just_come->say("GET /late HTTP/1.1\r\nHost: x\r\n\r\n").empty());
  }
  CHECK_FALSE(just_come->listen());
  CHECK(just_come->heard.empty());
}

TEST_CASE("the server listens on IPv6 too", "[runtime]") {
  Site site{{.address = "::1"}};

  CHECK(site.fetch("http://[::1]:" + std::to_string(site.server.port()) + "/six")->body ==
        "heard /six");
  CHECK(site.seen.back().peer == "::1");
  CHECK_THROWS_WITH(
      HttpServer(site.loop, {.address = "localhost"}, [](ServerRequest, Responder) {}),
      Catch::Contains("not an IPv4 or IPv6 address"));
}

}  // namespace paceline::test
