#include "topology/target_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "common/base/ascii.h"
#include "common/base/utf8.h"

namespace paceline {
namespace {

constexpr std::size_t max_id = 128;
constexpr std::size_t max_object = 256;

bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= max_id && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"-_.:@"}.find(c) != std::string_view::npos;
  });
}

bool is_media_channel(std::string_view name) {
  return !name.empty() && name.size() <= 32 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == name.npos;
}

// UTF-8 without control characters.
bool is_text(std::string_view text) {
  return is_utf8(text) && std::ranges::none_of(text, is_control);
}

bool is_pool(std::string_view name) {
  return name.empty() || is_id(name);
}

constexpr std::array<TargetField, 5> all_fields = {{
    {"id", &Target::id, is_id, "not an id (1 to 128 letters, digits and -_.:@)"},
    {"channel", &Target::media_channel, is_media_channel,
     "not a media channel (1 to 32 of a-z 0-9 _ -)"},
    {"group", &Target::group, is_object, "not an object id (1 to 256 bytes of text)"},
    {"queue", &Target::queue, is_object, "not an object id (1 to 256 bytes of text)"},
    {"pool", &Target::pool, is_pool, "not a name (1 to 128 letters, digits and -_.:@)", false},
}};

}  // namespace

bool is_object(std::string_view name) {
  return !name.empty() && name.size() <= max_object && is_text(name);
}

std::span<const TargetField> target_fields() {
  return all_fields;
}

std::vector<std::string_view> target_names() {
  std::vector<std::string_view> names;
  for (const TargetField& field : all_fields) names.push_back(field.name);
  for (const PacingOption& option : pacing_options()) names.push_back(option.name);
  return names;
}

Result<void> set_option(PacingOptions& options, std::string_view name, std::string_view text) {
  for (const PacingOption& option : pacing_options())
    if (option.name == name) return option.set(options, text);
  return fail(Errc::not_found, "unknown key");
}

Result<void> set_target(Target& target, std::string_view name, std::string_view text) {
  for (const TargetField& field : all_fields) {
    if (field.name != name) continue;
    if (!field.holds(text)) return fail(std::string{field.otherwise});
    target.*field.member = text;
    return {};
  }
  return set_option(target.options, name, text);
}

void merge_agents(std::vector<AgentSet>& agents) {
  std::map<std::vector<std::string>, int> merged;
  for (AgentSet& set : agents) {
    std::ranges::sort(set.groups);
    const auto doubles = std::ranges::unique(set.groups);
    set.groups.erase(doubles.begin(), doubles.end());
    int& count = merged[std::move(set.groups)];
    count = std::min(count + set.agents, most_agents);
  }
  agents.clear();
  for (auto& [groups, count] : merged) agents.push_back({groups, count});
}

void TargetCollector::add(Target target, int line, int column) {
  if (count_++ == max_targets_) {
    over_line_ = line;
    over_column_ = column;
  }
  const auto [at, is_new] = places_.emplace(target.id, std::pair{line, column});
  if (!is_new)
    findings.add(line, column,
                 fmt::format("id = \"{}\": stands at {}:{}:{} already", target.id, findings.file(),
                             at->second.first, at->second.second));
  else if (count_ <= max_targets_)
    targets.all.push_back(std::move(target));
}

void TargetCollector::finish() {
  if (too_many())
    findings.add(
        over_line_, over_column_,
        fmt::format("{} targets, {} more than max_targets = {} of the topology file allows", count_,
                    count_ - max_targets_, max_targets_));
}

}  // namespace paceline
