#include "services/elector/durable_state.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "common/base/hash.h"

namespace paceline::elector {
namespace {

constexpr std::string_view first_line = "paceline-elector 1\n";

std::string body_of(const DurableState& state) {
  return std::string{first_line} + "term " + std::to_string(state.term) + "\nincarnation " +
         std::to_string(state.incarnation) + "\n";
}

std::optional<std::uint64_t> take_number(std::string_view& text, std::string_view name) {
  if (!text.starts_with(name)) return {};
  text.remove_prefix(name.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end == text.data() + text.size() || *end != '\n') return {};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return number;
}

}  // namespace

std::string with_check(std::string body) {
  body += fmt::format("check {:016x}\n", fnv1a(body));
  return body;
}

std::string format_durable_state(const DurableState& state) {
  return with_check(body_of(state));
}

Result<DurableState> parse_durable_state(std::string_view text) {
  const std::string_view whole = text;
  if (!text.starts_with(first_line)) return fail("not an elector's state");
  text.remove_prefix(first_line.size());
  DurableState state;
  const auto term = take_number(text, "term ");
  const auto incarnation = term ? take_number(text, "incarnation ") : std::nullopt;
  if (!term || !incarnation) return fail("torn: term or incarnation is missing");
  state.term = *term;
  state.incarnation = *incarnation;
  if (format_durable_state(state) != whole) return fail("the check does not fit");
  return state;
}

}  // namespace paceline::elector
