#include "topology/outline.h"

#include <toml++/toml.h>
#include <algorithm>
#include <tuple>

namespace paceline {
namespace {

constexpr int depth_of_interest = 3;

void collect(const toml::table& table, const std::string& path, int depth,
             std::vector<OutlineKey>& keys) {
  for (const auto& [key, value] : table) {
    const auto& at = key.source().begin;
    keys.push_back({.table = path,
                    .name = std::string{key.str()},
                    .line = static_cast<int>(at.line),
                    .column = static_cast<int>(at.column)});
    const auto* inner = value.as_table();
    if (inner && depth < depth_of_interest)
      collect(*inner, path.empty() ? keys.back().name : path + "." + keys.back().name, depth + 1,
              keys);
  }
}

}  // namespace

std::vector<OutlineKey> outline(std::string_view text) {
  std::vector<OutlineKey> keys;
  try {
    collect(toml::parse(text), "", 1, keys);
  } catch (const toml::parse_error&) {
    return {};  // Settings::parse has told where and why.
  }
  std::ranges::stable_sort(keys, {}, [](const OutlineKey& key) {
    return std::tuple{key.line, key.column};
  });
  return keys;
}

}  // namespace paceline
