// Electors on virtual time, with stores, publishers and processes that do what the test wants.
//
//   Cluster cluster{seed};                       // nodes a, b and witness w
//   REQUIRE(cluster.await_publisher("a", 3s));
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include "common/wire/codec.h"
#include "services/elector/service.h"
#include "services/publisher/gate.h"
#include "tests/support/catch.h"
#include "tests/support/has.h"
#include "tests/support/sim_world.h"

namespace paceline::test {
using namespace elector;
using namespace publisher;

struct SimStore final : TermStore {
  DurableState load() override { return state; }
  Result<void> save(const DurableState& next) override {
    if (full) return fail(Errc::unavailable, "disk full");
    state = next;
    return {};
  }
  Result<Orders> load_orders() override {
    if (orders_torn) return fail("torn");
    return orders;
  }
  Result<void> save_orders(const Orders& next) override {
    if (full) return fail(Errc::unavailable, "disk full");
    orders = next;
    orders_torn = false;
    return {};
  }
  Orders orders;
  bool orders_torn = false;
  DurableState state;
  bool full = false;
};

struct SimProcesses final : ProcessWatch {
  Result<void> watch(std::int64_t pid, std::function<void()> call) override {
    died = nullptr;
    if (blind) return fail(Errc::not_found, "pid " + std::to_string(pid) + " is none");
    died = std::move(call);
    return {};
  }
  std::function<void()> died;
  bool blind = false;  // It finds no process.
};

// A publisher that does nothing but hold its gate and report it.
struct SimPublisher {
  SimPublisher(World& w, std::string name)
      : world{w},
        node{std::move(name)},
        gate{{.node = node, .boot = "boot", .incarnation = w.incarnation, .guard = 20ms}} {
    world.bus.subscribe("grant", [this](const Address& from, Payload bytes) {
      if (from.node != node) return;
      const Grant grant = decode<Grant>(bytes).value();
      gate.receive(grant, world.clock.now());
      if (grant.term != 0) pause = grant.pause;
      report();
    });
    world.timers.every(200ms, [this] { report(); });
  }
  void report() {
    PublicationReport report;
    report.node = node;
    report.incarnation = world.incarnation;
    report.pid = 42;
    report.open = gate.may_send(world.clock.now());
    report.term = gate.term();
    report.stopped_term = gate.stopped_term();
    report.fenced_by = gate.fenced_by();
    report.pace_age_s = report.stat_age_s = 0;
    if (change) change(report);
    world.bus.publish("publication", encode(report));
  }
  World& world;
  std::string node;
  Gate gate;
  std::string pause = "no grant yet";              // What the last grant said.
  std::function<void(PublicationReport&)> change;  // What a test makes of each report.
};

struct Cluster {
  explicit Cluster(std::uint64_t seed) : sim{seed} {
    config.policy = {.cluster = "sim", .voters = {{"a", 100}, {"b", 90}, {"w", 0}}};
    config.boot = "boot";
    sim.link({.loss = 0.01, .duplicate = 0.01, .delay_min = 100us, .delay_max = 3ms});
    for (const auto* node : {"a", "b", "w"}) {
      if (*node != 'w') start_publisher(node);
      start(node);
    }
  }
  void start(const std::string& node) {
    electors[node].reset();
    electors[node] = std::make_unique<Elector>(config, sim.process({node, "elector", 0}),
                                               stores[node], processes[node]);
  }
  void start_publisher(const std::string& node) {
    publishers[node].reset();
    publishers[node] = std::make_unique<SimPublisher>(sim.process({node, "publisher", 0}), node);
  }
  void kill(const std::string& node) {
    electors[node].reset();
    sim.stop_process({node, "elector", 0});
  }
  void kill_publisher(const std::string& node) {
    publishers[node].reset();
    sim.stop_process({node, "publisher", 0});
    if (electors[node] && processes[node].died) processes[node].died();
  }
  std::string publishing() {
    std::string all;
    for (auto& [node, publisher] : publishers)
      if (publisher && publisher->gate.may_send(publisher->world.clock.now())) all += node;
    return all;
  }
  bool await_publisher(const std::string& node, Duration limit) {
    return sim.run_until([&] { return publishing() == node; }, limit);
  }

  SimWorld sim;
  ElectorConfig config;
  std::map<std::string, SimStore> stores;
  std::map<std::string, SimProcesses> processes;
  std::map<std::string, std::unique_ptr<Elector>> electors;
  std::map<std::string, std::unique_ptr<SimPublisher>> publishers;
};

inline std::string lines_of(const Cluster& cluster, const std::string& process,
                            std::string_view event) {
  std::string all;
  for (const auto& entry : cluster.sim.log())
    if (entry.process == process && entry.event == event) all += entry.line + "\n";
  return all;
}

template <class Answer>
Result<Answer> ask(Cluster& cluster, const std::string& node, ControlRequest request) {
  World& world = cluster.sim.process({node, "operator", 0});
  std::optional<Result<Answer>> answer;
  ask_control<Answer>(world.bus, {node, "elector", 0}, std::move(request), 1s,
                      [&](Result<Answer> got) { answer = std::move(got); });
  cluster.sim.run_for(1500ms);
  return answer.value();
}

}  // namespace paceline::test
