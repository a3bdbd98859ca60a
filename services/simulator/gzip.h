// gzip and zstd bodies, with a bound on what comes out.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"

namespace paceline::simulator {

///   errors   bad_value: not gzip, or cut off; too_large: more than `max_bytes` come out
Result<std::string> gunzip(std::string_view compressed, std::size_t max_bytes = 64u << 20);

/// The same of one zstd frame or several.
Result<std::string> unzstd(std::string_view compressed, std::size_t max_bytes = 64u << 20);

/// For short ways: the fastest level.
std::string gzip(std::string_view plain);

}  // namespace paceline::simulator
