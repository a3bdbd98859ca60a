#include "services/pacer/pacing.h"

#include <algorithm>
#include <cmath>

#include "services/pacer/accounting.h"
#include "services/pacer/dual.h"
#include "services/pacer/goals.h"
#include "services/pacer/predictive.h"
#include "services/pacer/super_progressive.h"

namespace paceline::pacer {
namespace {

constexpr std::int32_t most_slots = 20'000;
constexpr double dither = 0.1;  // Width of the draw's effect on ln(risk allowed).

std::int32_t count(std::int32_t value) {
  return std::clamp(value, 0, most_slots);
}

double level(double value, double most) {
  return value > 0 ? std::min(value, most) : 0;  // 0 for NaN.
}

PoolClaims within_range(const PoolClaims& claims) {
  PoolClaims c = claims;
  if (c.members == 0) return {};
  for (double* each : {&c.queue, &c.unseen, &c.invited_waiting}) *each = level(*each, most_slots);
  for (double* each : {&c.pending, &c.most_invitations}) *each = level(*each, most_pending);
  for (double* each : {&c.queue_s, &c.entered, &c.answered, &c.abandoned, &c.accepted,
                       &c.proactive_answered, &c.proactive_abandoned})
    *each = level(*each, 1e15);
  c.correction = 0 - level(-c.correction, 100);  // Never -0.
  c.shared_agents = level(c.shared_agents, most_slots);
  return c;
}

// Counts within their ranges, times finite: from here on no value can run away.
PacingInputs within_range(const PacingInputs& inputs) {
  PacingInputs in = inputs;
  in.logged_in = count(in.logged_in);
  in.slots = count(in.slots);
  in.idle = count(in.idle);
  in.busy = count(in.busy);
  in.wrap_up = count(in.wrap_up);
  in.queue = count(in.queue);
  in.idle = std::min(in.idle, in.slots > 0 ? in.slots : in.logged_in);
  in.proactive.pending = std::clamp(in.proactive.pending, 0, 1'000'000);
  in.stat_age_s = std::isfinite(in.stat_age_s) ? std::max(0.0, in.stat_age_s) : 1e9;
  if (!std::isfinite(in.feedback_age_s)) in.feedback_age_s = -1;
  in.others = within_range(in.others);
  return in;
}

// The idle slots that take nothing are neither idle nor logged in.
void leave_out(std::int32_t absent, PacingInputs& in) {
  if (absent <= 0) return;
  in.idle = std::max(0, in.idle - absent);
  if (in.slots > 0) {
    const double agents = in.logged_in * (1.0 - static_cast<double>(absent) / in.slots);
    in.logged_in = std::max(0, static_cast<std::int32_t>(std::lround(agents)));
    in.slots = std::max(1, in.slots - absent);
  } else {
    in.logged_in = std::max(0, in.logged_in - absent);
  }
}

// Chance that an invitation is not answered within each quantile.
const std::array<double, delay_quantiles> unanswered = [] {
  std::array<double, delay_quantiles> chances{};
  for (std::size_t k = 0; k < delay_quantiles; ++k) chances[k] = std::exp(-unit_delays[k]);
  return chances;
}();

// Chance that an invitation of exponential delay is accepted within its
// k-th quantile and its interaction, which ends with cumulative hazard
// `y` by then, is still there; to be multiplied by the acceptance.
double accepted_and_there(std::size_t k, double y, double stays) {
  const double x = unit_delays[k];
  if (std::abs(x - y) < 1e-4 * x) return x * unanswered[k];
  return std::clamp(x / (x - y) * (stays - unanswered[k]), 0.0, 1.0);
}

// Reactive visitors per unit of their rate who come within `ahead_s` and are still there then. [s]
double arrived_and_there(double ahead_s, double y, double stays) {
  return y < 1e-6 ? ahead_s : ahead_s * (1 - stays) / y;
}

// Where the risk is what is allowed, between m* - 1 and m*: with so many pending, a real number, one
// more may still go out. Risks between whole numbers are taken as on a line.
double crossing(const RiskProblem& risk, const RiskAnswer& answer, double allowed) {
  const double below = marginal_risk(risk, answer.m - 1);
  const double rise = answer.risk - below;
  return answer.m - 1 + (rise > 0 ? std::clamp((allowed - below) / rise, 0.0, 1.0) : 1);
}

// How the risk worth taking falls with the slots that are free, in small groups: the optimum of the
// memoryless model takes more of it for the first free slots, where no end is near that would fill
// them (METHOD.md). Fitted to that optimum; 1 where many slots are about to be free.
double risk_factor(double idle, double expected_free, double patience_s, double delay_s) {
  const double hurry = 0.45 + 0.55 * std::min(1.0, patience_s / (3 * delay_s));
  const double tilt = std::max(0.0, 1.05 - 0.35 * expected_free) * hurry;
  return std::pow((1 + expected_free) / (std::max(1.0, idle) + expected_free), tilt);
}

}  // namespace

struct TargetPacing::Model {
  const PacingInputs& in;
  const PacingOptions& options;
  double now_s;
  double dt_s;
  Estimates estimates;
  Working* working = nullptr;  // From the moment on that there is something to decide.
  Offer offer{};
  double slots = 1;
  double allowed = 0;     // (0..1) share of proactive outcomes that the loop steers to.
  double stat_age_s = 0;  // [s] of the statistics, with what they hide.
  double unseen = 0;      // [interactions] accepted after the statistics were true.
  double claimed = 0;     // [interactions] of others who share the agents, waiting or unseen.
  double queue = 0;       // [interactions] that wait, with the unseen ones.
  double capacity = 0;    // [slots] idle - queue + expected free; any sign.
  double m = 0;           // [invitations] so far.
  bool integer = false;   // m is m* of RISK, dithered already.
  double crossing = -1;   // [invitations, >= -1] Of RISK, in a pool: one more while no more pend.
  bool bound = false;     // A guard has named itself the reason.
  bool halved = false;    // A burst of abandonment was seen just now.
};

Decision TargetPacing::decide(const PacingInputs& inputs, const PacingOptions& options,
                              const ChannelPool& pool, double uniform, double now_s) {
  learn_and_decide(inputs, options, pool, uniform, now_s);
  return decision();
}

void TargetPacing::learn_and_decide(const PacingInputs& inputs, const PacingOptions& options,
                                    const ChannelPool& pool, double uniform, double now_s) {
  PacingInputs in = within_range(inputs);
  if (!std::isfinite(now_s) || (decided_ && now_s < decided_s_)) now_s = decided_s_;
  const double refresh_s = to_seconds(options.refresh_period);
  if (!options.enabled) return withhold(PaceState::disabled, PaceReason::disabled, in);
  if (in.quality == StatQuality::not_visible)
    return withhold(PaceState::stale, PaceReason::not_visible, in);
  if (in.quality == StatQuality::stale ||
      in.stat_age_s > std::max(3 * refresh_s, tuning_->stale_after_s))
    return withhold(PaceState::stale, PaceReason::stale_statistics, in);

  if (tuning_->sends_after_decision && in.feedback_age_s >= 0)
    in.feedback_age_s += unsaid_feedback_lag(in, now_s);
  const bool nobody = in.logged_in == 0;
  const double absent = tuning_->absent_guard ? absent_.follow({.true_s = now_s - in.stat_age_s,
                                                                .idle = in.idle,
                                                                .queue = in.queue,
                                                                .answered = in.answered,
                                                                .abandoned = in.abandoned})
                                              : 0;
  leave_out(static_cast<std::int32_t>(std::lround(absent)), in);
  const Observed seen = history_.observe(in, *tuning_, sent_new_, now_s);
  collapse_.follow(seen.accepted, seen.answers);
  if (collapse_.over()) history_.forget_answers();
  if (seen.changed) uniform_ = uniform >= 0 && uniform < 1 ? uniform : 0.5;
  Model model{.in = in,
              .options = options,
              .now_s = now_s,
              .dt_s = seen.dt_s,
              .estimates = history_.estimates(pool, *tuning_)};
  model.offer.not_answering = absent;
  model.slots = std::max(1.0, working_slots(in));
  hidden_lag_.observe(in, now_s);
  contradiction_.observe(in, now_s);
  model.stat_age_s = in.stat_age_s + hidden_lag_.lag_s();
  model.unseen = hidden_lag_.lag_s() > 0 ? hidden_lag_.accepted_since(now_s - model.stat_age_s)
                                         : history_.accepted_unseen(now_s - in.stat_age_s);
  model.claimed = in.others.queue + in.others.unseen;
  learn_unfed(in, seen, model.estimates);
  if (OwnGrants* grants = grants_.if_made(); grants && in.feedback_age_s >= 0)
    grants->told(now_s - in.feedback_age_s);
  model.allowed =
      share_of_goal(options, *tuning_,
                    outcomes_a_window(history_.loops().proactive, model.slots, model.estimates),
                    GoalLoop{history_.loops().proactive}.excess_quantile());
  start_loops(options, model.allowed, model.slots, model.estimates);
  turn_window(in, options, now_s, seen.dt_s, model.allowed);
  learn(in, options, model.allowed, seen);
  model.halved = detect_burst(seen, now_s);
  decided_ = true;
  decided_s_ = now_s;
  if (nobody || (in.logged_in == 0 && working_slots(in) == 0 && absent == 0))
    return withhold(PaceState::ok, PaceReason::no_agents, in);

  const bool ended = seen.answers + seen.proactive_answered + seen.proactive_abandoned +
                         seen.reactive_answered + seen.reactive_abandoned >
                     0;
  model.working = &working_.make();
  if (!reuse_model(model, seen.changed || ended)) model_stock(model);
  guard_stock(model);
  conclude(model);
  offer_ = model.offer;
  withheld_ = false;
}

Decision TargetPacing::decision() const {
  if (!withheld_) return {offer_, working_->why};
  Decision d{offer_, {}};
  const auto& loops = history_.loops();
  d.explanation.busy_factor = loops.busy_factor;
  d.explanation.occupancy = loops.occupancy;
  d.explanation.slots = withheld_slots_;
  d.explanation.pending = withheld_pending_;
  d.explanation.uniform = uniform_;
  return d;
}

// Nothing is seen to have changed, and so little time has passed that the ends foreseen are the
// same but for a hundredth: the model need not be computed again. An estimate can move without an
// event while little is known: many young phases without an end say that phases are long.
bool TargetPacing::reuse_model(Model& model, bool changed) const {
  constexpr double share_of_service = 0.01;
  constexpr double most_s = 2.5;
  constexpr double same_age_s = 0.3;
  constexpr double same_estimate = 0.01;
  const CachedModel& cached = model.working->cached;
  DecisionExplanation& why = model.working->why;
  const double good_s = std::min(most_s, share_of_service * model.estimates.service_s);
  if (changed || !cached.valid || model.now_s - cached.at_s > good_s ||
      model.options != cached.options ||
      std::abs(model.stat_age_s - cached.stat_age_s) > same_age_s ||
      std::abs(model.estimates.service_s - cached.service_s) > same_estimate * cached.service_s)
    return false;
  model.m = cached.m;
  if (by_busy_factor(model.options)) {
    model.m = wanted_busy(model, why);
    if (cached.bound || model.m > cached.most) return false;
  }
  model.capacity = cached.capacity;
  model.integer = cached.integer;
  model.crossing = cached.crossing;
  model.offer.reason = cached.reason;
  model.bound = cached.bound;
  if (by_busy_factor(model.options)) {
    why.integral = history_.loops().integral;
    why.m_model = model.m;
  }
  return true;
}

double TargetPacing::wanted_busy(const Model& model, const DecisionExplanation& why) const {
  return busy_stock({.goal = model.options.optimization_goal / 100.0,
                     .integral = history_.loops().integral,
                     .slots = model.slots,
                     .busy = static_cast<double>(model.in.busy),
                     .expected_free = why.expected_free,
                     .queue = model.in.queue + model.unseen + model.claimed,
                     .expected_reactive = why.expected_reactive,
                     .acceptance = model.estimates.acceptance});
}

void TargetPacing::Delays::follow(double answer_s, double age_s, double period_s) {
  constexpr double noticeable = 0.002;
  if (std::abs(answer_s - delay_s) <= noticeable * delay_s && period_s == refresh_s &&
      std::abs(age_s - stat_age_s) <= noticeable * delay_s)
    return;
  delay_s = answer_s;
  stat_age_s = age_s;
  refresh_s = period_s;
  made = false;
  for (std::size_t k = 0; k < delay_quantiles; ++k)
    horizons_s[k] =
        stat_age_s + delay_s * unit_delays[k] * (1 + 0.5 * refresh_s / (refresh_s + delay_s));
  horizons_s[delay_quantiles] = stat_age_s + delay_s;
}

void TargetPacing::fit_delays(Delays& d, const Forecast& free) const {
  if (d.chances != history_.chances()) {
    d.chances = history_.chances();
    for (std::size_t k = 0; k < delay_quantiles; ++k)
      d.leaves[k] = -std::log1p(-std::min(free.from_start[k], 0.999));
  }
  for (std::size_t k = 0; k < delay_quantiles; ++k) {
    const double quantile_s = d.delay_s * unit_delays[k];
    const double y = d.leaves[k] * quantile_s / d.horizons_s[k];
    const double stays = std::exp(-y);
    d.accepted[k] = accepted_and_there(k, y, stays);
    d.arrived_s[k] = arrived_and_there(quantile_s, y, stays);
  }
  d.made = true;
}

// What m may be by the model, before the guards; kept for the decisions that follow.
void TargetPacing::model_stock(Model& model) {
  const auto& e = model.estimates;
  const double refresh_s = to_seconds(model.options.refresh_period);
  const double stat_age_s = std::min(model.stat_age_s, e.answer_delay_s);
  Delays& delays = model.working->delays;
  delays.follow(e.answer_delay_s, stat_age_s, refresh_s);
  const Forecast free = history_.forecast(delays.horizons_s, e);
  if (!delays.made || delays.chances != history_.chances()) fit_delays(delays, free);

  auto& why = model.working->why;
  why = {};
  model.queue = model.in.queue + model.unseen + model.claimed;
  why.expected_free = free.mean[delay_quantiles];
  why.expected_free_sd = std::sqrt(std::max(0.0, free.variance[delay_quantiles]));
  why.expected_reactive = is_dual(model.options.algorithm) ? e.reactive_rate * e.answer_delay_s : 0;
  model.capacity = model.in.idle - model.queue + why.expected_free;
  const double s = usable_s(model);

  const bool busy = by_busy_factor(model.options);
  const double wanted = busy ? wanted_busy(model, why) : most_pending;
  if (uses_quantile(model.options))
    model_by_quantile(model, free.variance[delay_quantiles], s);
  else
    model_by_risk(model, free, s, wanted);
  const double allowed_m = model.m;
  if (busy) {
    why.integral = history_.loops().integral;
    if (wanted <= model.m) {
      model.m = wanted;
      model.integer = false;
    } else {
      model.offer.reason = PaceReason::goal_guard;
      model.bound = true;
    }
  }
  why.m_model = model.m;
  model.working->cached = {.at_s = model.now_s,
                           .valid = true,
                           .options = model.options,
                           .stat_age_s = model.stat_age_s,
                           .service_s = e.service_s,
                           .m = model.m,
                           .most = allowed_m,
                           .capacity = model.capacity,
                           .integer = model.integer,
                           .crossing = model.crossing,
                           .reason = model.offer.reason,
                           .bound = model.bound};
}

// s as this decision may use it: of the loop that
// binds, with the correction for the window's budget.
double TargetPacing::usable_s(Model& model) {
  const auto& loops = history_.loops();
  const bool dual = is_dual(model.options.algorithm);
  const GoalLoop proactive{loops.proactive};
  auto& why = model.working->why;
  why.aggressiveness = loops.proactive.s;
  why.aggressiveness_reactive = dual ? loops.reactive.s : 0;
  why.budget_excess = proactive.excess(model.allowed);
  why.closing_excess = loops.proactive.closing_excess;
  why.displaced_allowed = dual ? attributable_share(model.in) : 0;
  if (tuning_->budget_guard) {
    const Budget budget =
        budget_of(model.options, *tuning_, loops.proactive, *rolling_, model.allowed,
                  outcomes_a_window(loops.proactive, model.slots, model.estimates),
                  outcomes_left(loops.proactive, model.slots, model.estimates));
    budget_correction_ = budget.correction;
    why.rolling_outcomes = budget.rolling_outcomes;
    why.rolling_abandonment = budget.rolling_abandonment;
    why.rolling_excess = budget.rolling_excess;
    why.rolling_binds = budget.rolling_binds;
  }
  double s = corrected_s(model.options, loops.proactive.s, budget_correction_);
  if (model.in.others.correction < 0) s = corrected_s(model.options, s, model.in.others.correction);
  if (dual) s = std::min(s, loops.reactive.s);
  why.aggressiveness_used = s;
  return s;
}

void TargetPacing::model_by_quantile(Model& model, double variance, double s) {
  const auto& why = model.working->why;
  const auto& e = model.estimates;
  // SERVICE_LEVEL: who waits no longer than the limit is served in time, so what comes free within it
  // counts too.
  const double in_time =
      by_service_level(model.options)
          ? model.options.service_level_seconds * model.slots / (e.service_s + e.wrap_up_s)
          : 0;
  model.m = quantile_stock({.capacity = model.capacity - why.expected_reactive + in_time,
                            .variance = variance + why.expected_reactive,
                            .acceptance = model.estimates.acceptance},
                           -s);
  // One for each free agent bears no risk: never less, as RISK does by itself.
  if (!is_dual(model.options.algorithm)) model.m = std::max(model.m, model.in.idle - model.queue);
}

void TargetPacing::model_by_risk(Model& model, const Forecast& free, double s, double wanted) {
  const auto& e = model.estimates;
  auto& why = model.working->why;
  const RiskProblem risk = risk_problem(model, free);
  const double factor = by_service_level(model.options)
                            ? 1
                            : risk_factor(model.in.idle - model.queue, why.expected_free,
                                          e.patience_s, e.answer_delay_s);
  why.risk_allowed = std::min(1.0, factor * std::exp(s + dither * (0.5 - uniform_)));
  // BUSY_FACTOR needs to know no more than whether what it wants, or a little more, is allowed.
  const double most = std::min({most_pending, 4 * model.slots / e.acceptance + 8, wanted + 2});
  const double capacity = expected_capacity(risk);
  Working& working = *model.working;
  double guess =
      working.last_stock + (capacity - working.last_capacity) / std::max(1e-3, mean_accept(risk));
  if (by_busy_factor(model.options) && !working.cached.bound) guess = most;
  const auto answer = base_stock(risk, why.risk_allowed, static_cast<int>(most),
                                 static_cast<int>(std::lround(std::clamp(guess, 0.0, most))));
  working.last_stock = answer.m;
  working.last_capacity = capacity;
  why.risk_at_m = answer.risk;
  model.m = answer.m;
  model.integer = true;
  if (model.in.others.members > 0)
    model.crossing = answer.m > 0 ? crossing(risk, answer, why.risk_allowed) : -1;
}

RiskProblem TargetPacing::risk_problem(const Model& model, const Forecast& free) const {
  const auto& e = model.estimates;
  RiskProblem risk{.queue = model.queue,
                   .idle = static_cast<double>(model.in.idle),
                   .relief_rate = model.slots / (e.service_s + e.wrap_up_s),
                   .abandon_rate = 1 / e.patience_s,
                   .wait = wait_goal_of(model.options)};
  const Delays& delays = model.working->delays;
  const double lag_s = hidden_lag_.lag_s();
  const double counted = is_dual(model.options.algorithm)
                             ? 1
                             : reactive_counted(lag_s, model.working->why.aggressiveness_used);
  for (std::size_t k = 0; k < delay_quantiles; ++k) {
    risk.free_mean[k] = free.mean[k];
    risk.free_variance[k] = free.variance[k];
    risk.accept[k] = e.acceptance * delays.accepted[k];
    if (counted > 0) risk.arrivals[k] = counted * e.reactive_rate * (delays.arrived_s[k] + lag_s);
  }
  return risk;
}

void TargetPacing::guard_stock(Model& model) {
  const auto& in = model.in;
  const auto& loops = history_.loops();
  const auto cap = [&](double most, PaceReason reason) {
    if (!(model.m > most)) return;
    model.m = std::max(0.0, most);
    model.offer.reason = reason;
    model.bound = true;
  };
  if (is_dual(model.options.algorithm))
    cap(ratio_stock(model.options.proactive_ratio / 100.0, model.slots,
                    in.busy * loops.proactive_share, model.estimates.acceptance),
        PaceReason::ratio_cap);
  const double one_to_one = in.idle - in.queue - model.unseen - model.claimed;
  if (history_.answers_known() < tuning_->warm_up_answers) cap(one_to_one, PaceReason::warm_up);
  // Where the loop has nothing left to take back and is still over its budget, the model is wrong.
  const bool at_end = corrected_s(model.options, loops.proactive.s, budget_correction_) <=
                      range_of(model.options).low;
  spent_ = at_end && GoalLoop{loops.proactive}.excess(model.allowed) > 0;
  if (at_end) cap(one_to_one, PaceReason::goal_guard);
  if (spent_ && reserve_.slots() > 0) cap(one_to_one - reserve_.slots(), PaceReason::goal_guard);
  cap(static_cast<double>(model.options.max_pending_per_agent) * in.logged_in,
      PaceReason::pending_cap);
  if (collapse_.unsure())
    cap(AcceptanceCollapse::most_pending(model.slots), PaceReason::pending_cap);
  const double ceiling = tuning_->ceiling_per_slot * model.slots / model.estimates.acceptance;
  model.working->why.m_ceiling = ceiling;
  cap(ceiling, PaceReason::ceiling);
  cap(1.5 * last_m_ + std::max(3.0, 0.25 * model.slots / model.estimates.acceptance),
      PaceReason::growth_cap);
  if (cut_ < 1) cap(model.m * cut_, PaceReason::fast_cut);
  if (model.halved) cap(0.5 * last_m_, PaceReason::fast_cut);
  // Nothing is known of the agents: one invitation at a time finds out when that is over.
  if (contradiction_.found() == Contradicted::standing) cap(1, PaceReason::statistics_contradicted);
}

void TargetPacing::conclude(Model& model) {
  const auto& in = model.in;
  const auto& e = model.estimates;
  auto& d = model.offer;
  d.m = model.m;
  d.max_pending = static_cast<std::int32_t>(std::min(
      most_pending, in.others.pending > 0
                        ? left_by_others(model)
                        : std::floor(model.m + (model.integer && !model.bound ? 0 : uniform_))));
  const double pending = estimated_pending(in, e.answer_delay_s,
                                           to_seconds(model.options.refresh_period), model.now_s);
  d.invitations = std::max(0, d.max_pending - static_cast<std::int32_t>(std::lround(pending)));
  if (d.invitations > in.others.most_invitations) {
    d.invitations = static_cast<std::int32_t>(in.others.most_invitations);
    d.max_pending = static_cast<std::int32_t>(std::lround(pending)) + d.invitations;
  }
  last_m_ = model.m;
  sent_new_ = d.invitations;
  if (sent_new_ > 0 && tuning_->sends_after_decision)
    grants_.make().add(sent_new_, model.now_s, std::max(0.0, in.feedback_age_s) / 8);
  else if (sent_new_ > 0)
    grants_.make().replace(sent_new_, model.now_s, to_seconds(model.options.refresh_period));
  if (!model.bound) d.reason = reason_of(model);
  if (others_bind(model, pending)) d.reason = PaceReason::shared_agents;
  d.reason = reason_beside_faults(d);
  d.feedback_late = in.feedback_age_s > std::max(3 * to_seconds(model.options.refresh_period),
                                                 tuning_->feedback_stale_s);
  const bool contradicted = contradiction_.found() != Contradicted::nothing;
  if (contradiction_.found() == Contradicted::standing || (contradicted && !model.bound))
    d.reason = PaceReason::statistics_contradicted;
  const bool poorly_informed = in.quality == StatQuality::provisional || in.feedback_age_s < 0 ||
                               d.feedback_late || d.not_answering > 0 || spent_ || contradicted;
  d.state = poorly_informed ? PaceState::degraded : PaceState::ok;

  const double position = in.queue + in.others.queue - in.idle + 1;
  const double relief = model.slots / (e.service_s + e.wrap_up_s);
  if (position > 0) d.predicted_wait_s = position / (relief + 0.5 * (position - 1) / e.patience_s);
  d.reactive_demand = e.reactive_rate * e.answer_delay_s;
  d.reactive = static_cast<std::int32_t>(std::max(0.0, in.idle - in.queue - in.others.queue));
  if (is_dual(model.options.algorithm)) {
    const double outstanding = std::max(pending + in.others.pending, model.m);
    const auto left =
        reactive_capacity(model.capacity, e.acceptance * outstanding, d.reactive_demand);
    d.reactive = static_cast<std::int32_t>(left.slots);
    d.reactive_state = left.state;
  }
  model.working->why.pending = pending;
  fill_explanation(model);
}

// What others have outstanding is a real number. The next invitation may go out while they and the
// own ones are no more than the crossing; a guard's bound is not exceeded by a part of one either.
double TargetPacing::left_by_others(const Model& model) const {
  const double others = model.in.others.pending;
  if (model.bound) return std::floor(std::max(0.0, model.m - others));
  if (!model.integer) return std::floor(std::max(0.0, model.m - others) + uniform_);
  return std::max(0.0, std::floor(model.crossing - others) + 1);
}

// Whether something would be granted if nobody else claimed the agents.
bool TargetPacing::others_bind(const Model& model, double pending) const {
  const PoolClaims& others = model.in.others;
  const Offer& d = model.offer;
  if (others.members == 0 || d.invitations > 0) return false;
  const bool outstanding = std::floor(model.m) >= std::round(pending) + 1;
  const bool waiting = d.reason == PaceReason::no_idle_expected && model.capacity < 1 &&
                       model.capacity + model.claimed >= 1;
  return outstanding || waiting;
}

// While agents do not answer, or nothing is left to keep the window's budget with, no other reason
// but one that withholds more by itself may hide that.
PaceReason TargetPacing::reason_beside_faults(const Offer& d) const {
  const bool usual = d.reason == PaceReason::granted || d.reason == PaceReason::pending_enough ||
                     d.reason == PaceReason::no_idle_expected || d.reason == PaceReason::growth_cap;
  const bool guarded = d.reason == PaceReason::goal_guard && !spent_;
  if (d.not_answering > 0 && (usual || guarded)) return PaceReason::idle_not_answering;
  return spent_ && usual ? PaceReason::goal_guard : d.reason;
}

// The reason where no guard has named itself.
PaceReason TargetPacing::reason_of(const Model& model) const {
  const Offer& d = model.offer;
  const DecisionExplanation& why = model.working->why;
  if (d.max_pending == 0)
    return model.capacity < 1 ? PaceReason::no_idle_expected : PaceReason::goal_guard;
  if (why.aggressiveness_used < why.aggressiveness - 0.05) return PaceReason::goal_guard;
  return d.invitations > 0 ? PaceReason::granted : PaceReason::pending_enough;
}

// The estimates and what the window has come to.
void TargetPacing::fill_explanation(Model& model) const {
  const auto& e = model.estimates;
  const auto& loops = history_.loops();
  auto& why = model.working->why;
  why.information =
      history_.known() ? PacingInformation::reconstructed : PacingInformation::memoryless;
  why.acceptance = e.acceptance;
  why.answer_delay_s = e.answer_delay_s;
  why.service_s = e.service_s;
  why.wrap_up_s = e.wrap_up_s;
  why.patience_s = e.patience_s;
  why.reactive_rate = e.reactive_rate;
  why.hidden_lag_s = hidden_lag_.lag_s();
  const double outcomes = loops.proactive.outcomes;
  why.proactive_abandonment =
      outcomes > 0 ? std::max(0.0, loops.proactive.abandoned - loops.late) / outcomes : 0;
  why.service_level = by_service_level(model.options) && outcomes > 0
                          ? 1 - loops.proactive.abandoned / outcomes
                          : 0;
  why.late = loops.late;
  why.brief = loops.brief;
  const double ended = loops.reactive.outcomes;
  why.reactive_abandonment =
      ended > 0 ? std::min(1.0, (loops.reactive.abandoned + loops.unserved) / ended) : 0;
  why.reactive_unserved = is_dual(model.options.algorithm) ? unserved_share() : 0;
  why.displaced = loops.reactive.abandoned;
  why.outcomes = outcomes;
  why.window_age_s = loops.window_s;
  why.window_length_s = window_length_s_;
  why.occupancy = std::clamp(loops.occupancy, 0.0, 1.0);
  why.busy_factor = std::clamp(loops.busy_factor, 0.0, 1.0);
  why.slots = model.slots;
  why.unseen = model.unseen;
  why.uniform = uniform_;
  why.pool_members = model.in.others.members;
  why.shared_agents = model.in.others.shared_agents;
  why.others_queue = model.claimed;
  why.others_pending = model.in.others.pending;
  why.own_correction = model.in.others.correction;
}

void TargetPacing::withhold(PaceState state, PaceReason reason, const PacingInputs& in) {
  const bool open = reason != PaceReason::no_agents && reason != PaceReason::disabled;
  offer_ = {.state = state, .reason = reason, .reactive_state = open ? 1.0 : 0.0};
  withheld_ = true;
  withheld_slots_ = static_cast<std::int32_t>(working_slots(in));
  withheld_pending_ = in.proactive.pending;
  last_m_ = 0;
  sent_new_ = 0;
  if (Working* working = working_.if_made()) working->cached.valid = false;
}

}  // namespace paceline::pacer
