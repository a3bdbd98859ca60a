#include "services/pacelinectl/check_list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/check.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

constexpr auto states =
    std::to_array({CheckState::ok, CheckState::warning, CheckState::critical, CheckState::unknown});

Colour colour_of(CheckState state) {
  switch (state) {
    case CheckState::ok:
      return Colour::good;
    case CheckState::unknown:
      return Colour::dim;
    case CheckState::warning:
      return Colour::warn;
    case CheckState::critical:
      return Colour::bad;
  }
  return Colour::none;
}

}  // namespace

std::string on_one_line(std::string_view text) {
  std::string out = printable(text);
  std::ranges::replace(out, '|', '/');
  return out;
}

std::string_view word_of(CheckState state) {
  switch (state) {
    case CheckState::ok:
      return "OK";
    case CheckState::unknown:
      return "UNKNOWN";
    case CheckState::warning:
      return "WARNING";
    case CheckState::critical:
      return "CRITICAL";
  }
  return "UNKNOWN";
}

void CheckList::add(CheckState state, std::string_view area, std::string what, std::string remedy) {
  CHECK(std::ranges::find(check_areas, area) != check_areas.end());
  items_.push_back({state, std::string{area}, std::move(what), std::move(remedy)});
}

void CheckList::ok(std::string_view area, std::string what) {
  add(CheckState::ok, area, std::move(what), {});
}

void CheckList::unknown(std::string_view area, std::string what, std::string remedy) {
  add(CheckState::unknown, area, std::move(what), std::move(remedy));
}

void CheckList::warning(std::string_view area, std::string what, std::string remedy) {
  add(CheckState::warning, area, std::move(what), std::move(remedy));
}

void CheckList::critical(std::string_view area, std::string what, std::string remedy) {
  add(CheckState::critical, area, std::move(what), std::move(remedy));
}

void CheckList::figure(std::string name, std::string value) {
  figures_.emplace_back(std::move(name), std::move(value));
}

std::size_t CheckList::count(CheckState state) const {
  return static_cast<std::size_t>(std::ranges::count(items_, state, &CheckItem::state));
}

CheckState CheckList::worst() const {
  const auto heaviest = std::ranges::max_element(items_, {}, &CheckItem::state);
  return heaviest == items_.end() ? CheckState::ok : heaviest->state;
}

std::vector<CheckItem> CheckList::sorted() const {
  std::vector<CheckItem> items = items_;
  std::ranges::stable_sort(items, {}, [](const CheckItem& item) {
    return std::ranges::find(check_areas, item.area) - check_areas.begin();
  });
  return items;
}

std::string CheckList::sums() const {
  std::vector<std::string> parts;
  for (const CheckState state : states)
    if (count(state) > 0 || state == CheckState::ok)
      parts.push_back(fmt::format("{} {}", count(state), word_of(state)));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string CheckList::text(bool colour) const {
  std::string out;
  for (const CheckItem& item : sorted()) {
    out += fmt::format(
        "{}  {:<12}  {}\n",
        coloured(fmt::format("{:<8}", word_of(item.state)), colour_of(item.state), colour),
        item.area, printable(item.what));
    if (!item.remedy.empty()) out += fmt::format("{:24}-> {}\n", "", printable(item.remedy));
  }
  return out + sums() + "\n";
}

std::string CheckList::json() const {
  nlohmann::ordered_json answer{{"state", word_of(worst())},
                                {"counts", nlohmann::json::object()},
                                {"figures", nlohmann::json::object()},
                                {"checks", nlohmann::json::array()}};
  for (const CheckState state : states)
    answer["counts"][std::string{word_of(state)}] = count(state);
  for (const auto& [name, value] : figures_) answer["figures"][name] = value;
  for (const CheckItem& item : sorted())
    answer["checks"].push_back({{"state", word_of(item.state)},
                                {"area", item.area},
                                {"what", item.what},
                                {"remedy", item.remedy}});
  return answer.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string CheckList::plugin(std::string_view subject) const {
  std::vector<CheckItem> items = sorted();
  std::erase_if(items, [](const CheckItem& item) { return item.state == CheckState::ok; });
  std::ranges::stable_sort(items, std::greater<>{}, &CheckItem::state);
  std::string figures;
  for (const CheckState state : states) {
    std::string name{word_of(state)};
    std::ranges::transform(name, name.begin(), [](char c) { return static_cast<char>(c | 0x20); });
    figures += fmt::format(" {}={}", name, count(state));
  }
  for (const auto& [name, value] : figures_) figures += fmt::format(" {}={}", name, value);
  std::string out =
      fmt::format("PACELINE {} - {}: {}{} |{}\n", word_of(worst()), subject, sums(),
                  items.empty() ? "" : "; " + on_one_line(items.front().what), figures);
  for (const CheckItem& item : items)
    out += fmt::format("{} {}: {}{}\n", word_of(item.state), item.area, on_one_line(item.what),
                       item.remedy.empty() ? "" : " -> " + on_one_line(item.remedy));
  return out;
}

int CheckList::plugin_exit() const {
  switch (worst()) {
    case CheckState::ok:
      return 0;
    case CheckState::warning:
      return 1;
    case CheckState::critical:
      return 2;
    case CheckState::unknown:
      return 3;
  }
  return 3;
}

}  // namespace paceline::pacelinectl
