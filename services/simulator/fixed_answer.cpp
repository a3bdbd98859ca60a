#include "services/simulator/fixed_answer.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/ascii.h"

namespace paceline::simulator {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t max_headers = 16;

// RFC 9110, 5.5, without what only old software writes.
bool is_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<void> read_headers(const Json& headers, FixedAnswer& answer) {
  if (!headers.is_object()) return fail("headers: not an object");
  for (const auto& [name, value] : headers.items()) {
    if (answer.headers.size() == max_headers) return fail("headers: over 16");
    if (!is_http_token(name)) return fail("headers: '" + name + "' is no name of a header");
    if (!value.is_string() || !is_value(value.get_ref<const std::string&>()))
      return fail("headers." + name + ": not a text of printable ASCII");
    answer.headers.emplace_back(name, value.get<std::string>());
  }
  return {};
}

}  // namespace

Result<FixedAnswer> parse_fixed_answer(std::string_view text) {
  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return fail("not a JSON object");
  FixedAnswer answer;
  for (const auto& [key, value] : json.items()) {
    if (key == "status") {
      if (!value.is_number_integer() || value < 200 || value > 599)
        return fail("status: not a whole number in [200, 599]");
      answer.status = value.get<int>();
    } else if (key == "type") {
      if (!value.is_string() || !is_value(value.get_ref<const std::string&>()))
        return fail("type: not a text of printable ASCII");
      answer.type = value.get<std::string>();
    } else if (key == "headers") {
      if (auto read = read_headers(value, answer); !read) return tl::unexpected(read.error());
    } else if (key == "body") {
      answer.body = value.is_string() ? value.get<std::string>() : dumped(value);
    } else {
      return fail(key + ": none of status, type, headers and body");
    }
  }
  return answer;
}

Result<std::string> parse_json_scalar(std::string_view text) {
  const auto json = Json::parse(text, nullptr, false);
  if (json.is_discarded() || json.is_structured())
    return fail("not a number, text, true, false or null in JSON");
  return std::string{text};
}

}  // namespace paceline::simulator
