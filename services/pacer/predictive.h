// PREDICTIVE_B: the largest stock of pending invitations that exceeds the free slots with no more
// than a chosen chance, in closed form. Made for 30 agents and more. And BUSY_FACTOR's stock.
#pragma once

namespace paceline::pacer {

struct QuantileProblem {
  double capacity = 0;    // [slots] R = idle - queue + expected free - expected reactive; any sign.
  double variance = 0;    // [>= 0] V of that.
  double acceptance = 1;  // (0..1]
};

/// The largest m with p m + z sqrt(V + p (1 - p) m) <= R; 0 if there is none.
///
///   z        quantile to stay under, any sign; negative invites more than is expected to come free
///   returns  [invitations, >= 0]
///   cost     O(1)
double quantile_stock(const QuantileProblem& problem, double z);

struct BusyProblem {
  double goal = 0.8;    // (0..1) share of the slots to be busy.
  double integral = 0;  // [-0.3..0.3] I, learned by busy_integral().
  double slots = 0;
  double busy = 0;
  double expected_free = 0;
  double queue = 0;
  double expected_reactive = 0;
  double acceptance = 1;  // (0..1]
};

/// BUSY_FACTOR: m = ((B + I) n - (busy - expected free) - queue - expected reactive) / p.
///   returns  [invitations, >= 0]
double busy_stock(const BusyProblem& problem);

/// I after `dt_s`: I += dt / 900 s x (B - busy / n).
///   returns  [-0.3..0.3]
double busy_integral(double integral, double goal, double busy_share, double dt_s);

}  // namespace paceline::pacer
