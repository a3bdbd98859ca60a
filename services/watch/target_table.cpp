#include "services/watch/target_table.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <type_traits>
#include <utility>

#include "common/base/ascii.h"
#include "common/base/check.h"
#include "services/watch/work.h"

namespace paceline::watch {
namespace {

bool contains(const std::string& text, const std::string& lowered_part) {
  const auto same = [](char a, char b) { return ascii_lower(a) == b; };
  return std::search(text.begin(), text.end(), lowered_part.begin(), lowered_part.end(), same) !=
         text.end();
}

using Key = double (*)(const TargetRow& row);

struct SortWord {
  std::string_view word;
  Key key;
};

constexpr std::array sort_keys{
    SortWord{"state", [](const TargetRow& r) { return static_cast<double>(r.pace.state); }},
    SortWord{"reason", [](const TargetRow& r) { return static_cast<double>(r.pace.reason); }},
    SortWord{"quality", [](const TargetRow& r) { return static_cast<double>(r.stat.quality); }},
    SortWord{"proactive", [](const TargetRow& r) { return static_cast<double>(r.pace.proactive); }},
    SortWord{"max_pending",
             [](const TargetRow& r) { return static_cast<double>(r.pace.max_pending); }},
    SortWord{"pending", [](const TargetRow& r) { return static_cast<double>(r.pace.pending); }},
    SortWord{"logged_in", [](const TargetRow& r) { return static_cast<double>(r.stat.logged_in); }},
    SortWord{"ready", [](const TargetRow& r) { return static_cast<double>(r.stat.ready); }},
    SortWord{"busy", [](const TargetRow& r) { return static_cast<double>(r.stat.busy); }},
    SortWord{"after_call_work",
             [](const TargetRow& r) { return static_cast<double>(r.stat.after_call_work); }},
    SortWord{"in_handling",
             [](const TargetRow& r) { return static_cast<double>(r.stat.in_handling); }},
    SortWord{"in_queue", [](const TargetRow& r) { return static_cast<double>(r.stat.in_queue); }},
    SortWord{"acceptance", [](const TargetRow& r) { return r.pace.acceptance; }},
    SortWord{"abandonment", [](const TargetRow& r) { return r.pace.abandonment; }},
    SortWord{"busy_factor", [](const TargetRow& r) { return r.pace.busy_factor; }},
    SortWord{"reactive_state", [](const TargetRow& r) { return r.pace.reactive_state; }},
    SortWord{"sent", [](const TargetRow& r) { return static_cast<double>(r.feedback.sent); }},
    SortWord{"accepted",
             [](const TargetRow& r) { return static_cast<double>(r.feedback.accepted); }},
};

template <class Enum>
std::optional<Enum> parse_word(std::string_view word, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    if (word == to_string(static_cast<Enum>(i))) return static_cast<Enum>(i);
  return std::nullopt;
}

// What holds of a decision while nothing is published.
TargetPace paused_pace(TargetPace decided) {
  if (decided.state != PaceState::ok && decided.state != PaceState::degraded) return decided;
  decided.reason = PaceReason::paused;
  decided.proactive = decided.max_pending = 0;
  return decided;
}

void count_transition(TransitionCount& transition, std::uint32_t index) {
  if (transition.count++ == 0) transition.first = index;
}

}  // namespace

TargetTable::TargetTable(std::vector<TargetName> names)
    : names_{std::move(names)}, rows_(names_.size()), is_changed_(names_.size()) {
  for (std::uint32_t i = 0; i < names_.size(); ++i) {
    rows_[i].name = &names_[i];
    index_of_.emplace(names_[i].id, i);
  }
  totals_.targets = names_.size();
}

std::vector<std::uint32_t> TargetTable::renew(std::vector<TargetName> names) {
  std::vector<std::uint32_t> before;
  std::vector<TargetRow> rows;
  std::vector<TargetPace> decided;
  rows.reserve(names.size());
  for (const auto& name : names) {
    const auto known = index_of_.find(name.id);
    before.push_back(known == index_of_.end() ? UINT32_MAX : known->second);
    rows.push_back(known == index_of_.end() ? TargetRow{} : rows_[known->second]);
    if (paused_)
      decided.push_back(known == index_of_.end() ? TargetPace{} : decided_[known->second]);
  }
  names_ = std::move(names);
  rows_ = std::move(rows);
  decided_ = std::move(decided);
  index_of_.clear();
  totals_ = {.targets = names_.size()};
  agents_ = {};
  for (std::uint32_t i = 0; i < names_.size(); ++i) {
    rows_[i].name = &names_[i];
    index_of_.emplace(names_[i].id, i);
    count_stat(rows_[i], Count::in);
    count_pace(rows_[i], Count::in);
    count_feedback(rows_[i], Count::in);
  }
  changed_.clear();
  is_changed_.assign(names_.size(), false);
  clear_transitions();  // By their old indices; what they counted is told no more.
  for (std::uint32_t i = 0; i < names_.size(); ++i) note_change(i);
  return before;
}

template <class Set>
void TargetTable::change(std::uint32_t index, CountPart part, Set set) {
  auto& row = rows_[index];
  (this->*part)(row, Count::out);
  set(row);
  (this->*part)(row, Count::in);
  note_change(index);
}

void TargetTable::set_stat(std::uint32_t index, const TargetStat& stat) {
  CHECK(index < rows_.size());
  const auto& row = rows_[index];
  if (row.has_stat && row.stat == stat) return;
  if (!row.has_stat || row.stat.quality != stat.quality)
    count_transition(quality_changes_[static_cast<std::size_t>(stat.quality)], index);
  change(index, &TargetTable::count_stat, [&](TargetRow& changed) {
    changed.stat = stat;
    changed.has_stat = true;
  });
}

void TargetTable::set_pace(std::uint32_t index, const TargetPace& pace) {
  CHECK(index < rows_.size());
  if (!paused_) return show_pace(index, pace);
  if (rows_[index].has_pace && decided_[index] == pace) return;
  decided_[index] = pace;
  show_pace(index, paused_pace(pace));
}

void TargetTable::show_pace(std::uint32_t index, const TargetPace& pace) {
  const auto& row = rows_[index];
  if (row.has_pace && row.pace == pace) return;
  if (!row.has_pace || row.pace.reason != pace.reason)
    count_transition(reason_changes_[static_cast<std::size_t>(pace.reason)], index);
  change(index, &TargetTable::count_pace, [&](TargetRow& changed) {
    changed.pace = pace;
    changed.has_pace = true;
  });
}

void TargetTable::set_paused(bool paused) {
  if (std::exchange(paused_, paused) == paused) return;
  const auto changes = reason_changes_;  // What comes to light again is no new event.
  if (paused) decided_.resize(rows_.size());
  for (std::uint32_t i = 0; i < rows_.size(); ++i) {
    if (!rows_[i].has_pace) continue;
    if (paused) decided_[i] = rows_[i].pace;
    show_pace(i, paused ? paused_pace(decided_[i]) : decided_[i]);
  }
  if (!paused) decided_ = {};
  reason_changes_ = changes;
}

void TargetTable::forget_pace(std::uint32_t index) {
  CHECK(index < rows_.size());
  const auto& row = rows_[index];
  if (!row.has_pace) return;
  change(index, &TargetTable::count_pace, [](TargetRow& changed) {
    changed.pace = {};
    changed.has_pace = false;
  });
}

void TargetTable::set_feedback(std::uint32_t index, const TargetFeedback& feedback) {
  CHECK(index < rows_.size());
  const auto& row = rows_[index];
  if (row.has_feedback && row.feedback == feedback) return;
  change(index, &TargetTable::count_feedback, [&](TargetRow& changed) {
    changed.feedback = feedback;
    changed.has_feedback = true;
  });
}

void TargetTable::note_change(std::uint32_t index) {
  ++revision_;
  if (is_changed_[index]) return;
  is_changed_[index] = true;
  changed_.push_back(index);
}

std::vector<std::uint32_t> TargetTable::take_changed(std::size_t most) {
  const auto count = static_cast<std::ptrdiff_t>(std::min(most, changed_.size()));
  std::vector<std::uint32_t> taken{changed_.begin(), changed_.begin() + count};
  changed_.erase(changed_.begin(), changed_.begin() + count);
  for (const auto index : taken) is_changed_[index] = false;
  return taken;
}

void TargetTable::forget_changes() {
  for (const auto index : changed_) is_changed_[index] = false;
  changed_.clear();
}

void TargetTable::clear_transitions() {
  quality_changes_ = {};
  reason_changes_ = {};
}

std::optional<std::uint32_t> TargetTable::find(std::string_view id) const {
  const auto found = index_of_.find(id);
  return found == index_of_.end() ? std::nullopt : std::optional{found->second};
}

const std::vector<std::string_view>& TargetTable::sort_words() {
  static const std::vector<std::string_view> words = [] {
    std::vector<std::string_view> all{"id", "channel"};
    for (const auto& key : sort_keys) all.push_back(key.word);
    return all;
  }();
  return words;
}

TargetSelection TargetTable::select(const TargetQuery& query) const {
  std::vector<std::uint32_t> found;
  const std::string part = ascii_lower(query.text);
  for (std::uint32_t i = 0; i < rows_.size(); ++i) {
    const auto& row = rows_[i];
    if (!query.media_channel.empty() && row.name->media_channel != query.media_channel) continue;
    if (query.state && row.pace.state != *query.state) continue;
    if (query.reason && row.pace.reason != *query.reason) continue;
    if (query.quality && row.stat.quality != *query.quality) continue;
    if (!part.empty() && !contains(row.name->id, part) && !contains(row.name->group, part) &&
        !contains(row.name->queue, part))
      continue;
    found.push_back(i);
  }
  const auto order = [&](auto less) {
    std::ranges::stable_sort(found, [&](std::uint32_t a, std::uint32_t b) {
      return query.descending ? less(rows_[b], rows_[a]) : less(rows_[a], rows_[b]);
    });
  };
  if (query.sort == "id")
    order([](const TargetRow& a, const TargetRow& b) { return a.name->id < b.name->id; });
  else if (query.sort == "channel")
    order([](const TargetRow& a, const TargetRow& b) {
      return a.name->media_channel < b.name->media_channel;
    });
  else
    for (const auto& [word, key] : sort_keys)
      if (query.sort == word)
        order([key = key](const TargetRow& a, const TargetRow& b) { return key(a) < key(b); });

  TargetSelection selection{.matching = found.size(), .indices = {}};
  const auto from = std::min(query.offset, found.size());
  const auto to = from + std::min(query.limit, found.size() - from);
  selection.indices.assign(found.begin() + static_cast<std::ptrdiff_t>(from),
                           found.begin() + static_cast<std::ptrdiff_t>(to));
  return selection;
}

template <class Sum, class Value>
void TargetTable::add(Count how, Sum& sum, Value value) {
  how == Count::in ? sum += static_cast<Sum>(value) : sum -= static_cast<Sum>(value);
}

void TargetTable::count_stat(const TargetRow& row, Count how) {
  if (!row.has_stat) return;
  const auto add_agents = [&](double& sum, std::int64_t agents) {
    add(how, sum, row.name->counted * static_cast<double>(agents));
  };
  add(how, totals_.by_quality.by_word[static_cast<std::size_t>(row.stat.quality)], 1);
  add_agents(agents_.logged_in, row.stat.logged_in);
  add_agents(agents_.ready, row.stat.ready);
  add_agents(agents_.busy, row.stat.busy);
  add_agents(agents_.after_call_work, row.stat.after_call_work);
  add(how, totals_.in_queue, row.stat.in_queue);
  const Work work = work_of(row.stat);
  add_agents(agents_.slots, work.slots);
  add_agents(agents_.in_handling, work.held);
}

void TargetTable::count_pace(const TargetRow& row, Count how) {
  if (!row.has_pace) return;
  add(how, totals_.paced, 1);
  add(how, totals_.by_state.by_word[static_cast<std::size_t>(row.pace.state)], 1);
  add(how, totals_.by_reason.by_word[static_cast<std::size_t>(row.pace.reason)], 1);
  add(how, totals_.pending, row.pace.pending);
  add(how, totals_.proactive, row.pace.proactive);
  add(how, totals_.max_pending, row.pace.max_pending);
}

void TargetTable::count_feedback(const TargetRow& row, Count how) {
  add(how, totals_.sent, row.feedback.sent);
  add(how, totals_.accepted, row.feedback.accepted);
  add(how, totals_.answered, row.feedback.answered);
  add(how, totals_.abandoned, row.feedback.abandoned);
}

TotalsAnswer TargetTable::totals() const {
  TotalsAnswer totals = totals_;
  totals.logged_in = std::llround(agents_.logged_in);
  totals.ready = std::llround(agents_.ready);
  totals.busy = std::llround(agents_.busy);
  totals.after_call_work = std::llround(agents_.after_call_work);
  totals.slots = std::llround(agents_.slots);
  totals.in_handling = std::llround(agents_.in_handling);
  return totals;
}

std::optional<PaceState> parse_pace_state(std::string_view word) {
  return parse_word<PaceState>(word, pace_states);
}

std::optional<PaceReason> parse_pace_reason(std::string_view word) {
  return parse_word<PaceReason>(word, pace_reasons);
}

std::optional<StatQuality> parse_stat_quality(std::string_view word) {
  return parse_word<StatQuality>(word, stat_qualities);
}

}  // namespace paceline::watch
