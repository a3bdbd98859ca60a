#include "services/pacelinectl/figure_words.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

struct Meaning {
  std::string_view name;
  std::string_view words;
  bool share = false;  // 0..1, shown as per cent.
};

constexpr std::array<Meaning, 57> meanings = {{
    {"quality", "how far the statistics may be trusted"},
    {"stat_age_s", "since the statistics were true"},
    {"logged_in", "agents of the group"},
    {"idle", "free now"},
    {"busy", "handling an interaction"},
    {"wrap_up", "in after-call work"},
    {"queue", "interactions waiting, whoever began them"},
    {"entered", "came into the queue, since statfeed started"},
    {"answered", "of them taken by an agent"},
    {"abandoned", "of them left the queue"},
    {"handling_time_s", "AverageHandlingTime of the Stat Server"},
    {"feedback_age_s", "since the endpoint told what became of invitations"},
    {"sent", "invitations, since the endpoint began to count"},
    {"accepted", "of them answered yes"},
    {"rejected", "of them answered no"},
    {"timed_out", "of them never answered"},
    {"proactive_answered", "accepted and taken by an agent"},
    {"proactive_abandoned", "accepted and left the queue"},
    {"algorithm", ""},
    {"optimization_target", ""},
    {"optimization_goal", "abandonment no more than, or busy factor no less than"},
    {"proactive_ratio", "of the capacity for proactive traffic; _DUAL only"},
    {"refresh_period_s", "between two decisions"},
    {"information", "how the ends of running interactions are foreseen"},
    {"acceptance", "of invitations", true},
    {"answer_delay_s", "from an invitation to its answer, mean"},
    {"service_s", "an interaction, mean"},
    {"wrap_up_s", "its after-call work, mean"},
    {"patience_s", "in the queue before leaving, mean"},
    {"reactive_rate", "arrivals that no invitation caused"},
    {"proactive_abandonment", "over the accounting window", true},
    {"reactive_abandonment", "over the accounting window", true},
    {"reactive_unserved", "of it without any invitation, over two weeks; _DUAL only", true},
    {"outcomes", "proactive ones that ended, in the window"},
    {"occupancy", "busy or in wrap-up, smoothed", true},
    {"busy_factor", "busy, smoothed", true},
    {"slots", "interactions the agents may hold at once"},
    {"expected_free", "not free now, but expected to be when an answer may come"},
    {"expected_free_sd", "how sure that is: standard deviation"},
    {"expected_reactive", "arrivals by themselves until then; _DUAL only"},
    {"aggressiveness", "of the closed loop: logarithm of the risk one more may bear"},
    {"aggressiveness_reactive", "the same for reactive traffic; _DUAL only"},
    {"aggressiveness_used", "after the guards"},
    {"displaced", "reactive ones who gave up for invited ones, in the window; _DUAL only"},
    {"displaced_allowed", "of the reactive ones, that may; _DUAL only", true},
    {"budget_excess", "abandoned beyond what the goal allows in the window"},
    {"closing_excess", "expected beyond it when the window closes, made good before"},
    {"risk_allowed", "chance to abandon that the last invitation may have", true},
    {"risk_at_m", "chance that it has", true},
    {"m_model", "that may be outstanding, before the guards"},
    {"m_ceiling", "never more than these"},
    {"integral", "of the busy-factor loop"},
    {"uniform", "the draw that dithers"},
    {"pending", "outstanding now, as believed"},
    {"unseen", "accepted since the statistics were true"},
    {"max_pending", "that may be outstanding"},
    {"invitations", "new ones that may go out now"},
}};

constexpr std::array<Meaning, 6> results = {{
    {"state", ""},
    {"m", "that may be outstanding, before it is rounded"},
    {"reactive", "left for reactive traffic"},
    {"reactive_state", "chance that a reactive engagement be allowed", true},
    {"reactive_demand", "arrivals expected until an answer may come"},
    {"predicted_wait_s", "of a visitor who accepts now"},
}};

const Meaning* meaning_of(std::string_view name) {
  for (const Meaning& meaning : meanings)
    if (meaning.name == name) return &meaning;
  for (const Meaning& meaning : results)
    if (meaning.name == name) return &meaning;
  return nullptr;
}

/// A word that came as its number, with the word in the note.
bool is_word(const ExplanationStep& step) {
  const Meaning* meaning = meaning_of(step.name);
  return step.unit.empty() && !step.note.empty() && !(meaning && meaning->share);
}

}  // namespace

std::string figure_text(const ExplanationStep& step) {
  if (is_word(step)) return printable(step.note);
  const Meaning* meaning = meaning_of(step.name);
  if (meaning && meaning->share) return fmt::format("{:.1f} %", 100 * step.value);
  if (step.unit == "s" && step.value < 0) return "never";
  if (step.unit == "percent") return fmt::format("{:.4g} %", step.value);
  const bool whole = step.value == std::floor(step.value) && std::abs(step.value) < 1e15;
  const std::string number =
      whole ? fmt::format("{:.0f}", step.value) : fmt::format("{:.4g}", step.value);
  return step.unit.empty() ? number : number + " " + printable(step.unit);
}

std::string figure_meaning(const ExplanationStep& step) {
  if (!is_word(step) && !step.note.empty()) return printable(step.note);
  const Meaning* meaning = meaning_of(step.name);
  return meaning ? std::string{meaning->words} : std::string{};
}

std::string group_title(std::string_view group) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> titles = {
      {{"input", "1. What is known"},
       {"option", "2. How it is to be paced"},
       {"estimate", "3. What was learned"},
       {"step", "4. How it was decided"},
       {"result", "5. What came of it"}}};
  for (const auto& [name, title] : titles)
    if (name == group) return std::string{title};
  return printable(group);
}

}  // namespace paceline::pacelinectl
