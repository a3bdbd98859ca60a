// The contact centre as a discrete-event simulation: agents with chat
// slots and wrap-up, visitors who come by themselves, invitations, a
// queue with patience, and a pacing system that is asked on time.
//
//   Centre centre{scenario, seed};
//   centre.run_until(7200, *system);
//   const Totals before = centre.totals();
//
// Every purpose has its own stream of chance, so that two systems with one seed meet the same
// visitors. Invariants: talking + wrap_up + idle (+ ringing, absent) = logged in; a visitor
// is in the queue only while no slot is idle; everything accepted is served, abandoned or in the queue.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "tests/bench/event_queue.h"
#include "tests/bench/random_stream.h"
#include "tests/bench/scenario.h"
#include "tests/bench/system.h"

namespace paceline::test {

/// Sums since the beginning. Take differences for a day.
struct Totals {
  double busy_s = 0;       // Slot-seconds in talk and wrap-up.
  double logged_in_s = 0;  // Slot-seconds.
  double queue_s = 0;      // Visitor-seconds in the queue.
  double wait_s = 0;       // Waits of those served or abandoned.
  std::int64_t sent = 0;
  std::int64_t accepted = 0;
  std::int64_t refused = 0;
  std::int64_t answered = 0;   // Proactive.
  std::int64_t abandoned = 0;  // Proactive.
  std::int64_t late = 0;       // Proactive, answered after the service level's limit.
  std::int64_t brief = 0;      // Proactive, left before the threshold.
  std::int64_t reactive_arrived = 0;
  std::int64_t reactive_answered = 0;
  std::int64_t reactive_abandoned = 0;
  std::int64_t waited = 0;  // Found no idle slot.
  std::int64_t decisions = 0;
  std::int64_t timed_decisions = 0;  // Every 8th is timed, with what it was told before.
  double timed_ns = 0;
  std::int64_t events = 0;

  Totals operator-(const Totals& before) const;
};

class Centre {
 public:
  Centre(const Scenario& scenario, std::uint64_t seed);
  Centre(const Centre&) = delete;
  Centre& operator=(const Centre&) = delete;

  /// Plays on until `until_s` [s since the beginning],
  /// asking `system` whenever it wants to be asked.
  void run_until(double until_s, System& system);

  /// Everything up to now.
  Totals totals();

  int queue_length() const { return waiting_[0] + waiting_[1]; }
  int pending() const { return pending_; }
  int idle_absent() const { return idle_absent_; }
  double now_s() const { return now_; }

 private:
  enum class EventKind : std::uint8_t {
    answer,
    arrival,
    slot_ends,
    patience_ends,
    decide,
    woken,
    phase,
    trace_staff,
    trace_call,
    shown,
    ring_ends,
    away,
    acceptance_moves,
    lose,
  };
  struct Waiting {
    double since;
    double service;  // Share of the mean, or seconds in a trace.
    bool proactive;
    bool here;
  };
  struct Work {
    double left = 0;  // [s at full speed] of talk.
    double from = 0;  // Reckoned up to then.
    double began = 0;
    double wrap_up = 0;
    std::uint32_t stamp = 0;
    std::uint32_t proactive = 0;
  };
  struct Seen {  // What the statistics showed, for scenarios with delayed ones.
    View view;
    std::vector<Slot> slots;
  };

  void push(double at, EventKind kind, std::uint32_t index, std::uint32_t stamp = 0);
  void play(const Event& event, System& system);
  void happen(Observation::Kind kind, bool proactive, double lasted);
  void integrate();
  void send(int invitations);
  void answer(std::uint32_t number);
  void enter(const Waiting& visitor, double patience_s);
  void begin(const Waiting& visitor);
  void talk(const Waiting& visitor, std::uint32_t slot);
  void ring_ends(std::uint32_t slot);
  void come_or_go(std::uint32_t agent);
  void move_acceptance(bool other);
  void lose();
  std::uint32_t choose_idle() const;
  void slot_ends(std::uint32_t slot);
  void free_slot(std::uint32_t slot);
  void make_idle(std::uint32_t slot);
  void retime(std::uint32_t agent, double old_speed);
  double speed(std::uint32_t agent) const;
  void take_next();
  void leave_queue(std::uint32_t number);
  void staff(int agents);
  void agent_on(std::uint32_t agent);
  void agent_off(std::uint32_t agent);
  void enter_phase(std::size_t phase);
  void arrive();
  void next_arrival();
  void trace_call();
  void begin_trace_day();
  void ask(System& system);
  View view() const;
  void hide_age(View& view);
  void wake();

  enum class Presence : std::uint8_t { off, on, leaving };

  const Scenario& scenario_;
  RandomStream arrivals_;
  RandomStream invitations_;
  std::array<RandomStream, 2> services_;   // Reactive, proactive.
  std::array<RandomStream, 2> patiences_;  // Likewise.
  RandomStream wrap_ups_;
  RandomStream rings_;
  RandomStream moves_;
  EventQueue events_;
  std::vector<Slot> slots_;
  std::vector<Work> work_;
  std::vector<Presence> presence_;   // Per agent.
  std::vector<int> chats_;           // Per agent: slots in talk.
  std::vector<bool> absent_;         // Per agent: takes nothing.
  std::vector<Waiting> ringing_at_;  // Per slot.
  std::array<int, 2> ringing_{};     // Reactive, proactive.
  int idle_absent_ = 0;              // Slots that are shown idle and take nothing.
  std::vector<std::uint32_t> idle_;
  std::deque<Waiting> queue_;
  std::uint32_t queue_head_ = 0;  // Number of the visitor at the head.
  std::vector<double> sent_at_;   // Per invitation number; a ring.
  std::vector<double> willing_;   // [0..1] Likewise: it accepts where acceptance is more.
  std::uint32_t sent_next_ = 0;
  std::vector<Observation> observations_;
  std::deque<Observation> delayed_;
  std::deque<Seen> seen_;
  std::deque<View> hidden_;  // What the statistics will show, and show now.
  double hidden_s_ = 0;
  std::array<int, 2> waiting_{};  // Reactive, proactive.
  double debounce_s_ = -1;
  double now_ = 0;
  double integrated_ = 0;
  double day_began_ = 0;
  int logged_in_ = 0;
  int talking_ = 0;
  int wrapping_ = 0;
  int pending_ = 0;
  int agents_on_ = 0;
  bool woken_ = false;
  bool started_ = false;
  std::uint32_t arrival_stamp_ = 0;
  double acceptance_ = 0;
  double handle_s_ = 0;
  double reactive_rate_ = 0;
  std::size_t trace_day_ = 0;
  std::size_t trace_next_ = 0;
  Totals totals_;
};

}  // namespace paceline::test
