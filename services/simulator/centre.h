// A whole contact centre on virtual time: agents, queues, reactive customers, invited visitors.
//
//   Centre centre{model, seed};
//   centre.advance(now);       // everything that happens until then
//   centre.offer(target, {.allowance = 3, .max_pending = 5, .until = now + 6s});
//   centre.counts(target)      // numbers of now, counters since the start
//
// Targets of one group share its agents: their numbers are those of the whole group in each of them, and whoever waits
// longest in any of their queues is next. The first target of a group says how many there are, when they work, and how
// many interactions each holds.
//
// Counts are of slots: one who may handle three chats at once is three in every number, except those of `agents`,
// where each is one.
//
// Invariants, for every target at any time:
//   logged_in = ready + busy + wrap_up + not_ready, in slots and in agents
//   sent      = accepted + rejected + timed_out + pending,   accepted = proactive.entered
//   entered   = answered + abandoned + turned_away + queued, for reactive and proactive alike
//   nobody waits while an agent is ready; pending rises beyond max_pending through no invitation
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "services/simulator/centre_model.h"
#include "services/simulator/event_queue.h"

namespace paceline::simulator {

/// What became of one kind of customers since the start.
struct StreamCounts {
  std::uint64_t entered = 0;
  std::uint64_t answered = 0;
  std::uint64_t abandoned = 0;
  std::uint64_t turned_away = 0;  // The queue was full.
  std::uint64_t finished = 0;     // Answered and served to the end, wrap-up excluded.
  std::int32_t queued = 0;        // Waiting now.
  double waiting_s = 0;           // [s] total, of those answered or abandoned.

  bool operator==(const StreamCounts&) const = default;
};

/// Agents, each by one state: ready if one more interaction can come, else what he is busy with.
struct AgentCounts {
  std::int32_t logged_in = 0;  // Also who left and finishes what he has.
  std::int32_t ready = 0;
  std::int32_t busy = 0;  // Full, or about to rest, or gone.
  std::int32_t wrap_up = 0;
  std::int32_t not_ready = 0;

  bool operator==(const AgentCounts&) const = default;
};

struct TargetCounts {
  AgentCounts agents;
  // Now, in slots.
  std::int32_t logged_in = 0;
  std::int32_t ready = 0;
  std::int32_t busy = 0;
  std::int32_t wrap_up = 0;
  std::int32_t not_ready = 0;
  // Since the start.
  StreamCounts reactive;
  StreamCounts proactive;
  std::uint64_t sent = 0;
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
  std::uint64_t timed_out = 0;
  std::int32_t pending = 0;   // Invitations without an answer now.
  std::uint64_t handled = 0;  // Interactions whose wrap-up ended.
  double handling_s = 0;      // [s] total of those, talk and wrap-up.
  // Integrals [slot seconds] up to the time asked for.
  double logged_in_s = 0;
  double busy_s = 0;
  double wrap_up_s = 0;
  double not_ready_s = 0;
  double agents_s = 0;  // [agent seconds] logged in.

  bool operator==(const TargetCounts&) const = default;

  /// [0..1] how much of the time in which agents could work they worked (wrap-up is work).
  double occupancy() const;
};

/// What a publication allows for one target.
struct Allowance {
  // [>= 0] invitations that may still go out; replaces the one before.
  std::int32_t allowance = 0;
  std::int32_t max_pending = 0;  // [>= 0] outstanding at once.
  Duration until{};              // Virtual time; nothing goes out from then on.
};

/// How the world differs from its model from now on: what a pacing service has to learn anew.
struct Drift {
  double staffing = 1;                 // [0..10] times the planned agents.
  double arrivals = 1;                 // [0..100] times the planned (drawn) arrivals.
  double service = 1;                  // [0.01..100] times the planned service times.
  std::optional<double> acceptance{};  // [0..1] instead of the planned one.

  bool operator==(const Drift&) const = default;
};

class Centre {
 public:
  Centre(CentreModel model, std::uint64_t seed);

  /// Lets everything happen up to `now`.
  ///   now    virtual time since the start; an earlier one does nothing
  ///   cost   O(log events) for each event
  void advance(Duration now);

  Duration now() const { return now_; }
  std::size_t size() const { return targets_.size(); }
  /// Whether sums over targets count its agents: those of a group only at its first target.
  bool counts_agents(std::uint32_t target) const { return home_[target] == target; }
  const CentreModel& model() const { return model_; }

  /// From now on, until replaced. Under saturated demand invitations go out at once.
  void offer(std::uint32_t target, const Allowance& allowance);

  /// What is left of the allowance now; 0 once it expired.
  std::int32_t allowance(std::uint32_t target) const;

  void drift(const Drift& drift);

  /// Numbers of now() with the integrals up to now().
  TargetCounts counts(std::uint32_t target) const;

  /// Numbers of now(), the integrals up to the last change only: cheap, for statistics.
  const TargetCounts& latest_counts(std::uint32_t target) const { return targets_[target].counts; }

  /// Rises with every change of any target; changed(t) is its value at t's last change.
  std::uint64_t revision() const { return revision_; }
  std::uint64_t changed(std::uint32_t target) const { return changed_[target]; }

  std::uint64_t events() const { return events_; }

 private:
  static constexpr std::uint32_t nobody = UINT32_MAX;

  struct Agent {
    std::uint8_t talking = 0;  // Slots.
    std::uint8_t wrapping = 0;
    bool logged_in = false;              // Takes part; false may still finish what it has.
    bool resting = false;                // Not ready, or will be when its slots are free.
    std::uint32_t generation = 0;        // Rises at each log-in: older breaks are void.
    std::vector<std::uint32_t> chats{};  // Customers in service, where they slow each other.
  };
  struct Customer {
    Duration arrived{};
    Duration service{-1};
    Duration answered{};
    Duration timed{};               // `service` was what was left of it then.
    std::uint32_t generation = 0;   // Rises as the customer goes on: older events are void.
    std::uint32_t before = nobody;  // In the queue.
    std::uint32_t after = nobody;
    std::uint32_t agent = 0;
    std::uint32_t target = 0;
    bool proactive = false;
  };
  struct TargetState {
    TargetCounts counts;
    Duration integrated_until{};           // Integrals are complete until then.
    std::vector<Agent> agents;             // At the first target of a group alone.
    std::vector<std::uint32_t> sharing{};  // Likewise: the group's targets, itself first.
    std::uint32_t cursor = 0;              // Where the search for a free agent begins.
    std::uint32_t first = nobody;
    std::uint32_t last = nobody;
    Allowance allowance;
    std::size_t next_call = 0;
    std::uint32_t arrivals = 0;  // Rises when drawn arrivals are drawn anew.
    std::int32_t planned = -1;   // Agents that the model wants now.
  };

  const GroupKind& kind_of(std::uint32_t target) const {
    return model_.kinds[model_.targets[target].kind];
  }
  int slots_of(std::uint32_t home, std::uint32_t agent) const;
  std::size_t hour(Duration at) const;
  void integrate(TargetState& state) const;
  void mark_changed(std::uint32_t target);
  void schedule(Duration at, EventKind what, std::uint32_t target, std::uint32_t subject = 0,
                std::uint32_t generation = 0);

  void handle(const Event& event);
  void apply_staffing(std::uint32_t home);
  void next_hour(std::uint32_t home);
  void arrive(std::uint32_t target);
  void next_arrival(std::uint32_t target, Duration from);
  void next_visitor(std::uint32_t target, Duration from);
  std::uint32_t longest_waiting(std::uint32_t home) const;
  std::optional<Duration> poisson(const HourProfile* profile, double constant_per_hour,
                                  double factor, Duration from);
  void enter(std::uint32_t target, bool proactive, Duration service, Duration patience);
  void leave_queue(TargetState& state, std::uint32_t customer);
  void give_up(std::uint32_t target, std::uint32_t customer);
  void serve_waiting(std::uint32_t home);
  void start_service(std::uint32_t home, std::uint32_t customer);
  double speed(std::uint32_t home, std::uint32_t agent) const;
  void time_service(std::uint32_t customer);
  void time_others(std::uint32_t home, std::uint32_t agent, double speed_before);
  void end_service(std::uint32_t customer);
  void end_wrap_up(std::uint32_t customer);
  void invite(std::uint32_t target);
  void send_allowed(std::uint32_t target);
  void answer(std::uint32_t target, std::uint32_t outcome);
  void schedule_break(std::uint32_t home, std::uint32_t agent);
  void rest_when_free(std::uint32_t home, std::uint32_t agent);

  std::uint32_t free_agent(std::uint32_t home);
  template <class Change>
  void change(std::uint32_t home, std::uint32_t agent, Change apply);

  CentreModel model_;
  Sampler random_;
  Drift drift_;
  Duration now_{};
  EventQueue queue_;
  std::vector<TargetState> targets_;
  std::vector<std::uint32_t> home_;  // Of each target: the first one of its group.
  std::vector<Customer> customers_;
  std::vector<std::uint32_t> free_customers_;
  std::vector<std::uint64_t> changed_;
  std::uint64_t revision_ = 0;
  std::uint64_t events_ = 0;
};

}  // namespace paceline::simulator
