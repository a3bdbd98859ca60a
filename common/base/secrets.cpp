#include "common/base/secrets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/base/ascii.h"
#include "common/base/nearest_word.h"

namespace paceline {
namespace {

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, is_control);
}

}  // namespace

std::string_view first_word(std::string_view text) {
  constexpr const char* blanks = " \t\r\n\v\f";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == text.npos) return {};
  return text.substr(begin, std::min(text.find_first_of(blanks, begin), text.size()) - begin);
}

Result<std::string> secret_in(std::string_view text) {
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  if (line.empty()) return fail("its first line is empty");
  if (has_control_character(line)) return fail("its first line has a control character");
  return std::string{line};
}

Result<SecretSetting> secret_setting(Settings& settings, std::string_view key) {
  const std::string file_key = fmt::format("{}_file", key);
  SecretSetting secret;
  secret.text = TRY(settings.secret(key, ""));
  secret.file = TRY(settings.file(file_key, ""));
  if (has_control_character(secret.text))
    return tl::unexpected(settings.error(key, "has a control character"));
  if (!secret.text.empty() && !secret.file.empty())
    return tl::unexpected(
        settings.error(file_key, fmt::format("{} is given too: one of both", key)));
  return secret;
}

bool sounds_secret(std::string_view key) {
  constexpr std::array<std::string_view, 7> words = {"password", "passwd", "secret",    "token",
                                                     "bearer",   "key",    "credential"};
  std::string name = ascii_lower(key);
  for (const std::string_view word : {"pass", "pw", "secret", "token", "bearer", "key", "cred"})
    if (name.find(word) != name.npos) return true;
  for (std::string_view rest = name; !rest.empty();) {
    const auto end = std::min(rest.find_first_of("_-."), rest.size());
    if (!nearest_word(rest.substr(0, end), words).empty()) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

}  // namespace paceline
