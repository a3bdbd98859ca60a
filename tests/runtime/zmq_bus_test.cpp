#include "topology/process/zmq_bus.h"

#include "common/ports/control.h"
#include "common/ports/state_channel.h"
#include "tests/runtime/bus_fixture.h"

namespace paceline::test {

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
  const ForeignKey keys;
  const auto& [folder, elsewhere, topology, foreign] = keys;
  Loop loop;
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

TEST_CASE("nodes at IPv6 addresses hear each other, with keys too", "[runtime]") {
  Folder folder;
  for (const auto* node : {"a", "b"}) make_keys(folder, node);
  const auto topology = cluster(folder, true, "::1");
  Loop loop;
  int heard = 0;
  Process a{topology, {"a", "elector", 0}, loop};
  a.bus.bind_all();
  Process b{topology, {"b", "elector", 0}, loop};
  b.bus.subscribe("heartbeat", [&](const Address&, Payload) { ++heard; });
  loop.every(10ms, [&] { a.bus.publish("heartbeat", Bytes{1}); });

  CHECK(run_until(loop, [&] { return heard > 0; }));
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

TEST_CASE("a node that speaks in another's name is refused and counted", "[runtime]") {
  Folder folder;
  for (const auto* node : {"a", "b"}) make_keys(folder, node);
  Loop loop;
  auto topology = cluster(folder, true);
  // b's key and address, and a bus that says of itself what it likes.
  topology.nodes.push_back({"w", "127.0.0.1", topology.nodes[1].port + 10, 0});
  make_keys(folder, "w");
  auto forged = topology;
  std::swap(forged.nodes[1].port, forged.nodes[2].port);
  forged.run_dir = folder / "forged";
  for (const auto* file : {"a.public", "b.public", "w.public"})
    REQUIRE(
        write_file_atomically(folder / "forged/keys/" + file, *read_file(folder / "keys/" + file)));
  REQUIRE(write_file_atomically(folder / "forged/keys/w.secret",
                                *read_file(folder / "keys/b.secret"), 0600));
  Process a{topology, {"a", "elector", 0}, loop};
  Process liar{forged, {"w", "elector", 0}, loop};  // Sits at b's port, with b's key.
  int heard = 0;
  a.bus.subscribe("heartbeat", [&](const Address&, Payload) { ++heard; });
  loop.every(10ms, [&] { liar.bus.publish("heartbeat", Bytes{1}); });
  auto& refused = a.metrics.counter("paceline_bus_messages_refused_total", "");

  REQUIRE(run_until(loop, [&] { return refused.value() > 5; }));

  CHECK(heard == 0);
  CHECK(a.sim.count("sender_refused") == 1);
}

TEST_CASE("who asks is the node of the key over tcp and our own over ipc", "[runtime]") {
  Folder folder;
  for (const auto* node : {"a", "b"}) make_keys(folder, node);
  Loop loop;
  const auto topology = cluster(folder, true);
  Process publisher{topology, {"a", "publisher", 0}, loop};
  std::vector<std::string> askers;
  publisher.bus.answer([&](const std::string& node, Payload) {
    askers.push_back(node);
    return Bytes{1};
  });
  Process theirs{topology, {"b", "pacer", 0}, loop};
  Process ours{topology, {"a", "pacer", 0}, loop};
  int answers = 0;

  theirs.bus.ask({"a", "publisher", 0}, Bytes{1}, 60s, [&](Result<Bytes>) { ++answers; });
  REQUIRE(run_until(loop, [&] { return answers == 1; }));
  ours.bus.ask({"a", "publisher", 0}, Bytes{1}, 60s, [&](Result<Bytes>) { ++answers; });
  REQUIRE(run_until(loop, [&] { return answers == 2; }));

  CHECK(askers == std::vector<std::string>{"b", "a"});
}

TEST_CASE("who asks over tcp without keys is nobody's process", "[runtime]") {
  Folder folder;
  Loop loop;
  const auto topology = cluster(folder, false);
  Process publisher{topology, {"a", "publisher", 0}, loop};
  publisher.world.reload = [] { return Result<std::string>{"done"}; };
  ControlServer control{publisher.world};
  Process theirs{topology, {"b", "pacer", 0}, loop};
  std::optional<Result<StatusReply>> reload;

  ask_control<StatusReply>(theirs.bus, {"a", "publisher", 0}, request_of(Question::reload), 60s,
                           [&](Result<StatusReply> answer) { reload = std::move(answer); });
  REQUIRE(run_until(loop, [&] { return reload.has_value(); }));

  REQUIRE_FALSE(*reload);
  CHECK(reload->error().detail == "only processes of node a may ask reload");
}

}  // namespace paceline::test
