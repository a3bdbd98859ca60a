// Endpoint patterns: "tcp://{host}:{port+2}" and one process of one node give an address.
#include <fmt/format.h>

#include <charconv>

#include "topology/topology.h"

namespace paceline {
namespace {

constexpr int max_port = 65535;

/// The number in "port" or "port+N"; nothing for any other word.
Result<int> port_of(const Node& node, std::string_view word) {
  int offset = 0;
  if (word != "port") {
    const std::string_view digits = word.substr(std::string_view{"port+"}.size());
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), offset);
    if (error != std::errc{} || end != digits.data() + digits.size() || offset < 0)
      return fail(fmt::format("{{{}}}: write {{port}} or {{port+N}}", word));
  }
  if (offset > max_port - node.port)
    return fail(
        fmt::format("{{{}}}: port {} + {} is beyond {}", word, node.port, offset, max_port));
  return node.port + offset;
}

}  // namespace

Result<std::string> endpoint(const Topology& topology, std::string_view pattern, const Node& node,
                             std::string_view process, int index) {
  std::string filled;
  while (!pattern.empty()) {
    const auto brace = pattern.find_first_of("{}");
    filled += pattern.substr(0, brace);
    if (brace == pattern.npos) break;
    pattern.remove_prefix(brace);
    const auto close = pattern.find('}');
    if (pattern.front() == '}' || close == pattern.npos)
      return fail(fmt::format("'{}': a brace without its other half", pattern));
    const std::string_view word = pattern.substr(1, close - 1);
    if (word == "run")
      filled += topology.run_dir;
    else if (word == "host")
      filled += node.host;
    else if (word == "node")
      filled += node.name;
    else if (word == "process")
      filled += process;
    else if (word == "index")
      filled += std::to_string(index);
    else if (word == "port" || word.starts_with("port+"))
      filled += std::to_string(TRY(port_of(node, word)));
    else
      return fail(fmt::format(
          "{{{}}} is unknown: write {{run}} {{host}} {{port}} {{port+N}} {{node}} {{process}} "
          "{{index}}",
          word));
    pattern.remove_prefix(close + 1);
  }
  return filled;
}

}  // namespace paceline
