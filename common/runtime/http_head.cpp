#include "common/runtime/http_head.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/base/ascii.h"

namespace paceline {
namespace {

int hexadecimal(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::string> decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? hexadecimal(text[i + 1]) : -1;
      const int low = high < 0 ? -1 : hexadecimal(text[i + 2]);
      if (low < 0) return fail("a % in the address is not followed by two hexadecimal digits");
      const int byte = high * 16 + low;
      if (byte == 0) return fail("the address has a zero byte (%00)");
      out += static_cast<char>(byte);
      i += 2;
    }
  }
  return out;
}

Result<std::multimap<std::string, std::string>> read_query(std::string_view text) {
  std::multimap<std::string, std::string> query;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const auto each = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (each.empty()) continue;
    if (query.size() >= most_request_parameters)
      return fail(fmt::format("the address has more than {} parameters", most_request_parameters));
    const auto equals = std::min(each.find('='), each.size());
    auto name = TRY(decoded(each.substr(0, equals), true));
    auto value = TRY(decoded(each.substr(std::min(equals + 1, each.size())), true));
    query.emplace(std::move(name), std::move(value));
  }
  return query;
}

}  // namespace

FieldReader::FieldReader(const char* target_end, const char* version)
    : end_{version + std::strlen(version)}, is_plain_{target_end && version == target_end + 1} {
}

void FieldReader::take(const char* name, const char* value) {
  if (name != end_ + 1 && name != end_ + 2) is_plain_ = false;
  std::string_view text{value ? value : ""};
  end_ = value ? value + text.size() : name + std::strlen(name);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  fields.emplace_back(ascii_lower(name), text);
}

// The empty line left zeros too.
bool FieldReader::is_plain() const {
  return is_plain_ && end_[1] == '\0';
}

Result<RequestTarget> read_request_target(std::string_view method, std::string_view target) {
  RequestTarget read;
  if (std::ranges::any_of(target, [](char c) { return is_control(c) || c == ' ' || c == '#'; }))
    return fail("the address has a character that must be encoded");
  if (target == "*" && method == "OPTIONS") {
    read.path = target;
    return read;
  }
  if (!target.starts_with('/')) {
    const auto scheme = target.find("://");
    const auto name = ascii_lower(target.substr(0, std::min<std::size_t>(scheme, 5)));
    if (scheme == std::string_view::npos || (name != "http" && name != "https"))
      return fail("the address is neither a /path nor http://HOST/path");
    target.remove_prefix(scheme + 3);
    const auto end = std::min(target.find_first_of("/?"), target.size());
    read.authority = target.substr(0, end);
    if (read.authority->empty() || read.authority->find('@') != std::string::npos)
      return fail("the address names no host, or a user");
    target.remove_prefix(end);
  }
  const auto mark = std::min(target.find('?'), target.size());
  read.path = TRY(decoded(target.substr(0, mark), false));
  if (read.path.empty()) read.path = "/";
  read.query = TRY(read_query(target.substr(std::min(mark + 1, target.size()))));
  return read;
}

std::optional<HeadFault> fault_of_fields(const HttpHeaders& fields, std::string_view version) {
  if (fields.size() > most_request_headers)
    return HeadFault{431, fmt::format("more than {} header fields", most_request_headers)};
  for (const auto& [name, value] : fields) {
    if (!is_http_token(name)) return HeadFault{400, "a header field's name is none"};
    if (std::ranges::any_of(value, [](char c) { return is_control(c) && c != '\t'; }))
      return HeadFault{400, fmt::format("the header field {} has a control character", name)};
  }
  const auto count = [&](std::string_view name) {
    return std::ranges::count(fields, name, &HttpHeaders::value_type::first);
  };
  for (const auto* name : {"content-length", "transfer-encoding", "host"})
    if (count(name) > 1) return HeadFault{400, fmt::format("two header fields {}", name)};
  const auto coding =
      std::ranges::find(fields, "transfer-encoding", &HttpHeaders::value_type::first);
  if (coding == fields.end()) return std::nullopt;
  if (count("content-length") > 0)
    return HeadFault{400, "Content-Length and Transfer-Encoding together"};
  if (version == "HTTP/1.0") return HeadFault{400, "Transfer-Encoding in HTTP/1.0"};
  if (ascii_lower(coding->second) != "chunked")
    return HeadFault{501, "a Transfer-Encoding other than chunked"};
  return std::nullopt;
}

}  // namespace paceline
