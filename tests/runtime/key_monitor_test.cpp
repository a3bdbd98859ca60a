#include "topology/process/key_monitor.h"

#include "common/ports/control.h"
#include "tests/runtime/bus_fixture.h"

namespace paceline::test {
namespace {

std::string status_field(Process& process, Loop& loop, std::string_view name) {
  std::optional<Result<StatusReply>> reply;
  ask_control<StatusReply>(process.bus, process.world.self, request_of(Question::status), 60s,
                           [&](Result<StatusReply> answer) { reply = std::move(answer); });
  REQUIRE(run_until(loop, [&] { return reply.has_value(); }));
  REQUIRE(*reply);
  for (const auto& [field, value] : (*reply)->fields)
    if (field == name) return value;
  return "";
}

}  // namespace

TEST_CASE("a key that does not fit is told once on both sides, until it does", "[runtime]") {
  const ForeignKey keys;
  const auto& [folder, elsewhere, topology, foreign] = keys;
  Loop loop;
  Process a{topology, {"a", "elector", 0}, loop};
  a.bus.bind_all();
  ControlServer control_a{a.world};
  Process b{foreign, {"b", "elector", 0}, loop};
  ControlServer control_b{b.world};
  b.bus.subscribe("heartbeat", [](const Address&, Payload) {});
  auto& refused = a.metrics.counter("paceline_bus_strangers_total", "");
  auto& gauge = b.metrics.gauge("paceline_bus_refused_by_peer", "", {{"of", "a"}});

  REQUIRE(run_until(loop, [&] { return refused.value() > 2 && gauge.value() == 1; }));

  CHECK(a.sim.count("key_refused") == 1);
  CHECK(b.sim.count("key_refused_by") == 1);
  CHECK(status_field(a, loop, "keys_refused_here") == "b");
  CHECK(status_field(b, loop, "our_key_refused_by") == "a");
}

TEST_CASE("a node whose key we have wrong is told", "[runtime]") {
  Folder folder;
  Folder elsewhere;
  for (const auto* node : {"a", "b"}) make_keys(folder, node);
  for (const auto* node : {"a", "b"}) make_keys(elsewhere, node);
  Loop loop;
  const auto topology = cluster(folder, true);
  auto foreign = topology;
  foreign.run_dir = elsewhere.path();
  Process a{topology, {"a", "elector", 0}, loop};
  a.bus.bind_all();
  Process b{foreign, {"b", "elector", 0}, loop};
  b.bus.subscribe("heartbeat", [](const Address&, Payload) {});
  auto& gauge = b.metrics.gauge("paceline_bus_refused_by_peer", "", {{"of", "a"}});

  CHECK(run_until(loop, [&] { return gauge.value() == 1; }));
}

TEST_CASE("a key that fits again ends what was told", "[runtime]") {
  Folder folder;
  Folder elsewhere;
  for (const auto* node : {"a", "b"}) make_keys(folder, node);
  make_keys(elsewhere, "b");
  REQUIRE(write_file_atomically(elsewhere / "keys/a.public", *read_file(folder / "keys/a.public")));
  REQUIRE(write_file_atomically(elsewhere / "keys/a.secret", *read_file(folder / "keys/a.secret")));
  Loop loop;
  const auto topology = cluster(folder, true);
  auto foreign = topology;
  foreign.run_dir = elsewhere.path();
  Process b{topology, {"b", "elector", 0}, loop};
  b.bus.subscribe("heartbeat", [](const Address&, Payload) {});
  auto& gauge = b.metrics.gauge("paceline_bus_refused_by_peer", "", {{"of", "a"}});
  {
    Process knows_another_b{foreign, {"a", "elector", 0}, loop};
    knows_another_b.bus.bind_all();
    REQUIRE(run_until(loop, [&] { return gauge.value() == 1; }));
  }
  Process a{topology, {"a", "elector", 0}, loop};
  a.bus.bind_all();

  REQUIRE(run_until(loop, [&] { return gauge.value() == 0; }));

  CHECK(b.sim.count("key_refused_by") == 1);
  CHECK(b.sim.count("key_refused_by_over") == 1);
}

}  // namespace paceline::test
