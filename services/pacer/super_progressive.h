// SUPER_PROGRESSIVE: the largest stock of pending invitations whose next
// one would bear no more than the allowed risk to abandon (marginal-risk
// base stock). Made for 1 to 30 agents, good at every size.
//
// For four quantiles d_k of the answer delay: by then C_k slots have come free, A_k of the m
// pending are accepted, R_k reactive visitors have come. One more invitation, accepted then, waits
// at position z and abandons with the chance g(z):
//
//   z       = queue - idle + A_k - C_k + R_k + 1
//   g(z)    = z th / (n mu + z th) for z > 0, else 0
//   risk(m) = mean over k of E g(z)
//   m*      = the first m with risk(m) > allowed (risk rises with m)
#pragma once

#include <array>

#include "services/pacer/wait_risk.h"

namespace paceline::pacer {

inline constexpr std::size_t delay_quantiles = 4;

/// Midpoint quantiles of a unit exponential, one for each quarter of its mass.
///   source   -ln(1 - (k - 1/2) / 4)
inline constexpr std::array<double, delay_quantiles> unit_delays = {.1335, .4700, .9808, 2.0794};

struct RiskProblem {
  double queue = 0;         // [interactions, >= 0]
  double idle = 0;          // [slots, >= 0]
  double relief_rate = 0;   // [1/s, > 0] n mu: how fast the queue moves with every slot busy.
  double abandon_rate = 0;  // [1/s, > 0] th: 1 / patience.
  // By the k-th quantile of the answer delay:
  std::array<double, delay_quantiles> free_mean{};      // [slots] mean of C_k.
  std::array<double, delay_quantiles> free_variance{};  // Its variance.
  std::array<double, delay_quantiles> accept{};         // [0..1] a pending one is accepted.
  std::array<double, delay_quantiles>
      arrivals{};   // [interactions] mean of R_k; _DUAL, and where statistics lag.
  WaitGoal wait{};  // Who counts as lost: g(z) is the chance of that.
};

struct RiskAnswer {
  int m = 0;        // [invitations, 0..most]
  double risk = 0;  // [0..1] of one more than m.
};

/// Risk that one more invitation would bear with `m` pending.
///   cost  O(width of A x width of C): some tens of steps; constant from 40 slots on
double marginal_risk(const RiskProblem& problem, int m);

/// m* for `allowed` [0..1], at most `most` [>= 0].
///   guess  where to begin: the last m*; any value gives the same answer
RiskAnswer base_stock(const RiskProblem& problem, double allowed, int most, int guess);

/// [slots] that visitors may take, in the mean over the quantiles; m* grows
/// with it. So a search for a problem like the last one begins best at its
/// m* plus (expected_capacity - last expected_capacity) / mean_accept.
double expected_capacity(const RiskProblem& problem);

/// [0..1] Mean of `accept` over the quantiles.
double mean_accept(const RiskProblem& problem);

}  // namespace paceline::pacer
