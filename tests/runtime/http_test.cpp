#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "common/runtime/curl_http.h"
#include "common/runtime/http_server.h"
#include "tests/support/catch.h"
#include "tests/support/certificate.h"
#include "tests/support/fetch.h"
#include "tests/support/real_loop.h"

namespace paceline::test {
namespace {

struct Web {
  explicit Web(HttpServer::Options options = {})
      : server{loop, std::move(options), [this](ServerRequest request, Responder respond) {
                 handle(std::move(request), std::move(respond));
               }} {}

  void handle(ServerRequest request, Responder respond) {
    ++requests;
    last = request;
    if (request.path == "/echo")
      return respond.send({.content_type = "text/plain", .body = request.body});
    if (request.path == "/late")
      return void(loop.after(30ms, [respond]() mutable { respond.send({.body = "late"}); }));
    if (request.path == "/never") return held.push_back(respond);
    if (request.path == "/moved")
      return respond.send({.status = 302, .headers = {{"Location", "/echo"}}});
    if (request.path == "/large") return respond.send({.body = std::string(1 << 20, 'x')});
    if (request.path == "/stream") {
      respond.start_stream("text/event-stream");
      for (int i = 0; i < 3; ++i)
        loop.after(i * 10ms, [respond, i]() mutable {
          respond.write("data: " + std::to_string(i) + "\n\n");
          if (i == 2) respond.close();
        });
      return;
    }
    // Anything else: the responder goes away unused.
  }

  Result<HttpAnswer> fetch(HttpRequest request) {
    if (request.url.starts_with("/"))
      request.url = "http://127.0.0.1:" + std::to_string(server.port()) + request.url;
    return test::fetch(loop, http, std::move(request));
  }

  Loop loop;
  Metrics metrics;
  int requests = 0;
  ServerRequest last;
  std::vector<Responder> held;
  HttpServer server;
  CurlHttp http{loop, metrics};
};

}  // namespace

TEST_CASE("who connects and does not say what he wants loses his place", "[runtime]") {
  Web web{{.max_connections = 4, .head_timeout = 1s}};
  std::vector<int> silent;
  for (int i = 0; i < 4; ++i) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(static_cast<std::uint16_t>(web.server.port()));
    inet_pton(AF_INET, "127.0.0.1", &there.sin_addr);
    REQUIRE(connect(fd, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0);
    REQUIRE(write(fd, "GET /", 5) == 5);
    silent.push_back(fd);
  }

  const auto is_closed = [](int fd) {
    char byte = 0;
    return recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
  };
  CHECK(run_until(web.loop, [&] { return std::ranges::all_of(silent, is_closed); }));
  for (const int fd : silent) close(fd);
  const auto heard = web.fetch({.method = "POST", .url = "/echo", .body = "heard"});
  CAPTURE(heard ? "" : heard.error().detail);
  REQUIRE(heard);
  CHECK(heard->body == "heard");
}

TEST_CASE("a request arrives with its parts and the answer with its", "[runtime]") {
  Web web;

  const auto answer = web.fetch({.method = "POST",
                                 .url = "/echo?a=1&b=x%20y",
                                 .headers = {{"X-Word", "w"}},
                                 .body = "hello"});

  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->body == "hello");
  CHECK(answer->header("content-type") == "text/plain");
  CHECK(web.last.method == "POST");
  CHECK(web.last.parameter("b") == "x y");
  CHECK(web.last.header("x-word") == "w");
  CHECK(answer->times.total_ms > 0);
  CHECK(answer->wire_bytes > 150);  // Two bodies of five bytes, and the heads.
  CHECK(answer->wire_bytes < 1500);
}

TEST_CASE("an answer may come later and one that nobody gives is 503", "[runtime]") {
  Web web;

  CHECK(web.fetch({.url = "/late"})->body == "late");
  CHECK(web.fetch({.url = "/unknown"})->status == 503);
}

TEST_CASE("a stream arrives piece by piece until it is closed", "[runtime]") {
  Web web;

  CHECK(web.fetch({.url = "/stream"})->body == "data: 0\n\ndata: 1\n\ndata: 2\n\n");
}

TEST_CASE("redirects are answers and never followed", "[runtime]") {
  Web web;

  CHECK(web.fetch({.url = "/moved"})->status == 302);
  CHECK(web.requests == 1);
}

TEST_CASE("what is for this machine goes through no proxy, in clear or not at all", "[runtime]") {
  Web web;
  Web proxy;
  const auto by_proxy = [&](std::string url) {
    return HttpRequest{.url = std::move(url),
                       .timeout = 5s,
                       .proxy = "http://127.0.0.1:" + std::to_string(proxy.server.port())};
  };

  CHECK(web.fetch(by_proxy("/echo"))->status == 200);
  CHECK(proxy.requests == 0);

  CHECK(proxy.fetch(by_proxy("http://elsewhere.invalid/")));
  CHECK(proxy.requests == 1);
}

TEST_CASE("a proxy that cannot be reached is told as the proxy, and not as what lies behind it",
          "[runtime]") {
  Web web;

  const auto gone =
      web.fetch({.url = "http://elsewhere.invalid/", .timeout = 5s, .proxy = "http://127.0.0.1:1"});
  REQUIRE_FALSE(gone);
  CHECK(gone.error().detail ==
        "http://elsewhere.invalid/: proxy 127.0.0.1 port 1: Connection refused");
}

TEST_CASE("bounds hold on both sides", "[runtime]") {
  Web web{{.max_body_bytes = 1000}};

  CHECK(web.fetch({.method = "POST", .url = "/echo", .body = std::string(1001, 'x')})->status ==
        413);
  const auto answer = web.fetch({.url = "/large", .max_answer_bytes = 1000});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::too_large);
}

TEST_CASE("no answer in time and nobody listening are unavailable", "[runtime]") {
  Web web;

  const auto late = web.fetch({.url = "/never", .timeout = 50ms});
  const auto nobody = web.fetch({.url = "http://127.0.0.1:1/"});

  REQUIRE_FALSE(late);
  CHECK(late.error().code == Errc::unavailable);
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().code == Errc::unavailable);
  CHECK(run_until(web.loop, [&] { return !web.held[0].alive(); }));
}

TEST_CASE("a port that is taken is refused", "[runtime]") {
  Web web;

  CHECK_THROWS_AS(
      HttpServer(web.loop, {.port = web.server.port()}, [](ServerRequest, Responder) {}),
      std::system_error);
}

TEST_CASE("a cancelled request is never told", "[runtime]") {
  Web web;
  bool told = false;
  const auto call =
      web.http.send({.url = "http://127.0.0.1:" + std::to_string(web.server.port()) + "/late"},
                    [&](Result<HttpAnswer>) { told = true; });

  web.http.cancel(call);
  (void)web.fetch({.url = "/late"});

  CHECK_FALSE(told);
}

TEST_CASE("TLS is spoken with those we trust and with nobody else", "[runtime]") {
  const Certificate certificate = good_certificate();
  Web web{{.certificate_pem = certificate.certificate, .key_pem = certificate.key}};
  const std::string port = std::to_string(web.server.port());

  const auto good =
      web.fetch({.url = "https://127.0.0.1:" + port + "/late", .ca_file = certificate.file});
  const auto unknown = web.fetch({.url = "https://127.0.0.1:" + port + "/late"});
  const auto misnamed =
      web.fetch({.url = "https://localhost:" + port + "/late", .ca_file = certificate.file});

  CAPTURE(good ? "" : good.error().detail);
  REQUIRE(good);
  CHECK(good->body == "late");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == Errc::refused);
  REQUIRE_FALSE(misnamed);
  CHECK(misnamed.error().code == Errc::refused);
  CHECK(web.requests == 1);
}

TEST_CASE("a server that ends with requests open tells nobody and leaks nothing", "[runtime]") {
  Loop loop;
  Metrics metrics;
  std::vector<Responder> held;
  CurlHttp http{loop, metrics};
  bool done = false;
  {
    HttpServer server{loop, {}, [&](ServerRequest, Responder respond) { held.push_back(respond); }};
    http.send({.url = "http://127.0.0.1:" + std::to_string(server.port()) + "/"},
              [&](Result<HttpAnswer>) { done = true; });
    REQUIRE(run_until(loop, [&] { return !held.empty(); }));
  }

  held[0].send({.body = "too late"});

  CHECK_FALSE(held[0].alive());
  CHECK(run_until(loop, [&] { return done; }));
}

}  // namespace paceline::test
