#include "common/base/retry_after.h"

#include <rapidcheck.h>

#include "tests/support/catch.h"

namespace paceline::test {
namespace {

const WallTime noon = std::chrono::sys_days{std::chrono::year{1994} / 11 / 6} + 8h + 49min + 37s;

}  // namespace

TEST_CASE("a Retry-After is understood in both its forms", "[base]") {
  const auto [value, delay] =
      GENERATE(table<std::string, Duration>({{"0", 0s},
                                             {"17", 17s},
                                             {" 17 ", 17s},
                                             {"999999999999999999999", 1h},
                                             {"Sun, 06 Nov 1994 08:50:07 GMT", 30s},
                                             {"Sun, 06 Nov 1994 08:00:00 GMT", 0s},
                                             {"Mon, 07 Nov 1994 08:50:07 GMT", 1h}}));
  CAPTURE(value);

  CHECK(parse_retry_after(value, noon) == delay);
}

TEST_CASE("a Retry-After that nobody understands is none", "[base]") {
  const auto value =
      GENERATE(as<std::string>{}, "", "-1", "1.5", "soon", "Sun, 31 Feb 1994 08:50:07 GMT",
               "Sun, 06 Now 1994 08:50:07 GMT", "Sun, 06 Nov 1994 08:50:07");
  CAPTURE(value);

  CHECK(!parse_retry_after(value, noon));
}

TEST_CASE("a Retry-After in the year 9999 is an hour, one in 1601 is none", "[base]") {
  CHECK(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", noon) == Duration{1h});
  for (const char* year : {"0245", "245", "1601", "1626"})
    CHECK(!parse_retry_after(std::string{"Mon, 01 Jan "} + year + " 00:00:00 GMT", noon));
}

TEST_CASE("a date is read in the form that servers must send and in both old ones", "[base]") {
  using std::chrono::sys_seconds;
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == sys_seconds{784111777s});
  CHECK(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT") == sys_seconds{0s});
  CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT") == sys_seconds{784111777s});
  CHECK(parse_http_date("Sun Nov  6 08:49:37 1994") == sys_seconds{784111777s});
  CHECK(!parse_http_date("Sunday, 31-Feb-94 08:49:37 GMT"));
  CHECK(!parse_http_date(", 06 Nov 1994 08:49:37 GMT"));
  CHECK(!parse_http_date("784111777"));
  CHECK(!parse_http_date(""));
}

TEST_CASE("any Retry-After at all is a delay within an hour or none", "[base][property]") {
  REQUIRE(rc::check([](const std::string& value) {
    const auto delay = parse_retry_after(value, noon);
    RC_ASSERT(!delay || (*delay >= 0s && *delay <= 1h));
  }));
}

}  // namespace paceline::test
