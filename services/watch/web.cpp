#include "services/watch/web.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>

#include "common/base/ascii.h"
#include "common/base/check.h"
#include "common/base/hash.h"
#include "services/watch/json.h"

namespace paceline::watch {
namespace {

constexpr std::size_t worth_compressing = 1024;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Takes the part before `separator` off the front of `text`.
std::string_view take_part(std::string_view& text, char separator) {
  const auto at = text.find(separator);
  const auto part = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
  return trimmed(part);
}

// The q of a header's element (RFC 9110, 12.4.2), among its parameters. One that cannot be read admits
// nothing.
double weight_of(std::string_view parameters) {
  while (!parameters.empty()) {
    auto value = take_part(parameters, ';');
    if (!same_word(take_part(value, '='), "q")) continue;
    double weight = 0;
    const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), weight,
                                             std::chars_format::fixed);
    const bool is_read = code == std::errc{} && end == value.data() + value.size();
    return is_read && weight >= 0 && weight <= 1 ? weight : 0;
  }
  return 1;
}

std::string gzip(const std::string& text) {
  z_stream stream{};
  constexpr int fastest = 1;
  constexpr int gzip_window = 15 + 16;
  const int ready = deflateInit2(&stream, fastest, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY);
  CHECK(ready == Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int done = deflate(&stream, Z_FINISH);
  CHECK(done == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

const char* title_of(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 421:
      return "Misdirected Request";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
  }
  return "Error";
}

}  // namespace

std::string_view WebRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return {};
}

std::optional<std::string_view> WebRequest::parameter(std::string_view name) const {
  const auto found = query.find(std::string{name});
  return found == query.end() ? std::nullopt : std::optional<std::string_view>{found->second};
}

WebAnswer problem(int status, std::string_view detail) {
  return {.status = status,
          .content_type = "application/problem+json",
          .body = problem_json(status, title_of(status), detail),
          .headers = {{"Cache-Control", "no-store"}}};
}

WebAnswer tagged(const WebRequest& request, WebAnswer answer) {
  if (answer.status != 200) return answer;
  // Weak: the same content, compressed or not.
  const std::string tag = fmt::format("W/\"{:016x}\"", fnv1a(answer.body));
  std::string_view known = request.header("if-none-match");
  while (!known.empty()) {
    auto each = take_part(known, ',');
    if (each.starts_with("W/")) each.remove_prefix(2);  // RFC 9110, 13.1.2: the weak comparison.
    if (each != "*" && each != std::string_view{tag}.substr(2)) continue;
    answer.status = 304;
    answer.body.clear();
    break;
  }
  answer.headers.emplace_back("ETag", tag);
  return answer;
}

Acceptance acceptance_of(std::string_view accept, std::string_view media_type) {
  if (trimmed(accept).empty()) return {.weight = 1};
  const auto type = media_type.substr(0, media_type.find('/'));
  Acceptance found;
  bool any = false;
  while (!accept.empty()) {
    auto element = take_part(accept, ',');
    auto range = take_part(element, ';');
    const auto whole = range;
    const auto its_type = take_part(range, '/');
    const int named_as = same_word(whole, media_type)                ? 2
                         : range == "*" && same_word(its_type, type) ? 1
                         : whole == "*/*"                            ? 0
                                                                     : -1;
    if (named_as < 0 || (any && named_as < found.named_as)) continue;
    found = {.weight = weight_of(element), .named_as = named_as};
    any = true;
  }
  return found;
}

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<bool> any;
  while (!accept_encoding.empty()) {
    auto coding = take_part(accept_encoding, ',');
    const auto name = take_part(coding, ';');
    const bool admitted = weight_of(coding) > 0;
    if (same_word(name, "gzip")) return admitted;
    if (name == "*") any = admitted;
  }
  return any.value_or(false);
}

WebAnswer compressed(const WebRequest& request, WebAnswer answer) {
  answer.headers.emplace_back("Vary", "Accept-Encoding");
  if (answer.body.size() < worth_compressing || !accepts_gzip(request.header("accept-encoding")))
    return answer;
  answer.body = gzip(answer.body);
  answer.headers.emplace_back("Content-Encoding", "gzip");
  return answer;
}

}  // namespace paceline::watch
