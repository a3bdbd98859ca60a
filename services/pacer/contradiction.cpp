#include "services/pacer/contradiction.h"
#include "services/pacer/rise.h"

#include <algorithm>
#include <cmath>

namespace paceline::pacer {
namespace {

constexpr double feedback_gap_s = 30;  // What came in between belongs to no instant.
constexpr float most_told = 1e6f;

}  // namespace

void Contradiction::Watch::look(bool moved, double more, double now_s) {
  if (moved) {
    moved_s = now_s;
    told = 0;
  } else if (now_s - moved_s > grace_s) {
    told = std::min(most_told, told + static_cast<float>(more));
  }
}

Contradiction::Seen Contradiction::seen_in(const PacingInputs& in) {
  return {.stat_epoch = in.stat_epoch,
          .feedback_epoch = in.feedback_epoch,
          .entered = in.entered,
          .ended = in.answered + in.abandoned,
          .accepted = in.proactive.accepted,
          .outcomes = in.proactive.answered + in.proactive.abandoned,
          .answered = in.proactive.answered,
          .agents = {in.logged_in, in.idle, in.busy, in.wrap_up, in.queue}};
}

void Contradiction::observe(const PacingInputs& in, double now_s) {
  const Seen now = seen_in(in);
  const bool heard = in.feedback_age_s >= 0;
  const double true_s = now_s - in.feedback_age_s;
  const bool anew = !begun_ || !heard || now.stat_epoch != last_.stat_epoch ||
                    now.feedback_epoch != last_.feedback_epoch || now_s < last_s_ ||
                    now_s - last_s_ > longest_gap_s || true_s - feedback_s_ > feedback_gap_s ||
                    now.accepted < last_.accepted || now.outcomes < last_.outcomes;
  if (anew) {
    entered_ = ended_ = agents_ = {.moved_s = now_s};
    found_ = Contradicted::nothing;
  } else {
    entered_.look(now.entered != last_.entered, rise(last_.accepted, now.accepted), now_s);
    const double outcomes = rise(last_.outcomes, now.outcomes);
    ended_.look(now.ended != last_.ended, outcomes, now_s);
    agents_.look(now.agents != last_.agents, rise(last_.answered, now.answered), now_s);
    const auto still = [&](const Watch& watch, float least, double for_s) {
      return watch.told >= least && now_s - watch.moved_s >= for_s;
    };
    // A source that does not count those who enter, or nothing at all, contradicts nobody.
    const bool in_part = (now.entered > 0 && still(entered_, told_least, still_s)) ||
                         (now.ended > 0 && still(ended_, told_least, still_s)) ||
                         still(agents_, agents_told_least, agents_still_s);
    const double moved_s = std::max({entered_.moved_s, ended_.moved_s, agents_.moved_s});
    found_ = !in_part                     ? Contradicted::nothing
             : now_s - moved_s >= still_s ? Contradicted::standing
                                          : Contradicted::in_part;
  }
  begun_ = heard;
  last_ = now;
  last_s_ = now_s;
  if (heard) feedback_s_ = std::max(anew ? true_s : feedback_s_, true_s);
}

}  // namespace paceline::pacer
