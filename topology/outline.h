// The keys of a TOML file with their places, whatever they hold: for finding all unknown ones at
// once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace paceline {

struct OutlineKey {
  std::string table;  // "" for the root, "nodes" for [nodes.a]'s name, "nodes.a" for its keys.
  std::string name;
  int line = 1;
  int column = 1;
};

/// Every key of the root, of its tables and of their tables, in the file's order; empty if `text`
/// is not TOML.
std::vector<OutlineKey> outline(std::string_view text);

}  // namespace paceline
