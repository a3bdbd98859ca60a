// What an elector needs of its host beside the bus: durable state, and the death of a process.
#pragma once

#include <functional>

#include "services/elector/durable_state.h"
#include "services/elector/orders.h"

namespace paceline::elector {

class TermStore {
 public:
  virtual ~TermStore() = default;

  /// What was stored last; nothing stored yet = all zero.
  virtual DurableState load() = 0;

  /// On return the state survives a crash of the host.
  ///   errors   unavailable: disk full, not writable; what was stored before still is
  virtual Result<void> save(const DurableState& state) = 0;

  /// What operators ordered; nothing stored yet = no orders.
  ///   errors   bad_value: it is there and unreadable
  virtual Result<Orders> load_orders() = 0;

  /// As save().
  virtual Result<void> save_orders(const Orders& orders) = 0;
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
