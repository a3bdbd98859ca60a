// A file that holds a secret (common/base/secrets.h).
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"

namespace paceline {

/// The secret in a file: its first line.
///   what     for errors: "client secret"
///   errors   not_found: cannot be opened or read; too_large: over 4 KiB; bad_value: no secret in it
Result<std::string> read_secret_file(const std::string& file, std::string_view what);

/// Fills `text` from `file`; without a file it stays as it is.
///   errors   as above
Result<void> take_secret_file(const std::string& file, std::string_view what, std::string& text);

}  // namespace paceline
