// A contact centre whose agents serve several targets: one queue a target, agents with sets of
// skills, and a distributor that sends a visitor to the agent who is idle longest and gives an
// agent who comes free the visitor who waits longest in any of his queues.
//
//   SharedCentre centre{scenario, seed};
//   centre.run_until(7200, *system);
//   const Totals before = centre.totals(2);         // Of target 2; totals() of all.
//
// Each purpose and target has its own stream of chance. Invariants: an agent serves one visitor at
// a time; a visitor waits only while no agent with his skill is idle.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "tests/bench/centre.h"
#include "tests/bench/event_queue.h"
#include "tests/bench/random_stream.h"
#include "tests/bench/shared_scenario.h"

namespace paceline::test {

/// What statistics and feedback tell of one target. Its agents are those with its skill, whatever
/// they do; its counters are those of its own queue.
struct SharedView {
  int logged_in = 0;
  int idle = 0;
  int talking = 0;
  int wrap_up = 0;
  int queue = 0;
  std::int64_t entered = 0;
  std::int64_t answered = 0;
  std::int64_t abandoned = 0;
  std::int64_t proactive_answered = 0;
  std::int64_t proactive_abandoned = 0;
  std::int64_t sent = 0;
  std::int64_t accepted = 0;
  std::int64_t refused = 0;
  int pending = 0;
  std::int64_t handled = 0;  // Interactions that are over, wrap-up too,
  double handling_s = 0;     // and how long they were together.

  bool operator==(const SharedView&) const = default;
};

/// A system that paces all targets of a centre.
class SharedSystem {
 public:
  virtual ~SharedSystem() = default;

  /// New invitations for each target.
  ///   targets   one for each
  ///   grants    [invitations, >= 0] one for each, to be filled in
  virtual void decide(std::span<const SharedView> targets, double now_s, std::span<int> grants) = 0;
};

/// "paceline": members of a pool by their membership; "paceline_alone": each target for itself;
/// "paceline_detect": pools as they are detected.
///   returns  null if there is no system of that name
std::unique_ptr<SharedSystem> make_shared_system(std::string_view name,
                                                 const SharedScenario& scenario,
                                                 std::uint64_t seed);

class SharedCentre {
 public:
  SharedCentre(const SharedScenario& scenario, std::uint64_t seed);
  SharedCentre(const SharedCentre&) = delete;
  SharedCentre& operator=(const SharedCentre&) = delete;

  void run_until(double until_s, SharedSystem& system);

  /// What an endpoint sends for a target by itself, whatever the system grants: at once, and again
  /// as invitations are answered, until it is used up, replaced or over.
  struct Offer {
    int allowance = 0;
    int most_pending = 0;
    double until_s = 0;
  };
  void offer(std::uint32_t target, const Offer& offer);
  /// What is left of it now.
  int allowance(std::uint32_t target) const;

  /// Of all targets; busy_s and logged_in_s of the agents, each once.
  Totals totals();
  /// Of one target; without busy_s and logged_in_s.
  const Totals& totals(std::size_t target) const { return targets_[target].totals; }

  /// What the statistics say of a target.
  const SharedView& view(std::size_t target) const { return targets_[target].view; }

 private:
  enum class EventKind : std::uint8_t {
    answer,
    arrival,
    talk_ends,
    wrap_up_ends,
    leaves,
    decide,
    woken,
    visitor
  };
  struct Waiting {
    double since;
    double service;
    bool proactive;
    bool here;
  };
  struct Target {
    Target(std::uint64_t seed, std::uint64_t number);

    RandomStream arrivals, invitations, services, patiences, visitors;
    std::deque<Waiting> queue;
    std::uint32_t head = 0;  // Number of the first in the queue.
    int offered = 0;         // Invitations that wait for visitors.
    Offer offer{};
    SharedView view{};
    Totals totals{};
  };
  enum class State : std::uint8_t { idle, talking, wrap_up };
  struct Agent {
    State state = State::idle;
    double since = 0;
    std::uint32_t target = 0;  // Of the visitor whom he serves,
    double began = 0;          // since then.
  };

  void push(double at, EventKind kind, std::uint32_t index, std::uint32_t stamp = 0);
  void play(const Event& event, SharedSystem& system);
  void happen();
  void integrate();
  void set_state(std::uint32_t agent, State state);
  void send(std::uint32_t target, int invitations);
  void send_offered(std::uint32_t target);
  void answer(std::uint32_t target, bool accepted);
  void enter(std::uint32_t target, bool proactive);
  void begin(std::uint32_t agent, std::uint32_t target, const Waiting& visitor);
  void talk_ends(std::uint32_t agent);
  void make_idle(std::uint32_t agent);
  void leave(std::uint32_t target, std::uint32_t number);
  void tidy(Target& target);
  void ask(SharedSystem& system);

  const SharedScenario& scenario_;
  EventQueue events_;
  RandomStream wrap_ups_;
  std::vector<Target> targets_;
  std::vector<Agent> agents_;
  std::vector<int> grants_;
  std::vector<SharedView> views_;
  int busy_ = 0;
  double now_ = 0;
  double integrated_ = 0;
  bool started_ = false;
  bool woken_ = false;
  Totals all_{};
};

}  // namespace paceline::test
