// What common/BUS.md promises of the real bus: who may look, who is slow, and what is half-open.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <list>

#include "common/ports/control.h"
#include "common/ports/state_channel.h"
#include "tests/runtime/bus_fixture.h"
#include "tests/support/manual.h"

namespace paceline::test {
namespace {

unsigned mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777u;
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// A network between a port of its own and another, which can lose what a connection carries
/// without either end being told.
class Wire {
 public:
  Wire(Loop& loop, int to) : loop_{loop}, to_{to}, listener_{socket(AF_INET, SOCK_STREAM, 0)} {
    auto address = loopback(0);
    REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(listener_, 16) == 0);
    socklen_t size = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    fcntl(listener_, F_SETFL, O_NONBLOCK);
    timer_ = loop_.every(2ms, [this] { carry(); });
  }
  ~Wire() {
    loop_.cancel(timer_);
    close(listener_);
    for (const auto& pair : pairs_) {
      close(pair.from);
      close(pair.to);
    }
  }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// The connections there are carry nothing any more, and stay open; new ones are fine.
  void lose() {
    for (auto& pair : pairs_) pair.lost = true;
  }

  int port = 0;

 private:
  struct Pair {
    int from, to;
    bool lost = false;
  };

  void carry() {
    for (int from = 0; (from = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
      const int to = socket(AF_INET, SOCK_STREAM, 0);
      const auto address = loopback(to_);
      static_cast<void>(connect(to, reinterpret_cast<const sockaddr*>(&address), sizeof address));
      fcntl(to, F_SETFL, O_NONBLOCK);
      pairs_.push_back({from, to});
    }
    for (const auto& pair : pairs_) {
      if (pair.lost) continue;
      move(pair.from, pair.to);
      move(pair.to, pair.from);
    }
  }
  static void move(int from, int to) {
    char buffer[16u << 10];
    const auto got = recv(from, buffer, sizeof buffer, 0);
    if (got > 0) static_cast<void>(send(to, buffer, static_cast<std::size_t>(got), MSG_NOSIGNAL));
  }

  Loop& loop_;
  int to_;
  int listener_;
  TimerId timer_ = 0;
  std::list<Pair> pairs_;
};

}  // namespace

TEST_CASE("what is bound over ipc lies in a folder that nobody else may look into", "[runtime]") {
  Folder folder;
  Loop loop;
  const auto topology = cluster(folder, false);
  Process statfeed{topology, {"a", "statfeed", 0}, loop};

  statfeed.bus.bind_all();

  CHECK(mode_of(folder / "a") == 0700u);
}

TEST_CASE("a subscriber whose connection is half-open hears again by itself", "[runtime]") {
  Folder folder;
  Loop loop;
  const auto topology = cluster(folder, false);
  Wire wire{loop, topology.nodes[1].port};
  auto over_the_wire = topology;
  over_the_wire.nodes[1].port = wire.port;
  Process a{over_the_wire, {"a", "elector", 0}, loop};
  Process b{topology, {"b", "elector", 0}, loop};
  b.bus.bind_all();
  loop.every(10ms, [&] { b.bus.publish("heartbeat", Bytes{1}); });
  int heard = 0;
  a.bus.subscribe("heartbeat", [&](const Address&, Payload) { ++heard; });
  REQUIRE(run_until(loop, [&] { return heard > 3; }));
  auto& renewed = a.metrics.counter("paceline_bus_reconnects_total", "");
  const double before = renewed.value();

  wire.lose();
  REQUIRE(run_until(loop, [&] { return renewed.value() > before; }));
  heard = 0;

  CHECK(run_until(loop, [&] { return heard > 3; }));
}

TEST_CASE("a reader that is too slow loses messages and ends with the sender's rows", "[runtime]") {
  Folder folder;
  Loop loop;
  auto topology = cluster(folder, false);
  for (auto& channel : topology.channels)
    if (channel.name == "pace") channel.keyframe = 1h;  // One with rows.
  std::vector<std::string> ids;
  for (int i = 0; i < 500; ++i) ids.push_back("target-" + std::to_string(i));
  Process pacer{topology, {"a", "pacer", 1}, loop};
  ControlServer control{pacer.world};
  StateWriter<TargetPace> writer{pacer.world, "pace", {.ids = ids, .keyframe = 1h}};
  control.keyframe("pace", -1, [&] { return writer.keyframe(); });
  Process publisher{topology, {"a", "publisher", 0}, loop};
  StateReader<TargetPace> reader{publisher.world, "pace", {}, ids, nullptr};
  loop.every(20ms, [&] { writer.publish({}); });
  REQUIRE(run_until(loop, [&] { return reader.known(0); }));
  auto& sent = pacer.metrics.counter("paceline_bus_messages_sent_total", "");
  auto& received = publisher.metrics.counter("paceline_bus_messages_received_total", "");
  const double waited = sent.value() - received.value();

  for (int round = 1; round <= 500; ++round) {  // While nobody reads.
    for (std::uint32_t i = 0; i < ids.size(); ++i) writer.set(i, {.proactive = round});
    writer.publish({});
  }
  REQUIRE(run_until(loop, [&] { return reader.row(0).proactive == 500; }));

  CHECK(reader.row(499).proactive == 500);
  CHECK(sent.value() - received.value() - waited > 100);  // Dropped, and not kept for it.
}

TEST_CASE("the manual of the bus lists the events that every process logs", "[runtime]") {
  check_log_events("common/BUS.md", "What every process shows",
                   {"topology/process", "common/ports", "common/runtime"});
}

}  // namespace paceline::test
