#include "services/publisher/encoding.h"

#include <algorithm>

namespace paceline::publisher {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

// "q=0", "q=0.0", ...: named in order to be refused.
bool is_zero_weight(std::string_view parameter) {
  parameter = trimmed(parameter);
  if (parameter.size() < 3 || !same(parameter.substr(0, 2), "q=")) return false;
  const auto weight = parameter.substr(2);
  return weight.find_first_not_of("0.") == std::string_view::npos;
}

}  // namespace

const char* to_string(Encoding encoding) {
  switch (encoding) {
    case Encoding::identity:
      return "identity";
    case Encoding::gzip:
      return "gzip";
    case Encoding::zstd:
      return "zstd";
  }
  return "";
}

Encoding Encodings::choose() const {
  if (policy_.zstd && zstd_accepted_ && !zstd_excluded_) return Encoding::zstd;
  if (policy_.gzip && gzip_accepted_ && !gzip_excluded_) return Encoding::gzip;
  return Encoding::identity;
}

void Encodings::learn(std::string_view accept_encoding) {
  if (trimmed(accept_encoding).empty()) return;
  gzip_accepted_ = zstd_accepted_ = false;
  while (!accept_encoding.empty()) {
    const auto comma = std::min(accept_encoding.find(','), accept_encoding.size());
    const std::string_view item = accept_encoding.substr(0, comma);
    accept_encoding.remove_prefix(std::min(comma + 1, accept_encoding.size()));
    const auto semicolon = std::min(item.find(';'), item.size());
    const std::string_view name = trimmed(item.substr(0, semicolon));
    if (semicolon < item.size() && is_zero_weight(item.substr(semicolon + 1))) continue;
    if (same(name, "gzip") || same(name, "x-gzip") || name == "*") gzip_accepted_ = true;
    if (same(name, "zstd")) zstd_accepted_ = true;
  }
}

void Encodings::exclude(Encoding used) {
  if (used == Encoding::gzip) gzip_excluded_ = true;
  if (used == Encoding::zstd) zstd_excluded_ = true;
}

}  // namespace paceline::publisher
