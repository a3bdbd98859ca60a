// The channels that a process writes: one PUB socket each, and a life sign where nothing is said.
//
//   - A socket on which nothing was said for half of its channel's stale bound says an empty message
//     to all. The buses that hear it note that the sender lives, and deliver nothing: without it they
//     would take the connection for dead, and connect anew every few seconds.
//   - Every socket is serviced once a second at least, whatever is said: libzmq 4.3.4 takes in the
//     subscribers that came and lets go of those that went only inside a call of the socket's owner,
//     so that a silent one would keep some 30 KB of each for ever.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <zmq.hpp>

#include "common/base/metrics.h"
#include "common/ports/bus.h"
#include "common/runtime/loop.h"
#include "common/runtime/system_clock.h"
#include "topology/topology.h"

namespace paceline {

class ZmqWriters {
 public:
  ///   sender   of all that is said: "a/pacer/0"
  ZmqWriters(std::string sender, Loop& loop, Metrics& metrics);
  ~ZmqWriters();
  ZmqWriters(const ZmqWriters&) = delete;
  ZmqWriters& operator=(const ZmqWriters&) = delete;

  bool has(std::string_view channel) const { return writers_.contains(channel); }

  /// Takes over a PUB socket that is bound.
  ///   returns  where it stays
  zmq::socket_t& add(const Channel& channel, zmq::socket_t socket);

  /// To the subscribers of `shard`, -1 = all. The channel has been added.
  void publish(std::string_view channel, Payload bytes, int shard);

 private:
  struct Writer {
    zmq::socket_t socket;
    Duration quiet;  // The longest it may be silent.
    Instant said;
  };

  void say(Writer& writer, Payload bytes, int shard);
  void service();

  std::string sender_;
  Loop& loop_;
  SystemClock clock_;
  std::map<std::string, Writer, std::less<>> writers_;
  TimerId timer_ = 0;
  Duration period_{};  // Between two services.
  Counter& sent_;
  Counter& sent_bytes_;
  Counter& life_signs_;
};

/// What a SUB socket subscribes to for a shard, -1 = all: "7." or "*".
std::string topic_of(int shard);

}  // namespace paceline
