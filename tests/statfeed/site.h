// statfeed with a Stat Server pair on virtual time: two servers, four targets, two pacer shards.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "common/base/hash.h"
#include "services/statfeed/adapter_statistics.h"
#include "services/statfeed/service.h"
#include "tests/statfeed/fake_stat_server.h"
#include "tests/support/sim_world.h"

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
    const int shard = shard_of(id, config.shards);
    std::uint32_t index = 0;
    for (const auto& target : config.targets.all) {
      if (target.id == id) break;
      if (shard_of(target.id, config.shards) == shard) ++index;
    }
    return statfeed->writer(shard).row(index);
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
