// gzip, when it pays.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace paceline {

/// Compresses `body` into `out` (replaced) as one gzip member.
///
///   level     [1..9] 1 = fastest
///   least     [bytes] a smaller body is not worth it
///   returns   false, and `out` unspecified: too small, or no smaller than before
///   cost      O(n), about 4 ms per MB at level 3
bool compress_gzip(std::string_view body, int level, std::size_t least, std::string& out);

}  // namespace paceline
