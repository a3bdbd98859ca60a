// Whether text from outside is UTF-8 (RFC 3629: nothing overlong, no surrogates), by simdjson.
#pragma once

#include <string>
#include <string_view>

namespace paceline {

bool is_utf8(std::string_view text);

/// The text with U+FFFD for each byte that is not part of a UTF-8 sequence.
std::string repaired_utf8(std::string_view text);

}  // namespace paceline
