// The simulated world by the wall clock: lets the centre follow it, and holds the present faults.
//
//   SimulatedWorld world{centre, clock, log, {.time_scale = 10, .faults = scenario.faults}};
//   world.advance();                                  // before anything is asked of the centre
//   world.set_fault("statserver_primary", "down");    // those who asked are told
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "common/ports/clock.h"
#include "common/ports/log.h"
#include "services/simulator/centre.h"
#include "services/simulator/faults.h"
#include "services/simulator/scenario.h"
#include "services/simulator/stat_server.h"

namespace paceline::simulator {

class SimulatedWorld {
 public:
  struct Options {
    double time_scale = 1;  // [> 0..1000] seconds of the centre for each second of the wall.
    std::vector<TimedFault> faults;  // Ascending.
  };

  SimulatedWorld(Centre& centre, const Clock& clock, Log& log, Options options);
  SimulatedWorld(const SimulatedWorld&) = delete;
  SimulatedWorld& operator=(const SimulatedWorld&) = delete;

  /// Brings the centre up to the present and lets faults happen whose time came.
  void advance();

  Centre& centre() { return centre_; }
  const Centre& centre() const { return centre_; }
  const Faults& faults() const { return faults_; }
  double time_scale() const { return options_.time_scale; }
  Timestamp timestamp() const;

  /// Changes one fault now; errors as with_fault().
  Result<void> set_fault(std::string_view key, std::string_view value);

  /// Called after every change of the faults.
  void on_faults(std::function<void(const Faults&)> call) { listeners_.push_back(std::move(call)); }

  /// How often servers should look for news [wall time]: five times a second of the centre.
  Duration tick() const;

 private:
  Centre& centre_;
  const Clock& clock_;
  Log& log_;
  Options options_;
  Instant started_;
  Faults faults_;
  std::size_t next_fault_ = 0;
  std::vector<std::function<void(const Faults&)>> listeners_;
};

}  // namespace paceline::simulator
