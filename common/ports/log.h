// Events with fields, for the person who reads the log at 3 a.m.
//
//   log.info("role_changed", {{"role", "master"}, {"term", term}});
//
// info: a state changed. warn: input was refused or is late; first time and when it ends, with a
// count. error: we fail our duty, someone must look. debug: per step, off in production.
#pragma once

#include <concepts>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/result.h"
#include "common/base/time.h"

namespace paceline {

enum class LogLevel : std::uint8_t { debug, info, warn, error };

std::string_view to_string(LogLevel level);
Result<LogLevel> parse_log_level(std::string_view word);

struct LogField {
  using Value = std::variant<std::string, std::int64_t, std::uint64_t, double, bool>;

  std::string_view key;
  Value value;

  LogField(std::string_view k, std::string_view v) : key{k}, value{std::string{v}} {}
  LogField(std::string_view k, const char* v) : key{k}, value{std::string{v}} {}
  LogField(std::string_view k, const std::string& v) : key{k}, value{v} {}
  LogField(std::string_view k, bool v) : key{k}, value{v} {}
  LogField(std::string_view k, Duration v) : key{k}, value{format_duration(v)} {}
  LogField(std::string_view k, std::floating_point auto v)
      : key{k}, value{static_cast<double>(v)} {}
  LogField(std::string_view k, std::signed_integral auto v)
      : key{k}, value{static_cast<std::int64_t>(v)} {}
  LogField(std::string_view k, std::unsigned_integral auto v)
      : key{k}, value{static_cast<std::uint64_t>(v)} {}
};

class Log {
 public:
  using Fields = std::initializer_list<LogField>;
  virtual ~Log() = default;

  virtual void write(LogLevel level, std::string_view event, std::span<const LogField> fields) = 0;
  virtual void set_level(LogLevel least) = 0;

  void debug(std::string_view event, Fields fields = {}) { write(LogLevel::debug, event, fields); }
  void info(std::string_view event, Fields fields = {}) { write(LogLevel::info, event, fields); }
  void warn(std::string_view event, Fields fields = {}) { write(LogLevel::warn, event, fields); }
  void error(std::string_view event, Fields fields = {}) { write(LogLevel::error, event, fields); }
};

/// `2026-11-22T19:43:46.375Z info elector role_changed role=master term=1`; values with spaces are
/// quoted.
std::string format_log_line(WallTime time, LogLevel level, std::string_view process,
                            std::string_view event, std::span<const LogField> fields);

/// The same as one JSON object: {"time":..,"level":..,"process":..,"event":..,fields...}.
std::string format_log_json(WallTime time, LogLevel level, std::string_view process,
                            std::string_view event, std::span<const LogField> fields);

/// Tells a fault once when it begins and once, with a count, when it ends.
class FaultLog {
 public:
  ///   steady   [>= 1] how often in a row it must be good to be over: more where somebody else decides
  ///            about good and bad, and could fill the log by turns
  FaultLog(Log& log, std::string event, std::uint64_t steady = 1)
      : log_{log}, event_{std::move(event)}, steady_{steady} {}

  void bad(Log::Fields fields = {});
  void good();
  bool is_bad() const { return count_ > 0; }

 private:
  Log& log_;
  std::string event_;
  std::uint64_t steady_;
  std::uint64_t count_ = 0;
  std::uint64_t good_in_a_row_ = 0;
};

}  // namespace paceline
