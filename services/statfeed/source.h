// What gives statfeed its statistics: an adapter for one Stat Server, or a recorded feed in its
// place.
#pragma once

#include <span>
#include <string>

#include "services/statfeed/ledger.h"
#include "services/statfeed/targets_index.h"

namespace paceline::statfeed {

/// 0 and 1: as logs, metrics and the settings have them.
constexpr const char* server_name(int server) {
  return server == 0 ? "primary" : "backup";
}

/// How a source stands with its server.
struct SourceState {
  bool complete = false;   // Every statistic was asked for and answered.
  bool available = true;   // By the server's own word.
  bool pushing = false;    // Otherwise polling.
  bool lost = false;       // Nobody answers there now.
  bool each_ages = false;  // A value's age counts from its own answer; otherwise from heard().
  bool polled =
      false;  // The same, but it is 0 below `silence`: all are asked for, again and again.
  std::size_t unseen = 0;  // Statistics that the server does not know.
  std::string doubt{};     // What is wrong with the push, for a person; "" = nothing. Not recorded.
  std::string trouble{};   // What its last failure says, likewise; "" = it answers. Not recorded.

  bool operator==(const SourceState&) const = default;
};

/// Who hears what sources say. `server`: 0 primary, 1 backup.
class SourceListener {
 public:
  virtual ~SourceListener() = default;

  /// A new session: its timestamps have nothing to do with earlier ones.
  virtual void began(int server) = 0;
  /// In the order in which the server said them; of slots that are in use now.
  virtual void updated(int server, std::span<const StatisticUpdate> updates) = 0;
  /// All that was told last still holds.
  virtual void heard(int server) = 0;
  virtual void became(int server, const SourceState& state) = 0;
};

class Source {
 public:
  virtual ~Source() = default;
  virtual void start() = 0;
  /// The targets index has changed already.
  virtual void targets_changed(const TargetsIndex::Change& change) = 0;
  /// Takes leave of the server as far as that goes without waiting; nothing is told afterwards.
  virtual void stop() = 0;
};

}  // namespace paceline::statfeed
