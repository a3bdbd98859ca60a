// Who may connect over tcp:// and is who: ZeroMQ's authentication (ZAP, RFC 27), answered from the
// cluster's keys.
//
// A client whose key is a node's gets in, and every message of it carries the node's name (User-Id);
// any other is refused, counted and told (strangers.h). So is one that shows no key at all, or has another
// public key of ours: libzmq ends it without asking here (arrivals.h).
#pragma once

#include <string>
#include <vector>
#include <zmq.hpp>

#include "common/base/metrics.h"
#include "common/ports/log.h"
#include "common/runtime/loop.h"
#include "common/runtime/system_clock.h"
#include "topology/process/strangers.h"
#include "topology/process/zmq_sockets.h"

namespace paceline {

class KeyGate {
 public:
  /// Before any socket is bound: without a handler libzmq lets in any client with any key.
  /// (ZMQ_ZAP_ENFORCE_DOMAIN would refuse them, but is a draft option: not in Debian's build.)
  ///   sockets   have keys
  KeyGate(ZmqSockets& sockets, const Topology& topology, const std::string& self, Loop& loop,
          Log& log, Metrics& metrics);
  ~KeyGate();
  KeyGate(const KeyGate&) = delete;
  KeyGate& operator=(const KeyGate&) = delete;

  /// Whom libzmq refused without asking here.
  void refuse(const std::string& address, const char* why);

  /// Nodes whose keys are refused here now, by their addresses.
  std::vector<std::string> refused() const { return strangers_.nodes(); }

 private:
  void answer_all();

  const CurveKeys& keys_;
  Loop& loop_;
  SystemClock clock_;
  Strangers strangers_;
  Counter& refused_;
  zmq::socket_t socket_;
  TimerId timer_ = 0;
};

}  // namespace paceline
