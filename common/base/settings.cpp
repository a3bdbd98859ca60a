#include "common/base/settings.h"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <array>

#include "common/base/nearest_word.h"
#include "common/base/secrets.h"

namespace paceline {

// Tables share ownership of the whole parsed document through root_'s control block.
struct Settings::Node {
  const toml::node* value = nullptr;
};

namespace {

constexpr std::size_t max_bytes = 64u << 20;

Location location(std::string_view file, const toml::source_region& source) {
  return {.file = std::string{file},
          .line = static_cast<int>(source.begin.line),
          .column = static_cast<int>(source.begin.column)};
}

std::string shown(const toml::node& node) {
  return node.visit([](const auto& value) -> std::string {
    using T = std::decay_t<decltype(value)>;
    if constexpr (toml::is_string<T>)
      return "\"" + value.get() + "\"";
    else if constexpr (toml::is_integer<T> || toml::is_floating_point<T> || toml::is_boolean<T>)
      return fmt::format("{}", value.get());
    else if constexpr (toml::is_array<T>)
      return "a list";
    else if constexpr (toml::is_table<T>)
      return "a table";
    else
      return "a date";
  });
}

const toml::table& as_table(const toml::node* node) {
  return *node->as_table();
}

// Of a key that is missing: one that nobody has asked for and that differs by a slip.
std::string slip_for(std::string_view key, const toml::table& table,
                     const std::vector<std::string>& read) {
  constexpr std::size_t most = 2;  // That one is longer than the other.
  for (const auto& [name, value] : table) {
    const std::string_view other = name.str();
    if (std::ranges::find(read, other) == read.end() && other.size() <= key.size() + most &&
        key.size() <= other.size() + most && !nearest_word(other, std::array{key}).empty())
      return fmt::format("; is \"{}\" meant for it?", other);
  }
  return "";
}

}  // namespace

Result<Settings> Settings::parse(std::string_view text, std::string_view name) {
  if (text.size() > max_bytes)
    return tl::unexpected(error_at({.file = std::string{name}},
                                   fmt::format("{} bytes, over {}", text.size(), max_bytes),
                                   Errc::too_large));
  try {
    struct Document {
      toml::table table;
      Node node;
    };
    auto document = std::make_shared<Document>();
    document->table = toml::parse(text, name);
    document->node.value = &document->table;
    Settings settings;
    settings.root_ = std::shared_ptr<const Node>{document, &document->node};
    settings.file_ = name;
    return settings;
  } catch (const toml::parse_error& error) {
    return tl::unexpected(error_at(location(name, error.source()), error.description()));
  }
}

Settings Settings::empty(std::string_view name, std::string_view path) {
  static const toml::table nothing;
  static const Node node{&nothing};
  Settings settings;
  settings.root_ = std::shared_ptr<const Node>{std::shared_ptr<void>{}, &node};
  settings.file_ = name;
  settings.path_ = path.empty() ? "" : std::string{path} + ".";
  return settings;
}

Settings::Node Settings::find(std::string_view key) {
  read_.emplace_back(key);
  return {as_table(root_->value).get(key)};
}

Result<Settings::Node> Settings::required(std::string_view key, bool has_fallback) {
  const Node node = find(key);
  if (!node.value && !has_fallback)
    return tl::unexpected(error_at(
        where(key),
        fmt::format("{} is missing{}", full(key), slip_for(key, as_table(root_->value), read_))));
  return node;
}

std::string Settings::full(std::string_view key) const {
  return path_ + std::string{key};
}

void Settings::note(std::string_view key, std::string_view value) {
  effective_ += fmt::format("{} = {}\n", full(key), value);
}

bool Settings::has(std::string_view key) const {
  return as_table(root_->value).contains(key);
}

Location Settings::where(std::string_view key) const {
  const toml::node* node = as_table(root_->value).get(key);
  return location(file_, node ? node->source() : root_->value->source());
}

std::vector<Settings::Key> Settings::keys() const {
  std::vector<Key> keys;
  for (const auto& [name, value] : as_table(root_->value))
    keys.push_back({std::string{name.str()}, location(file_, name.source())});
  std::ranges::stable_sort(keys, {}, [](const Key& key) {
    return std::pair{key.where.line, key.where.column};
  });
  return keys;
}

// What was read as a secret is not shown, nor a text that may be one under a key that nobody knows.
Error Settings::error(std::string_view key, std::string_view why) const {
  const toml::node* node = as_table(root_->value).get(key);
  const bool is_read = std::ranges::find(read_, key) != read_.end();
  const bool is_secret =
      effective_.find(fmt::format("{} = ****\n", full(key))) != effective_.npos ||
      (!is_read && node && node->is_string() && sounds_secret(key));
  return error_at(where(key), fmt::format("{} = {}: {}", full(key),
                                          !node       ? "(absent)"
                                          : is_secret ? "****"
                                                      : shown(*node),
                                          why));
}

Result<std::string> Settings::text(std::string_view key, std::optional<std::string> fallback) {
  const Node node = TRY(required(key, fallback.has_value()));
  std::string value;
  if (!node.value) {
    value = *fallback;
  } else {
    const auto read = node.value->value_exact<std::string>();
    if (!read) return tl::unexpected(error(key, "not a text"));
    value = *read;
  }
  note(key, "\"" + value + "\"");
  return value;
}

Result<std::string> Settings::secret(std::string_view key, std::optional<std::string> fallback) {
  const std::size_t before = effective_.size();
  auto value = text(key, std::move(fallback));
  if (!value && has(key))
    return tl::unexpected(error_at(where(key), fmt::format("{} = ****: not a text", full(key))));
  effective_.resize(before);
  if (value) note(key, value->empty() ? "\"\"" : "****");
  return value;
}

Result<std::string> Settings::word(std::string_view key, std::span<const std::string_view> words,
                                   std::optional<std::string> fallback) {
  auto value = TRY(text(key, std::move(fallback)));
  if (std::ranges::find(words, value) == words.end())
    return tl::unexpected(error(key, fmt::format("not one of {}", fmt::join(words, ", "))));
  return value;
}

Result<bool> Settings::boolean(std::string_view key, std::optional<bool> fallback) {
  const Node node = TRY(required(key, fallback.has_value()));
  const auto value = node.value ? node.value->value_exact<bool>() : fallback;
  if (!value) return tl::unexpected(error(key, "not true or false"));
  note(key, *value ? "true" : "false");
  return *value;
}

Result<std::int64_t> Settings::integer(std::string_view key, IntegerRange range) {
  const Node node = TRY(required(key, range.fallback.has_value()));
  const auto value = node.value ? node.value->value_exact<std::int64_t>() : range.fallback;
  if (!value) return tl::unexpected(error(key, "not an integer"));
  if (*value < range.min || *value > range.max)
    return tl::unexpected(error(key, fmt::format("not in [{}, {}]", range.min, range.max)));
  note(key, std::to_string(*value));
  return *value;
}

Result<double> Settings::real(std::string_view key, RealRange range) {
  const Node node = TRY(required(key, range.fallback.has_value()));
  const auto value =
      node.value && node.value->is_number() ? node.value->value<double>() : range.fallback;
  if (!value || (node.value && !node.value->is_number()))
    return tl::unexpected(error(key, "not a number"));
  if (!(*value >= range.min && *value <= range.max))
    return tl::unexpected(error(key, fmt::format("not in [{}, {}]", range.min, range.max)));
  note(key, fmt::format("{}", *value));
  return *value;
}

Result<Duration> Settings::duration(std::string_view key, DurationRange range) {
  const Node node = TRY(required(key, range.fallback.has_value()));
  Duration value{};
  if (!node.value) {
    value = *range.fallback;
  } else {
    const auto written = node.value->value_exact<std::string>();
    if (!written) return tl::unexpected(error(key, "not a duration, write \"250ms\", \"2s\""));
    const auto parsed = parse_duration(*written);
    if (!parsed) return tl::unexpected(error(key, parsed.error().detail));
    value = *parsed;
  }
  if (value < range.min || value > range.max)
    return tl::unexpected(error(key, fmt::format("not in [{}, {}]", format_duration(range.min),
                                                 format_duration(range.max))));
  note(key, format_duration(value));
  return value;
}

Result<std::string> Settings::file(std::string_view key, std::optional<std::string> fallback) {
  std::string path = TRY(text(key, std::move(fallback)));
  const auto slash = file_.rfind('/');
  if (path.empty() || path.starts_with('/') || slash == std::string::npos) return path;
  return file_.substr(0, slash + 1) + path;
}

Result<std::vector<std::string>> Settings::texts(std::string_view key) {
  const Node node = find(key);
  std::vector<std::string> values;
  if (!node.value) return values;
  if (const auto one = node.value->value_exact<std::string>()) {
    values.push_back(*one);
  } else if (const auto* list = node.value->as_array()) {
    for (const auto& item : *list) {
      const auto value = item.value_exact<std::string>();
      if (!value) return tl::unexpected(error(key, "not a list of texts"));
      values.push_back(*value);
    }
  } else {
    return tl::unexpected(error(key, "not a list of texts"));
  }
  note(key, fmt::format("[{}]", fmt::join(values, ", ")));
  return values;
}

Result<Settings> Settings::table(std::string_view key) {
  const Node node = find(key);
  if (!node.value) return empty(file_, full(key));
  if (!node.value->is_table()) return tl::unexpected(error(key, "not a table"));
  Settings settings;
  auto held = std::make_shared<std::pair<std::shared_ptr<const Node>, Node>>(root_, node);
  settings.root_ = std::shared_ptr<const Node>{held, &held->second};
  settings.file_ = file_;
  settings.path_ = full(key) + ".";
  return settings;
}

Result<std::vector<std::pair<std::string, Settings>>> Settings::named_tables(std::string_view key) {
  Settings parent = TRY(table(key));
  std::vector<std::pair<std::string, Settings>> all;
  for (const Key& child : parent.keys())
    all.emplace_back(child.name, TRY(parent.table(child.name)));
  return all;
}

Result<std::vector<Settings>> Settings::tables(std::string_view key) {
  const Node node = find(key);
  std::vector<Settings> all;
  if (!node.value) return all;
  const auto* list = node.value->as_array();
  if (!list) return tl::unexpected(error(key, "not an array of tables"));
  for (const auto& item : *list) {
    if (!item.is_table()) return tl::unexpected(error(key, "not an array of tables"));
    Settings settings;
    auto held = std::make_shared<std::pair<std::shared_ptr<const Node>, Node>>(root_, Node{&item});
    settings.root_ = std::shared_ptr<const Node>{held, &held->second};
    settings.file_ = file_;
    settings.path_ = fmt::format("{}[{}].", full(key), all.size());
    all.push_back(std::move(settings));
  }
  return all;
}

std::optional<Error> Settings::unknown_key() const {
  for (const Key& key : keys()) {
    if (std::ranges::find(read_, key.name) != read_.end()) continue;
    const std::vector<std::string_view> known{read_.begin(), read_.end()};
    const Error wrong = error(key.name, "unknown key" + did_you_mean(key.name, known));
    return error_at(key.where, std::string{wrong.reason()});
  }
  return std::nullopt;
}

}  // namespace paceline
