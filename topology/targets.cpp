#include "topology/targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>

#include "common/base/hash.h"
#include "topology/findings.h"

namespace paceline {
namespace {

constexpr std::size_t max_id = 128;
constexpr std::size_t max_object = 256;

constexpr std::string_view id_rule = "not an id (1 to 128 letters, digits and -_.:@)";

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

bool is_object(std::string_view name) {
  return !name.empty() && name.size() <= max_object &&
         std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

/// What went wrong with one cell or key; "" = nothing.
struct Rule {
  std::string_view key;
  std::string Target::*member;
  bool (*holds)(std::string_view);
  std::string_view otherwise;
};

constexpr std::array<Rule, 4> rules = {{
    {"id", &Target::id, is_id, id_rule},
    {"channel", &Target::media_channel, is_media_channel,
     "not a media channel (1 to 32 of a-z 0-9 _ -)"},
    {"group", &Target::group, is_object, "not an object id (1 to 256 characters)"},
    {"queue", &Target::queue, is_object, "not an object id (1 to 256 characters)"},
}};

/// Takes targets one by one; a second one of the same id and one too many are mistakes.
class Collector {
 public:
  Collector(Targets& targets, Findings& findings, std::size_t max_targets)
      : targets_{targets}, findings_{findings}, max_targets_{max_targets} {}

  /// `where`: "FILE:LINE:COLUMN" of the id. False when no more are taken.
  bool add(Target target, const std::string& where) {
    if (targets_.all.size() == max_targets_) {
      too_many_ = true;
      findings_.add(where, fmt::format("more than {} targets (maxTargets)", max_targets_));
      return false;
    }
    const auto [at, is_new] = first_.emplace(target.id, where);
    if (is_new)
      targets_.all.push_back(std::move(target));
    else
      findings_.add(where, fmt::format("id = \"{}\": stands at {} already", target.id, at->second));
    return !findings_.full();
  }

  bool too_many() const { return too_many_; }

 private:
  Targets& targets_;
  Findings& findings_;
  std::size_t max_targets_;
  std::unordered_map<std::string, std::string> first_;
  bool too_many_ = false;
};

// ---- TOML ----

void read_toml(std::string_view text, std::string_view file, Collector& collector,
               Findings& findings) {
  auto parsed = Settings::parse(text, file);
  if (!parsed) return findings.add(parsed.error());
  Settings& root = *parsed;
  PacingOptions defaults;
  if (auto options = root.table("options")) {
    defaults = findings.take(parse_pacing_options(*options), PacingOptions{});
    if (auto unknown = options->unknown_key()) findings.add(*unknown);
  } else {
    findings.add(options.error());
  }
  auto rows = root.tables("target");
  if (!rows) findings.add(rows.error());
  if (auto unknown = root.unknown_key()) findings.add(*unknown);
  if (!rows) return;
  for (Settings& row : *rows) {
    Target target;
    bool good = true;
    const auto note = [&](const Error& error) {
      findings.add(error);
      good = false;
    };
    for (const Rule& rule : rules) {
      auto value = row.text(rule.key);
      if (!value)
        note(value.error());
      else if (!rule.holds(*value))
        note(row.error(rule.key, rule.otherwise));
      else
        target.*rule.member = *std::move(value);
    }
    auto options = parse_pacing_options(row, defaults);
    if (!options)
      note(options.error());
    else
      target.options = *options;
    if (auto unknown = row.unknown_key()) note(*unknown);
    if (findings.full() || (good && !collector.add(std::move(target), row.where("id")))) return;
  }
}

// ---- CSV ----

struct Cell {
  std::string text;
  int column;  // 1-based, of its first byte.
};

/// RFC 4180 without line breaks in cells.
///   errors   bad_value: a quote that does not end, or text behind one
Result<std::vector<Cell>> split(std::string_view line) {
  std::vector<Cell> cells;
  std::size_t at = 0;
  while (true) {
    Cell cell{.text = {}, .column = static_cast<int>(at) + 1};
    if (at < line.size() && line[at] == '"') {
      for (++at;; ++at) {
        if (at == line.size()) return fail("a quote without its end");
        if (line[at] != '"') {
          cell.text += line[at];
        } else if (at + 1 < line.size() && line[at + 1] == '"') {
          cell.text += line[at++];
        } else {
          break;
        }
      }
      if (++at < line.size() && line[at] != ',') return fail("text behind a closing quote");
    } else {
      const auto end = std::min(line.find(',', at), line.size());
      cell.text = line.substr(at, end - at);
      at = end;
    }
    cells.push_back(std::move(cell));
    if (at >= line.size()) return cells;
    ++at;
  }
}

Result<std::int64_t> whole(std::string_view text, std::int64_t min, std::int64_t max) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return fail("not an integer");
  if (value < min || value > max) return fail(fmt::format("not in [{}, {}]", min, max));
  return value;
}

constexpr std::array<std::string_view, 6> option_columns = {
    "algorithm",      "optimizationTarget", "optimizationGoal",
    "proactiveRatio", "refreshPeriod",      "enabled"};

Result<void> set_option(PacingOptions& options, std::string_view column, const std::string& text) {
  if (column == "algorithm") options.algorithm = TRY(parse_algorithm(text));
  if (column == "optimizationTarget")
    options.optimization_target = TRY(parse_optimization_target(text));
  if (column == "optimizationGoal")
    options.optimization_goal = static_cast<int>(TRY(whole(text, 1, 99)));
  if (column == "proactiveRatio")
    options.proactive_ratio = static_cast<int>(TRY(whole(text, 0, 100)));
  if (column == "refreshPeriod") {
    options.refresh_period = TRY(parse_duration(text));
    if (options.refresh_period < 100ms || options.refresh_period > 60s)
      return fail("not in [100ms, 60s]");
  }
  if (column == "enabled") {
    if (text != "true" && text != "false") return fail("not true or false");
    options.enabled = text == "true";
  }
  return {};
}

/// The value of one cell; an empty option cell stays as it was.
Result<void> set_cell(Target& target, std::string_view column, const std::string& text) {
  for (const Rule& rule : rules) {
    if (column != rule.key) continue;
    if (!rule.holds(text)) return fail(std::string{rule.otherwise});
    target.*rule.member = text;
    return {};
  }
  return text.empty() ? Result<void>{} : set_option(target.options, column, text);
}

std::string_view take_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// The header's columns; empty after noting what is wrong with them.
std::vector<std::string> read_header(std::string_view line, Findings& findings) {
  const auto cells = split(line);
  if (!cells) {
    findings.add(1, 1, cells.error().detail);
    return {};
  }
  std::vector<std::string> columns;
  for (const Cell& cell : *cells) {
    const auto known = [&](const auto& names, auto name_of) {
      return std::ranges::any_of(names,
                                 [&](const auto& name) { return name_of(name) == cell.text; });
    };
    if (!known(rules, [](const Rule& rule) { return rule.key; }) &&
        !known(option_columns, [](std::string_view name) { return name; }))
      findings.add(1, cell.column, fmt::format("{}: unknown column", cell.text));
    if (std::ranges::find(columns, cell.text) != columns.end())
      findings.add(1, cell.column, fmt::format("{}: stands twice", cell.text));
    columns.push_back(cell.text);
  }
  for (const Rule& rule : rules)
    if (std::ranges::find(columns, rule.key) == columns.end())
      findings.add(1, 1, fmt::format("column {} is missing", rule.key));
  return findings.in_order().empty() ? columns : std::vector<std::string>{};
}

void read_csv(std::string_view text, std::string_view file, Collector& collector,
              Findings& findings) {
  const auto columns = read_header(take_line(text), findings);
  if (columns.empty()) return;
  for (int line = 2; !text.empty() && !findings.full(); ++line) {
    const std::string_view row = take_line(text);
    if (row.empty() || row.starts_with('#')) continue;
    const auto cells = split(row);
    if (!cells || cells->size() != columns.size()) {
      findings.add(line, 1,
                   cells ? fmt::format("{} cells, the header has {}", cells->size(), columns.size())
                         : cells.error().detail);
      continue;
    }
    Target target;
    bool good = true;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const Cell& cell = (*cells)[i];
      const auto set = set_cell(target, columns[i], cell.text);
      if (set) continue;
      good = false;
      findings.add(line, cell.column,
                   fmt::format("{} = \"{}\": {}", columns[i], cell.text, set.error().detail));
    }
    if (good && !collector.add(std::move(target), fmt::format("{}:{}:1", file, line))) return;
  }
}

struct TargetsReading {
  Targets targets;
  Findings findings;
  bool too_many = false;
};

TargetsReading read_targets(std::string_view text, std::string_view file, std::size_t max_targets) {
  TargetsReading reading{.targets = {}, .findings = Findings{file}};
  Collector collector{reading.targets, reading.findings, max_targets};
  if (text.starts_with("id,"))
    read_csv(text, file, collector, reading.findings);
  else
    read_toml(text, file, collector, reading.findings);
  reading.too_many = collector.too_many();
  return reading;
}

}  // namespace

std::vector<std::string> Targets::ids() const {
  std::vector<std::string> ids;
  ids.reserve(all.size());
  for (const Target& target : all) ids.push_back(target.id);
  return ids;
}

Result<Targets> parse_targets(std::string_view text, std::string_view file,
                              std::size_t max_targets) {
  TargetsReading reading = read_targets(text, file, max_targets);
  const auto mistakes = reading.findings.in_order();
  if (!mistakes.empty())
    return fail(reading.too_many && mistakes.size() == 1 ? Errc::too_large : Errc::bad_value,
                mistakes.front().where + ": " + mistakes.front().what);
  reading.targets.dictionary = dictionary_of(reading.targets.ids());
  return std::move(reading.targets);
}

std::vector<Mistake> check_targets(std::string_view text, std::string_view file,
                                   std::size_t max_targets) {
  return read_targets(text, file, max_targets).findings.in_order();
}

std::uint64_t dictionary_of(const std::vector<std::string>& ids) {
  std::uint64_t hash = fnv1a("");
  for (const std::string& id : ids) hash = fnv1a("\n", fnv1a(id, hash));
  return hash;
}

}  // namespace paceline
