// The Bus port on ZeroMQ: ipc inside a node, tcp with CURVE between nodes.
//
//   - Every channel a process writes is one PUB socket that it binds; where nothing is said it says
//     that it lives (zmq_writers.h).
//   - Every channel it reads is one SUB socket for each sending node.
//   - A question uses a REQ socket of its own (lazy pirate).
//   - Who connects over tcp shows a node's key (key_gate.h), and whether ours is taken is watched
//     (key_monitor.h).
//   - A sender that is silent for longer than its channel's stale bound is disconnected and
//     connected anew: a SUB whose PUB side gave up in a partition would stay half-open for ever
//     (libzmq 4.3.4).
//   - ZMTP heartbeats stay off: they abort that version.
#pragma once

#include <memory>

#include "common/base/metrics.h"
#include "common/ports/bus.h"
#include "common/ports/log.h"
#include "common/runtime/loop.h"
#include "topology/topology.h"

namespace paceline {

class ZmqBus final : public Bus {
 public:
  /// An encrypted topology's keys are read by read_curve_keys().
  ///   throws   zmq::error_t; std::runtime_error: a key file is missing or holds no key
  ZmqBus(const Topology& topology, const Address& self, Loop& loop, Log& log, Metrics& metrics);
  ~ZmqBus() override;
  ZmqBus(const ZmqBus&) = delete;
  ZmqBus& operator=(const ZmqBus&) = delete;

  /// The first call for a channel binds it; throws zmq::error_t if the endpoint is taken.
  void publish(std::string_view channel, Payload bytes, int shard = -1) override;
  void subscribe(std::string_view channel, Deliver deliver, int shard = -1) override;
  void subscribe_own(std::string_view channel, Deliver deliver) override;
  void ask(const Address& whom, Payload request, Duration deadline, Reply reply) override;
  void answer(Answer answer) override;
  KeyTrouble key_trouble() const override;

  /// Binds every channel that the topology says this process writes, so that an endpoint that is
  /// taken is found at the start.
  void bind_all();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace paceline
