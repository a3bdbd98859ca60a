#include "services/pacelinectl/process_name.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

namespace paceline::pacelinectl {

Result<std::vector<ProcessName>> parse_process_name(std::string_view text, const Topology& topology,
                                                    const Node& node) {
  const auto split = text.find_first_of("-/");
  const std::string_view process = text.substr(0, split);
  int index = -1;  // All.
  bool good = true;
  if (split != text.npos) {
    const std::string_view digits = text.substr(split + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
    good = error == std::errc{} && end == digits.data() + digits.size() && index >= 0;
  }
  std::vector<ProcessName> named;
  std::vector<std::string> known;
  for (const auto& [name, count] : topology.processes(node)) {
    known.push_back(count > 1 ? fmt::format("{0}-0..{0}-{1}", name, count - 1) : name);
    if (!good || name != process || index >= count) continue;
    for (int i = index < 0 ? 0 : index; i < (index < 0 ? count : index + 1); ++i)
      named.push_back({name, i});
  }
  if (named.empty())
    return fail(fmt::format("'{}': node {} runs {}", text, node.name, fmt::join(known, ", ")));
  return named;
}

}  // namespace paceline::pacelinectl
