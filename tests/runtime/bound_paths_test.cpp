#include "topology/process/bound_paths.h"

#include <filesystem>

#include "common/ports/control.h"
#include "tests/runtime/bus_fixture.h"

namespace paceline::test {

TEST_CASE("a socket whose file was removed is bound again", "[runtime]") {
  Folder folder;
  Loop loop;
  const auto topology = cluster(folder, false);
  Process statfeed{topology, {"a", "statfeed", 0}, loop};
  ControlServer control{statfeed.world};
  statfeed.bus.bind_all();
  const std::vector<std::string> files = {folder / "a/stat", folder / "a/statfeed-0.ctl"};
  const auto all_there = [&] {
    return std::ranges::all_of(files, [](const auto& f) { return std::filesystem::exists(f); });
  };
  REQUIRE(all_there());

  std::filesystem::remove_all(folder / "a");
  REQUIRE(run_until(loop, all_there));

  Process pacer{topology, {"a", "pacer", 0}, loop};
  int heard = 0;
  int answered = 0;
  pacer.bus.subscribe("stat", [&](const Address&, Payload) { ++heard; });
  pacer.bus.ask(statfeed.world.self, encode(request_of(Question::status)), 60s,
                [&](const Result<Bytes>& answer) { answered += answer.has_value(); });
  loop.every(10ms, [&] { statfeed.bus.publish("stat", Bytes{1}); });
  REQUIRE(run_until(loop, [&] { return heard > 0 && answered == 1; }));

  CHECK(statfeed.sim.count("socket_vanished") == 2);
}

TEST_CASE("who was connected to a socket whose file was removed goes on hearing it", "[runtime]") {
  Folder folder;
  Loop loop;
  const auto topology = cluster(folder, false);
  Process statfeed{topology, {"a", "statfeed", 0}, loop};
  statfeed.bus.bind_all();
  Process pacer{topology, {"a", "pacer", 0}, loop};
  int heard = 0;
  pacer.bus.subscribe("stat", [&](const Address&, Payload) { ++heard; });
  loop.every(10ms, [&] { statfeed.bus.publish("stat", Bytes{1}); });
  REQUIRE(run_until(loop, [&] { return heard > 0; }));

  std::filesystem::remove(folder / "a/stat");
  REQUIRE(run_until(loop, [&] { return std::filesystem::exists(folder / "a/stat"); }));
  heard = 0;

  CHECK(run_until(loop, [&] { return heard > 100; }));
}

}  // namespace paceline::test
