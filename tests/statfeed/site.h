// statfeed with a Stat Server pair on virtual time: two servers, four targets, two pacer shards.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "common/wire/codec.h"
#include "services/statfeed/adapter_statistics.h"
#include "services/statfeed/service.h"
#include "tests/statfeed/fake_stat_server.h"
#include "tests/support/sim_world.h"
#include "topology/shared_agents.h"

namespace paceline::test {
using namespace statfeed;

struct Site {
  explicit Site(std::uint64_t seed) : sim{seed}, world{sim.process({"a", "statfeed", 0})} {
    config.servers = {"http://primary/statistics/v3", "http://backup/statistics/v3"};
    config.shards = 2;
    config.session.batches.size = 16;
    for (int i = 0; i < 4; ++i) {
      Target target;
      target.id = "t" + std::to_string(i);
      target.group = "g" + std::to_string(i);
      target.queue = "q" + std::to_string(i);
      config.targets.all.push_back(target);
      for (auto* server : {&primary, &backup}) know(*server, i);
    }
  }

  void know(FakeStatServer& server, int i) {
    const TargetObjects target{"", "g" + std::to_string(i), "q" + std::to_string(i)};
    for (std::uint32_t f = 0; f < statistic_kind_count; ++f) {
      const auto request = request_for(config.mapping, target, static_cast<StatisticKind>(f));
      server.set(request.object_id, request.name,
                 is_counter(static_cast<StatisticKind>(f)) ? 100 : f);
    }
  }

  void start() {
    http.emplace(world, primary, backup);
    statfeed.emplace(config, world);
    for (int i = 0; i < 2; ++i) {
      if (config.servers[static_cast<std::size_t>(i)].empty()) continue;
      auto& adapter = adapters[static_cast<std::size_t>(i)];
      adapter.emplace(StatisticsAdapter::Options{config.servers[static_cast<std::size_t>(i)],
                                                 config.access, config.session},
                      i, *statfeed, statfeed->targets_index(), statfeed->mapping(), world, *http);
      statfeed->attach(i, *adapter);
      adapter->start();
    }
  }

  TargetStat row(const std::string& id) const {
    const auto shards = shards_of(config.targets, config.shards);
    const auto& all = config.targets.all;
    const auto at = static_cast<std::size_t>(std::ranges::find(all, id, &Target::id) - all.begin());
    const auto before = shards.begin() + static_cast<std::ptrdiff_t>(at);
    const auto index = std::count(shards.begin(), before, shards[at]);
    return statfeed->writer(shards[at]).row(static_cast<std::uint32_t>(index));
  }

  // What statfeed says of the pair, as those hear it who read shard 0.
  StatSource source() const {
    return decode<StateFrame<TargetStat>>(statfeed->writer(0).keyframe()).value().head;
  }

  // An interaction comes in and is answered, as both servers see it.
  void interaction(int target, bool primary_sees = true, bool backup_sees = true) {
    const auto queue = "q" + std::to_string(target);
    for (auto* server : {&primary, &backup}) {
      if (!(server == &primary ? primary_sees : backup_sees)) continue;
      server->add(queue, "Total_Entered", 1);
      server->add(queue, "Total_Answered", 1);
    }
  }

  StatfeedConfig config;
  SimWorld sim;
  World& world;
  FakeStatServer primary;
  FakeStatServer backup;
  std::optional<FakeHttp> http;
  std::optional<Statfeed> statfeed;
  std::array<std::optional<StatisticsAdapter>, 2> adapters;
};

}  // namespace paceline::test
