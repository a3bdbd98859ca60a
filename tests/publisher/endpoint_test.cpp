// The publisher against real servers on loopback, HTTPS with certificates made for the test: each
// way in which an endpoint can misbehave, and that publishing goes on once it does not.
#include "tests/support/catch.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "common/base/hash.h"
#include "common/runtime/curl_http.h"
#include "common/runtime/http_server.h"
#include "common/runtime/system_clock.h"
#include "common/runtime/system_random.h"
#include "common/wire/codec.h"
#include "services/publisher/service.h"

namespace paceline::test {
namespace {

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
  void write(LogLevel, std::string_view event, std::span<const LogField>) override {
    events.emplace_back(event);
  }
  void set_level(LogLevel) override {}

  std::vector<std::string> events;
};

struct Certificate {
  std::string file;
  std::string certificate;
  std::string key;
};

std::string file_text(const std::string& path) {
  std::ifstream file{path};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Self-signed, for `name` ("IP:127.0.0.1", "DNS:other.test"), made by the openssl command; once
// each.
Certificate make_certificate(const std::string& name, int days) {
  static const std::string folder = [] {
    std::string pattern = (std::filesystem::temp_directory_path() / "publisher-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    return pattern;
  }();
  static std::map<std::string, Certificate> made;
  auto& certificate = made[name + std::to_string(days)];
  if (!certificate.file.empty()) return certificate;
  const std::string base = folder + "/" + std::to_string(made.size());
  const std::string command =
      "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=test "
      "-keyout " +
      base + ".key -out " + base + ".csr 2>/dev/null && echo subjectAltName=" + name + " > " +
      base + ".ext && openssl x509 -req -in " + base + ".csr -signkey " + base + ".key -days " +
      std::to_string(days) + " -extfile " + base + ".ext -out " + base + ".pem 2>/dev/null";
  REQUIRE(std::system(command.c_str()) == 0);
  certificate = {base + ".pem", file_text(base + ".pem"), file_text(base + ".key")};
  return certificate;
}

std::string unpacked(const std::string& packed) {
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
    std::string body;
    encode_publication_answer({.term = request.term,
                               .sequence = request.sequence,
                               .accepted = request.targets.size(),
                               .epoch = "e",
                               .rejected = {},
                               .feedback = {}},
                              body);
    respond.send({.body = body});
  }

  Behave behave = accept;
  std::function<void(Responder)> give_token = [this](Responder respond) {
    respond.send({.body = R"({"access_token":"t)" + std::to_string(tokens) +
                          R"(","token_type":"bearer","expires_in":600})"});
  };
  int tokens = 0;
  std::vector<PublicationRequest> heard;
  std::vector<std::string> encodings;
  std::string authorization;  // Of the last token request.

 private:
  void handle(const ServerRequest& request, Responder respond) {
    if (request.path == "/oauth/token") {
      ++tokens;
      authorization = request.header("authorization");
      return give_token(std::move(respond));
    }
    if (request.method != "POST") return respond.send({.status = 405});
    encodings.emplace_back(request.header("content-encoding"));
    const auto publication =
        decode_publication(encodings.back() == "gzip" ? unpacked(request.body) : request.body);
    REQUIRE(publication);
    heard.push_back(*publication);
    behave(*publication, std::move(respond));
  }

  HttpServer server;
};

// Says fixed bytes to whoever connects and speaks, then hangs up: by reset, or in good order.
class RawServer {
 public:
  RawServer(Loop& loop, std::string bytes, bool reset)
      : loop_{loop}, bytes_{std::move(bytes)}, reset_{reset} {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(listener_, 8) == 0);
    REQUIRE(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    loop_.watch_fd(listener_, true, false, [this] { on_connect(); });
  }
  ~RawServer() {
    loop_.forget_fd(listener_);
    close(listener_);
    for (const int fd : peers_) {
      loop_.forget_fd(fd);
      close(fd);
    }
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

 private:
  void on_connect() {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    peers_.insert(fd);
    loop_.watch_fd(fd, true, false, [this, fd] { on_bytes(fd); });
  }
  void on_bytes(int fd) {
    char buffer[65536];
    const auto got = read(fd, buffer, sizeof buffer);
    if (got > 0) {
      REQUIRE(write(fd, bytes_.data(), bytes_.size()) == static_cast<ssize_t>(bytes_.size()));
      const linger hard{.l_onoff = 1, .l_linger = 0};
      if (reset_) setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    }
    loop_.forget_fd(fd);
    peers_.erase(fd);
    close(fd);
  }

  Loop& loop_;
  std::string bytes_;
  bool reset_;
  int listener_ = -1;
  int port_ = 0;
  std::set<int> peers_;
};

struct RealStage {
  explicit RealStage(const Certificate& certificate, std::string ca_file = "")
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

Certificate good_certificate() {
  return make_certificate("IP:127.0.0.1", 30);
}

Endpoint::Behave answering(ServerAnswer answer) {
  return [answer](const PublicationRequest&, Responder respond) { respond.send(answer); };
}

}  // namespace

TEST_CASE("a publication goes out compressed over HTTPS and is accepted", "[publisher][process]") {
  RealStage stage{good_certificate()};
  stage.config.gzip_least = 100;
  stage.start();

  REQUIRE(stage.until_outcome(PublicationOutcome::accepted));

  CHECK(stage.endpoint.encodings[0] == "gzip");
  CHECK(stage.endpoint.heard[0].targets.size() == 40);
  CHECK(stage.endpoint.authorization == basic_authorization("paceline", "s"));
  CHECK(stage.publisher->report().sent_bytes * 5 < stage.publisher->report().body_bytes);
}

TEST_CASE("each refusal is what it says and publishing goes on after it", "[publisher][process]") {
  const auto [answer, outcome] = GENERATE(table<ServerAnswer, PublicationOutcome>(
      {{{.status = 403}, PublicationOutcome::rejected},
       {{.status = 400, .body = "no"}, PublicationOutcome::rejected},
       {{.status = 413}, PublicationOutcome::rejected},
       {{.status = 429, .headers = {{"Retry-After", "1"}}}, PublicationOutcome::throttled},
       {{.status = 503, .headers = {{"Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"}}},
        PublicationOutcome::throttled},
       {{.status = 500, .body = "<html>"}, PublicationOutcome::failed},
       {{.status = 200, .body = "<html>"}, PublicationOutcome::failed},
       {{.status = 200, .body = R"({"term":1,"sequence":1,"acc)"}, PublicationOutcome::failed},
       {{.status = 200, .body = "not gzip", .headers = {{"Content-Encoding", "gzip"}}},
        PublicationOutcome::failed},
       {{.status = 307, .headers = {{"Location", "https://127.0.0.1:1/"}}},
        PublicationOutcome::rejected},
       {{.status = 409, .body = R"({"term":1})"}, PublicationOutcome::rejected}}));
  CAPTURE(answer.status, answer.body);
  RealStage stage{good_certificate()};
  stage.endpoint.behave = answering(answer);
  stage.start();

  REQUIRE(stage.until_outcome(outcome));
  CHECK(stage.publisher->report().status == (answer.body == "not gzip" ? 0 : answer.status));
  CHECK(stage.logged("publishing_failed"));

  stage.endpoint.behave = Endpoint::accept;
  CHECK(stage.until_outcome(PublicationOutcome::accepted));
  CHECK(stage.endpoint.heard.back().full);
}

TEST_CASE("a token that is refused is renewed", "[publisher][process]") {
  RealStage stage{good_certificate()};
  stage.endpoint.behave = [&](const PublicationRequest& request, Responder respond) {
    if (stage.endpoint.tokens < 2) return respond.send({.status = 401});
    Endpoint::accept(request, std::move(respond));
  };
  stage.start();

  CHECK(stage.until_outcome(PublicationOutcome::accepted));
  CHECK(stage.endpoint.tokens == 2);
}

TEST_CASE("a throttled or broken token service is asked again", "[publisher][process]") {
  const auto answer = GENERATE(values<ServerAnswer>(
      {{.status = 429, .headers = {{"Retry-After", "1"}}}, {.status = 500}, {.body = "{}"}}));
  RealStage stage{good_certificate()};
  const auto right = stage.endpoint.give_token;
  stage.endpoint.give_token = [&](Responder respond) {
    if (stage.endpoint.tokens > 1) return right(std::move(respond));
    respond.send(answer);
  };
  stage.start();

  CHECK(stage.until_outcome(PublicationOutcome::accepted));
  CHECK(stage.endpoint.tokens == 2);
  CHECK(stage.logged("token_failed"));
}

TEST_CASE("a fence shuts the publisher until a higher term is granted", "[publisher][process]") {
  RealStage stage{good_certificate()};
  stage.endpoint.behave = answering({.status = 409, .body = R"({"term":7})"});
  stage.start();
  REQUIRE(stage.until_outcome(PublicationOutcome::fenced));
  CHECK(stage.bus.reports.back().fenced_by == 7);

  stage.endpoint.behave = Endpoint::accept;
  stage.run_until([] { return false; }, 1500ms);
  CHECK(stage.endpoint.heard.size() == 1);

  stage.grant(8);
  CHECK(stage.until_outcome(PublicationOutcome::accepted));
}

TEST_CASE("an endpoint that does not answer in time costs less than a period",
          "[publisher][process]") {
  RealStage stage{good_certificate()};
  std::vector<Responder> kept;
  stage.endpoint.behave = [&](const PublicationRequest&, Responder respond) {
    kept.push_back(std::move(respond));
  };
  stage.start();

  REQUIRE(stage.until_outcome(PublicationOutcome::failed));
  CHECK(stage.publisher->report().round_trip_ms < 1000);
  CHECK(!stage.publisher->report().endpoint_reachable);

  stage.endpoint.behave = Endpoint::accept;
  CHECK(stage.until_outcome(PublicationOutcome::accepted));
}

TEST_CASE("a connection that breaks in mid-answer is no acceptance", "[publisher][process]") {
  const auto [bytes, reset] = GENERATE(table<std::string, bool>(
      {{"", true},
       {"", false},
       {"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"term\":1", true},
       {"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"term\":1", false},
       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", false},
       {"\x15\x03 what is this", false}}));
  CAPTURE(bytes, reset);
  RealStage stage{good_certificate()};
  RawServer broken{stage.loop, bytes, reset};
  stage.config.base_service_url = broken.url();
  stage.start();

  CHECK(stage.until_outcome(PublicationOutcome::failed));
  CHECK(stage.publisher->report().status == 0);
}

TEST_CASE("a certificate that is not right is never accepted", "[publisher][process]") {
  const auto [name, days, is_trusted] = GENERATE(table<std::string, int, bool>(
      {{"DNS:other.test", 30, true}, {"IP:127.0.0.1", -1, true}, {"IP:127.0.0.1", 31, false}}));
  CAPTURE(name, days, is_trusted);
  const Certificate wrong = make_certificate(name, days);
  RealStage stage{good_certificate()};
  Endpoint impostor{stage.loop, wrong};
  stage.config.base_service_url = impostor.url() + "api/";
  if (is_trusted) {  // Trusted, but for another host or another time.
    std::ofstream both{wrong.file + ".both"};
    both << good_certificate().certificate << wrong.certificate;
    both.close();
    stage.config.ca_file = wrong.file + ".both";
  }
  stage.start();

  CHECK(stage.until_outcome(PublicationOutcome::failed));
  CHECK(impostor.heard.empty());
  CHECK(!stage.publisher->report().endpoint_reachable);
}

TEST_CASE("a host that cannot be found is a failure like any other", "[publisher][process]") {
  RealStage stage{good_certificate()};
  stage.config.base_service_url = "https://nowhere.invalid/";
  stage.start();

  CHECK(stage.until_outcome(PublicationOutcome::failed));
}

}  // namespace paceline::test
