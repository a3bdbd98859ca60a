// What an elector needs of its host beside the bus: durable state, and the death of a process.
#pragma once

#include <functional>

#include "services/elector/durable_state.h"

namespace paceline::elector {

class TermStore {
 public:
  virtual ~TermStore() = default;

  /// What was stored last; nothing stored yet = all zero.
  virtual DurableState load() = 0;

  /// On return the state survives a crash of the host.
  ///   errors   unavailable: disk full, not writable; what was stored before still is
  virtual Result<void> save(const DurableState& state) = 0;
};

class ProcessWatch {
 public:
  virtual ~ProcessWatch() = default;

  /// Calls `died` once, as soon as process `pid` of this host has ended. One at a time: the process
  /// watched before is watched no more.
  ///   errors   not_found: there is no such process (in this process's namespace)
  virtual Result<void> watch(std::int64_t pid, std::function<void()> died) = 0;
};

}  // namespace paceline::elector
