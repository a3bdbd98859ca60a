// What clusters, nodes, and whatever has a key beside theirs may be called.
#pragma once

#include <string_view>

#include "common/base/cluster_bounds.h"

namespace paceline {

inline constexpr const char* name_rule = "1 to 32 of a-z 0-9 _ -, beginning with a letter";

inline bool is_name(std::string_view name) {
  static_assert(max_name_bytes == 32);  // As the rule says.
  return !name.empty() && name.size() <= max_name_bytes && name.front() >= 'a' &&
         name.front() <= 'z' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == name.npos;
}

}  // namespace paceline
