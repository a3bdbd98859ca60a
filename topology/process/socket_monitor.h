// What libzmq's I/O thread tells of a socket's connections, on our loop and so afterwards.
#pragma once

#include <functional>
#include <zmq.hpp>

#include "common/runtime/loop.h"
#include "topology/process/zmq_sockets.h"

namespace paceline {

class SocketMonitor {
 public:
  /// An event (ZMQ_EVENT_...) and its value; see zmq_socket_monitor(3).
  using Told = std::function<void(int event, int value)>;

  /// Of a socket that is neither bound nor connected yet; it outlives this, and may be moved.
  ///   events   those that are told
  ///   errors   throws zmq::error_t
  SocketMonitor(ZmqSockets& sockets, Loop& loop, zmq::socket_t& socket, int events, Told told);
  ~SocketMonitor();
  SocketMonitor(const SocketMonitor&) = delete;
  SocketMonitor& operator=(const SocketMonitor&) = delete;

 private:
  void hear();

  Loop& loop_;
  void* socket_;
  zmq::socket_t events_;
  Told told_;
};

}  // namespace paceline
