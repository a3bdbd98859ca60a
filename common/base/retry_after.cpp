#include "common/base/retry_after.h"

#include <curl/curl.h>
#include <fmt/chrono.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>

namespace paceline {
namespace {

using std::chrono::seconds;

constexpr seconds longest = 1h;

/// What follows the day of the week.
std::string_view date_in(std::string_view text) {
  return text.substr(std::min(text.find_first_of(", "), text.size()));
}

/// [s since 1970] of one of the three forms. curl reads many others and the 31st of any month: what
/// it makes of the text must, written again, be the text (but for the day of the week).
std::optional<seconds> http_date(const std::string& text) {
  const std::time_t time = curl_getdate(text.c_str(), nullptr);
  const bool has_weekday = date_in(text).size() < text.size();
  if (time < 0 || !has_weekday) return std::nullopt;
  const std::tm parts = fmt::gmtime(time);
  for (const std::string& form : {fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}", parts),
                                  fmt::format("{:%A, %d-%b-%y %H:%M:%S GMT}", parts),
                                  fmt::format("{:%a %b %e %H:%M:%S %Y}", parts)})
    if (date_in(form) == date_in(text)) return seconds{time};
  return std::nullopt;
}

}  // namespace

std::optional<Duration> parse_retry_after(std::string_view value, WallTime now) {
  while (value.starts_with(' ')) value.remove_prefix(1);
  while (value.ends_with(' ')) value.remove_suffix(1);
  if (!value.empty() && value.find_first_not_of("0123456789") == value.npos) {
    std::int64_t delay = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), delay);
    return read.ec == std::errc{} ? std::min(seconds{delay}, longest) : longest;
  }
  const auto date = http_date(std::string{value});
  if (!date) return std::nullopt;
  const auto now_s = std::chrono::floor<seconds>(now).time_since_epoch();
  if (*date - now_s > longest) return longest;  // Before it is counted in nanoseconds: any year.
  return std::max<Duration>(*date - now.time_since_epoch(), Duration::zero());
}

std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view value) {
  const auto date = http_date(std::string{value});
  return date ? std::optional{std::chrono::sys_seconds{*date}} : std::nullopt;
}

}  // namespace paceline
