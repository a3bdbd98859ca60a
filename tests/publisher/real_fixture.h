// A publisher with real sockets around it: an HTTPS endpoint and token service that misbehave on
// demand, servers that break off, a proxy, and certificates good and bad. Everything in one loop.
//
//   RealFixture fixture{good_certificate()};
//   fixture.endpoint.behave = answering({.status = 503});
//   fixture.start();
//   CHECK(fixture.until_outcome(PublicationOutcome::throttled));
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdlib>
#include <ctime>

#include "common/base/hash.h"
#include "common/runtime/curl_http.h"
#include "common/runtime/http_server.h"
#include "common/runtime/system_clock.h"
#include "common/runtime/system_random.h"
#include "common/wire/codec.h"
#include "services/publisher/service.h"
#include "tests/support/catch.h"
#include "tests/support/certificate.h"
#include "tests/support/tcp_peer.h"

namespace paceline::test {
using namespace publisher;

// A bus with the test at its other end.
class TestBus final : public Bus {
 public:
  void publish(std::string_view channel, Payload bytes, int) override {
    if (channel == "publication") reports.push_back(*decode<PublicationReport>(bytes));
  }
  void subscribe(std::string_view channel, Deliver deliver, int) override {
    subscribers[std::string{channel}] = std::move(deliver);
  }
  void ask(const Address&, Payload, Duration, Reply) override {}
  void answer(Answer) override {}

  std::map<std::string, Deliver> subscribers;
  std::vector<PublicationReport> reports;
};

class TestLog final : public Log {
 public:
  void write(LogLevel level, std::string_view event, std::span<const LogField> fields) override {
    events.emplace_back(event);
    lines += format_log_line({}, level, "a/publisher/0", event, fields) + "\n";
  }
  void set_level(LogLevel) override {}

  std::vector<std::string> events;
  std::string lines;  // As an operator would read them.
};

inline std::string unpacked(const std::string& packed) {
  std::string out(1u << 20, '\0');
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

inline std::string unpacked_zstd(const std::string& packed) {
  std::string out(1u << 20, '\0');
  const auto size = ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size());
  REQUIRE(ZSTD_isError(size) == 0);
  out.resize(size);
  return out;
}

// An engagement endpoint and token service over HTTPS that misbehaves on demand.
class Endpoint {
 public:
  using Behave = std::function<void(const PublicationRequest& request, Responder respond)>;

  Endpoint(Loop& loop, const Certificate& certificate)
      : server{loop,
               {.certificate_pem = certificate.certificate, .key_pem = certificate.key},
               [this](ServerRequest request, Responder respond) {
                 handle(request, std::move(respond));
               }} {}

  std::string url() const { return "https://127.0.0.1:" + std::to_string(server.port()) + "/"; }

  static void accept(const PublicationRequest& request, Responder respond) {
    accept_with(request, std::move(respond), {});
  }
  static void accept_with(const PublicationRequest& request, Responder respond,
                          HttpHeaders headers) {
    std::string body;
    encode_publication_answer({.term = request.term,
                               .sequence = request.sequence,
                               .accepted = request.targets.size(),
                               .epoch = "e",
                               .rejected = {},
                               .feedback = {}},
                              body);
    respond.send({.body = body, .headers = std::move(headers)});
  }

  Behave behave = accept;
  std::function<void(Responder)> give_token = [this](Responder respond) {
    respond.send({.body = R"({"access_token":"t)" + std::to_string(tokens) +
                          R"(","token_type":"bearer","expires_in":600})"});
  };
  int tokens = 0;
  int requests = 0;
  std::vector<PublicationRequest> received;
  std::vector<Instant> received_at;
  std::vector<std::string> encodings;
  std::string authorization;  // Of the last token request.

 private:
  void handle(const ServerRequest& request, Responder respond) {
    ++requests;
    if (request.path == "/oauth/token") {
      ++tokens;
      authorization = request.header("authorization");
      return give_token(std::move(respond));
    }
    if (request.method != "POST") return respond.send({.status = 405});
    encodings.emplace_back(request.header("content-encoding"));
    const auto publication =
        decode_publication(encodings.back() == "gzip"   ? unpacked(request.body)
                           : encodings.back() == "zstd" ? unpacked_zstd(request.body)
                                                        : request.body);
    REQUIRE(publication);
    received.push_back(*publication);
    received_at.push_back(SystemClock{}.now());
    behave(*publication, std::move(respond));
  }

  HttpServer server;
};

// Says fixed bytes to whoever connects and speaks, then hangs up: by reset, or in good order.
class RawServer {
 public:
  RawServer(Loop& loop, std::string bytes, bool reset)
      : peer_{loop, "127.0.0.1", 0,
              [this, bytes = std::move(bytes), reset](int connection, std::string_view) {
                REQUIRE(peer_.send(connection, bytes));
                peer_.close_connection(connection, reset);
              }} {}
  std::string url() const { return "http://127.0.0.1:" + std::to_string(peer_.port()) + "/"; }

 private:
  TcpPeer peer_;
};

// An HTTP proxy: CONNECT, then bytes both ways.
class ConnectProxy {
 public:
  explicit ConnectProxy(Loop& loop) : loop_{loop} {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(listener_, 8) == 0);
    REQUIRE(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    loop_.watch_fd(listener_, true, false, [this] {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd >= 0) join(fd, -1);
    });
  }
  ~ConnectProxy() {
    loop_.forget_fd(listener_);
    close(listener_);
    while (!other_.empty()) part(other_.begin()->first);
  }
  std::string url() const { return "http://u:p@127.0.0.1:" + std::to_string(port_); }

  std::vector<std::string> asked;  // What came before the tunnel.

 private:
  void join(int fd, int other) {
    other_[fd] = other;
    loop_.watch_fd(fd, true, false, [this, fd] { on_bytes(fd); });
  }
  void part(int fd) {
    const int other = other_[fd];
    for (const int one : {fd, other}) {
      if (one < 0 || other_.erase(one) == 0) continue;
      loop_.forget_fd(one);
      close(one);
    }
  }
  void on_bytes(int fd) {
    char buffer[65536];
    const auto got = read(fd, buffer, sizeof buffer);
    if (got <= 0) return part(fd);
    const std::string bytes(buffer, static_cast<std::size_t>(got));
    if (other_[fd] >= 0) return say(other_[fd], bytes);
    asked.push_back(bytes);
    const auto colon = bytes.find(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(bytes.substr(colon + 1))));
    const int there = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(connect(there, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(fcntl(there, F_SETFL, O_NONBLOCK) == 0);
    other_[fd] = there;
    join(there, fd);
    say(fd, "HTTP/1.1 200 Connection established\r\n\r\n");
  }
  static void say(int fd, const std::string& bytes) {
    REQUIRE(write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }

  Loop& loop_;
  int listener_ = -1;
  int port_ = 0;
  std::map<int, int> other_;
};

struct RealFixture {
  explicit RealFixture(const Certificate& certificate, std::string ca_file = "")
      : endpoint{loop, certificate} {
    config.cluster = "c";
    config.node = "a";
    config.base_auth_url = endpoint.url() + "oauth/token";
    config.base_service_url = endpoint.url() + "api/";
    config.client_id = "paceline";
    config.client_secret = "s";
    config.ca_file = ca_file.empty() ? certificate.file : ca_file;
    config.boot = "boot";
    config.refresh_period = 1s;
    config.report_period = 100ms;
    for (int i = 0; i < 40; ++i) config.ids.push_back("target-" + std::to_string(i));
    config.channels.assign(config.ids.size(), "chat");
    config.shards.assign(config.ids.size(), 0);
  }

  void start() {
    publisher = std::make_unique<Publisher>(config, world, http);
    StateFrame<TargetPace> frame;
    frame.header = {
        .sender = "a/pacer/0", .incarnation = 1, .sequence = 1, .keyframe = true, .dictionary = 1};
    frame.ids = config.ids;
    for (std::uint32_t i = 0; i < frame.ids.size(); ++i) frame.indices.push_back(i);
    TargetPace row;
    row.state = PaceState::ok;
    row.reason = PaceReason::granted;
    row.proactive = 1;
    frame.rows.assign(frame.ids.size(), row);
    bus.subscribers["pace"]({"a", "pacer", 0}, encode(frame));
    grant(1);
  }

  void grant(std::uint64_t term) {
    Grant message;
    message.node = "a";
    message.incarnation = 1;
    message.sequence = ++grants;
    message.term = term;
    message.expires_ns = (clock.now() + 55s).time_since_epoch().count();
    message.boot = "boot";
    message.publisher = world.incarnation;
    bus.subscribers["grant"]({"a", "elector", 0}, encode(message));
  }

  bool run_until(const std::function<bool()>& done, Duration limit = 15s) {
    const Instant until = clock.now() + limit;
    while (!done() && clock.now() < until) loop.run_once(20ms);
    return done();
  }
  bool until_outcome(PublicationOutcome outcome) {
    return run_until([&] { return publisher->report().outcome == outcome; });
  }
  bool logged(const std::string& event) const {
    return std::find(log.events.begin(), log.events.end(), event) != log.events.end();
  }

  Loop loop;
  SystemClock clock;
  SystemRandom random;
  Metrics metrics;
  TestBus bus;
  TestLog log;
  World world{.self = {"a", "publisher", 0},
              .incarnation = 1,
              .clock = clock,
              .timers = loop,
              .bus = bus,
              .log = log,
              .random = random,
              .metrics = metrics};
  Endpoint endpoint;
  CurlHttp http{loop, metrics};
  PublisherConfig config;
  std::unique_ptr<Publisher> publisher;
  std::uint64_t grants = 0;
};

inline Endpoint::Behave answering(ServerAnswer answer) {
  return [answer](const PublicationRequest&, Responder respond) { respond.send(answer); };
}

}  // namespace paceline::test
