// A world in which only what a test does happens, and which takes nothing from the heap itself: for
// counting what a service's shell takes. (SimWorld copies each message for each who hears it.)
//
//   StillWorld still{{"a", "pacer", 0}};
//   Pacer pacer{config, still.world, store};
//   still.hear("stat", {"a", "statfeed", 0}, bytes);
//   still.pass(100ms);                            // timers that are due are called
//   still.said                                    // messages published so far
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/random.h"
#include "common/ports/world.h"

namespace paceline::test {

class StillWorld final : Clock, Timers, Bus, Log, Random {
 public:
  explicit StillWorld(Address self)
      : world{std::move(self), 7, *this, *this, *this, *this, *this, metrics_} {
    timers_.reserve(64);
  }

  /// Time passes; each timer that falls due is called at its time.
  void pass(Duration time) {
    const Instant until = now_ + time;
    for (;;) {
      const auto next = std::ranges::min_element(timers_, {}, &Timer::due);
      if (next == timers_.end() || next->due > until) break;
      now_ = std::max(now_, next->due);
      const TimerId id = next->id;
      if (next->period > Duration::zero()) {
        next->due += next->period;
        const auto at = static_cast<std::size_t>(next - timers_.begin());
        auto call = std::move(next->call);  // It may set timers itself.
        call();
        if (at < timers_.size() && timers_[at].id == id) timers_[at].call = std::move(call);
      } else {
        const auto call = std::move(next->call);
        cancel(id);
        call();
      }
    }
    now_ = until;
  }

  void hear(std::string_view channel, const Address& from, Payload bytes) {
    for (const auto& [name, deliver] : heard_)
      if (name == channel) deliver(from, bytes);
  }

  std::size_t said = 0;        // Messages,
  std::size_t said_bytes = 0;  // and of the last one.

 private:
  struct Timer {
    TimerId id;
    Instant due;
    Duration period;  // Zero: once.
    std::function<void()> call;
  };

  Instant now() const override { return now_; }
  WallTime wall() const override {
    return WallTime{std::chrono::hours{24 * 20'000}} + (now_ - Instant{});
  }

  TimerId after(Duration delay, std::function<void()> call) override {
    timers_.push_back({++last_, now_ + delay, Duration::zero(), std::move(call)});
    return last_;
  }
  TimerId every(Duration period, std::function<void()> call) override {
    timers_.push_back({++last_, now_ + period, period, std::move(call)});
    return last_;
  }
  void cancel(TimerId timer) override {
    std::erase_if(timers_, [&](const Timer& one) { return one.id == timer; });
  }

  void publish(std::string_view, Payload bytes, int) override {
    ++said;
    said_bytes = bytes.size();
  }
  void subscribe(std::string_view channel, Deliver deliver, int) override {
    heard_.emplace_back(channel, std::move(deliver));
  }
  void ask(const Address&, Payload, Duration, Reply reply) override {
    reply(fail(Errc::unavailable, "nobody is there"));
  }
  void answer(Answer) override {}

  void write(LogLevel, std::string_view, std::span<const LogField>) override {}
  void set_level(LogLevel) override {}

  std::uint64_t bits() override { return bits_.bits(); }

  Instant now_ = Instant{} + std::chrono::hours{1};
  std::vector<Timer> timers_;
  TimerId last_ = 0;
  std::vector<std::pair<std::string, Deliver>> heard_;
  SplitMix64 bits_{1};
  Metrics metrics_;

 public:
  World world;
};

}  // namespace paceline::test
