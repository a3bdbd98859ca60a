#include "common/runtime/secret_file.h"

#include <fmt/format.h>

#include "common/base/secrets.h"
#include "common/runtime/files.h"

namespace paceline {

Result<std::string> read_secret_file(const std::string& file, std::string_view what) {
  const std::string text = TRY(read_file(file, max_secret_bytes));
  auto secret = secret_in(text);
  if (!secret) return fail(fmt::format("{}: no {} in it: {}", file, what, secret.error().detail));
  return secret;
}

Result<void> take_secret_file(const std::string& file, std::string_view what, std::string& text) {
  if (file.empty()) return {};
  auto secret = read_secret_file(file, what);
  if (!secret) return tl::unexpected(std::move(secret).error());
  text = *std::move(secret);
  return {};
}

}  // namespace paceline
