#include "services/watch/explained.h"

#include <fmt/format.h>

#include <algorithm>

namespace paceline::watch {
namespace {

// Of what is not paced anyway its own reason is the nearer one, as in the table of targets.
bool would_be_paced(const Explanation& explanation) {
  const auto state = std::ranges::find(explanation.steps, "state", &ExplanationStep::name);
  return state != explanation.steps.end() &&
         (state->note == to_string(PaceState::ok) || state->note == to_string(PaceState::degraded));
}

}  // namespace

void tell_standing(Explanation& explanation, const StatusAnswer& status) {
  if (!status.paused.empty() && would_be_paced(explanation)) {
    explanation.reason = PaceReason::paused;
    explanation.sentence = fmt::format(
        "An operator stopped all invitations{}: {}. None may go until pacelinectl resume; without "
        "the pause: {}",
        status.paused_since ? " at " + *status.paused_since : "", status.paused,
        explanation.sentence);
  }
  if (status.master.empty())
    explanation.sentence += " Nobody is master, so nothing is published.";
  else if (status.master != status.node)
    explanation.sentence += fmt::format(
        " So decides node {}; node {} is master, and what it decides by itself is published.",
        status.node, status.master);
}

}  // namespace paceline::watch
