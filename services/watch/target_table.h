// Every pacing target as this node hears it: statistics, pace and feedback, by dense index.
//
//   table.set_pace(index, row);      // a channel said so
//   table.set_paused(true);          // whatever the pacers grant, nothing goes out
//   table.select(query)              // the rows that a person asks for, in their order
//   table.take_changed(500)          // what changed since, oldest first, for the live stream
//
// Pure. Invariant: an index is in the list of changes at most once, so the list is never longer
// than the table.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/pacing_options.h"
#include "common/wire/answers.h"

namespace paceline::watch {

inline constexpr std::size_t pace_states = words_of<PaceState>.size();
inline constexpr std::size_t pace_reasons = words_of<PaceReason>.size();
inline constexpr std::size_t stat_qualities = words_of<StatQuality>.size();

/// Agents of a target who serve exactly the same targets, as told.
struct AgentPart {
  std::uint32_t set = 0;  // Which agents: the same number in each target that they serve.
  double share = 0;       // (0..1] of the target's agents; those of its parts are 1 together.
};

/// Who a target is; the targets file says so.
struct TargetName {
  std::string id{};
  std::string media_channel{};
  std::string group{};
  std::string queue{};
  std::string pool{};  // As the file says it.
  PacingOptions options;
  int shard = 0;            // Of its pacer.
  std::string pool_head{};  // The first of the targets that it shares agents with; "" = of none.
  int pool_targets = 1;     // How many share agents with it, directly or through others, and it.
  double counted = 1;       // (0..1] of its agents, so that sums over all targets count each once.
  std::vector<AgentPart> parts{};  // Of what it shares; none where it shares nothing.
};

/// One target now. A part that was never heard is at its defaults, and its `has_` is false.
struct TargetRow {
  const TargetName* name = nullptr;
  TargetStat stat;
  TargetPace pace;
  TargetFeedback feedback;
  bool has_stat = false;
  bool has_pace = false;
  bool has_feedback = false;
};

/// What a person asks the table for.
struct TargetQuery {
  std::string text{};           // Part of id, group or queue, any case; "" = all.
  std::string media_channel{};  // "" = all.
  std::optional<PaceState> state{};
  std::optional<PaceReason> reason{};
  std::optional<StatQuality> quality{};
  std::string sort{};  // A word of sort_words(); "" = the file's order.
  bool descending = false;
  std::size_t offset = 0;
  std::size_t limit = 100;  // [0..max_rows]
};

struct TargetSelection {
  std::size_t matching = 0;              // Before offset and limit.
  std::vector<std::uint32_t> indices{};  // After both.
};

/// How many targets made one transition since the last look, and the first of them.
struct TransitionCount {
  std::uint64_t count = 0;
  std::uint32_t first = 0;
};

class TargetTable {
 public:
  explicit TargetTable(std::vector<TargetName> names);
  TargetTable(const TargetTable&) = delete;
  TargetTable& operator=(const TargetTable&) = delete;

  /// Other targets from now on, in this order; those that stay keep what was heard of them.
  ///   returns  where each was before; UINT32_MAX = it is new
  std::vector<std::uint32_t> renew(std::vector<TargetName> names);
  const std::vector<TargetName>& names() const { return names_; }

  void set_stat(std::uint32_t index, const TargetStat& stat);
  void set_pace(std::uint32_t index, const TargetPace& pace);
  /// Its pacer is not heard: as if it never had been.
  void forget_pace(std::uint32_t index);
  void set_feedback(std::uint32_t index, const TargetFeedback& feedback);

  /// While paused, a target that its pacer would pace shows that nothing is allowed, and reason
  /// `paused`; of the others their own reason is the nearer one.
  void set_paused(bool paused);

  std::size_t size() const { return rows_.size(); }
  const TargetRow& row(std::uint32_t index) const { return rows_[index]; }
  std::optional<std::uint32_t> find(std::string_view id) const;

  /// cost   O(n); O(n log n) when sorted
  TargetSelection select(const TargetQuery& query) const;

  /// The words that `TargetQuery::sort` knows.
  static const std::vector<std::string_view>& sort_words();

  /// cost   O(1): the sums follow each change
  TotalsAnswer totals() const;

  /// Changes of any row since the start.
  std::uint64_t revision() const { return revision_; }

  /// Up to `most` indices of rows that changed since they were last taken, oldest first.
  std::vector<std::uint32_t> take_changed(std::size_t most);
  void forget_changes();

  /// Targets whose statistics came to this quality since the last call of clear_transitions().
  const std::array<TransitionCount, stat_qualities>& quality_changes() const {
    return quality_changes_;
  }
  /// Targets whose pace came to this reason since the last call of clear_transitions().
  const std::array<TransitionCount, pace_reasons>& reason_changes() const {
    return reason_changes_;
  }
  void clear_transitions();

 private:
  // What a row adds to the sums, or takes from them.
  enum class Count : std::uint8_t { in, out };
  using CountPart = void (TargetTable::*)(const TargetRow& row, Count how);
  template <class Sum, class Value>
  static void add(Count how, Sum& sum, Value value);
  void count_stat(const TargetRow& row, Count how);
  void count_pace(const TargetRow& row, Count how);
  void count_feedback(const TargetRow& row, Count how);
  // The one way in which a row changes: the sums of its part and the list of changes follow.
  template <class Set>
  void change(std::uint32_t index, CountPart part, Set set);
  void note_change(std::uint32_t index);
  void show_pace(std::uint32_t index, const TargetPace& pace);

  std::vector<TargetName> names_{};
  std::vector<TargetRow> rows_{};
  bool paused_ = false;
  std::vector<TargetPace>
      decided_{};  // By the pacers, while a row has what holds in a pause; else none.
  std::unordered_map<std::string_view, std::uint32_t> index_of_;  // Views into names_.
  std::deque<std::uint32_t> changed_;
  std::vector<bool> is_changed_{};
  std::uint64_t revision_ = 0;
  std::array<TransitionCount, stat_qualities> quality_changes_{};
  std::array<TransitionCount, pace_reasons> reason_changes_{};
  // An agent of two targets counts once: shares of agents. What adding and taking away leaves of
  // rounding is far below one agent in a lifetime.
  struct Agents {
    double logged_in = 0;
    double ready = 0;
    double busy = 0;
    double after_call_work = 0;
    double slots = 0;
    double in_handling = 0;
  };
  TotalsAnswer totals_{};  // Those of agents apart.
  Agents agents_{};
};

/// The enumerator of that word; nothing if there is none.
std::optional<PaceState> parse_pace_state(std::string_view word);
std::optional<PaceReason> parse_pace_reason(std::string_view word);
std::optional<StatQuality> parse_stat_quality(std::string_view word);

}  // namespace paceline::watch
