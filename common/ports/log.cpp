#include "common/ports/log.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "common/base/ascii.h"

namespace paceline {
namespace {

constexpr std::array<std::string_view, 4> levels = {"debug", "info", "warn", "error"};

// Control characters and quotes escaped, as in JSON; a hostile value can never forge a log line.
void append_quoted(std::string& line, std::string_view text) {
  line += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\')
      (line += '\\') += c;
    else if (c == '\n')
      line += "\\n";
    else if (is_control(c))
      line += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    else
      line += c;
  }
  line += '"';
}

bool plain(std::string_view text) {
  for (const char c : text)
    if (is_control(c) || c == ' ' || c == '"' || c == '=' || c == '\\') return false;
  return !text.empty();
}

std::string number(const LogField::Value& value) {
  return std::visit(
      [](const auto& v) -> std::string {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, double>)
          return fmt::format("{:.6g}", v);
        else if constexpr (std::is_same_v<T, std::string>)
          return v;
        else
          return fmt::format("{}", v);
      },
      value);
}

}  // namespace

std::string_view to_string(LogLevel level) {
  return levels[static_cast<std::size_t>(level)];
}

Result<LogLevel> parse_log_level(std::string_view word) {
  for (std::size_t i = 0; i < levels.size(); ++i)
    if (levels[i] == word) return static_cast<LogLevel>(i);
  return fail("log level " + std::string{word} + ": not one of debug, info, warn, error");
}

std::string format_log_line(WallTime time, LogLevel level, std::string_view process,
                            std::string_view event, std::span<const LogField> fields) {
  auto line = fmt::format("{} {} {} {}", format_utc(time), to_string(level), process, event);
  for (const auto& field : fields) {
    (line += ' ') += field.key;
    line += '=';
    const auto text = number(field.value);
    if (std::holds_alternative<std::string>(field.value) && !plain(text))
      append_quoted(line, text);
    else
      line += text;
  }
  return line;
}

std::string format_log_json(WallTime time, LogLevel level, std::string_view process,
                            std::string_view event, std::span<const LogField> fields) {
  auto line =
      fmt::format(R"({{"time":"{}","level":"{}","process":)", format_utc(time), to_string(level));
  append_quoted(line, process);
  line += ",\"event\":";
  append_quoted(line, event);
  for (const auto& field : fields) {
    line += ',';
    append_quoted(line, field.key);
    line += ':';
    const auto* real = std::get_if<double>(&field.value);
    if (std::holds_alternative<std::string>(field.value) || (real && !std::isfinite(*real)))
      append_quoted(line, number(field.value));
    else
      line += number(field.value);
  }
  return line + '}';
}

void FaultLog::bad(Log::Fields fields) {
  good_in_a_row_ = 0;
  if (count_++ == 0) log_.write(LogLevel::warn, event_, {fields.begin(), fields.size()});
}

void FaultLog::good() {
  if (count_ == 0 || ++good_in_a_row_ < steady_) return;
  log_.info(event_ + "_over", {{"count", count_}});
  count_ = 0;
}

}  // namespace paceline
