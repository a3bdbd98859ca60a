#include "topology/targets.h"

#include <fmt/format.h>

#include "common/base/hash.h"
#include "topology/check.h"
#include "topology/target_fields.h"

namespace paceline {
namespace {

constexpr std::size_t max_bytes = 256u << 20;

TargetCollector read_targets(std::string_view text, std::string_view file,
                             std::size_t max_targets) {
  TargetCollector collector{file, max_targets};
  if (text.size() > max_bytes)
    collector.findings.add(1, 1, fmt::format("{} bytes, over {}", text.size(), max_bytes));
  else if (is_csv_targets(text, file))
    read_targets_csv(text, collector);
  else
    read_targets_toml(text, file, collector);
  collector.finish();
  return collector;
}

}  // namespace

std::vector<std::string> Targets::ids() const {
  std::vector<std::string> ids;
  ids.reserve(all.size());
  for (const Target& target : all) ids.push_back(target.id);
  return ids;
}

std::string Targets::version() const {
  std::uint64_t hash = fnv1a("");
  for (const Target& target : all) {
    for (const TargetField& field : target_fields())
      hash = fnv1a("\n", fnv1a(target.*field.member, hash));
    for (const PacingOption& option : pacing_options())
      hash = fnv1a("\n", fnv1a(option.text(target.options), hash));
  }
  for (const AgentSet& set : agents) {
    for (const auto& group : set.groups) hash = fnv1a("\n", fnv1a(group, hash));
    hash = fnv1a("\n", fnv1a(std::to_string(set.agents), hash));
  }
  return fmt::format("{:016x}", hash);
}

Result<Targets> parse_targets(std::string_view text, std::string_view file,
                              std::size_t max_targets) {
  TargetCollector collected = read_targets(text, file, max_targets);
  if (collected.findings.empty()) return std::move(collected.targets);
  const auto mistakes = collected.findings.in_order();
  const std::string more =
      mistakes.size() == 1
          ? ""
          : fmt::format(" (and {}{} more mistakes; pacelinectl targets check {} shows them)",
                        collected.findings.full() ? "at least " : "", mistakes.size() - 1, file);
  return tl::unexpected(
      error_at(mistakes.front().where, mistakes.front().what + more,
               collected.too_many() && mistakes.size() == 1 ? Errc::too_large : Errc::bad_value));
}

std::vector<Mistake> check_targets(std::string_view text, std::string_view file,
                                   std::size_t max_targets) {
  return read_targets(text, file, max_targets).findings.in_order();
}

}  // namespace paceline
