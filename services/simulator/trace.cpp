#include "services/simulator/trace.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>

#include "common/base/hash.h"
#include "services/simulator/scenario.h"

namespace paceline::simulator {
namespace {

constexpr std::size_t max_rows_read = 5'000'000;
constexpr std::string_view header =
    "day,vru_entry_s,vru_s,type,priority,queue_s,outcome,service_s,agent";
constexpr std::int32_t two_days_s = 172'800;

std::string_view without_return(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

struct Row {
  std::array<std::string_view, 9> fields;
  std::string where;

  Result<std::int32_t> number(std::size_t field, std::string_view name, std::int32_t min,
                              std::int32_t max) const {
    std::int32_t value = 0;
    const auto text = fields[field];
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < min || value > max)
      return fail(where + std::string{name} + " = '" + std::string{text} + "': not in [" +
                  std::to_string(min) + ", " + std::to_string(max) + "]");
    return value;
  }

  Result<std::string> word(std::size_t field, std::string_view name, bool may_be_empty) const {
    const auto text = fields[field];
    const bool plain = std::ranges::all_of(text, [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
             c == '_' || c == '-';
    });
    if (!plain || text.size() > 64 || (text.empty() && !may_be_empty))
      return fail(where + std::string{name} + " is not a word");
    return std::string{text};
  }
};

Result<Row> split(std::string_view line, std::string where) {
  Row row;
  row.where = std::move(where);
  std::size_t field = 0;
  while (true) {
    const auto comma = line.find(',');
    if (field == row.fields.size()) return fail(row.where + "more than 9 fields");
    row.fields[field++] = line.substr(0, comma);
    if (comma == std::string_view::npos) break;
    line.remove_prefix(comma + 1);
  }
  if (field != row.fields.size()) return fail(row.where + std::to_string(field) + " fields, not 9");
  return row;
}

Result<void> read_row(const Row& row, Trace& trace) {
  TraceCall call;
  call.day = TRY(row.number(0, "day", 1, 31));
  const auto entry_s = TRY(row.number(1, "vru_entry_s", 0, 86'400));
  // The real month has 19 rows whose clocks disagree by minutes: a negative stay is taken as it
  // stands.
  const auto vru_s = TRY(row.number(2, "vru_s", -3600, 86'400));
  call.at_s = std::max(entry_s + vru_s, decltype(entry_s){0});
  call.type = TRY(row.word(3, "type", false));
  TRY(row.number(4, "priority", 0, 2));
  call.queue_s = TRY(row.number(5, "queue_s", 0, 86'400));
  const std::string outcome = TRY(row.word(6, "outcome", false));
  call.service_s = TRY(row.number(7, "service_s", 0, two_days_s));
  call.agent = TRY(row.word(8, "agent", true));
  if (outcome == "PHANTOM") {
    ++trace.phantoms;
  } else if (outcome == "AGENT") {
    call.served = true;
    trace.calls.push_back(std::move(call));
  } else if (outcome == "HANG") {
    if (call.queue_s == 0)
      ++trace.ended_before_queue;
    else
      trace.calls.push_back(std::move(call));
  } else {
    return fail(row.where + "outcome = '" + outcome + "': not AGENT, HANG or PHANTOM");
  }
  return {};
}

// Sums from which the distribution of service times and the mean patience of a group are made.
struct Sums {
  std::size_t served = 0;
  std::size_t abandoned = 0;
  double service = 0;
  double service_squared = 0;
  double waited = 0;

  void add(const TraceCall& call) {
    waited += call.queue_s;
    if (!call.served) {
      ++abandoned;
      return;
    }
    ++served;
    service += call.service_s;
    service_squared += static_cast<double>(call.service_s) * call.service_s;
  }

  void shape(GroupKind& kind) const {
    if (served > 0 && service > 0) {
      const auto many = static_cast<double>(served);
      const double mean = service / many;
      const double variance = std::max(0.0, service_squared / many - mean * mean);
      kind.service = {Shape::lognormal, mean, std::sqrt(variance) / mean};
    }
    if (abandoned > 0)
      kind.patience = {Shape::exponential, waited / static_cast<double>(abandoned), 1};
  }
};

constexpr std::size_t enough_calls = 30;  // For a distribution of the group's own.

// So many targets of groups without agents, each of a kind of its own.
CentreModel nameless(std::size_t count, const GroupKind& like) {
  CentreModel model;
  model.kinds.assign(count, like);
  model.targets.resize(count);
  for (std::size_t index = 0; index < count; ++index) {
    auto& target = model.targets[index];
    target.id = numbered("t", index, count);
    target.group = numbered("group-", index, count);
    target.queue = numbered("queue-", index, count);
    target.channel = "chat";
    target.kind = static_cast<std::uint32_t>(index);
    target.recorded = true;
    model.kinds[index].name = "trace";
    model.kinds[index].agents = {};
    model.kinds[index].arrivals_per_hour = {};
  }
  return model;
}

void add_calls(CentreModel& model, const std::vector<TraceCall>& day,
               const std::vector<std::size_t>& group_of) {
  std::vector<Sums> sums(model.kinds.size());
  Sums all;
  for (std::size_t position = 0; position < day.size(); ++position) {
    const TraceCall& call = day[position];
    model.targets[group_of[position]].calls.push_back(
        {.at = std::chrono::seconds{call.at_s},
         .service = call.served ? Duration{std::chrono::seconds{call.service_s}} : Duration{-1},
         .patience = std::chrono::seconds{call.queue_s},
         .abandoned = !call.served});
    sums[group_of[position]].add(call);
    all.add(call);
  }
  for (std::size_t index = 0; index < sums.size(); ++index) {
    all.shape(model.kinds[index]);
    if (sums[index].served >= enough_calls) sums[index].shape(model.kinds[index]);
  }
}

// An agent counts, each hour, for the group that he served most; where somebody was served there is
// one at least.
void staff(CentreModel& model, const std::vector<TraceCall>& day,
           const std::vector<std::size_t>& group_of) {
  // Hour and agent -> service seconds by group.
  std::map<std::pair<std::size_t, std::string>, std::map<std::size_t, double>> work;
  for (std::size_t position = 0; position < day.size(); ++position) {
    const TraceCall& call = day[position];
    if (!call.served || call.agent.empty()) continue;
    const std::size_t group = group_of[position];
    const auto hour = static_cast<std::size_t>(call.at_s + call.queue_s) / 3600 % 24;
    work[{hour, call.agent}][group] += call.service_s;
    model.kinds[group].agents[hour] = std::max(model.kinds[group].agents[hour], 1.0);
  }
  std::map<std::pair<std::size_t, std::size_t>, double> mainly;  // Hour and group -> agents.
  for (const auto& [who, groups] : work) {
    const auto most =
        std::ranges::max_element(groups, {}, [](const auto& group) { return group.second; });
    ++mainly[{who.first, most->first}];
  }
  for (const auto& [key, agents] : mainly) {
    auto& planned = model.kinds[key.second].agents[key.first];
    planned = std::max(planned, agents);
  }
}

}  // namespace

Result<Trace> parse_trace(std::string_view text, std::string_view file) {
  Trace trace;
  std::size_t line_number = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = without_return(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++line_number;
    const auto where = [&] { return std::string{file} + ":" + std::to_string(line_number) + ": "; };
    if (line_number == 1) {
      if (line != header) return fail(where() + "the first line is not " + std::string{header});
      continue;
    }
    if (line_number > max_rows_read) return fail(Errc::too_large, where() + "too many rows");
    if (line.empty()) continue;
    if (auto read = read_row(TRY(split(line, where())), trace); !read)
      return tl::unexpected(read.error());
  }
  if (line_number == 0) return fail(std::string{file} + ":1: empty");
  return trace;
}

Result<std::vector<TraceCall>> day_of(const Trace& trace, int day) {
  if (day == 0) {
    std::array<std::size_t, 32> arrivals{};
    for (const TraceCall& call : trace.calls) ++arrivals[static_cast<std::size_t>(call.day)];
    day = static_cast<int>(std::ranges::max_element(arrivals) - arrivals.begin());
  }
  std::vector<TraceCall> calls;
  for (const TraceCall& call : trace.calls)
    if (call.day == day) calls.push_back(call);
  if (calls.empty()) return fail(Errc::not_found, "no call on day " + std::to_string(day));
  std::ranges::stable_sort(calls, {}, &TraceCall::at_s);
  return calls;
}

CentreModel model_of(const std::vector<TraceCall>& day, std::size_t targets, const GroupKind& like,
                     Duration start) {
  std::map<std::string, std::size_t> types;
  if (targets == 0)
    for (const TraceCall& call : day) types.emplace(call.type, 0);
  std::size_t next = 0;
  for (auto& [type, index] : types) index = next++;
  const std::size_t count = targets == 0 ? types.size() : targets;

  CentreModel model = nameless(count, like);
  model.start = start;
  for (const auto& [type, index] : types) {
    model.kinds[index].name = type;
    model.targets[index].id = type;
    model.targets[index].group = "group-" + type;
    model.targets[index].queue = "queue-" + type;
  }
  std::vector<std::size_t> group_of;  // By call.
  for (std::size_t position = 0; position < day.size(); ++position)
    group_of.push_back(targets == 0 ? types.at(day[position].type)
                                    : fnv1a(std::to_string(position)) % count);
  add_calls(model, day, group_of);
  staff(model, day, group_of);
  return model;
}

}  // namespace paceline::simulator
