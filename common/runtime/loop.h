// The one event loop of a process: sockets, timers and signals by poll().
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/base/result.h"
#include "common/ports/timers.h"

namespace paceline {

class Loop final : public Timers {
 public:
  Loop();
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  TimerId after(Duration delay, std::function<void()> call) override;
  TimerId every(Duration period, std::function<void()> call) override;
  void cancel(TimerId timer) override;

  /// Calls `ready` whenever the file descriptor is readable / writable.
  void watch_fd(int fd, bool readable, bool writable, std::function<void()> ready);
  void forget_fd(int fd);

  /// Calls `ready` whenever the ZeroMQ socket (its C handle) may be read; `ready` must drain it or
  /// accept being called again. A `ready` uses no watched socket but its own, and those that it
  /// watches from then on: a use by another one's would hide from the loop what it brought to light.
  /// Timers and file descriptors may use all.
  void watch_socket(void* socket, std::function<void()> ready);
  void forget_socket(void* socket);

  /// For SIGTERM and SIGINT, which stop the loop by default: what a service has to finish first.
  void on_stop(std::function<void()> call);
  /// SIGHUP, and reload(). Nothing by default; the text says what came of it.
  void on_reload(std::function<Result<std::string>()> call);
  Result<std::string> reload();
  /// Like SIGTERM, but the process begins anew once it has stopped.
  void restart();
  bool restart_asked() const;

  /// Told after each turn how long its callbacks took: so long did everything else wait.
  void on_turn(std::function<void(Duration worked)> call);

  /// Runs until stop(). Exceptions of callbacks pass through.
  void run();
  void stop();

  /// Handles what is due, waiting at most `patience`: for tests and for loops inside other loops.
  void run_once(Duration patience);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace paceline
