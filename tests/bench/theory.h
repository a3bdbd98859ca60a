// What queueing theory says about simple centres: what the simulator is checked against, and the
// best that any pacing could do in a memoryless one.
#pragma once

#include <vector>

namespace paceline::test {

/// Erlang C: the chance that a customer has to wait.
///
///   agents   [count, >= 1]
///   load     [erlang, >= 0] arrivals per second x mean service in seconds
///   returns  [0..1] 1 when load >= agents
///   source   Erlang 1917, by B(n) = aB(n-1) / (n + aB(n-1)), C = nB / (n - a(1 - B))
double erlang_c(int agents, double load);

struct ErlangA {
  double chance_to_wait = 0;  // [0..1]
  double abandonment = 0;     // [0..1] of all arrivals.
  double mean_wait_s = 0;     // Of all arrivals.
  double occupancy = 0;       // [0..1]
};

/// The M/M/n+M queue: Erlang C with exponential patience.
///
///   rate     [1/s, > 0] arrivals
///   service_s, patience_s  [s, > 0] means
///   source   Palm 1946; Garnett, Mandelbaum, Reiman 2002: stationary distribution of a birth-death
///   process
ErlangA erlang_a(int agents, double rate, double service_s, double patience_s);

/// The memoryless centre of the bench: exponential service, patience and answer delay.
struct MemorylessCentre {
  int agents = 10;
  double service_s = 240;
  double patience_s = 60;
  double answer_s = 10;
  double acceptance = 0.3;
};

/// The optimum of the Markov decision process "how many invitations may be outstanding" at a price
/// on abandonment. m(x) below is the optimal order-up-to level.
struct Optimum {
  double gain = 0;   // Upper bound of occupancy - price x (abandoned - goal x ended per second).
  double price = 0;  // [occupancy per (1/s)]
  std::vector<int>
      up_to;  // By number in the system: invitations to have outstanding, none pending now.
};

/// Best gain for one price, by relative value iteration on the uniformised chain, to 1e-5.
///
///   goal     [0..1] abandoned per ended interaction that costs nothing
///   returns  gain: an upper bound for every pacing system, whatever it knows of past and present
///   cost     seconds for 100 agents
///   source   Puterman 1994, ch. 8.5 (bounds of value iteration); Altman 1999 (Lagrangian of
///   constrained MDPs)
Optimum optimum_at_price(const MemorylessCentre& centre, double goal, double price);

/// Highest occupancy with abandonment <= goal: the least gain over all prices (strong duality).
Optimum optimum(const MemorylessCentre& centre, double goal);

}  // namespace paceline::test
