#include "common/wire/gms.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "common/base/utf8.h"
#include "common/wire/messages.h"

namespace paceline {
namespace {

namespace dom = simdjson::dom;

struct Key {
  std::string_view name;
  std::string GmsQuestion::*member;
};

constexpr std::array<Key, 11> keys = {{{"objectId", &GmsQuestion::object_id},
                                       {"objectType", &GmsQuestion::object_type},
                                       {"tenant", &GmsQuestion::tenant},
                                       {"tenantPassword", &GmsQuestion::tenant_password},
                                       {"metric", &GmsQuestion::metric},
                                       {"statisticType", &GmsQuestion::metric},
                                       {"filter", &GmsQuestion::filter},
                                       {"notificationMode", &GmsQuestion::notification_mode},
                                       {"timeProfile", &GmsQuestion::time_profile},
                                       {"timeRange", &GmsQuestion::time_range},
                                       {"timeRange2", &GmsQuestion::time_range2}}};

void append_encoded(std::string_view text, std::string& out) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '*';
    if (plain)
      out += c;
    else
      ((out += '%') += digits[byte >> 4]) += digits[byte & 15];
  }
}

int hex(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

Result<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (text.size() - i < 3 || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0)
      return fail("a % without two digits");
    out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
    i += 2;
  }
  return out;
}

std::optional<double> number_in(const dom::element& element) {
  double number = 0;
  if (!element.get(number)) return number;
  std::string_view text;
  if (element.get(text)) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number))
    return std::nullopt;
  return number;
}

void append_quoted(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      out += c;
  }
  out += '"';
}

}  // namespace

void encode_gms_question(const GmsQuestion& question, std::string_view metric_key,
                         std::string& out) {
  out.clear();
  for (const auto& [name, member] : keys) {
    const auto& value = question.*member;
    const bool metric = member == &GmsQuestion::metric;
    if (value.empty() || (metric && name != metric_key)) continue;
    if (!out.empty()) out += '&';
    out.append(name) += '=';
    append_encoded(value, out);
  }
}

Result<GmsQuestion> decode_gms_question(std::string_view form) {
  GmsQuestion question;
  while (!form.empty()) {
    const auto pair = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(pair.size() + 1, form.size()));
    const auto equals = pair.find('=');
    if (equals == pair.npos) return fail("a key without a value");
    const auto name = TRY(decoded(pair.substr(0, equals)));
    auto value = TRY(decoded(pair.substr(equals + 1)));
    for (const auto& key : keys) {
      if (key.name != name) continue;
      auto& member = question.*key.member;
      if (!member.empty()) return fail(fmt::format("{}: twice", name));
      member = std::move(value);
      break;
    }
  }
  return question;
}

void encode_gms_answer(const GmsAnswer& answer, std::string& out) {
  out.clear();
  if (!answer.message.empty()) {
    out += R"({"message":)";
    append_quoted(answer.message, out);
    out += R"(,"exception":)";
    append_quoted(answer.exception, out);
    out += '}';
  } else if (answer.value && std::isfinite(*answer.value)) {
    out += fmt::format(R"({{"value":{}}})", *answer.value);
  } else {
    out += R"({"value":null})";
  }
}

Result<GmsAnswer> decode_gms_answer(std::string_view json) {
  if (json.size() > max_text_bytes)
    return fail(Errc::too_large, fmt::format("{} bytes of JSON for one value", json.size()));
  thread_local dom::parser parser;
  dom::object object;
  json = without_byte_order_mark(json);
  if (const auto error = parser.parse(json.data(), json.size()).get(object))
    return fail(fmt::format("not a JSON object: {}", simdjson::error_message(error)));
  GmsAnswer answer;
  dom::element element;
  std::string_view text;
  const bool has_value = !object.at_key("value").get(element);
  if (has_value) answer.value = number_in(element);
  if (!object.at_key("message").get(text)) answer.message = text;
  if (!object.at_key("exception").get(text)) answer.exception = text;
  if (!has_value && answer.message.empty()) return fail("neither value nor message");
  return answer;
}

}  // namespace paceline
