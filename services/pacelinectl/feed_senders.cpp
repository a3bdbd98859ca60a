#include "services/pacelinectl/feed_senders.h"

#include <algorithm>

#include "services/statfeed/config.h"

namespace paceline::pacelinectl {

Result<std::vector<std::string>> feed_senders(const std::string& text, const std::string& file,
                                              const Topology& topology) {
  std::vector<std::string> names;
  const auto node = std::ranges::find_if(topology.nodes, [](auto& n) { return !n.witness(); });
  if (node == topology.nodes.end()) return names;
  Place place = TRY(parse_place(text, file, node->name, "statfeed", 0));
  if (TRY(place.settings.text("interface", "")) != "bus") return names;
  const auto config = TRY(statfeed::parse_statfeed_config(place));
  if (config.bus.senders.encrypted)
    for (const Node& sender : config.bus.senders.nodes) names.push_back(sender.name);
  return names;
}

}  // namespace paceline::pacelinectl
