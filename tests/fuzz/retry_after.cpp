// A Retry-After header, or a Date.
#include "common/base/retry_after.h"

#include "tests/fuzz/fuzz.h"

namespace paceline::fuzz {

FUZZ(retry_after) {
  const auto date = parse_http_date(input);
  CHECK(!date || date->time_since_epoch().count() >= 0);
  for (const WallTime now : {WallTime{}, WallTime{1'790'000'000s}, WallTime{9'000'000'000s}}) {
    const auto delay = parse_retry_after(input, now);
    CHECK(!delay || (*delay >= Duration::zero() && *delay <= 1h));
    CHECK(!date || delay || input.starts_with(' '));  // What HTTP takes off before.
  }
}

}  // namespace paceline::fuzz
