// One table of a TOML file, read key by key with types and ranges. What is not asked for is an error.
//
//   Settings settings = TRY(Settings::parse(text, "two-node.toml"));
//   config.period = TRY(settings.duration("period", {.fallback = 2s, .min = 100ms, .max = 60s}));
//   return settings.finish(config);            // fails on a key that nobody read
//
// Errors read "two-node.toml:12:3: elector.period = 5ms: not in [100ms, 60s]".
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"

namespace paceline {

struct DurationRange {
  std::optional<Duration> fallback{};  // Without one the key is required.
  Duration min = Duration::zero();
  Duration max = 365 * 24h;
};

struct IntegerRange {
  std::optional<std::int64_t> fallback{};
  std::int64_t min = 0;
  std::int64_t max = INT64_MAX;
};

struct RealRange {
  std::optional<double> fallback{};
  double min = 0;
  double max = 1e18;
};

class Settings {
 public:
  /// The whole text as one table; `name` is the file's name for errors.
  ///   errors   bad_value: not TOML (with line and column); too_large: over 64 MiB
  static Result<Settings> parse(std::string_view text, std::string_view name);

  /// An empty table, for a section that the file does not have.
  static Settings empty(std::string_view name, std::string_view path);

  Result<std::string> text(std::string_view key, std::optional<std::string> fallback = {});
  Result<bool> boolean(std::string_view key, std::optional<bool> fallback = {});
  Result<std::int64_t> integer(std::string_view key, IntegerRange range = {});
  Result<double> real(std::string_view key, RealRange range = {});
  Result<Duration> duration(std::string_view key, DurationRange range = {});

  /// One of the given words.
  Result<std::string> word(std::string_view key, std::span<const std::string_view> words,
                           std::optional<std::string> fallback = {});

  /// A text that effective() shows as ****.
  Result<std::string> secret(std::string_view key, std::optional<std::string> fallback = {});

  /// The path of a file or folder. A relative one starts at the folder of the file that names it.
  Result<std::string> file(std::string_view key, std::optional<std::string> fallback = {});

  /// A list of texts; a single text counts as a list of one. Empty if the key is absent.
  Result<std::vector<std::string>> texts(std::string_view key);

  /// The table under `key`; an empty one if absent.
  Result<Settings> table(std::string_view key);

  /// Every table under `key` with its name, in the file's order; empty if absent.
  Result<std::vector<std::pair<std::string, Settings>>> named_tables(std::string_view key);

  /// An array of tables, in the file's order; empty if absent.
  Result<std::vector<Settings>> tables(std::string_view key);

  bool has(std::string_view key) const;

  /// An error that names this file, line, key and value, for rules that this class does not know.
  Error error(std::string_view key, std::string_view why) const;

  /// Of the key's value, or of this table if the key is absent.
  Location where(std::string_view key) const;

  struct Key {
    std::string name;
    Location where;
  };
  /// The keys of this table, in the file's order; asking for them does not count as reading them.
  std::vector<Key> keys() const;

  /// `value`, or the error for a key that nobody has read.
  template <class T>
  Result<T> finish(T value) const {
    if (auto unread = unknown_key()) return tl::unexpected<Error>{*std::move(unread)};
    return value;
  }

  std::optional<Error> unknown_key() const;

  /// What was read and what it came to, "key = value" per line, secrets masked: for the start log.
  const std::string& effective() const { return effective_; }

 private:
  struct Node;  // A value of the file, or null.
  Settings() = default;
  Node find(std::string_view key);
  Result<Node> required(std::string_view key, bool has_fallback);
  std::string full(std::string_view key) const;
  void note(std::string_view key, std::string_view value);

  std::shared_ptr<const Node> root_;
  std::string file_;
  std::string path_;  // "pacer." for the table [pacer]; "" for the root.
  std::vector<std::string> read_;
  std::string effective_;
};

}  // namespace paceline
