// A cluster of elections with their publishers' gates and one endpoint, on virtual time, by a seed.
//
//   ElectionSim sim{ElectionSim::plan(seed)};
//   const auto verdict = sim.run();           // faults, then calm; checks S1-S6 after every event
//   if (!verdict.broken.empty()) FAIL(verdict.broken);
//
// Only the pure parts run (Election, Gate): hundreds of virtual seconds a second. What is simulated
// around them:
//   clocks      offsets, and rates that change within a bound
//   links       lose, repeat, delay, reorder; are cut in one or both directions; flap
//   processes   killed, restarted, stopped (SIGSTOP), a publisher also between check and send
//   disks       slow, full; lose the term file
//   endpoint    requests that arrive late
//   operators   hand-overs, planned stops; health that changes
//   liars       a voter that says absurd terms and speaks in others' names, for ever
//   endpoint    answers with absurd fences, for ever; too slow for publications, though not for
//               probes; a copy of the cluster publishes under the master's term
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "services/elector/election.h"
#include "services/publisher/gate.h"
#include "tests/support/sim_world.h"

namespace paceline::test {
using namespace elector;
using namespace publisher;

/// EventKind a seed chooses. Every field is made from the seed by plan(); a test may change some.
struct SimPlan {
  std::uint64_t seed = 0;
  ElectionPolicy policy;
  bool fence = true;            // The endpoint refuses older terms.
  bool keeps_term = true;       // False: the store forgets the term at a restart (a mutant).
  bool check_exclusion = true;  // S2 is promised: quorum mode, rates within rho.
  double rate_error = 0;        // [0..0.1] of any clock.
  double loss = 0;
  double duplicate = 0;
  Duration delay_max = 1ms;
  Duration grant_delay_max = 1ms;
  Duration store_max = 0ms;
  Duration request_max = 5ms;        // On its way to the endpoint.
  std::array<double, 14> weights{};  // Of the faults, by Fault.
  int liar = -1;                     // A voter, by its place; -1 = nobody.
  double absurd_fences = 0;          // [0..1] of the publisher's reports.
  bool remembers_failures = true;    // False: health forgets them at once (a mutant).
  Duration between_faults = 300ms;   // On average.
  Duration faults_for = 6s;
  bool trace = false;  // Prints every step.
};

enum class Fault : std::uint8_t {
  cut_both,
  cut_one_way,
  flap,
  kill_elector,
  kill_publisher,
  kill_node,
  pause_elector,
  pause_publisher,
  slow_or_full_disk,
  lose_term,
  hand_over_or_stop,
  health_or_clock,
  slow_endpoint,
  clone,
};

struct SimVerdict {
  std::string broken;  // The first promise that was broken, "" = none.
  // EventKind happened, so that a run that tests nothing can be seen.
  int masters = 0;  // Terms that had a master.
  int fenced = 0;   // Publications refused by the endpoint.
  int accepted = 0;
  int graces_survived = 0;
  int refused_votes = 0;
  int recovered_terms = 0;  // Lost terms that were learned again.
  int releases = 0;
  int store_failures = 0;
  int late = 0;
  // Rare paths.
  int impossible_terms = 0;     // Refused.
  int forged_senders = 0;       // Refused.
  int leading_witnesses = 0;    // Refused.
  int absurd_fences = 0;        // Told to a master.
  int disputes = 0;             // Terms that a master left to a copy of the cluster.
  int capped_terms = 0;         // Taken a whole step above the one before.
  int caught_up = 0;            // Terms followed that were further away than a step.
  int failed_publications = 0;  // Too late.
  int remembered_failures = 0;  // Reports of a node that is unfit by what it remembers alone.
  std::uint64_t events = 0;
};

class ElectionSim {
 public:
  static SimPlan plan(std::uint64_t seed);
  /// The same without faults and with right clocks: for scenarios.
  static SimPlan calm(std::uint64_t seed, int nodes, int witnesses);

  explicit ElectionSim(SimPlan plan);
  ~ElectionSim();

  /// The whole life of a seed: faults for a while, then everything is repaired and must settle.
  SimVerdict run();

  // For scenarios.
  void run_for(Duration duration);
  bool run_until(const std::function<bool()>& done, Duration limit);
  void kill_elector(std::size_t node);
  void kill_publisher(std::size_t node);
  void start_elector(std::size_t node);
  void start_publisher(std::size_t node);
  void pause_elector(std::size_t node, Duration length);
  void pause_publisher(std::size_t node, Duration length);
  void cut(std::size_t from, std::size_t to, bool is_cut);
  void isolate(std::size_t node, bool is_cut);
  void set_tier(std::size_t node, Tier tier);
  /// Publications come back too late from now on, probes do not.
  void slow_endpoint(bool is_slow);
  void set_rate(std::size_t node, double rate);
  void lose_term(std::size_t node);
  void stop_elector(std::size_t node);
  Result<void> hand_over(std::size_t asked, const std::string& target);

  /// The only node whose gate is open now; -1 = none or several.
  int publishing() const;
  const Election* election(std::size_t node) const;
  bool gate_open(std::size_t node) const;
  Duration now() const { return now_; }
  const SimVerdict& verdict() const { return verdict_; }
  /// Called for each role that a node takes.
  std::function<void(std::size_t node, const Election::Became&)> on_became;

 private:
  struct Node;
  struct Event;
  struct Later {
    bool operator()(const Event& a, const Event& b) const;
  };

  Instant local(const Node& node) const;
  Duration true_time(const Node& node, Instant instant) const;
  void at(Duration when, Event event);
  bool step(Duration until);
  void handle(Event& event);
  void deliver(Node& node, Event event);
  void deliver_queued(Node& node);

  void apply(Node& node, Election::Outcome outcome);
  void finish(Node& node, Election::Outcome outcome);
  void send(Node& node, std::shared_ptr<const ElectionMessage> message);
  void publish_grant(Node& node, const Election::GrantOrder& order);
  void report(Node& node);
  void hear_publisher(Node& node, const Event& event);
  void hear_message(Node& node, const Event& event);
  void lie();
  void clone();
  void try_publication(Node& node);
  void arrive_at_endpoint(const Event& event);

  void inject_fault();
  void heal();
  std::uint64_t term_of(int node) const;  // 0 = -1, nobody.
  void check(Node& node);
  void broken(const std::string& what);
  void trace(const Node& node, const std::string& what) const;
  double chance() { return random_.uniform(); }
  Duration random_duration(Duration least, Duration most);
  std::size_t pick(std::size_t count) { return static_cast<std::size_t>(random_.bits() % count); }

  SimPlan plan_;
  SimRandom random_;
  Duration now_{1s};
  std::uint64_t order_ = 0;
  std::priority_queue<Event, std::vector<Event>, Later> queue_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::vector<Duration>> cut_until_;              // [from][to]; max = until healed.
  std::map<std::uint64_t, std::pair<std::size_t, int>> led_;  // Term -> node and life that led it.
  std::uint64_t endpoint_term_ = 0;
  std::uint64_t endpoint_sequence_ = 0;
  Duration slow_until_{};
  bool calm_ = false;
  SimVerdict verdict_;
};

}  // namespace paceline::test
