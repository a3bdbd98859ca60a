// Two nodes with real buses on this machine.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/runtime/files.h"
#include "common/runtime/system_random.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"
#include "tests/support/real_loop.h"
#include "tests/support/sim_world.h"
#include "topology/process/zmq_bus.h"

namespace paceline::test {

/// The first of twenty TCP ports that are free, the same in each call; below those that the system gives to clients, from a
/// place that the process id gives on, so that runs side by side differ.
inline int free_ports() {
  const auto is_free = [](int port) {
    const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);  // As ZeroMQ binds.
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(static_cast<std::uint16_t>(port));
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool bound = bind(probe, reinterpret_cast<const sockaddr*>(&place), sizeof place) == 0;
    close(probe);
    return bound;
  };
  static const int first = [&] {
    constexpr int lowest = 10000, places = 1100, ports = 20;
    for (int i = 0; i < places; ++i) {
      const int at = lowest + ports * static_cast<int>((getpid() + i) % places);
      bool all = true;
      for (int port = at; all && port < at + ports; ++port) all = is_free(port);
      if (all) return at;
    }
    FAIL("no twenty free ports in a row");
    return 0;
  }();
  return first;
}

/// Two nodes on this machine.
inline Topology cluster(const Folder& folder, bool encrypted,
                        const std::string& host = "127.0.0.1") {
  const int port = free_ports();
  Topology topology;
  topology.cluster = "test";
  topology.run_dir = folder.path();
  topology.pacers = 2;
  topology.encrypted = encrypted;
  topology.control = "ipc://{run}/{node}/{process}-{index}.ctl";
  topology.cluster_control = "tcp://{host}:{port+9}";
  topology.nodes = {{"a", host, port, 100}, {"b", host, port + 10, 90}};
  const auto channel = [](const char* name, const char* from, std::vector<std::string> to,
                          Scope scope, const char* endpoint) {
    Channel c;
    c.name = name;
    c.from = from;
    c.to = std::move(to);
    c.scope = scope;
    c.endpoint = endpoint;
    c.period = 100ms;
    c.stale = 500ms;
    return c;
  };
  topology.channels = {
      channel("stat", "statfeed", {"pacer"}, Scope::node, "ipc://{run}/{node}/stat"),
      channel("pace", "pacer", {"publisher"}, Scope::node, "ipc://{run}/{node}/pace-{index}"),
      channel("feedback", "publisher", {"pacer"}, Scope::cluster, "tcp://{host}:{port+2}"),
      channel("heartbeat", "elector", {"elector"}, Scope::cluster, "tcp://{host}:{port}")};
  return topology;
}

inline void make_keys(const Folder& folder, const std::string& node) {
  char public_key[41];
  char secret_key[41];
  REQUIRE(zmq_curve_keypair(public_key, secret_key) == 0);
  REQUIRE(write_file_atomically(folder / ("keys/" + node + ".public"), public_key));
  REQUIRE(write_file_atomically(folder / ("keys/" + node + ".secret"), secret_key, 0600));
}

// Nodes a and b with their keys, and `foreign`: the same cluster by the files of one who says that he
// is b, and whose key no node knows.
struct ForeignKey {
  ForeignKey() {
    for (const auto* node : {"a", "b"}) make_keys(folder, node);
    make_keys(elsewhere, "b");
    REQUIRE(
        write_file_atomically(elsewhere / "keys/a.public", *read_file(folder / "keys/a.public")));
    topology = cluster(folder, true);
    foreign = topology;
    foreign.run_dir = elsewhere.path();
  }

  Folder folder;
  Folder elsewhere;
  Topology topology;
  Topology foreign;
};

// A process with a real bus. Its clock is real, its log is that of `sim`.
struct Process {
  Process(const Topology& topology, const Address& self, Loop& loop)
      : log{sim.process(self).log}, bus{topology, self, loop, log, metrics}, world{self,
                                                                                   1,
                                                                                   clock,
                                                                                   loop,
                                                                                   bus,
                                                                                   log,
                                                                                   random,
                                                                                   metrics} {}
  SimWorld sim{1};
  Log& log;
  Metrics metrics;
  SystemClock clock;
  SystemRandom random;
  ZmqBus bus;
  World world;
};

}  // namespace paceline::test
