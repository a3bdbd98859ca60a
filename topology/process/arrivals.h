// Who comes to sockets that are bound, as libzmq's I/O thread tells it afterwards: connections, and who cannot be understood.
//
//   Arrivals arrivals{sockets, loop, came, refused};
//   arrivals.watch(socket);                     // Before it is bound.
//   arrivals.open(), arrivals.address_of(connection), arrivals.end(connection)
//
// A connection is known by its file descriptor, which is libzmq's: it may be closed, and its number be another's, at any time.
// So it is told apart by its inode, too, and nothing is done to it but to end it.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "common/runtime/loop.h"
#include "topology/process/socket_monitor.h"
#include "topology/process/zmq_sockets.h"

namespace paceline {

class Arrivals {
 public:
  using Came = std::function<void(int connection)>;
  /// A connection that ended before it was through with its handshake.
  ///   address   "10.0.0.7", or "unknown" if it was gone before we could look
  ///   certain   what it said is not what we speak, CURVE with our key say. Else it broke off: mostly who has no key does so
  ///             before we know it, and does not come again; and who only looks whether the port is open
  using Refused = std::function<void(const std::string& address, const char* why, bool certain)>;

  Arrivals(ZmqSockets& sockets, Loop& loop, Came came, Refused refused);
  Arrivals(const Arrivals&) = delete;
  Arrivals& operator=(const Arrivals&) = delete;

  /// The socket outlives this; it may be moved.
  void watch(zmq::socket_t& socket);

  /// Connections that are there now, those whose handshake is under way too.
  std::vector<int> open();
  /// "10.0.0.7", or "process 4711" at an ipc socket; "unknown" of what is not there.
  std::string address_of(int connection) const;
  /// Its peer sees that the connection ends. Nothing if it is not there any more.
  void end(int connection);

 private:
  struct Watched {
    std::unique_ptr<SocketMonitor> monitor{};
    const char* fault = nullptr;  // Told of a connection that the next event ends.
    bool broken_off = false;      // The same: its peer ended it before it was through.
  };
  struct Connection {
    ino_t inode;
    std::string address;
  };

  void take(Watched& watched, int event, int value);
  bool is_there(int connection) const;

  ZmqSockets& sockets_;
  Loop& loop_;
  Came came_;
  Refused refused_;
  std::vector<std::unique_ptr<Watched>> watched_;
  std::map<int, Connection> connections_;
};

}  // namespace paceline
