// A statfeed on virtual time whose two servers say what a test says, and an operator who asks it.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "services/statfeed/service.h"
#include "tests/support/sim_world.h"

namespace paceline::test {
using namespace statfeed;

class HandSource final : public Source {
 public:
  void start() override {}
  void targets_changed(const TargetsIndex::Change&) override {}
  void stop() override {}
};

inline Targets numbered_targets(std::size_t count) {
  Targets targets;
  for (std::size_t i = 0; i < count; ++i) {
    const auto number = std::to_string(100 + i).substr(1);
    Target target;
    target.id = "t" + number;
    target.group = "g" + number;
    target.queue = "q" + number;
    targets.all.push_back(target);
  }
  return targets;
}

struct Fed {
  explicit Fed(std::size_t targets = 2, StatfeedConfig wanted = {}, int servers = 2)
      : config{std::move(wanted)} {
    config.servers = {"http://primary", "http://backup"};
    config.targets = numbered_targets(targets);
    statfeed.emplace(config, world);
    for (int server = 0; server < servers; ++server)
      statfeed->attach(server, sources[static_cast<std::size_t>(server)]);
  }

  void say(int server, std::uint32_t slot, StatisticKind kind, double value, Duration age = 0s) {
    const StatisticUpdate update{.statistic = statistic_of(slot, kind),
                                 .timestamp_ms = ms_since_1970(world.clock.wall()),
                                 .value = value,
                                 .age = age};
    statfeed->updated(server, {&update, 1});
  }
  void say_all(int server, std::uint32_t slot, double value) {
    for (std::uint32_t i = 0; i < statistic_kind_count; ++i)
      say(server, slot, static_cast<StatisticKind>(i), value);
  }
  /// A session begins, every statistic has a value.
  void open(int server, SourceState state = {.complete = true}) {
    statfeed->began(server);
    for (const auto slot : statfeed->targets_index().order()) say_all(server, slot, 5);
    statfeed->became(server, state);
    statfeed->heard(server);
  }
  /// Time passes, in which these servers are heard every second.
  void run(Duration length, const std::vector<int>& heard) {
    for (; length > 0s; length -= 1s) {
      for (const int server : heard) statfeed->heard(server);
      sim.run_for(1s);
    }
  }

  TargetStat row(std::uint32_t index) const { return statfeed->writer(0).row(index); }

  Result<StatusReply> ask(Question question, std::vector<std::string> arguments = {}) {
    Result<StatusReply> told = fail("never answered");
    ask_control<StatusReply>(asker.bus, world.self, request_of(question, std::move(arguments)), 1s,
                             [&](Result<StatusReply> answer) { told = std::move(answer); });
    sim.run_for(10ms);
    return told;
  }
  /// One field of the answer; "" if there is none.
  static std::string field(const StatusReply& reply, const std::string& name) {
    for (const auto& [key, value] : reply.fields)
      if (key == name) return value;
    return {};
  }
  /// The last line of that event; "" if there is none.
  std::string line(std::string_view event) const {
    std::string last;
    for (const auto& entry : sim.log())
      if (entry.event == event) last = entry.line;
    return last;
  }

  StatfeedConfig config;
  SimWorld sim{1};
  World& world = sim.process({"a", "statfeed", 0});
  World& asker = sim.process({"a", "pacelinectl", 0});
  std::array<HandSource, 2> sources;
  std::optional<Statfeed> statfeed;
};

}  // namespace paceline::test
