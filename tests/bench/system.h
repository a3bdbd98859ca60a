// What a pacing system under test sees of the centre, and what it answers. Every system of the
// bench (baselines, bounds, Paceline itself) stands behind this one interface.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "tests/bench/scenario.h"

namespace paceline::test {

enum class Phase : std::uint8_t { off, idle, talking, wrap_up };

/// One agent, or one chat slot of an agent who has several.
struct Slot {
  Phase phase = Phase::off;
  bool proactive = false;  // Talking to an invited visitor.
  bool leaving = false;    // Logs off when the interaction ends.
  double since_s = 0;      // The phase began then.
  double free_at_s = 0;    // Talk and wrap-up will be over then: for the oracle alone.
};

/// What happened since the system was asked last, in order of time.
struct Observation {
  enum class Kind : std::uint8_t {
    accepted,    // An invitation; `lasted_s` after it was sent.
    refused,     // An invitation; likewise.
    arrived,     // A visitor came by himself.
    served,      // Began to talk, after a wait of `lasted_s`.
    abandoned,   // Left after a wait of `lasted_s`.
    talk_ended,  // `lasted_s`: the talk time.
    freed,       // `lasted_s`: the wrap-up time, 0 where there is none.
  };
  Kind kind;
  bool proactive;
  double at_s;
  double lasted_s;
};

/// The statistics, as old as the scenario's delay, and the endpoint's feedback, always fresh.
struct View {
  double now_s = 0;
  double day_s = 0;  // [s] since this day began, negative in the warm-up.
  double day_length_s = 0;
  double statistics_at_s = 0;  // now_s less the delay.
  int logged_in = 0;           // Slots.
  int idle = 0;
  int talking = 0;
  int wrap_up = 0;
  int queue_proactive = 0;
  int queue_reactive = 0;
  std::int64_t answered = -1;   // Counters, where the statistics hide their age; else -1: see
  std::int64_t abandoned = -1;  // `observed`, whose proactive outcomes are the endpoint's then.
  std::span<const Slot> slots;
  std::span<const Observation> observed;

  std::int64_t sent = 0;  // Feedback, since the beginning.
  std::int64_t accepted = 0;
  std::int64_t refused = 0;
  int pending = 0;  // Invitations without an answer.
};

class System {
 public:
  virtual ~System() = default;

  /// New invitations to send now [>= 0].
  virtual int decide(const View& view) = 0;

  /// [s] How often it wants to be asked.
  virtual double period_s() const = 0;

  /// Asked also this long after something happened [s]; negative: on its period alone.
  virtual double debounce_s() const { return -1; }

  /// Idle slots that it takes for absent now; 0 of who does not judge that.
  virtual double absent() const { return 0; }
};

/// Makes a system for a scenario by its name, with the seed for its own chance.
///
///   returns  null if there is no system of that name
std::unique_ptr<System> make_system(std::string_view name, const Scenario& scenario,
                                    std::uint64_t seed);

}  // namespace paceline::test
