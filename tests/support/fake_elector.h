// A node's elector that only says whom it holds for master: what a pacer needs to take feedback.
//
//   FakeElector elector{sim.process({"a", "elector", 0}), "a"};
//   elector.holds("b");                       // from now on
#pragma once

#include <string>

#include "common/ports/world.h"
#include "common/wire/codec.h"
#include "common/wire/messages.h"

namespace paceline::test {

class FakeElector {
 public:
  FakeElector(World& world, std::string master, Duration period = 200ms)
      : world_{world}, master_{std::move(master)} {
    timer_ = world_.timers.every(period, [this] { say(); });
    say();
  }
  ~FakeElector() { world_.timers.cancel(timer_); }
  FakeElector(const FakeElector&) = delete;
  FakeElector& operator=(const FakeElector&) = delete;

  void holds(std::string master) {
    master_ = std::move(master);
    say();
  }

 private:
  void say() {
    ElectionMessage message;
    message.node = world_.self.node;
    message.incarnation = world_.incarnation;
    message.sequence = ++sequence_;
    message.master = master_;
    world_.bus.publish("heartbeat", encode(message));
  }

  World& world_;
  std::string master_;
  std::uint64_t sequence_ = 0;
  TimerId timer_ = 0;
};

}  // namespace paceline::test
