// What a row of the targets file consists of, and what is gathered while rows are read: shared by
// both forms of the file.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "topology/findings.h"
#include "topology/targets.h"

namespace paceline {

/// id, channel, group, queue: what every row has to have; and pool, which it may have.
struct TargetField {
  std::string_view name;
  std::string Target::*member;
  bool (*holds)(std::string_view text);
  std::string_view otherwise;  // What is wrong with a text that does not hold.
  bool needed = true;
};
std::span<const TargetField> target_fields();

/// Of all fields and options.
std::vector<std::string_view> target_names();

/// Sets a field or an option.
///   errors   bad_value: what is wrong with the text; not_found: no such name
Result<void> set_target(Target& target, std::string_view name, std::string_view text);
Result<void> set_option(PacingOptions& options, std::string_view name, std::string_view text);

/// Takes targets one by one; a second one of the same id is a mistake, and so is one too many.
class TargetCollector {
 public:
  TargetCollector(std::string_view file, std::size_t max_targets)
      : findings{file}, max_targets_{max_targets} {}

  /// The place is that of the id. What is over the limit is only counted.
  void add(Target target, int line, int column);

  /// All rows were there: says if they were too many.
  void finish();
  bool too_many() const { return count_ > max_targets_; }

  Targets targets;
  Findings findings;

 private:
  std::size_t max_targets_;
  std::size_t count_ = 0;
  int over_line_ = 1;  // Of the first one over the limit.
  int over_column_ = 1;
  std::unordered_map<std::string, std::pair<int, int>> places_;  // By id.
};

inline constexpr int most_agents = 1'000'000;    // Of one set.
inline constexpr std::size_t most_groups = 256;  // Of one agent.

/// Makes one of those that serve the same groups, and puts them in the order of their groups.
void merge_agents(std::vector<AgentSet>& agents);

/// Whether the text can be the object id of a group.
bool is_object(std::string_view name);

void read_targets_toml(std::string_view text, std::string_view file, TargetCollector& collector);
void read_targets_csv(std::string_view text, TargetCollector& collector);

/// Whether a targets file of this name holds CSV: .csv and .tsv do, .toml does not; nothing for
/// other names.
std::optional<bool> csv_by_name(std::string_view file);

/// Whether a text of no telling name is CSV: its first line has a cell `id` beside others.
bool looks_like_csv(std::string_view text);

/// The name decides; where it says nothing, the text.
bool is_csv_targets(std::string_view text, std::string_view file);

}  // namespace paceline
