// Text as TOML writes it.
#pragma once

#include <string>
#include <string_view>

namespace paceline {

/// A basic string, in quotes: whatever the text holds, TOML reads it back.
std::string toml_string(std::string_view text);

}  // namespace paceline
