#include "topology/process/zmq_bus.h"

#include <zmq.h>

#include "common/ports/control.h"
#include "common/ports/state_channel.h"
#include "common/runtime/files.h"
#include "common/runtime/system_random.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"
#include "tests/support/real_loop.h"
#include "tests/support/sim_world.h"

namespace paceline::test {
namespace {

// Two nodes on this machine; TCP ports depend on the process id, so that runs side by side differ.
Topology cluster(const Folder& folder, bool encrypted) {
  const int port = 20000 + static_cast<int>(getpid() % 20000);
  Topology topology;
  topology.cluster = "test";
  topology.run_dir = folder.path();
  topology.pacers = 2;
  topology.encrypted = encrypted;
  topology.control = "ipc://{run}/{node}/{process}-{index}.ctl";
  topology.cluster_control = "tcp://{host}:{port+9}";
  topology.nodes = {{"a", "127.0.0.1", port, 100}, {"b", "127.0.0.1", port + 10, 90}};
  const auto channel = [](const char* name, const char* from, std::vector<std::string> to,
                          Scope scope, const char* endpoint) {
    Channel c;
    c.name = name;
    c.from = from;
    c.to = std::move(to);
    c.scope = scope;
    c.endpoint = endpoint;
    c.period = 100ms;
    c.stale = 500ms;
    return c;
  };
  topology.channels = {
      channel("stat", "statfeed", {"pacer"}, Scope::node, "ipc://{run}/{node}/stat"),
      channel("pace", "pacer", {"publisher"}, Scope::node, "ipc://{run}/{node}/pace-{index}"),
      channel("feedback", "publisher", {"pacer"}, Scope::cluster, "tcp://{host}:{port+2}"),
      channel("heartbeat", "elector", {"elector"}, Scope::cluster, "tcp://{host}:{port}")};
  return topology;
}

void make_keys(const Folder& folder, const std::string& node) {
  char public_key[41];
  char secret_key[41];
  REQUIRE(zmq_curve_keypair(public_key, secret_key) == 0);
  REQUIRE(write_file_atomically(folder / ("keys/" + node + ".public"), public_key));
  REQUIRE(write_file_atomically(folder / ("keys/" + node + ".secret"), secret_key, 0600));
}

// A process with a real bus; its log and clock are of no interest here.
struct Process {
  Process(const Topology& topology, const Address& self, Loop& loop)
      : log{sim.process(self).log}, bus{topology, self, loop, log, metrics}, world{self,
                                                                                   1,
                                                                                   clock,
                                                                                   loop,
                                                                                   bus,
                                                                                   log,
                                                                                   random,
                                                                                   metrics} {}
  SimWorld sim{1};
  Log& log;
  Metrics metrics;
  SystemClock clock;
  SystemRandom random;
  ZmqBus bus;
  World world;
};

}  // namespace

TEST_CASE("a message reaches the subscribers of its channel with its sender", "[runtime]") {
  Folder folder;
  Loop loop;
  const auto topology = cluster(folder, false);
  Process statfeed{topology, {"a", "statfeed", 0}, loop};
  Process pacer{topology, {"a", "pacer", 1}, loop};
  std::string heard;
  pacer.bus.subscribe(
      "stat",
      [&](const Address& from, Payload bytes) {
        heard += from.text() + ":" + std::string{bytes.begin(), bytes.end()} + " ";
      },
      1);
  statfeed.bus.bind_all();
  loop.every(10ms, [&] {
    statfeed.bus.publish("stat", Bytes{'0'}, 0);
    statfeed.bus.publish("stat", Bytes{'1'}, 1);
    statfeed.bus.publish("stat", Bytes{'*'}, -1);
  });

  REQUIRE(run_until(loop, [&] { return heard.size() > 30; }));

  CHECK(heard.find("a/statfeed/0:1") != heard.npos);
  CHECK(heard.find("a/statfeed/0:*") != heard.npos);
  CHECK(heard.find(":0") == heard.npos);
}

TEST_CASE("a question is answered once and one to nobody ends at its deadline", "[runtime]") {
  Folder folder;
  Loop loop;
  const auto topology = cluster(folder, false);
  Process pacer{topology, {"a", "pacer", 0}, loop};
  Process asker{topology, {"a", "pacelinectl", 0}, loop};
  ControlServer control{pacer.world};
  Result<StatusReply> status = fail("");
  Result<StatusReply> nobody = fail("");
  int answers = 0;
  const auto keep = [&](Result<StatusReply>& into) {
    return [&](Result<StatusReply> reply) {
      into = std::move(reply);
      ++answers;
    };
  };

  ask_control<StatusReply>(asker.bus, pacer.world.self, request_of(Question::status), 10s,
                           keep(status));
  ask_control<StatusReply>(asker.bus, {"a", "pacer", 1}, request_of(Question::status), 100ms,
                           keep(nobody));
  ask_control<StatusReply>(asker.bus, {"x", "pacer", 1}, request_of(Question::status), 100ms,
                           keep(nobody));
  REQUIRE(run_until(loop, [&] { return answers == 3; }));

  REQUIRE(status);
  CHECK(status->fields.front().second == "a/pacer/0");
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().code == Errc::unavailable);
}

TEST_CASE("a subscriber hears a sender that dies and starts again", "[runtime]") {
  Folder folder;
  Loop loop;
  const auto topology = cluster(folder, false);
  Process elector{topology, {"a", "elector", 0}, loop};
  int heard = 0;
  elector.bus.subscribe("heartbeat", [&](const Address&, Payload) { ++heard; });
  for (int life = 1; life <= 2; ++life) {
    Process peer{topology, {"b", "elector", 0}, loop};
    peer.bus.bind_all();
    const auto timer = loop.every(10ms, [&] { peer.bus.publish("heartbeat", Bytes{1}); });

    CHECK(run_until(loop, [&] { return heard > 0; }));
    heard = 0;
    loop.cancel(timer);
  }
}

TEST_CASE("a node's key opens the bus and a stranger's does not", "[runtime]") {
  Folder folder;
  Folder elsewhere;
  for (const auto* node : {"a", "b"}) make_keys(folder, node);
  make_keys(elsewhere, "b");
  REQUIRE(write_file_atomically(elsewhere / "keys/a.public", *read_file(folder / "keys/a.public")));
  Loop loop;
  const auto topology = cluster(folder, true);
  auto foreign = topology;
  foreign.run_dir = elsewhere.path();
  int friend_heard = 0;
  int stranger_heard = 0;
  Process a{topology, {"a", "elector", 0}, loop};
  a.bus.bind_all();
  {
    Process stranger{foreign, {"b", "elector", 0}, loop};
    stranger.bus.subscribe("heartbeat", [&](const Address&, Payload) { ++stranger_heard; });
    loop.every(10ms, [&] { a.bus.publish("heartbeat", Bytes{1}); });
    auto& refused = a.metrics.counter("paceline_bus_strangers_total", "");
    REQUIRE(run_until(loop, [&] { return refused.value() > 0; }));
  }
  Process b{topology, {"b", "elector", 0}, loop};
  b.bus.subscribe("heartbeat", [&](const Address&, Payload) { ++friend_heard; });

  CHECK(run_until(loop, [&] { return friend_heard > 0; }));
  CHECK(stranger_heard == 0);
}

TEST_CASE("two processes cannot hold one endpoint", "[runtime]") {
  Folder folder;
  Loop loop;
  const auto topology = cluster(folder, false);
  Process first{topology, {"a", "elector", 0}, loop};
  Process second{topology, {"a", "elector", 0}, loop};
  first.bus.bind_all();

  CHECK_THROWS_WITH(second.bus.bind_all(), Catch::Contains("cannot bind tcp://127.0.0.1:"));
}

TEST_CASE("rows cross a real bus from before the reader was there", "[runtime]") {
  Folder folder;
  Loop loop;
  const auto topology = cluster(folder, false);
  Process pacer{topology, {"a", "pacer", 1}, loop};
  ControlServer control{pacer.world};
  StateWriter<TargetPace> writer{pacer.world, "pace", {.ids = {"t0", "t1"}, .keyframe = 1h}};
  control.keyframe("pace", -1, [&] { return writer.keyframe(); });
  writer.set(1, {.proactive = 4});
  writer.publish({});
  loop.every(20ms, [&] { writer.publish({}); });
  Process publisher{topology, {"a", "publisher", 0}, loop};
  StateReader<TargetPace> reader{publisher.world, "pace", {}, {"t0", "t1"}, nullptr};

  REQUIRE(run_until(loop, [&] { return reader.known(1); }));

  CHECK(reader.row(1).proactive == 4);
}

}  // namespace paceline::test
