// The sockets that are bound to files: where a file vanished (somebody tidied the run folder), who
// connects later finds nobody, while all that is connected goes on. So each is looked at every
// second, and bound again.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>
#include <zmq.hpp>

#include "common/ports/log.h"
#include "common/runtime/loop.h"
#include "topology/process/zmq_sockets.h"

namespace paceline {

class BoundPaths {
 public:
  BoundPaths(ZmqSockets& sockets, Loop& loop, Log& log);
  ~BoundPaths();
  BoundPaths(const BoundPaths&) = delete;
  BoundPaths& operator=(const BoundPaths&) = delete;

  /// The socket is bound to `endpoint`, and outlives this; only ipc:// is looked after.
  void add(zmq::socket_t& socket, const std::string& endpoint);

 private:
  struct Bound {
    zmq::socket_t* socket;
    std::string endpoint;
    std::string file;
    ino_t inode;
    bool unbound;
    FaultLog gone;
  };

  void look();

  ZmqSockets& sockets_;
  Loop& loop_;
  Log& log_;
  std::vector<Bound> bound_;
  TimerId timer_ = 0;
};

}  // namespace paceline
