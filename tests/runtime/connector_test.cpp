#include "common/runtime/connector.h"

#include <unistd.h>

#include <optional>

#include "tests/support/catch.h"
#include "tests/support/name_server.h"
#include "tests/support/real_loop.h"
#include "tests/support/tcp_peer.h"

namespace paceline::test {
namespace {

// An address that takes no connection and says nothing: the queue of its listener is full.
class SilentAddress {
 public:
  SilentAddress(const std::string& address, int port) {
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(static_cast<std::uint16_t>(port));
    inet_pton(AF_INET, address.c_str(), &there.sin_addr);
    const auto* generic = reinterpret_cast<const sockaddr*>(&there);
    REQUIRE(::bind(listening_, generic, sizeof there) == 0);
    REQUIRE(::listen(listening_, 0) == 0);
    for (int& fd : filling_) {
      fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      (void)::connect(fd, generic, sizeof there);
    }
  }
  ~SilentAddress() {
    for (const int fd : filling_) close(fd);
    close(listening_);
  }
  SilentAddress(const SilentAddress&) = delete;
  SilentAddress& operator=(const SilentAddress&) = delete;

 private:
  int listening_ = socket(AF_INET, SOCK_STREAM, 0);
  int filling_[3]{};
};

struct Place {
  // The file descriptor is closed here; what counts is whether there was one.
  Result<int> connect(const std::string& host, int port, Duration within = 60s) {
    std::optional<Result<int>> result;
    connector.connect(host, port, within, [&](Result<int> socket) { result = std::move(socket); });
    REQUIRE(run_until(loop, [&] { return result.has_value(); }));
    if (*result) close(**result);
    return *result;
  }

  Loop loop;
  Metrics metrics;
  NameServer names{loop};
  TcpPeer peer{loop, "127.0.0.1", 0, [](int, std::string_view) {}};
  Connector connector{loop, metrics, {.servers = names.where()}};
};

}  // namespace

TEST_CASE("an address that is silent is overtaken by the next one and then tried last",
          "[runtime]") {
  Place place;
  const SilentAddress silent{"127.0.0.2", place.peer.port()};
  place.names.addresses["two.test"] = {"127.0.0.2", "127.0.0.1"};
  const SystemClock clock;

  CHECK(place.connect("two.test", place.peer.port()));
  CHECK(place.peer.connections() == 1);

  const Instant before = clock.now();
  CHECK(place.connect("two.test", place.peer.port()));
  CHECK(clock.now() - before < Connector::stagger);  // The dead one was not tried first again.
}

TEST_CASE("an address that refuses costs no time and both families are tried", "[runtime]") {
  Place place;
  place.names.addresses["both.test"] = {"::1", "127.0.0.3", "127.0.0.1"};

  CHECK(place.connect("both.test", place.peer.port()));
  CHECK(place.peer.connections() == 1);
}

TEST_CASE("IPv6 addresses are connected to, by name and by number", "[runtime]") {
  Place place;
  TcpPeer six{place.loop, "::1", 0, [](int, std::string_view) {}};
  place.names.addresses["six.test"] = {"::1"};

  CHECK(place.connect("six.test", six.port()));
  CHECK(place.connect("::1", six.port()));
  CHECK(six.connections() == 2);
}

TEST_CASE("what became of each address is told", "[runtime]") {
  Place place;
  const SilentAddress silent{"127.0.0.2", place.peer.port()};
  place.names.addresses["dead.test"] = {"127.0.0.2", "127.0.0.3"};
  const std::string port = std::to_string(place.peer.port());

  const auto failed = place.connect("dead.test", place.peer.port(), 700ms);

  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == Errc::unavailable);
  CHECK(failed.error().detail == "dead.test port " + port +
                                     ": 127.0.0.3: Connection refused, 127.0.0.2: no answer within "
                                     "700ms");
  CHECK(place.connect("127.0.0.3", place.peer.port()).error().detail ==
        "127.0.0.3 port " + port + ": Connection refused");
}

TEST_CASE("a name that does not exist and name servers that are silent are told apart",
          "[runtime]") {
  Place place;

  const auto unknown = place.connect("unknown.test", 80);
  place.names.is_silent = true;
  const auto unanswered = place.connect("silent.test", 80, 300ms);

  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == Errc::not_found);
  CHECK(unknown.error().detail == "unknown.test: no such name");
  REQUIRE_FALSE(unanswered);
  CHECK(unanswered.error().code == Errc::unavailable);
  CHECK(unanswered.error().detail == "silent.test: the name servers gave no answer within 300ms");
}

TEST_CASE("while the name servers are silent the loop goes on and last good addresses are used",
          "[runtime]") {
  Place place;
  place.names.addresses["kept.test"] = {"127.0.0.1"};
  place.names.ttl_s = 1;
  REQUIRE(place.connect("kept.test", place.peer.port()));
  place.names.is_silent = true;
  int rings = 0;
  place.loop.every(10ms, [&] { ++rings; });
  REQUIRE(run_until(place.loop, [&] { return rings > 120; }));  // The addresses are too old.
  const int questions = place.names.questions;

  CHECK(place.connect("kept.test", place.peer.port()));

  REQUIRE(run_until(place.loop, [&] { return place.names.questions > questions; }));
  CHECK(place.connect("kept.test", place.peer.port()));
  CHECK(place.peer.connections() == 3);
}

TEST_CASE("the hosts file of the system counts", "[runtime]") {
  Place place;

  CHECK(place.connect("localhost", place.peer.port()));
  CHECK(place.names.questions == 0);
}

TEST_CASE("who cancels is not told and leaves nothing open", "[runtime]") {
  Place place;
  const SilentAddress silent{"127.0.0.2", place.peer.port()};
  bool told = false;
  const auto tell = [&](const Result<int>&) { told = true; };

  place.connector.cancel(place.connector.connect("127.0.0.2", place.peer.port(), 1s, tell));
  const auto under_way = place.connector.connect("127.0.0.2", place.peer.port(), 1s, tell);
  const auto asking = place.connector.connect("cancelled.test", 80, 1s, tell);
  REQUIRE(run_until(place.loop, [&] { return place.names.questions > 0; }));
  place.connector.cancel(under_way);
  place.connector.cancel(asking);
  CHECK(place.connect("127.0.0.1", place.peer.port()));

  CHECK_FALSE(told);
}

}  // namespace paceline::test
