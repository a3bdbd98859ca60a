// The text of topology/two-node.toml, as it was when the build was configured.
#pragma once

#include <string_view>

namespace paceline::pacelinectl {

extern const std::string_view shipped_topology;

}  // namespace paceline::pacelinectl
