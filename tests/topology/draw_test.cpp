#include "topology/draw.h"

#include <sstream>

#include "tests/support/catch.h"
#include "tests/topology/files.h"

namespace paceline::test {
namespace {

TEST_CASE("the drawing shows what nodes say inside and between each other", "[topology]") {
  const auto topology = parse_topology(shipped("demo.toml"), "/x/demo.toml");
  REQUIRE(topology);

  const std::string drawing = draw_topology(*topology);

  CAPTURE(drawing);
  CHECK(drawing.starts_with("Cluster demo: 2 of 3 voters make a master.\n\n+-- node a: 127.0.0.1"));
  CHECK(drawing.find("statfeed    --stat--->  pacer 0..1, watch") != std::string::npos);
  CHECK(drawing.find("elector, alone: it votes and is never master") != std::string::npos);
  CHECK(drawing.find("elector of a,b,w  ==heartbeat") != std::string::npos);
  CHECK(drawing.find("publisher of a,b") != std::string::npos);
  CHECK(drawing.find("a/publisher/0    cluster_control  tcp://127.0.0.1:7109") !=
        std::string::npos);
  CHECK(drawing.find("b/pacer/1        pacer_control    tcp://127.0.0.1:7132") !=
        std::string::npos);
}

TEST_CASE("the boxes of a drawing are straight", "[topology]") {
  for (const char* name : {"demo.toml", "two-node.toml", "five-node.toml"}) {
    const auto topology = parse_topology(shipped(name), name);
    REQUIRE(topology);
    std::istringstream lines{draw_topology(*topology)};
    std::size_t width = 0;
    for (std::string line; std::getline(lines, line);) {
      CHECK(line.size() <= 100);
      if (line.starts_with("+-- ")) width = line.size();
      if (line.starts_with("|") || line.starts_with("+")) CHECK(line.size() == width);
    }
  }
}

}  // namespace
}  // namespace paceline::test
