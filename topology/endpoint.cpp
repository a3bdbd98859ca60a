// Endpoint patterns: "tcp://{host}:{port+2}" and one process of one node give an address. Where each
// of several instances has a port of its own, "{port+11+index}" counts them.
#include <fmt/format.h>

#include <charconv>
#include <cstdint>

#include "topology/topology.h"

namespace paceline {
namespace {

constexpr int max_port = 65535;

constexpr std::string_view by_index = "+index";

/// The number in "port" or "port+N", both with "+index" or without; nothing for any other word.
Result<int> port_of(const Node& node, std::string_view word, int index) {
  std::string_view rest = word;
  std::int64_t offset = 0;
  if (rest.ends_with(by_index)) {
    rest.remove_suffix(by_index.size());
    offset = index;
  }
  if (rest != "port") {
    int fixed = 0;
    const std::string_view digits = rest.substr(std::string_view{"port+"}.size());
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), fixed);
    if (error != std::errc{} || end != digits.data() + digits.size() || fixed < 0)
      return fail(fmt::format("{{{}}}: write {{port}}, {{port+N}} or {{port+N+index}}", word));
    offset += fixed;
  }
  if (offset > max_port - node.port)
    return fail(
        fmt::format("{{{}}}: port {} + {} is beyond {}", word, node.port, offset, max_port));
  return node.port + static_cast<int>(offset);
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
      filled += node.host.find(':') == node.host.npos ? node.host : '[' + node.host + ']';
    else if (word == "node")
      filled += node.name;
    else if (word == "process")
      filled += process;
    else if (word == "index")
      filled += std::to_string(index);
    else if (word == "port" || word.starts_with("port+"))  // With "+index" too.
      filled += std::to_string(TRY(port_of(node, word, index)));
    else
      return fail(fmt::format(
          "{{{}}} is unknown: write {{run}} {{host}} {{port}} {{port+N}} {{port+N+index}} {{node}} "
          "{{process}} {{index}}",
          word));
    pattern.remove_prefix(close + 1);
  }
  return filled;
}

}  // namespace paceline
