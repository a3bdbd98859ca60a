// Which server of the pair is used. Both sessions are held; one is believed.
//
//   Failover failover{policy, now};
//   Failover::Outcome outcome = failover.step({primary, backup}, now);
//   if (outcome.switched) ...
//
// The server in use is left, for the other and only if that is usable, when it
//   1. is not usable itself: calls itself unavailable, is lost, or is silent,
//   2. is to be left by an operator's wish,
//   3. lags behind the other by its timestamps,
//   4. knows less than half the targets that the other knows, for `silence`.
// Nothing else ever switches, so there is no way back by itself. At the start the primary is waited
// for.
//
// Invariant: a switch goes to a usable server only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "common/base/time.h"

namespace paceline::statfeed {

/// What is known of one server.
struct ServerView {
  bool configured = false;
  bool complete = false;           // Every subscription of its session was answered once.
  bool available = true;           // By its own word (service state).
  bool lost = false;               // Nobody answers there now.
  std::optional<Instant> heard{};  // When it last gave a sign of life.
  std::int64_t newest_ms = 0;      // Newest timestamp among its statistics; 0 = none.
  std::uint32_t visible = 0;       // Targets that it fully knows.
};

class Failover {
 public:
  struct Policy {
    Duration silence = 5s;     // [> 0] not heard for longer: not usable.
    Duration lag = 30s;        // [> 0] its newest timestamp so far behind the other's: left.
    Duration start_wait = 5s;  // [>= 0] for the primary, before the backup is taken at the start.
    Duration grace = 10s;      // [>= 0] after a switch, or a return from silence: provisional.
  };
  using Servers = std::array<ServerView, 2>;

  enum class Why : std::uint8_t { none, first, silent, lost, unavailable, lagging, blind, asked };

  struct Outcome {
    bool switched = false;  // in_use() changed.
    Why why = Why::none;
    bool lost = false;   // Neither is usable any more: said once.
    bool found = false;  // One is usable again, or for the first time: said once.
  };

  Failover(Policy policy, Instant now) : policy_{policy}, started_{now} {}

  Outcome step(const Servers& servers, Instant now);

  /// The operator wants the other server, at the next step that finds it usable (within 10 s).
  void ask_switch(Instant now) { asked_until_ = now + 10s; }

  /// The server believed, 0 or 1; nothing before the first was usable.
  std::optional<int> in_use() const { return in_use_; }
  /// Whether the server believed is usable now, as of the last step().
  bool live() const { return live_; }
  bool provisional(Instant now) const { return now < provisional_until_; }
  std::uint32_t switches() const { return switches_; }

  bool usable(const ServerView& server, Instant now) const;

 private:
  bool lags(const ServerView& mine, const ServerView& other) const;

  Policy policy_;
  Instant started_;
  std::optional<int> in_use_;
  bool live_ = false;
  std::optional<Instant> blind_since_;
  bool ever_live_ = false;
  Instant provisional_until_{};
  Instant asked_until_{};
  std::uint32_t switches_ = 0;
};

const char* to_string(Failover::Why why);

}  // namespace paceline::statfeed
