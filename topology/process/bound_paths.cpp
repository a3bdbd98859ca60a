#include "topology/process/bound_paths.h"

#include <sys/stat.h>

#include <exception>
#include <string_view>
#include <utility>

namespace paceline {
namespace {

constexpr std::string_view ipc = "ipc://";
constexpr Duration period = 1s;
constexpr std::uint64_t steady = 60;  // Looks in a row that find it, until its loss is over.

// 0 = no such file.
ino_t inode_of(const std::string& file) {
  struct stat found {};
  return stat(file.c_str(), &found) == 0 ? found.st_ino : 0;
}

}  // namespace

BoundPaths::BoundPaths(ZmqSockets& sockets, Loop& loop, Log& log)
    : sockets_{sockets}, loop_{loop}, log_{log} {
}

BoundPaths::~BoundPaths() {
  loop_.cancel(timer_);
}

void BoundPaths::add(zmq::socket_t& socket, const std::string& endpoint) {
  if (!endpoint.starts_with(ipc)) return;
  std::string file = endpoint.substr(ipc.size());
  const ino_t inode = inode_of(file);
  bound_.push_back({&socket, endpoint, std::move(file), inode, false,
                    FaultLog{log_, "socket_vanished", steady}});
  if (timer_ == 0) timer_ = loop_.every(period, [this] { look(); });
}

// Unbound at one look and bound at the next: libzmq's own thread removes the file when it lets go of
// it, and would remove the new one.
void BoundPaths::look() {
  for (auto& bound : bound_) {
    if (!bound.unbound && inode_of(bound.file) == bound.inode) {
      bound.gone.good();
      continue;
    }
    bound.gone.bad({{"file", bound.file}, {"then", "is bound again"}});
    try {
      if (!std::exchange(bound.unbound, !bound.unbound)) {
        bound.socket->unbind(bound.endpoint);
        continue;
      }
      sockets_.bind(*bound.socket, bound.endpoint);
      bound.inode = inode_of(bound.file);
    } catch (const std::exception&) {  // The next look tries again; the fault stays told.
    }
  }
}

}  // namespace paceline
