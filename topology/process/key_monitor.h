// Whether the nodes that we connect to take our key: what libzmq sees of each handshake, by node.
//
// A node that refuses ours has one line when it begins and one when it ends, a gauge, and stands in
// nodes(). It refuses when it says so; or when it ended five handshakes in a row without a word, which
// is what happens if the public key that we have of it is not its own.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "common/base/metrics.h"
#include "common/ports/log.h"
#include "common/runtime/loop.h"
#include "topology/process/socket_monitor.h"
#include "topology/process/zmq_sockets.h"

namespace paceline {

class KeyMonitor {
 public:
  KeyMonitor(ZmqSockets& sockets, Loop& loop, Log& log, Metrics& metrics);
  KeyMonitor(const KeyMonitor&) = delete;
  KeyMonitor& operator=(const KeyMonitor&) = delete;

  /// Before the socket connects to `node`; the socket outlives this.
  void watch(zmq::socket_t& socket, const std::string& node, const std::string& channel);

  /// Nodes that refuse our key now, in order.
  std::vector<std::string> nodes() const;

 private:
  struct Watched {
    std::string node;
    std::string channel;
    std::unique_ptr<SocketMonitor> monitor{};
    int broken_off = 0;  // Handshakes in a row.
    bool refused = false;
  };
  struct Node {
    FaultLog fault;
    Gauge* gauge;
  };

  void take(Watched& watched, int event, int value);
  void set(Watched& watched, bool refused, const char* why);
  bool is_refused(const std::string& node) const;

  ZmqSockets& sockets_;
  Loop& loop_;
  Log& log_;
  Metrics& metrics_;
  std::vector<std::unique_ptr<Watched>> watched_;
  std::map<std::string, Node> nodes_;
};

}  // namespace paceline
