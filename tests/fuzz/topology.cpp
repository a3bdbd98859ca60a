// A topology file.
#include "topology/topology.h"

#include "tests/fuzz/fuzz.h"
#include "topology/check.h"
#include "topology/draw.h"
#include "topology/supervisor.h"

namespace paceline::fuzz {

FUZZ(topology) {
  const auto mistakes = check_topology(input, "t");
  CHECK(mistakes.size() <= 200);
  for (const auto& mistake : mistakes)
    CHECK(!mistake.what.empty() && mistake.where.line >= 1 && mistake.where.column >= 1);
  const auto topology = parse_topology(input, "t");
  CHECK(topology.has_value() == mistakes.empty());
  if (!topology) return check_told(topology.error(), input);

  CHECK(draw_topology(*topology).ends_with('\n'));
  CHECK(same_links(*topology, *topology, "watch"));
  std::vector<std::string> nodes;
  for (const Node& node : topology->nodes) {
    nodes.push_back(node.name);
    for (const auto& [process, count] : topology->processes(node)) {
      for (const Channel& channel : topology->channels)
        if (channel.from == process)
          CHECK(endpoint(*topology, channel.endpoint, node, process, count - 1).has_value());
      CHECK(endpoint(*topology, topology->control, node, process, count - 1).has_value());
      const auto place = parse_place(input, "t", node.name, process, count - 1);
      CHECK(place.has_value() && place->self().name == node.name);
      CHECK(!parse_place(input, "t", node.name, process, count).has_value());
    }
  }
  const SupervisorOptions options{.bin_dir = "/bin", .topology = "/t.toml", .run_dir = ""};
  CHECK(check_supervisor(*topology, supervisor_groups(*topology, nodes, options)).empty());
}

}  // namespace paceline::fuzz
