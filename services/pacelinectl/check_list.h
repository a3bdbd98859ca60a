// What `pacelinectl check` found, a line a thing: how it stands, what it is, and what to do about it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace paceline::pacelinectl {

/// In the order of their weight. Unknown: it could not be asked, which is never taken for a yes.
enum class CheckState : std::uint8_t { ok, unknown, warning, critical };

/// "OK", "UNKNOWN", "WARNING", "CRITICAL": the words of Nagios.
std::string_view word_of(CheckState state);

/// As a plugin says it: a bar begins the figures, and a line break ends what it says.
std::string on_one_line(std::string_view text);

/// What is looked at, in this order; CHECK.md has what each is.
inline constexpr auto check_areas = std::to_array<std::string_view>(
    {"topology", "settings", "targets", "keys", "secrets", "certificates", "state", "supervisor",
     "limits", "ports", "processes", "nodes", "peers", "clock", "statserver", "token", "endpoint"});

struct CheckItem {
  CheckState state = CheckState::ok;
  std::string area;    // Of check_areas.
  std::string what;    // A sentence.
  std::string remedy;  // A sentence; "" = nothing is to be done.
};

class CheckList {
 public:
  void ok(std::string_view area, std::string what);
  void unknown(std::string_view area, std::string what, std::string remedy);
  void warning(std::string_view area, std::string what, std::string remedy);
  void critical(std::string_view area, std::string what, std::string remedy);

  /// A number for monitoring's curves: "certificate_days", "21".
  void figure(std::string name, std::string value);

  const std::vector<CheckItem>& items() const { return items_; }
  std::size_t count(CheckState state) const;
  /// The heaviest there is; ok for an empty list.
  CheckState worst() const;

  /// A line a thing in the order of check_areas, its remedy below it, and the sums.
  std::string text(bool colour) const;
  /// {"state","counts":{..},"figures":{..},"checks":[{"state","area","what","remedy"}]}
  std::string json() const;
  /// One line as plugins of Nagios have it, with figures behind a bar; then what is not OK, a line each.
  std::string plugin(std::string_view subject) const;
  /// 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
  int plugin_exit() const;

 private:
  void add(CheckState state, std::string_view area, std::string what, std::string remedy);
  std::vector<CheckItem> sorted() const;
  std::string sums() const;

  std::vector<CheckItem> items_;
  std::vector<std::pair<std::string, std::string>> figures_;
};

}  // namespace paceline::pacelinectl
