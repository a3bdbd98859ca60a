// What becomes of connections that die, that their server gives up, or that lead elsewhere.
#include <stdlib.h>

#include <filesystem>
#include <sstream>

#include "common/runtime/curl_http.h"
#include "common/runtime/http_server.h"
#include "tests/support/catch.h"
#include "tests/support/certificate.h"
#include "tests/support/fetch.h"
#include "tests/support/name_server.h"
#include "tests/support/real_loop.h"
#include "tests/support/tcp_peer.h"

namespace paceline::test {
namespace {

constexpr std::string_view good = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood";

bool is_whole(std::string_view request) {
  return request.find("\r\n\r\n") != request.npos;
}

struct Web {
  Result<HttpAnswer> fetch(HttpRequest request) {
    return test::fetch(loop, http, std::move(request));
  }
  Result<HttpAnswer> fetch(int port, Duration timeout = 60s) {
    return fetch({.url = "http://127.0.0.1:" + std::to_string(port) + "/", .timeout = timeout});
  }

  Loop loop;
  Metrics metrics;
  NameServer names{loop};
  CurlHttp http{loop, metrics, {.servers = names.where()}};
};

}  // namespace

TEST_CASE("a connection is used again, and who closes it while idle costs no request",
          "[runtime]") {
  Web web;
  int requests = 0;
  TcpPeer* self = nullptr;
  TcpPeer peer{web.loop, "127.0.0.1", 0, [&](int connection, std::string_view bytes) {
                 if (!is_whole(bytes)) return;
                 self->send(connection, good);
                 if (++requests == 2) self->close_connection(connection);
               }};
  self = &peer;

  for (int i = 0; i < 4; ++i) {
    const auto answer = web.fetch(peer.port());
    CAPTURE(i, answer ? "" : answer.error().detail);
    REQUIRE(answer);
    CHECK(answer->body == "good");
    CHECK((answer->times.connect_ms > 0) == (i == 0 || i == 2));  // 0 = the connection was there.
  }
  CHECK(peer.connections() == 2);
}

TEST_CASE("a server that closes instead of answering on a connection it kept is asked once more",
          "[runtime]") {
  Web web;
  TcpPeer* self = nullptr;
  int requests = 0;
  TcpPeer peer{web.loop, "127.0.0.1", 0, [&](int connection, std::string_view) {
                 if (++requests == 2) return self->close_connection(connection);
                 self->send(connection, good);
               }};
  self = &peer;

  CHECK(web.fetch(peer.port()));
  CHECK(web.fetch(peer.port()));
  CHECK(peer.connections() == 2);
  CHECK(requests == 3);
}

TEST_CASE("a server that always closes instead of answering ends the request, not the process",
          "[runtime]") {
  Web web;
  TcpPeer* self = nullptr;
  int requests = 0;
  TcpPeer peer{web.loop, "127.0.0.1", 0, [&](int connection, std::string_view) {
                 ++requests;
                 self->close_connection(connection);
               }};
  self = &peer;

  const auto answer = web.fetch(peer.port());

  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::unavailable);
  CHECK(requests <= 3);
}

TEST_CASE("408 on a connection that was kept is its idle timeout, on a new one it is an answer",
          "[runtime]") {
  Web web;
  TcpPeer* self = nullptr;
  int requests = 0;
  const std::string late = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n";
  bool always = false;
  TcpPeer peer{web.loop, "127.0.0.1", 0, [&](int connection, std::string_view) {
                 self->send(connection, ++requests == 2 || always ? late : good);
               }};
  self = &peer;

  CHECK(web.fetch(peer.port())->status == 200);
  CHECK(web.fetch(peer.port())->status == 200);
  CHECK(requests == 3);

  always = true;
  CHECK(web.fetch(peer.port())->status == 408);
}

TEST_CASE("an answer that nobody asked for is nobody's answer", "[runtime]") {
  Web web;
  TcpPeer* self = nullptr;
  int requests = 0;
  TcpPeer peer{web.loop, "127.0.0.1", 0, [&](int connection, std::string_view) {
                 const std::string body = std::to_string(++requests);
                 self->send(connection, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + body);
                 if (requests == 2)
                   self->send(connection, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
               }};
  self = &peer;

  for (int i = 1; i <= 4; ++i) {
    CHECK(web.fetch(peer.port())->body == std::to_string(i));
    bool is_later = false;  // Whoever asks again does so in another turn of the loop.
    web.loop.after(1ms, [&] { is_later = true; });
    REQUIRE(run_until(web.loop, [&] { return is_later; }));
  }
  CHECK(peer.connections() == 2);
}

TEST_CASE("after a timeout on a connection the next request opens a fresh one", "[runtime]") {
  Web web;
  TcpPeer* self = nullptr;
  TcpPeer peer{web.loop, "127.0.0.1", 0, [&, first = 0](int connection, std::string_view) mutable {
                 // A firewall forgot the first connection after its first answer.
                 if (connection > 1 || ++first == 1) self->send(connection, good);
               }};
  self = &peer;
  REQUIRE(web.fetch(peer.port()));

  const auto lost = web.fetch(peer.port(), 200ms);
  const auto next = web.fetch(peer.port());

  REQUIRE_FALSE(lost);
  CHECK(lost.error().code == Errc::unavailable);
  REQUIRE(next);
  CHECK(peer.connections() == 2);
}

TEST_CASE("a head that is too large is told as such", "[runtime]") {
  Web web;
  TcpPeer* self = nullptr;
  TcpPeer peer{web.loop, "127.0.0.1", 0, [&](int connection, std::string_view) {
                 self->send(connection,
                            "HTTP/1.1 200 OK\r\nX: " + std::string(90'000, 'x') + "\r\n\r\n");
               }};
  self = &peer;

  const auto answer = web.fetch(peer.port());

  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::too_large);
  CHECK(answer.error().detail.ends_with("an answer whose head is over 65536 bytes"));
}

TEST_CASE("names are looked up without curl, of servers and of proxies", "[runtime]") {
  Web web;
  std::string heard;
  TcpPeer* self = nullptr;
  TcpPeer peer{web.loop, "127.0.0.1", 0, [&](int connection, std::string_view bytes) {
                 heard = bytes;
                 self->send(connection, good);
               }};
  self = &peer;
  const std::string port = std::to_string(peer.port());
  web.names.addresses["server.test"] = {"127.0.0.1"};
  web.names.addresses["proxy.test"] = {"127.0.0.1"};

  REQUIRE(web.fetch({.url = "http://server.test:" + port + "/x", .timeout = 60s}));
  CHECK(heard.starts_with("GET /x HTTP/1.1\r\nHost: server.test:" + port));
  setenv("no_proxy", "*", 1);
  REQUIRE(web.fetch({.url = "http://beyond.test/x",
                     .timeout = 60s,
                     .proxy = "http://user:secret@proxy.test:" + port}));
  unsetenv("no_proxy");
  CHECK(heard.starts_with("GET http://beyond.test/x HTTP/1.1\r\n"));
  const auto unknown = web.fetch({.url = "http://unknown.test/", .timeout = 60s});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().detail == "http://unknown.test/: unknown.test: no such name");
}

TEST_CASE("a request that waits for a silent name server ends in its own time or when cancelled",
          "[runtime]") {
  Web web;
  web.names.is_silent = true;
  bool told = false;

  const auto call = web.http.send({.url = "http://silent.test/", .timeout = 60s},
                                  [&](const Result<HttpAnswer>&) { told = true; });
  const auto late = web.fetch({.url = "http://silent.test/", .timeout = 200ms});
  web.http.cancel(call);

  REQUIRE_FALSE(late);
  CHECK(late.error().code == Errc::unavailable);
  CHECK(late.error().detail.find("silent.test: the name servers gave no answer within") !=
        std::string::npos);
  CHECK_FALSE(told);
}

// Run by http2-that-gives-up, which is the servers.
TEST_CASE("an HTTP/2 server that gives a kept connection up is asked once more, on a new one",
          "[runtime][.http2]") {
  const char* ports = getenv("TEST_PORTS");
  REQUIRE(ports != nullptr);
  std::istringstream all{ports};
  for (std::string port; all >> port;) {
    CAPTURE(port);
    Web web;
    for (int i = 0; i < 3; ++i) {
      const auto answer = web.fetch({.method = "POST",
                                     .url = "https://127.0.0.1:" + port + "/",
                                     .body = "publication",
                                     .timeout = 60s,
                                     .ca_file = getenv("TEST_CA")});
      CAPTURE(i, answer ? "" : answer.error().detail);
      REQUIRE(answer);
      CHECK(answer->status == 200);
      CHECK(answer->http_version == 2);
      CHECK((answer->times.connect_ms > 0) == (i != 2));  // 0 = the connection was there.
    }
  }
}

// Run by foreign-authority, which gives the test a folder of authorities of its own.
TEST_CASE("a file of authorities replaces those of the system", "[runtime][.authorities]") {
  const std::filesystem::path system = "/etc/ssl/certs";
  REQUIRE(std::filesystem::is_empty(system));
  Web web;
  const Certificate foreign = make_certificate("IP:127.0.0.1", 30);
  const Certificate other = make_certificate("DNS:other.test", 30);
  HttpServer server{web.loop,
                    {.certificate_pem = foreign.certificate, .key_pem = foreign.key},
                    [](ServerRequest, Responder respond) { respond.send({.body = "good"}); }};
  const std::string url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
  std::filesystem::copy_file(foreign.file, system / "ca-certificates.crt");  // Curl's file here ...
  const std::string into_folder = "cp " + foreign.file + " " + system.string() +
                                  "/$(openssl x509 -hash -noout -in " + foreign.file + ").0";
  REQUIRE(std::system(into_folder.c_str()) == 0);  // ... and its folder.

  const auto by_system = web.fetch({.url = url, .timeout = 60s});
  const auto by_file = web.fetch({.url = url, .timeout = 60s, .ca_file = other.file});

  CHECK(by_system);
  REQUIRE_FALSE(by_file);
  CHECK(by_file.error().code == Errc::refused);
}

}  // namespace paceline::test
