// TargetPacing's own account of invitations: what is pending beyond what the endpoint told, and what
// became of them where it tells nothing.
#include <algorithm>
#include <cmath>

#include "services/pacer/pacing.h"

namespace paceline::pacer {
// What the endpoint told, less those answered since if that is long ago, and what went out since.
double TargetPacing::estimated_pending(const PacingInputs& in, double delay_s, double refresh_s,
                                       double now_s) const {
  if (in.feedback_age_s < 0) return own_pending_;
  const double late_s = in.feedback_age_s - refresh_s;
  // An offer may have to wait for a period, and the endpoint's answer to it comes within another.
  const double waits_s = tuning_->sends_after_decision ? 0 : std::max(2 * refresh_s, 0.5 * delay_s);
  return in.proactive.pending * (late_s > 0 ? std::exp(-late_s / delay_s) : 1) +
         grants_->outstanding(delay_s, now_s, now_s - waits_s);
}

// How much older the feedback is than it says, where each grant is sent at once: then the endpoint's
// count of those sent follows the grants, and its next look has them unless it lags.
double TargetPacing::unsaid_feedback_lag(const PacingInputs& in, double now_s) {
  granted_ += static_cast<std::uint64_t>(sent_new_);
  HiddenLag& lag = feedback_lag_.make();
  lag.observe({.causes = granted_,
               .effects = in.proactive.sent,
               .effect_age_s = in.feedback_age_s,
               .effect_epoch = in.feedback_epoch},
              now_s);
  const double lag_s = lag.lag_s();  // From the first look that could have had the grant.
  return lag_s > 0 ? lag_s + HiddenLag::slot_s : 0;
}

// Where no feedback comes, who came was invited, as far as anybody was, and refusals are taken to
// come by the usual delay. Where not even arrivals are counted all answers are.
void TargetPacing::learn_unfed(const PacingInputs& in, const Observed& seen,
                               const Estimates& estimates) {
  constexpr double least_refused = 0.05;
  const bool counted = in.entered > 0 || in.answered > 0;
  const double unseen_share = counted ? std::max(least_refused, 1 - estimates.acceptance) : 1.0;
  const double before = own_pending_ + (counted ? sent_new_ : 0);
  const double came = counted ? std::min(seen.entered, before) : 0;
  const double left =
      (before - came) * std::exp(-seen.dt_s * unseen_share / estimates.answer_delay_s);
  if (counted && in.feedback_age_s < 0) history_.learn_unfed(before - left, came);
  own_pending_ = std::min(left + (counted ? 0 : sent_new_), most_pending);
}

Learned TargetPacing::learned() const {
  Learned all = history_.learned();
  all.rolling = *rolling_;
  all.absent = absent_.learned;
  all.spread = spread_.learned;
  return all;
}

}  // namespace paceline::pacer
