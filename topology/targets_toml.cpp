// The targets file as TOML: read with every mistake of every row, and written.
#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "common/base/nearest_word.h"
#include "topology/target_fields.h"
#include "topology/toml_text.h"

namespace paceline {
namespace {

// The value as set_target() takes it; nothing if it is neither text, integer nor boolean.
std::optional<std::string> text_of(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
  if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
  return std::nullopt;
}

std::string shown(const toml::node& node) {
  if (node.is_string()) return "\"" + *node.value<std::string>() + "\"";
  if (const auto text = text_of(node)) return *text;
  if (node.is_floating_point()) return fmt::format("{}", *node.value<double>());
  return node.is_array() ? "a list" : node.is_table() ? "a table" : "a date";
}

// What a key's value has to be in TOML; nothing for a key that does not exist.
std::optional<PacingOption::Kind> kind_of(std::string_view key) {
  for (const PacingOption& option : pacing_options())
    if (option.name == key) return option.kind;
  return std::nullopt;
}

bool is_kind(const toml::node& node, PacingOption::Kind kind) {
  switch (kind) {
    case PacingOption::Kind::word:
      return node.is_string();
    case PacingOption::Kind::integer:
      return node.is_integer();
    case PacingOption::Kind::boolean:
      return node.is_boolean();
  }
  return false;
}

constexpr std::string_view kind_rule(PacingOption::Kind kind) {
  switch (kind) {
    case PacingOption::Kind::word:
      return "not a text";
    case PacingOption::Kind::integer:
      return "not an integer";
    case PacingOption::Kind::boolean:
      return "not true or false";
  }
  return "";
}

std::string unknown(std::string_view key, std::span<const std::string_view> known) {
  return "unknown key" + did_you_mean(key, known);
}

std::vector<std::string_view> option_names() {
  std::vector<std::string_view> names;
  for (const PacingOption& option : pacing_options()) names.push_back(option.name);
  return names;
}

class TomlReader {
 public:
  explicit TomlReader(TargetCollector& collector) : collector_{collector} {}

  void read(const toml::table& root) {
    const toml::node* rows = nullptr;
    const toml::node* channels = nullptr;
    const toml::node* agents = nullptr;
    for (const auto& [key, value] : root) {
      if (key == "options")
        defaults_ = options_in(value, "options", PacingOptions{});
      else if (key == "channel")
        channels = &value;
      else if (key == "target")
        rows = &value;
      else if (key == "agents")
        agents = &value;
      else
        mistake(key.source(), key.str(), value,
                unknown(key.str(),
                        std::array<std::string_view, 4>{"options", "channel", "target", "agents"}));
    }
    if (channels) read_channels(*channels);
    if (rows) read_rows(*rows);
    if (agents) read_agents(*agents);
    for (const auto& [name, channel] : channels_)
      if (!channel.used)
        at(channel.where, fmt::format("channel.{}: no target is on this media channel", name));
  }

 private:
  struct Channel {
    PacingOptions options;
    toml::source_region where;
    bool used = false;
  };

  void at(const toml::source_region& source, std::string what) {
    collector_.findings.add(static_cast<int>(source.begin.line),
                            static_cast<int>(source.begin.column), std::move(what));
  }

  void mistake(const toml::source_region& source, std::string_view key, const toml::node& value,
               std::string_view why) {
    at(source, fmt::format("{} = {}: {}", key, shown(value), why));
  }

  PacingOptions options_in(const toml::node& node, const std::string& path,
                           const PacingOptions& defaults) {
    PacingOptions options = defaults;
    const auto* table = node.as_table();
    if (!table) {
      mistake(node.source(), path, node, "not a table");
      return options;
    }
    for (const auto& [key, value] : *table) {
      const auto name = fmt::format("{}.{}", path, key.str());
      if (const auto kind = kind_of(key.str()); !kind)
        mistake(key.source(), name, value, unknown(key.str(), option_names()));
      else if (!is_kind(value, *kind))
        mistake(value.source(), name, value, kind_rule(*kind));
      else if (const auto set = set_option(options, key.str(), *text_of(value)); !set)
        mistake(value.source(), name, value, set.error().detail);
    }
    return options;
  }

  void read_channels(const toml::node& node) {
    const auto* table = node.as_table();
    if (!table) return mistake(node.source(), "channel", node, "not a table");
    for (const auto& [name, value] : *table)
      channels_[std::string{name.str()}] = {
          options_in(value, fmt::format("channel.{}", name.str()), defaults_), name.source()};
  }

  void read_rows(const toml::node& node) {
    const auto* rows = node.as_array();
    std::size_t number = 0;
    if (rows)
      for (const auto& row : *rows) {
        const auto* table = row.as_table();
        if (!table) return mistake(row.source(), "target", row, "not an array of tables");
        read_row(*table, number++);
        if (collector_.findings.full()) return;
      }
    else
      mistake(node.source(), "target", node, "not an array of tables");
  }

  void read_row(const toml::table& row, std::size_t number) {
    Target target;
    target.options = defaults_;
    if (const auto name = row["channel"].value_exact<std::string>())
      if (const auto channel = channels_.find(*name); channel != channels_.end()) {
        target.options = channel->second.options;
        channel->second.used = true;
      }
    bool good = true;
    const auto wrong = [&](const toml::source_region& source, std::string_view key,
                           const toml::node& value, std::string_view why) {
      mistake(source, fmt::format("target[{}].{}", number, key), value, why);
      good = false;
    };
    for (const auto& [key, value] : row) {
      const bool is_field = std::ranges::any_of(
          target_fields(),
          [&, &key = key](const TargetField& field) { return field.name == key.str(); });
      const auto kind = is_field ? PacingOption::Kind::word : kind_of(key.str());
      if (!kind)
        wrong(key.source(), key.str(), value, unknown(key.str(), target_names()));
      else if (!is_kind(value, *kind))
        wrong(value.source(), key.str(), value, kind_rule(*kind));
      else if (const auto set = set_target(target, key.str(), *text_of(value)); !set)
        wrong(value.source(), key.str(), value, set.error().detail);
    }
    for (const TargetField& field : target_fields()) {
      if (!field.needed || row.contains(field.name)) continue;
      at(row.source(), fmt::format("target[{}].{} is missing", number, field.name));
      good = false;
    }
    if (!good) return;
    const auto& where = row.get("id")->source().begin;
    collector_.add(std::move(target), static_cast<int>(where.line), static_cast<int>(where.column));
  }

  void read_agents(const toml::node& node) {
    const auto* sets = node.as_array();
    std::size_t number = 0;
    if (!sets || !sets->is_array_of_tables())
      return mistake(node.source(), "agents", node, "not an array of tables");
    for (const auto& set : *sets) {
      read_agent_set(*set.as_table(), number++);
      if (collector_.findings.full()) return;
    }
    merge_agents(collector_.targets.agents);
  }

  void read_agent_set(const toml::table& table, std::size_t number) {
    AgentSet set;
    for (const auto& [key, value] : table) {
      const auto name = fmt::format("agents[{}].{}", number, key.str());
      if (key == "groups") {
        const auto* groups = value.as_array();
        if (!groups || groups->empty() || groups->size() > most_groups)
          return mistake(value.source(), name, value,
                         fmt::format("not a list of 1 to {} groups", most_groups));
        for (const auto& group : *groups) {
          const auto text = group.value_exact<std::string>();
          if (!text || !is_object(*text))
            return mistake(group.source(), name, group,
                           "not an object id (1 to 256 bytes of text)");
          set.groups.push_back(*text);
        }
      } else if (key == "count") {
        const auto count = value.value_exact<std::int64_t>();
        if (!count || *count < 1 || *count > most_agents)
          return mistake(value.source(), name, value, fmt::format("not in [1, {}]", most_agents));
        set.agents = static_cast<int>(*count);
      } else {
        mistake(key.source(), name, value,
                unknown(key.str(), std::array<std::string_view, 2>{"groups", "count"}));
      }
    }
    if (set.groups.empty())
      return at(table.source(), fmt::format("agents[{}].groups is missing", number));
    collector_.targets.agents.push_back(std::move(set));
  }

  TargetCollector& collector_;
  PacingOptions defaults_;
  std::map<std::string, Channel, std::less<>> channels_;
};

std::string written(const PacingOption& option, const PacingOptions& options) {
  auto text = option.text(options);
  return fmt::format("{} = {}\n", option.name,
                     option.kind == PacingOption::Kind::word ? toml_string(text) : text);
}

}  // namespace

void read_targets_toml(std::string_view text, std::string_view file, TargetCollector& collector) {
  try {
    TomlReader{collector}.read(toml::parse(text, file));
  } catch (const toml::parse_error& error) {
    collector.findings.add(
        static_cast<int>(error.source().begin.line), static_cast<int>(error.source().begin.column),
        looks_like_csv(text) ? "CSV, which a file of this name is not: call it .csv"
                             : std::string{error.description()});
  }
}

std::string targets_as_toml(const Targets& targets) {
  PacingOptions shared;  // What all have in common, else the default.
  if (!targets.all.empty())
    for (const PacingOption& option : pacing_options()) {
      const auto first = option.text(targets.all.front().options);
      if (std::ranges::all_of(targets.all, [&](const Target& target) {
            return option.text(target.options) == first;
          }))
        static_cast<void>(option.set(shared, first));
    }
  std::string out = "[options]\n";
  for (const PacingOption& option : pacing_options()) out += written(option, shared);
  for (const Target& target : targets.all) {
    out += "\n[[target]]\n";
    for (const TargetField& field : target_fields())
      if (field.needed || !(target.*field.member).empty())
        out += fmt::format("{} = {}\n", field.name, toml_string(target.*field.member));
    if (target.options == shared) continue;
    for (const PacingOption& option : pacing_options())
      if (option.text(target.options) != option.text(shared))
        out += written(option, target.options);
  }
  for (const AgentSet& set : targets.agents) {
    out += fmt::format("\n[[agents]]\ncount = {}\ngroups = [", set.agents);
    for (const auto& group : set.groups)
      out += fmt::format("{}{}", &group == &set.groups.front() ? "" : ", ", toml_string(group));
    out += "]\n";
  }
  return out;
}

}  // namespace paceline
