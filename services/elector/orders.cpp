#include "services/elector/orders.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <tuple>
#include <utility>

#include "common/base/ascii.h"
#include "common/base/cluster_bounds.h"
#include "common/base/utf8.h"
#include "common/wire/state_frame.h"
#include "services/elector/durable_state.h"

namespace paceline::elector {
namespace {

constexpr std::string_view first_line = "paceline-orders 1\n";
constexpr auto last_ms = static_cast<std::uint64_t>(max_wall_ms);
constexpr std::uint64_t last_believed_ms = 4'000'000'000'000;  // The year 2096.

std::string body_of(const Orders& orders) {
  return fmt::format("{}pause_ms {}\npause {}\nmaintenance {}\n", first_line, orders.pause.ms,
                     orders.pause.why, orders.maintenance);
}

// The rest of the line that begins with `name`, which is taken from the text.
std::optional<std::string_view> take_line(std::string_view& text, std::string_view name) {
  const auto end = text.find('\n');
  if (end == text.npos || !text.starts_with(name)) return std::nullopt;
  const auto line = text.substr(name.size(), end - name.size());
  text.remove_prefix(end + 1);
  return line;
}

bool may_stand(std::string_view why) {
  return why.empty() || checked_why(std::string{why}).has_value();
}

}  // namespace

bool supersedes(const PauseWord& word, const PauseWord& known) {
  return std::tuple{word.ms, !word.why.empty(), std::string_view{word.why}} >
         std::tuple{known.ms, !known.why.empty(), std::string_view{known.why}};
}

Result<PauseWord> next_word(const PauseWord& known, std::string why, std::uint64_t now_ms) {
  if (known.ms >= last_ms)
    return fail(Errc::refused,
                fmt::format("the last word about a pause is of the instant {}, after "
                            "which there is none: stop the electors of all nodes, "
                            "delete their orders-CLUSTER files and start them",
                            known.ms));
  return PauseWord{std::move(why), std::max(std::min(now_ms, last_believed_ms), known.ms + 1)};
}

Result<std::string> checked_why(std::string why) {
  if (why.empty()) return fail("a reason is wanted");
  if (why.size() > max_why_bytes)
    return fail(fmt::format("the reason has {} bytes: {} at most", why.size(), max_why_bytes));
  if (!is_utf8(why) || std::ranges::any_of(why, is_control))
    return fail("the reason is not one line of UTF-8");
  return why;
}

std::string format_orders(const Orders& orders) {
  return with_check(body_of(orders));
}

Result<Orders> parse_orders(std::string_view text) {
  const std::string_view whole = text;
  if (!text.starts_with(first_line)) return fail("not an elector's orders");
  text.remove_prefix(first_line.size());
  Orders orders;
  const auto ms = take_line(text, "pause_ms ");
  const auto pause = ms ? take_line(text, "pause ") : std::nullopt;
  const auto maintenance = pause ? take_line(text, "maintenance ") : std::nullopt;
  if (!maintenance || !may_stand(*pause) || !may_stand(*maintenance)) return fail("torn");
  const auto [end, error] = std::from_chars(ms->data(), ms->data() + ms->size(), orders.pause.ms);
  if (error != std::errc{} || end != ms->data() + ms->size() || orders.pause.ms > last_ms)
    return fail("pause_ms is no number of milliseconds");
  orders.pause.why = *pause;
  orders.maintenance = *maintenance;
  if (format_orders(orders) != whole) return fail("the check does not fit");
  return orders;
}

}  // namespace paceline::elector
