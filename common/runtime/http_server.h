// A small HTTP(S) server in the process's own loop, by libmicrohttpd: no threads, no locks.
//
// A request that two readers could understand differently is refused (http_head.h). A connection has a
// time for each of its steps and takes a place of a bounded number; while they are taken, who makes the
// server wait gives way to who comes (http_places.h).
//
//   HttpServer server{loop, {.address = "127.0.0.1", .port = 8080},
//                     [](ServerRequest request, Responder respond) {
//                       respond.send({.status = 200, .body = "..."});  // Now; or keep `respond`.
//                     }};
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/ports/http.h"
#include "common/runtime/loop.h"

namespace paceline {

struct ServerRequest {
  std::string method;
  std::string path;  // Decoded, without the query; of `GET http://HOST/path` too.
  std::multimap<std::string, std::string> query;
  HttpHeaders headers;  // Names in lower case. `host` is the one that counts.
  std::string body;     // As received; still compressed if Content-Encoding says so.
  std::string peer;     // "127.0.0.1"

  std::string_view header(std::string_view name) const;
  /// The first value of a query parameter, or "".
  std::string_view parameter(std::string_view name) const;
};

struct ServerAnswer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  HttpHeaders headers;
};

/// The one answer to one request. May be kept and used later (long polling); copies share the
/// request. When the last copy goes away unused, the answer is 503.
class Responder {
 public:
  void send(ServerAnswer answer);

  /// Starts an answer without an end (server-sent events): write() adds to it until close(), or
  /// until the peer goes.
  void start_stream(std::string content_type, HttpHeaders headers = {});
  /// False once the peer is gone or more than `max_pending` bytes wait: then the stream is closed.
  bool write(std::string_view bytes, std::size_t max_pending = 4u << 20);
  void close();
  /// Ends a stream as a connection does that breaks: what was written goes out, then a hang-up.
  void break_off();

  /// False once the peer is gone.
  bool alive() const;

 private:
  friend class HttpServer;
  struct Exchange;
  explicit Responder(const std::shared_ptr<Exchange>& exchange);
  static void answer(Exchange& exchange, ServerAnswer answer);
  std::shared_ptr<Exchange> exchange_;
};

class HttpServer {
 public:
  struct Options {
    std::string address = "127.0.0.1";
    int port = 0;                 // 0 = any free one, see port().
    std::string certificate_pem;  // With key_pem: HTTPS.
    std::string key_pem;
    std::size_t max_body_bytes = 64u << 20;  // A larger request is answered 413.
    unsigned max_connections = 256;
    unsigned max_of_address = 256;    // Connections of one address; this host counts as one.
    unsigned kept_for_loopback = 16;  // Of max_connections; at most half of them count.
    // [>= 1s] From accepting until the first request's head is there.
    Duration head_timeout = 10s;
    // [>= 1s] For the rest of a request, and then for taking the answer; a second more for each 16 KiB.
    Duration request_timeout = 30s;
    Duration idle_timeout = 120s;  // [>= 1s] From an answer until the next request's head is there.
    // How a request is refused that never gets to the handler; as plain text unless set.
    std::function<ServerAnswer(int status, std::string_view why)> refuse{};
  };
  /// Since the start.
  struct Counts {
    std::uint64_t accepted = 0;     // Connections.
    std::uint64_t gave_way = 0;     // Ended for others, while they made the server wait.
    std::uint64_t turned_away = 0;  // Not taken: all that have a place use it.
    std::uint64_t late = 0;         // Ended because their time was over.
    std::uint64_t refused = 0;      // Requests that never got to the handler.
  };
  using Handle = std::function<void(ServerRequest request, Responder respond)>;

  /// Throws std::system_error if the port cannot be bound.
  HttpServer(Loop& loop, Options options, Handle handle);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const;
  const Counts& counts() const;
  std::size_t connections() const;

 private:
  friend class Responder;
  struct Daemon;
  std::unique_ptr<Daemon> daemon_;
};

}  // namespace paceline
