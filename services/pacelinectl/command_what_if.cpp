// `what-if TARGET --agents 12 --goal 5`: the pacer's
// engine on changed inputs, beside the live ones.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/explanation_text.h"
#include "services/pacelinectl/table.h"
#include "services/watch/json.h"

namespace paceline::pacelinectl {
namespace {

constexpr const char* default_refreshes = "5";
constexpr int most_tries = 5;

using Changes = std::vector<std::string>;

const ExplanationStep* find(const Explanation& explanation, const ExplanationStep& like) {
  for (const ExplanationStep& step : explanation.steps)
    if (step.group == like.group && step.name == like.name) return &step;
  return nullptr;
}

// Between our two questions the statistics may have changed: then the answers cannot be compared.
bool same_statistics(const Explanation& a, const Explanation& b) {
  constexpr std::array<std::string_view, 8> marks = {"entered",   "answered",          "abandoned",
                                                     "sent",      "accepted",          "rejected",
                                                     "timed_out", "proactive_answered"};
  return std::ranges::all_of(a.steps, [&](const ExplanationStep& step) {
    if (step.group != "input" || std::ranges::find(marks, step.name) == marks.end()) return true;
    const ExplanationStep* other = find(b, step);
    return other && other->value == step.value;
  });
}

std::string json_of(const Changes& changes, const Explanation& before, const Explanation& after) {
  std::string list;
  for (const std::string& change : changes)
    list += fmt::format("{}\"{}\"", list.empty() ? "" : ",", change);
  return fmt::format("{{\"changes\":[{}],\"before\":{},\"after\":{}}}\n", list,
                     watch::explanation_json(before), watch::explanation_json(after));
}

std::string comparison(const Changes& changes, const Explanation& before, const Explanation& after,
                       const Request& request) {
  std::string text = fmt::format("{}: ", printable(before.target));
  for (const std::string& change : changes)
    text += (change == changes.front() ? "" : ", ") + printable(change);
  TextTable table{{"", ">NOW", ">WHAT IF", ""}};
  const auto add = [&](const std::string& name, const std::string& was, const std::string& is,
                       const std::string& meaning) {
    table.add({name, was, coloured(is, was == is ? Colour::none : Colour::bold, request.colour),
               meaning});
  };
  add("reason", to_string(before.reason), to_string(after.reason), "");
  for (const ExplanationStep& step : after.steps) {
    const ExplanationStep* was = find(before, step);
    if (!was) continue;
    const bool counts =
        step.group == "result" && (step.name == "invitations" || step.name == "max_pending");
    const std::string then = value_text(*was);
    const std::string now = value_text(step);
    if (step.name == "stat_age_s" || step.name == "feedback_age_s") continue;
    if (request.all || counts || then != now)
      add(printable(step.name), then, now, meaning_text(step));
  }
  return text + "\n\n" + table.text() +
         fmt::format("\n{}: {}\n", to_string(after.reason), printable(after.sentence));
}

}  // namespace

Outcome command_what_if(const Request& request, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  const std::string& target = request.arguments[0];
  const int shard = pacer_of(*cluster, target, environment);
  std::string refreshes = default_refreshes;
  Changes changes;
  for (const auto& [key, value] : request.filters) {
    if (key == "refreshes")
      refreshes = value;
    else
      changes.push_back(key + "=" + value);
  }
  if (changes.empty())
    return failed(exit_usage,
                  "what-if: nothing is changed; --agents 12, --goal 5, ...: "
                  "pacelinectl what-if --help");
  const auto ask = [&](const Changes& wanted) -> Result<Explanation> {
    ControlRequest question = request_of(Question::what_if, {target});
    question.arguments.insert(question.arguments.end(), wanted.begin(), wanted.end());
    question.arguments.push_back("refreshes=" + refreshes);
    return decode<Explanation>(TRY(ask_process(*cluster, "pacer", shard, question, environment)));
  };
  for (int tries = 0; tries < most_tries; ++tries) {
    const auto before = ask({});
    if (!before) return failed(exit_not_answered, before.error().detail);
    const auto after = ask(changes);
    if (!after) return failed(exit_not_answered, after.error().detail);
    if (!same_statistics(*before, *after)) continue;
    if (request.json) return {.out = json_of(changes, *before, *after)};
    return {.out = comparison(changes, *before, *after, request)};
  }
  return failed(exit_not_answered,
                fmt::format("{}: its statistics changed between the two questions, {} times over; "
                            "ask again",
                            target, most_tries));
}

}  // namespace paceline::pacelinectl
