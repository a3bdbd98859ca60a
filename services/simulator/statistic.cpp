#include "services/simulator/statistic.h"

#include <array>
#include <string>

#include "common/base/ascii.h"

namespace paceline::simulator {
namespace {

struct Name {
  std::string_view name;  // Lower case, no underscores.
  Metric metric;
};

constexpr std::array names = {
    Name{"loggedinagents", Metric::logged_in},
    Name{"currentloggedinagents", Metric::logged_in},
    Name{"currentnumberofloggedinagents", Metric::logged_in},
    Name{"currentreadyagents", Metric::ready},
    Name{"readyagents", Metric::ready},
    Name{"busyagents", Metric::busy},
    Name{"currentbusyagents", Metric::busy},
    Name{"aftercallworkagents", Metric::after_call_work},
    Name{"currentaftercallworkagents", Metric::after_call_work},
    Name{"notreadyagents", Metric::not_ready},
    Name{"currentnotreadyagents", Metric::not_ready},
    Name{"currentinqueue", Metric::in_queue},
    Name{"totalentered", Metric::entered},
    Name{"totalanswered", Metric::answered},
    Name{"totalabandoned", Metric::abandoned},
    Name{"averagehandlingtime", Metric::handling_time},
    Name{"averagewaitingtime", Metric::waiting_time},
    Name{"currentinteractionsinhandling", Metric::in_handling},
    Name{"currentinteractionslots", Metric::slots},
};

struct Definition {
  std::string_view text;  // category/subject/mask, lower case, no blanks.
  Metric metric;
};

constexpr std::array definitions = {
    Definition{"currentnumber/dnstatus/*,~loggedout,~notmonitored", Metric::logged_in},
    Definition{"currentnumber/dnstatus/waitfornextcall", Metric::ready},
    Definition{"currentnumber/dnstatus/call*", Metric::busy},
    Definition{"currentnumber/dnstatus/aftercallwork", Metric::after_call_work},
    Definition{"currentnumber/dnstatus/notreadyfornextcall", Metric::not_ready},
    Definition{"currentnumber/dnaction/callwait", Metric::in_queue},
    Definition{"totalnumber/dnaction/callentered", Metric::entered},
    Definition{"totalnumber/dnaction/callanswered", Metric::answered},
    Definition{"totalnumber/dnaction/callabandoned", Metric::abandoned},
    Definition{"averagetime/dnstatus/call*,aftercallwork", Metric::handling_time},
    Definition{"averagetime/dnaction/callwait", Metric::waiting_time},
};

std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '_' || c == ' ') continue;
    out.push_back(ascii_lower(c));
  }
  return out;
}

double ratio(double sum, std::uint64_t count) {
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

}  // namespace

bool is_of_agents(Metric metric) {
  switch (metric) {
    case Metric::logged_in:
    case Metric::ready:
    case Metric::busy:
    case Metric::after_call_work:
    case Metric::not_ready:
    case Metric::handling_time:
    case Metric::in_handling:
    case Metric::slots:
      return true;
    case Metric::in_queue:
    case Metric::entered:
    case Metric::answered:
    case Metric::abandoned:
    case Metric::waiting_time:
      return false;
  }
  return false;
}

Result<Metric> metric_of(const StatisticRequest& request) {
  std::optional<Metric> metric;
  if (!request.name.empty()) {
    const std::string name = plain(request.name);
    for (const auto& known : names)
      if (known.name == name) metric = known.metric;
  } else if (request.definition) {
    const auto& definition = *request.definition;
    const std::string text = plain(definition.category) + "/" + plain(definition.subject) + "/" +
                             plain(definition.main_mask);
    for (const auto& known : definitions)
      if (known.text == text) metric = known.metric;
  }
  if (!metric) return fail(Errc::not_found, "unknown statistic " + request.name);
  const bool group = request.object_type == "GroupAgents" || request.object_type == "GroupPlaces";
  const bool queue = request.object_type == "Queue" || request.object_type == "RoutePoint" ||
                     request.object_type == "GroupQueues";
  const bool fits = is_of_agents(*metric) ? group : queue || (group && *metric == Metric::in_queue);
  if (!fits)
    return fail(Errc::refused, "not a statistic of the object type " + request.object_type);
  return *metric;
}

CounterBase base_of(const TargetCounts& counts) {
  return {.entered = counts.reactive.entered + counts.proactive.entered,
          .answered = counts.reactive.answered + counts.proactive.answered,
          .abandoned = counts.reactive.abandoned + counts.proactive.abandoned,
          .handled = counts.handled,
          .handling_s = counts.handling_s,
          .waiting_s = counts.reactive.waiting_s + counts.proactive.waiting_s};
}

double value_of(Metric metric, const TargetCounts& counts, const CounterBase& base) {
  const CounterBase now = base_of(counts);
  switch (metric) {
    case Metric::logged_in:
      return counts.agents.logged_in;
    case Metric::ready:
      return counts.agents.ready;
    case Metric::busy:
      return counts.agents.busy;
    case Metric::after_call_work:
      return counts.agents.wrap_up;
    case Metric::not_ready:
      return counts.agents.not_ready;
    case Metric::in_queue:
      return counts.reactive.queued + counts.proactive.queued;
    case Metric::entered:
      return static_cast<double>(now.entered - base.entered);
    case Metric::answered:
      return static_cast<double>(now.answered - base.answered);
    case Metric::abandoned:
      return static_cast<double>(now.abandoned - base.abandoned);
    case Metric::handling_time:
      return ratio(now.handling_s - base.handling_s, now.handled - base.handled);
    case Metric::waiting_time:
      return ratio(now.waiting_s - base.waiting_s,
                   now.answered - base.answered + now.abandoned - base.abandoned);
    case Metric::in_handling:
      return counts.busy + counts.wrap_up;
    case Metric::slots:
      return counts.logged_in;
  }
  return 0;
}

}  // namespace paceline::simulator
