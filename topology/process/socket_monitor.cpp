#include "topology/process/socket_monitor.h"

#include <fmt/format.h>
#include <zmq.h>

#include <cstdint>
#include <cstring>
#include <utility>

namespace paceline {

SocketMonitor::SocketMonitor(ZmqSockets& sockets, Loop& loop, zmq::socket_t& socket, int events,
                             Told told)
    : loop_{loop},
      socket_{socket.handle()},
      events_{sockets.context(), zmq::socket_type::pair},
      told_{std::move(told)} {
  const auto place = fmt::format("inproc://monitor-{}", fmt::ptr(this));
  if (zmq_socket_monitor(socket_, place.c_str(), events) != 0) throw zmq::error_t{};
  events_.set(zmq::sockopt::linger, 0);
  events_.connect(place);
  loop_.watch_socket(events_.handle(), [this] { hear(); });
}

SocketMonitor::~SocketMonitor() {
  loop_.forget_socket(events_.handle());
  zmq_socket_monitor(socket_, nullptr, 0);
}

// An event is a message of two frames: number (16 bits) and value (32 bits) in the first.
void SocketMonitor::hear() {
  while (const auto frames = receive(events_)) {
    std::uint16_t event = 0;
    std::int32_t value = 0;
    if (frames->front().size() < sizeof event + sizeof value) continue;
    const auto* bytes = frames->front().data<char>();
    std::memcpy(&event, bytes, sizeof event);
    std::memcpy(&value, bytes + sizeof event, sizeof value);
    told_(event, value);
  }
}

}  // namespace paceline
