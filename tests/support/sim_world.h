// A cluster in one thread on virtual time: clocks that differ, a bus that loses, seeds that repeat.
//
//   SimWorld sim{seed};
//   Elector a{config_a, sim.process({"a", "elector", 0})};
//   sim.link({.loss = 0.01, .delay_min = 1ms, .delay_max = 5ms});
//   sim.run_for(5s);
//   sim.cut("a", "b");                        // one direction
//   sim.run_for(1500ms);
//
// Virtual time is the true time; each node's Instant is offset + rate x true time.
// Timers run by the node's own clock.
// Messages and questions travel as SimLink says.
// Nothing happens outside of run_for and run_until.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/base/random.h"
#include "common/ports/http.h"
#include "common/ports/world.h"

namespace paceline::test {

/// The same seed, the same run, on every machine.
class SimRandom final : public Random {
 public:
  explicit SimRandom(std::uint64_t seed) : generator_{seed} {}
  std::uint64_t bits() override { return generator_.bits(); }

 private:
  SplitMix64 generator_;
};

/// How messages travel between nodes (within a node: the same without loss, delay 0..1 ms).
struct SimLink {
  double loss = 0;       // [0..1] of messages.
  double duplicate = 0;  // [0..1]
  Duration delay_min = 100us;
  Duration delay_max = 2ms;  // Uniform between both: larger differences reorder.
};

struct SimEvent {
  std::string process;  // "a/elector/0"
  LogLevel level;
  std::string event;
  std::string line;  // As an operator would read it, without the time.
};

class SimWorld {
 public:
  explicit SimWorld(std::uint64_t seed);
  ~SimWorld();
  SimWorld(const SimWorld&) = delete;
  SimWorld& operator=(const SimWorld&) = delete;

  /// The world of a process that starts now. Starting an address again gives a new incarnation.
  ///   returns  good until stop_process() or the end
  World& process(const Address& address);

  /// As kill -9: its timers, subscriptions and answers are gone.
  /// The service object must be destroyed before.
  void stop_process(const Address& address);

  /// Its callbacks wait until resume(), then come all at once, late (SIGSTOP, SIGCONT).
  void pause_process(const Address& address);
  void resume_process(const Address& address);

  void link(SimLink link) { link_ = link; }
  /// Messages from one node to another are lost from now on; "*" = every other node.
  void cut(const std::string& from, const std::string& to);
  void heal(const std::string& from, const std::string& to);
  void heal_all() { cuts_.clear(); }

  /// Channels that only their own node hears, as the topology's scope says; by default none.
  void keep_within_node(std::set<std::string> channels) { node_channels_ = std::move(channels); }

  /// Clock of a node from now on: jumps by `step`, then runs at `rate` x true time (1 = right).
  void set_clock(const std::string& node, Duration step, double rate);
  /// Only people's clock.
  void step_wall(const std::string& node, Duration step);

  void run_for(Duration duration);
  /// True as soon as `done`, asked after every event; false when `limit` passes.
  bool run_until(const std::function<bool()>& done, Duration limit);

  Duration elapsed() const { return true_now_; }
  SimRandom& random() { return random_; }
  const std::vector<SimEvent>& log() const { return log_; }
  std::size_t count(std::string_view event) const;

 private:
  struct Process;
  struct NodeClock;
  struct Event;
  struct Later;

  void schedule(Duration at, std::function<void()> call);
  bool step(Duration until);
  bool is_cut(const std::string& from, const std::string& to) const;
  Duration travel(const std::string& from, const std::string& to);
  bool lost(const std::string& from, const std::string& to);
  void send(const Address& from, const Address& to, std::function<void()> arrive);
  NodeClock& clock_of(const std::string& node);

  SimRandom random_;
  SimLink link_;
  Duration true_now_{};
  std::uint64_t order_ = 0;
  std::vector<std::unique_ptr<Event>> queue_;  // A heap by (time, order).
  std::map<std::string, std::unique_ptr<NodeClock>> clocks_;
  std::map<Address, std::shared_ptr<Process>> processes_;
  std::map<Address, std::uint64_t> incarnations_;
  std::set<std::pair<std::string, std::string>> cuts_;
  std::set<std::string> node_channels_;
  std::vector<SimEvent> log_;
};

}  // namespace paceline::test
