// Secrets and keys: how they stand in files and in settings.
#pragma once

#include <string>
#include <string_view>

#include "common/base/settings.h"

namespace paceline {

inline constexpr std::size_t max_secret_bytes = 4096;  // Of a file that holds one.

/// The first word of a text: what CURVE reads of a key's file. "" if it has none.
std::string_view first_word(std::string_view text);

/// A secret is the first line of its file, without its line break; what stands below it is a note.
///   errors   bad_value: the first line is empty, or has a control character
Result<std::string> secret_in(std::string_view text);

/// A secret that stands in the settings, or in a file that they name.
struct SecretSetting {
  std::string text;  // "" = none there.
  std::string file;  // "" = none there.

  bool operator==(const SecretSetting&) const = default;
};

/// Reads `key` and `key`_file, of which one may be given.
///   errors   bad_value: both are given; a control character in it
Result<SecretSetting> secret_setting(Settings& settings, std::string_view key);

/// A file with a secret that lies open to others.
struct Exposure {
  std::string is;  // "FILE, the client secret, has mode 0644: everybody on this host may read it"
  std::string remedy;  // "chmod g-w,o-rwx FILE"

  std::string text() const { return is + "; " + remedy; }
};

/// Whether what stands under such a key may be a secret, whatever slip is in it: `passwrod`, `api_key`.
bool sounds_secret(std::string_view key);

}  // namespace paceline
