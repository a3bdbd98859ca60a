// Text from outside: whether it is UTF-8 (RFC 3629: nothing overlong, no surrogates; by simdjson), and what
// of it a person may be shown.
#pragma once

#include <string>
#include <string_view>

namespace paceline {

bool is_utf8(std::string_view text);

/// Without the byte order mark that RFC 8259 forbids before JSON, and some write.
std::string_view without_byte_order_mark(std::string_view text);

/// The text with U+FFFD for each byte that is not part of a UTF-8 sequence.
std::string repaired_utf8(std::string_view text);

/// The first `most` bytes, with `?` for each that is not printable ASCII: what a stranger said, for a log line
/// or a terminal.
std::string printable_ascii(std::string_view text, std::size_t most);

}  // namespace paceline
