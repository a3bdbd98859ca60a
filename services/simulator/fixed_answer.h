// An answer that a fault puts in the place of an endpoint's own, as its value says it:
//
//   {"status": 502, "type": "text/html", "headers": {"Retry-After": "3"}, "body": "<html>..."}
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"

namespace paceline::simulator {

struct FixedAnswer {
  int status = 200;                                            // [200..599]
  std::string type = "application/json";                       // Content-Type
  std::vector<std::pair<std::string, std::string>> headers{};  // At most 16.
  std::string body{};  // JSON that is no text is sent as it stands.

  bool operator==(const FixedAnswer&) const = default;
};

/// Reads an object of which each member may be missing.
///   errors   bad_value, naming the member: not JSON; an unknown member; a status or header that
///            HTTP does not have
Result<FixedAnswer> parse_fixed_answer(std::string_view json);

/// A number, text, true, false or null in JSON, as it stands.
///   errors   bad_value: anything else
Result<std::string> parse_json_scalar(std::string_view json);

}  // namespace paceline::simulator
