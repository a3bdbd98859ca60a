#include "services/pacer/explain_sentence.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string>

#include "services/pacer/goals.h"

namespace paceline::pacer {
namespace {

/// "3", "2.1", "0": with a tenth where there is one.
std::string figure(double value) {
  if (!std::isfinite(value)) return "?";
  const double tenths = std::round(10 * value) / 10;
  const bool is_whole = tenths == std::round(tenths);
  return is_whole ? fmt::format("{:.0f}", std::abs(tenths) < 0.05 ? 0.0 : tenths)
                  : fmt::format("{:.1f}", tenths);
}

std::string percent(double share) {
  return figure(100 * share) + " %";
}

std::string counted(double count, const char* one, const char* many) {
  const std::string number = figure(count);
  return fmt::format("{} {}", number, number == "1" ? one : many);
}

/// "none may go", "two more may go", "25 more may go"
std::string what_may_go(const Decision& decision) {
  constexpr auto words =
      std::to_array<const char*>({"none", "one", "two", "three", "four", "five", "six", "seven",
                                  "eight", "nine", "ten", "eleven", "twelve"});
  if (decision.invitations <= 0) return "none may go";
  const auto count = static_cast<std::size_t>(decision.invitations);
  return (count < words.size() ? words[count] : std::to_string(count)) +
         std::string{" more may go"};
}

/// "3 free, 1 waiting, 2.1 more expected within 9 s, 4 invitations out, of which 1.2 will be accepted"
std::string outlook(const PacingInputs& in, const Decision& decision) {
  const DecisionExplanation& why = decision.explanation;
  std::string text = fmt::format("{} free", in.idle);
  if (in.queue > 0) text += fmt::format(", {} waiting", in.queue);
  text += fmt::format(", {} more expected within {} s", figure(why.expected_free),
                      figure(why.answer_delay_s));
  if (why.expected_reactive >= 0.05)
    text += fmt::format(", {} who come by themselves until then", figure(why.expected_reactive));
  if (why.pending < 0.05) return text + ", no invitations out";
  return text + fmt::format(", {} out, of which {} will be accepted",
                            counted(why.pending, "invitation", "invitations"),
                            figure(why.pending * why.acceptance));
}

/// How the goal is kept, as far as anything ended in its window.
std::string goal_kept(const PacingOptions& options, const DecisionExplanation& why) {
  const std::string goal = fmt::format("{} %", options.optimization_goal);
  if (by_busy_factor(options))
    return fmt::format(
        "agents are busy {} of their time where {} is the goal, but more would make visitors give "
        "up",
        percent(why.busy_factor), goal);
  if (why.rolling_binds && why.rolling_outcomes > 0)
    return fmt::format("{} of {} gave up in {} days where {} may, which holds it back",
                       percent(why.rolling_abandonment), figure(why.rolling_outcomes),
                       options.rolling_days, goal);
  if (!(why.outcomes > 0)) return fmt::format("it holds back to keep the goal of {}", goal);
  if (by_service_level(options))
    return fmt::format(
        "{} of {} were answered within {} s where {} is the goal, which holds it back",
        percent(why.service_level), figure(why.outcomes), options.service_level_seconds, goal);
  return fmt::format("{} of {} gave up in this window where {} may, which holds it back",
                     percent(why.proactive_abandonment), figure(why.outcomes), goal);
}

std::string pending_capped(const PacingInputs& in, const PacingOptions& options,
                           const Decision& decision) {
  const double most = static_cast<double>(options.max_pending_per_agent) * in.logged_in;
  if (std::abs(decision.m - most) < 0.5)
    return fmt::format("max_pending_per_agent allows {} out for {}", figure(most),
                       counted(in.logged_in, "agent", "agents"));
  return fmt::format(
      "hardly anybody accepts, and no more than {} may be out until that is known better",
      decision.max_pending);
}

std::string others_claims(const PacingInputs& in, const DecisionExplanation& why) {
  return fmt::format("{} and {} waiting of {} on {} of its {} agents come first",
                     counted(why.others_pending, "invitation", "invitations"),
                     figure(why.others_queue),
                     counted(why.pool_members - 1, "other target", "other targets"),
                     figure(why.shared_agents), in.logged_in);
}

/// What came of the outlook, without what may go; "" = just that.
std::string consequence(const PacingInputs& in, const PacingOptions& options,
                        const Decision& decision) {
  const DecisionExplanation& why = decision.explanation;
  switch (decision.reason) {
    case PaceReason::granted:
      return "";
    case PaceReason::no_idle_expected:
      return "nobody would be free for who accepts";
    case PaceReason::pending_enough:
      return fmt::format("no more than {} may be out", decision.max_pending);
    case PaceReason::goal_guard:
      return goal_kept(options, why);
    case PaceReason::ratio_cap:
      return fmt::format("proactiveRatio leaves {} % of {} to them", options.proactive_ratio,
                         counted(why.slots, "slot", "slots"));
    case PaceReason::warm_up:
      return "too few answers are known yet for more than one for each who is free";
    case PaceReason::ceiling:
      return fmt::format("{} are the most that may be out for {}", figure(why.m_ceiling),
                         counted(why.slots, "slot", "slots"));
    case PaceReason::growth_cap:
      return fmt::format("how many may be out grows step by step, to {} now", decision.max_pending);
    case PaceReason::fast_cut:
      return fmt::format("many gave up in the last minutes, and no more than {} may be out",
                         decision.max_pending);
    case PaceReason::shared_agents:
      return others_claims(in, why);
    case PaceReason::idle_not_answering:
      return fmt::format("{} of the free take nothing from the queue beside them and do not count",
                         figure(std::round(decision.not_answering)));
    case PaceReason::pending_cap:
      return pending_capped(in, options, decision);
    case PaceReason::statistics_contradicted:
      return "the statistics stand still while the endpoint tells of visitors who come";
    case PaceReason::no_agents:
    case PaceReason::stale_statistics:
    case PaceReason::not_visible:
    case PaceReason::disabled:
    case PaceReason::paused:
      break;
  }
  return "";
}

/// Where nothing was computed; "" = something was.
std::string withheld_words(const PacingInputs& in, const Decision& decision) {
  const PaceReason reason = decision.reason;
  if (reason == PaceReason::no_agents)
    return fmt::format("No agent is logged in, {} waiting", in.queue);
  if (reason == PaceReason::stale_statistics)
    return fmt::format("The statistics are {} s old or known to be behind, too old to go by",
                       figure(in.stat_age_s));
  if (reason == PaceReason::not_visible)
    return "No values come for it, as the Stat Server does not see its group or queue, or the feed "
           "leaves it out";
  if (reason == PaceReason::disabled) return "It is switched off by the option `enabled`";
  if (reason == PaceReason::paused) return "An operator stopped all invitations";
  return "";
}

/// How sure the number of those that are out is; "" = it was told.
std::string doubt(const PacingInputs& in, const Decision& decision) {
  if (in.feedback_age_s < 0)
    return "; the endpoint has told nothing yet, so how many are out is a guess";
  if (!decision.feedback_late) return "";
  return fmt::format("; the endpoint's feedback is {} s old, so how many are out is a guess",
                     figure(in.feedback_age_s));
}

}  // namespace

std::string sentence_of(const PacingInputs& inputs, const PacingOptions& options,
                        const Decision& decision) {
  const std::string withheld = withheld_words(inputs, decision);
  if (!withheld.empty()) return fmt::format("{}: none may go.", withheld);
  const std::string why = consequence(inputs, options, decision);
  return fmt::format("{}: {}{}{}.", outlook(inputs, decision), why.empty() ? "" : why + ", so ",
                     what_may_go(decision), doubt(inputs, decision));
}

}  // namespace paceline::pacer
