#include "topology/settings_diff.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <map>
#include <sstream>

#include "topology/toml_text.h"

namespace paceline {
namespace {

using SettingTexts = std::map<std::string, std::string>;

void collect(const toml::table& table, const std::string& above, SettingTexts& texts) {
  for (const auto& [name, value] : table) {
    const std::string key = above + std::string{name.str()};
    if (const auto* inner = value.as_table()) {
      collect(*inner, key + ".", texts);
      continue;
    }
    if (const auto* word = value.as_string()) {
      texts[key] = toml_string(word->get());
      continue;
    }
    if (const auto* number = value.as_floating_point()) {
      texts[key] = fmt::format("{}", number->get());  // 0.41, not 0.40999999999999998.
      continue;
    }
    std::ostringstream text;
    value.visit([&](const auto& node) { text << node; });
    texts[key] = text.str();
  }
}

Result<SettingTexts> settings_in(std::string_view text) {
  SettingTexts texts;
  try {
    collect(toml::parse(text), "", texts);
  } catch (const toml::parse_error& error) {
    return fail(fmt::format("line {}: {}", error.source().begin.line, error.description()));
  }
  return texts;
}

}  // namespace

std::string SettingChange::text() const {
  if (before.empty()) return fmt::format("+ {} {}", key, after);
  if (after.empty()) return fmt::format("- {} {}", key, before);
  return fmt::format("{} {} -> {}", key, before, after);
}

Result<std::vector<SettingChange>> diff_settings(std::string_view before, std::string_view after) {
  const auto was = TRY(settings_in(before));
  const auto is = TRY(settings_in(after));
  std::map<std::string, SettingChange> changes;
  for (const auto& [key, text] : was)
    if (const auto found = is.find(key); found == is.end())
      changes[key] = {key, text, ""};
    else if (found->second != text)
      changes[key] = {key, text, found->second};
  for (const auto& [key, text] : is)
    if (!was.contains(key)) changes[key] = {key, "", text};
  std::vector<SettingChange> in_order;
  for (auto& [key, change] : changes) in_order.push_back(std::move(change));
  return in_order;
}

}  // namespace paceline
