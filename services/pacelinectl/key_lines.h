// Public keys as people hand them on, one a line: `b KEY 1a2b 3c4d 5e6f 7081`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/pacelinectl/environment.h"

namespace paceline::pacelinectl {

struct KeyLine {
  int line = 0;
  std::string name;  // Of a node, or of a sender that feeds statistics.
  std::string key;   // 40 characters of Z85.
};

/// The line of a key, without its end; the last words are its fingerprint.
std::string key_line(std::string_view name, std::string_view key, Environment& environment);

/// Whether it is a key as CURVE has it: 40 characters of Z85 that stand for 32 bytes.
bool is_curve_key(std::string_view text);

/// Lines of keys; empty ones, and those that begin with #, are passed over. A fingerprint may be missing; one
/// that is there has to be the key's.
///   errors   bad_value, naming `file` and line: not a line of a key; a name twice; no line at all
Result<std::vector<KeyLine>> parse_key_lines(std::string_view text, std::string_view file,
                                             Environment& environment);

}  // namespace paceline::pacelinectl
