#include "tests/support/sim_world.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/base/check.h"

namespace paceline::test {

struct SimWorld::NodeClock {
  // Local time = local_base + rate x (true - true_base).
  Duration true_base{};
  Duration local_base{};
  Duration wall_step{};
  double rate = 1;

  Duration local(Duration true_now) const {
    return local_base + from_seconds(to_seconds(true_now - true_base) * rate);
  }
  // The true duration in which this clock moves on by `local`, rounded up: it has then moved.
  Duration true_for(Duration local) const { return from_seconds(to_seconds(local) / rate) + 1ns; }
};

struct SimWorld::Event {
  Duration at;
  std::uint64_t order;
  std::function<void()> call;
};

struct SimWorld::Later {
  bool operator()(const std::unique_ptr<Event>& a, const std::unique_ptr<Event>& b) const {
    return std::pair{a->at, a->order} > std::pair{b->at, b->order};
  }
};

struct SimWorld::Process final : Clock, Timers, Bus, Log, std::enable_shared_from_this<Process> {
  Process(SimWorld& owner, Address address, std::uint64_t incarnation)
      : sim{owner}, self{std::move(address)}, chance{owner.random_.bits()}, world{self,
                                                                                  incarnation,
                                                                                  *this,
                                                                                  *this,
                                                                                  *this,
                                                                                  *this,
                                                                                  chance,
                                                                                  metrics} {}

  // Clock
  Instant now() const override { return Instant{sim.clock_of(self.node).local(sim.true_now_)}; }
  WallTime wall() const override {
    constexpr auto start = std::chrono::sys_days{std::chrono::year{2026} / 1 / 5} + 9h;
    const auto& clock = sim.clock_of(self.node);
    return WallTime{start.time_since_epoch() + sim.true_now_ + clock.wall_step};
  }

  // Timers
  TimerId after(Duration delay, std::function<void()> call) override {
    return set(delay, Duration::zero(), std::move(call));
  }
  TimerId every(Duration period, std::function<void()> call) override {
    CHECK(period > Duration::zero());
    return set(period, period, std::move(call));
  }
  void cancel(TimerId timer) override { timers.erase(timer); }

  TimerId set(Duration delay, Duration period, std::function<void()> call) {
    const TimerId id = ++last_timer;
    timers[id] = {std::move(call), period, now() + delay};
    arm(id);
    return id;
  }

  void arm(TimerId id) {
    const Duration left = std::max(timers[id].due - now(), Duration::zero());
    const Duration at = sim.true_now_ + sim.clock_of(self.node).true_for(left);
    sim.schedule(at, guarded([this, id] { ring(id); }));
  }

  void ring(TimerId id) {
    const auto found = timers.find(id);
    if (found == timers.end()) return;
    auto& timer = found->second;
    if (now() < timer.due) return arm(id);  // The clock was set back or slowed meanwhile.
    auto call = timer.call;
    if (timer.period == Duration::zero()) {
      timers.erase(found);
    } else {
      while (timer.due <= now()) timer.due += timer.period;
      arm(id);
    }
    call();
  }

  // Runs only while this process lives; waits while it is paused.
  std::function<void()> guarded(std::function<void()> call) {
    return [weak = weak_from_this(), call = std::move(call)] {
      const auto alive = weak.lock();
      if (!alive || alive->stopped) return;
      if (alive->paused)
        alive->backlog.push_back(call);
      else
        call();
    };
  }

  // Bus
  void publish(std::string_view channel, Payload bytes, int shard) override {
    const std::vector<std::uint8_t> copy{bytes.begin(), bytes.end()};
    const bool own_node = sim.node_channels_.contains(std::string{channel});
    for (const auto& [address, process] : sim.processes_) {
      if (own_node && address.node != self.node) continue;
      for (const auto& [name, wanted, deliver] : process->subscriptions) {
        if (name != channel || (wanted >= 0 && shard >= 0 && wanted != shard)) continue;
        const auto arrive =
            process->guarded([deliver = deliver, from = self, copy] { deliver(from, copy); });
        sim.send(self, address, arrive);
      }
    }
  }

  void subscribe(std::string_view channel, Deliver deliver, int shard) override {
    subscriptions.push_back({std::string{channel}, shard, std::move(deliver)});
  }

  void ask(const Address& whom, Payload request, Duration deadline, Reply reply) override {
    struct Pending {
      Reply reply;
      bool done = false;
    };
    auto pending = std::make_shared<Pending>(Pending{std::move(reply)});
    const auto finish = [pending](Result<std::vector<std::uint8_t>> answer) {
      if (std::exchange(pending->done, true)) return;
      pending->reply(std::move(answer));
    };
    after(deadline, [finish, whom] {
      finish(fail(Errc::unavailable, whom.text() + " did not answer in time"));
    });
    const auto target = sim.processes_.find(whom);
    if (target == sim.processes_.end()) return;
    const std::vector<std::uint8_t> copy{request.begin(), request.end()};
    auto asker = shared_from_this();
    std::weak_ptr<Process> weak_asker = asker;
    auto asked = target->second;
    sim.send(self, whom, asked->guarded([this, weak_asker, asked, copy, finish] {
      const auto still = weak_asker.lock();
      if (!asked->answerer || !still) return;
      auto answer = asked->answerer(still->self.node, copy);
      sim.send(asked->self, still->self,
               still->guarded([finish, answer = std::move(answer)] { finish(answer); }));
    }));
  }

  void answer(Answer answer) override { answerer = std::move(answer); }

  // Log
  void write(LogLevel level, std::string_view event, std::span<const LogField> fields) override {
    if (level < least) return;
    auto line = format_log_line(WallTime{}, level, self.text(), event, fields);
    sim.log_.push_back({self.text(), level, std::string{event}, line.substr(25)});
  }
  void set_level(LogLevel level) override { least = level; }

  struct Timer {
    std::function<void()> call;
    Duration period;
    Instant due;
  };
  struct Subscription {
    std::string channel;
    int shard;
    Deliver deliver;
  };

  SimWorld& sim;
  Address self;
  SimRandom chance;
  Metrics metrics;
  World world;
  bool stopped = false;
  bool paused = false;
  LogLevel least = LogLevel::info;
  TimerId last_timer = 0;
  std::map<TimerId, Timer> timers;
  std::vector<Subscription> subscriptions;
  Answer answerer;
  std::deque<std::function<void()>> backlog;
};

SimWorld::SimWorld(std::uint64_t seed) : random_{seed} {
}
SimWorld::~SimWorld() = default;

World& SimWorld::process(const Address& address) {
  stop_process(address);
  const auto incarnation = ++incarnations_[address];
  auto& process = processes_[address] = std::make_shared<Process>(*this, address, incarnation);
  return process->world;
}

void SimWorld::stop_process(const Address& address) {
  const auto found = processes_.find(address);
  if (found == processes_.end()) return;
  auto& process = *found->second;
  process.stopped = true;
  process.timers.clear();
  process.subscriptions.clear();
  process.answerer = nullptr;
  process.backlog.clear();
  processes_.erase(found);
}

void SimWorld::pause_process(const Address& address) {
  processes_.at(address)->paused = true;
}

void SimWorld::resume_process(const Address& address) {
  auto process = processes_.at(address);
  process->paused = false;
  while (!process->backlog.empty() && !process->paused && !process->stopped) {
    const auto call = std::move(process->backlog.front());
    process->backlog.pop_front();
    call();
  }
}

SimWorld::NodeClock& SimWorld::clock_of(const std::string& node) {
  auto& clock = clocks_[node];
  if (!clock) {
    clock = std::make_unique<NodeClock>();
    // Clocks of different hosts have nothing in common: each starts somewhere else.
    clock->local_base = from_seconds(1000.0 + 1e6 * random_.uniform());
    clock->true_base = true_now_;
  }
  return *clock;
}

void SimWorld::set_clock(const std::string& node, Duration jump, double rate) {
  CHECK(rate > 0);
  auto& clock = clock_of(node);
  clock.local_base = clock.local(true_now_) + jump;
  clock.true_base = true_now_;
  clock.rate = rate;
  for (auto& [address, process] : processes_) {
    if (address.node != node) continue;
    std::vector<TimerId> ids;
    for (const auto& [id, timer] : process->timers) ids.push_back(id);
    for (const auto id : ids) process->arm(id);
  }
}

void SimWorld::step_wall(const std::string& node, Duration step) {
  clock_of(node).wall_step += step;
}

void SimWorld::cut(const std::string& from, const std::string& to) {
  cuts_.insert({from, to});
}
void SimWorld::heal(const std::string& from, const std::string& to) {
  cuts_.erase({from, to});
}

bool SimWorld::is_cut(const std::string& from, const std::string& to) const {
  return from != to &&
         (cuts_.contains({from, to}) || cuts_.contains({from, "*"}) || cuts_.contains({"*", to}));
}

bool SimWorld::lost(const std::string& from, const std::string& to) {
  return is_cut(from, to) || (from != to && random_.uniform() < link_.loss);
}

Duration SimWorld::travel(const std::string& from, const std::string& to) {
  const Duration least = from == to ? Duration{0} : link_.delay_min;
  const Duration most = from == to ? Duration{1ms} : link_.delay_max;
  return least + from_seconds(random_.uniform() * to_seconds(most - least));
}

void SimWorld::send(const Address& from, const Address& to, std::function<void()> arrive) {
  const int copies = from.node != to.node && random_.uniform() < link_.duplicate ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    if (lost(from.node, to.node)) continue;
    schedule(true_now_ + travel(from.node, to.node), arrive);
  }
}

void SimWorld::schedule(Duration at, std::function<void()> call) {
  queue_.push_back(std::make_unique<Event>(Event{at, ++order_, std::move(call)}));
  std::push_heap(queue_.begin(), queue_.end(), Later{});
}

bool SimWorld::step(Duration until) {
  if (queue_.empty() || queue_.front()->at > until) return false;
  std::pop_heap(queue_.begin(), queue_.end(), Later{});
  const auto event = std::move(queue_.back());
  queue_.pop_back();
  true_now_ = std::max(true_now_, event->at);
  event->call();
  return true;
}

void SimWorld::run_for(Duration duration) {
  const Duration until = true_now_ + duration;
  while (step(until)) continue;
  true_now_ = until;
}

bool SimWorld::run_until(const std::function<bool()>& done, Duration limit) {
  const Duration until = true_now_ + limit;
  while (!done()) {
    if (step(until)) continue;
    true_now_ = until;
    return done();
  }
  return true;
}

std::size_t SimWorld::count(std::string_view event) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(log_, [&](const SimEvent& e) { return e.event == event; }));
}

}  // namespace paceline::test
