// Watch's shell on virtual time, with what asks it and what it hears.
#pragma once

#include <string>
#include <vector>

#include "common/wire/codec.h"
#include "services/watch/service.h"
#include "tests/support/sim_world.h"
#include "tests/watch/fixtures.h"

namespace paceline::test {

inline WatchConfig config() {
  WatchConfig out;
  out.node = "a";
  out.cluster = two_nodes_and_a_witness();
  out.processes = {{"pacer", 1}, {"elector", 1}, {"watch", 1}};
  out.targets = names({"t0", "t1"});
  return out;
}

// What an HTTP server would have been given.
struct Client {
  std::vector<WebAnswer> answers;
  bool streaming = false;
  bool gone = false;
  std::string streamed;

  WebExchange exchange() {
    return {.send = [this](WebAnswer answer) { answers.push_back(std::move(answer)); },
            .start_stream = [this] { streaming = true; },
            .write =
                [this](std::string_view text) {
                  streamed += text;
                  return !gone;
                }};
  }
};

// An elector that only says what it is told to say.
struct Speaker {
  Speaker(SimWorld& sim, const char* name) : node{name}, world{sim.process({name, "elector", 0})} {
    world.timers.every(200ms, [this] {
      world.bus.publish("heartbeat", encode(says(node, role, term, ++sequence)));
      auto report = publishes(node, role == ElectorRole::master);
      report.incarnation = world.incarnation;
      if (role != ElectorRole::observer) publish_as_publisher(report);
    });
  }
  void publish_as_publisher(const PublicationReport& report) {
    world.bus.publish("publication", encode(report));
  }

  const char* node;
  World& world;
  ElectorRole role = ElectorRole::follower;
  std::uint64_t term = 257;
  std::uint64_t sequence = 0;
};

}  // namespace paceline::test
