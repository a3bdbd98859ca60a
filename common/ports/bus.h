// The message bus of a cluster, as one process sees it. Who talks to whom is the topology's
// business: a process names the channel, never an address.
//
// PUB/SUB carries state, any message may be lost; REQ/REP carries questions with a deadline, safe
// to repeat.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"

namespace paceline {

/// One process of one node: "a/pacer/0".
struct Address {
  std::string node;
  std::string process;
  int index = 0;

  std::string text() const { return node + "/" + process + "/" + std::to_string(index); }
  auto operator<=>(const Address&) const = default;
};

using Payload = std::span<const std::uint8_t>;

class Bus {
 public:
  /// `from` is the process that said it. Its node is authenticated: a connection over tcp is to one
  /// node and its key, one over ipc to our own, and a message that names a sender of another is
  /// refused and counted. Which process of that node it is, the node itself answers for.
  using Deliver = std::function<void(const Address& from, Payload bytes)>;
  using Reply = std::function<void(Result<std::vector<std::uint8_t>> answer)>;
  /// `node` is that of the asking process: by its key over tcp, our own over ipc; empty if it is not
  /// known, where nothing is encrypted.
  using Answer = std::function<std::vector<std::uint8_t>(const std::string& node, Payload request)>;
  /// Nodes whose keys do not fit, by name and in order.
  struct KeyTrouble {
    std::vector<std::string> refused_here;  // We refuse theirs.
    std::vector<std::string> refuse_ours;   // They refuse ours.
  };
  virtual ~Bus() = default;

  /// To every subscriber of `channel`. `bytes` are not empty: an empty message is the life sign by
  /// which a bus says that the sender of a silent channel lives. `shard` [>= 0] reaches only those
  /// that subscribed to it, -1 all.
  virtual void publish(std::string_view channel, Payload bytes, int shard = -1) = 0;

  /// Hears every sender that the topology names for `channel`, our own node's or all nodes' by the
  /// channel's scope. With `shard` >= 0 only what is meant for it. A sender silent beyond the
  /// channel's stale bound is connected anew by the bus.
  virtual void subscribe(std::string_view channel, Deliver deliver, int shard = -1) = 0;

  /// The same where only our own node's senders matter, whatever the channel's scope: a bus may
  /// spare itself the others, but need not.
  virtual void subscribe_own(std::string_view channel, Deliver deliver) {
    subscribe(channel, std::move(deliver));
  }

  /// Asks a process; `reply` is called exactly once, with unavailable when `deadline` passes.
  virtual void ask(const Address& whom, Payload request, Duration deadline, Reply reply) = 0;

  /// Answers every request that is sent to this process; at once, in the loop.
  virtual void answer(Answer answer) = 0;

  /// What is wrong with keys now.
  virtual KeyTrouble key_trouble() const { return {}; }
};

}  // namespace paceline
