#include "topology/units.h"

#include <algorithm>

#include "tests/support/catch.h"
#include "tests/support/manual.h"
#include "tests/topology/files.h"

namespace paceline::test {
namespace {

const SupervisorOptions options = {
    .bin_dir = "/usr/lib/paceline", .topology = "/etc/paceline/demo.toml", .run_dir = "/var/lib/p"};

Topology demo() {
  return parse_topology(shipped("demo.toml"), "/etc/paceline/demo.toml").value();
}

std::vector<std::string> lines_with(const std::string& text, std::string_view beginning) {
  std::vector<std::string> found;
  for (const auto& line : parts_of(text, "\n"))
    if (line.starts_with(beginning)) found.push_back(line.substr(beginning.size()));
  return found;
}

TEST_CASE("a node has a unit for each process, and a target that wants them all", "[topology]") {
  const Topology topology = demo();

  const auto units = systemd_units(topology, *topology.node("a"), options);

  std::vector<std::string> names;
  for (const auto& [name, text] : units) names.push_back(name);
  CHECK(names == std::vector<std::string>{"paceline-statfeed.service", "paceline-pacer@.service",
                                          "paceline-elector.service", "paceline-publisher.service",
                                          "paceline-watch.service", "paceline-node.target"});
  CHECK(lines_with(units.back().second, "Wants=") ==
        std::vector<std::string>{"paceline-statfeed.service", "paceline-pacer@0.service",
                                 "paceline-pacer@1.service", "paceline-elector.service",
                                 "paceline-publisher.service", "paceline-watch.service"});
  // Either the one unit with supervisord or these: never both.
  CHECK(lines_with(units.back().second, "Conflicts=") ==
        std::vector<std::string>{"paceline.service"});
  const auto witness = systemd_units(topology, *topology.node("w"), options);
  CHECK(witness.size() == 2);
  CHECK(witness[0].first == "paceline-elector.service");
}

TEST_CASE("units and supervisord's group run the same commands", "[topology]") {
  const Topology topology = demo();
  const Node& node = *topology.node("a");
  std::vector<std::string> started;
  for (const auto& [name, text] : systemd_units(topology, node, options))
    for (std::string line : lines_with(text, "ExecStart=")) {
      if (const auto at = line.find("%i"); at != line.npos) line.replace(at, 2, "%(process_num)d");
      started.push_back(line);
    }

  CHECK(started == lines_with(supervisor_group(topology, node, options), "command="));
}

TEST_CASE("a unit is started again unless it ends by 0 or 78", "[topology]") {
  const Topology topology = demo();
  for (const auto& [name, text] : systemd_units(topology, *topology.node("a"), options)) {
    if (!name.ends_with(".service")) continue;
    CAPTURE(name);
    CHECK(lines_with(text, "Restart=") == std::vector<std::string>{"on-failure"});
    CHECK(lines_with(text, "RestartPreventExitStatus=") == std::vector<std::string>{"78"});
    CHECK(lines_with(text, "StartLimitIntervalSec=") == std::vector<std::string>{"0"});
    CHECK(lines_with(text, "User=") == std::vector<std::string>{"paceline"});
    CHECK(lines_with(text, "ReadWritePaths=") == std::vector<std::string>{"-/var/lib/p"});
  }
}

TEST_CASE("what means something to systemd in a path is a letter there", "[topology]") {
  const Topology topology = demo();
  SupervisorOptions odd = options;
  odd.topology = "/etc/p l/%i$HOME\\\"x\".toml";

  const auto units = systemd_units(topology, *topology.node("w"), odd);

  CHECK(lines_with(units[0].second, "ExecStart=") ==
        std::vector<std::string>{
            "/usr/lib/paceline/elector \"/etc/p l/%%i$$HOME\\\\\\\"x\\\".toml\" --node w"});
}

}  // namespace
}  // namespace paceline::test
