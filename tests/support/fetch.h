// One HTTP request of a real client, waited for.
#pragma once

#include <optional>
#include <utility>

#include "common/ports/http.h"
#include "tests/support/catch.h"
#include "tests/support/real_loop.h"

namespace paceline::test {

inline Result<HttpAnswer> fetch(Loop& loop, Http& http, HttpRequest request) {
  std::optional<Result<HttpAnswer>> result;
  http.send(std::move(request), [&](Result<HttpAnswer> answer) { result = std::move(answer); });
  REQUIRE(run_until(loop, [&] { return result.has_value(); }));
  return *std::move(result);
}

}  // namespace paceline::test
