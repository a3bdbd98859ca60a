#include "topology/process/key_monitor.h"

#include <fmt/format.h>
#include <zmq.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace paceline {
namespace {

constexpr int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                       ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
constexpr int most_broken_off = 5;

}  // namespace

KeyMonitor::KeyMonitor(ZmqSockets& sockets, Loop& loop, Log& log, Metrics& metrics)
    : sockets_{sockets}, loop_{loop}, log_{log}, metrics_{metrics} {
}

KeyMonitor::~KeyMonitor() {
  for (auto& watched : watched_) {
    loop_.forget_socket(watched->events.handle());
    zmq_socket_monitor(watched->of->handle(), nullptr, 0);
  }
}

void KeyMonitor::watch(zmq::socket_t& socket, const std::string& node, const std::string& channel) {
  const auto place = fmt::format("inproc://monitor-{}", watched_.size());
  if (zmq_socket_monitor(socket.handle(), place.c_str(), events) != 0) throw zmq::error_t{};
  watched_.push_back(std::make_unique<Watched>(
      Watched{node, channel, &socket, {sockets_.context(), zmq::socket_type::pair}}));
  auto& watched = *watched_.back();
  watched.events.set(zmq::sockopt::linger, 0);
  watched.events.connect(place);
  loop_.watch_socket(watched.events.handle(), [this, &watched] { hear(watched); });
  nodes_.try_emplace(node,
                     Node{FaultLog{log_, "key_refused_by"},
                          &metrics_.gauge("paceline_bus_refused_by_peer",
                                          "1 while that node refuses our key.", {{"of", node}})});
}

// An event is a message of two frames: number (16 bits) and value (32 bits) in the first.
void KeyMonitor::hear(Watched& watched) {
  while (const auto frames = receive(watched.events)) {
    std::uint16_t event = 0;
    std::int32_t value = 0;
    if (frames->front().size() < sizeof event + sizeof value) continue;
    const auto* bytes = frames->front().data<char>();
    std::memcpy(&event, bytes, sizeof event);
    std::memcpy(&value, bytes + sizeof event, sizeof value);
    switch (event) {
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        watched.broken_off = 0;
        set(watched, false, "");
        break;
      case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        set(watched, true, "it does not know our key");
        break;
      case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        set(watched, true, "it does not speak as we do: CURVE, and its own key?");
        break;
      default:
        // Broken off by the other side; not one that took too long: that may be a host that sleeps.
        if (value != EPIPE && value != ECONNRESET) break;
        if (++watched.broken_off >= most_broken_off)
          set(watched, true,
              "it breaks off every handshake: is the key that we have of it its own?");
    }
  }
}

void KeyMonitor::set(Watched& watched, bool refused, const char* why) {
  watched.refused = refused;
  auto& node = nodes_.at(watched.node);
  const bool any = is_refused(watched.node);
  node.gauge->set(any ? 1 : 0);
  if (refused)
    node.fault.bad({{"node", watched.node}, {"channel", watched.channel}, {"why", why}});
  else if (!any)
    node.fault.good();
}

bool KeyMonitor::is_refused(const std::string& node) const {
  return std::ranges::any_of(watched_,
                             [&](const auto& w) { return w->refused && w->node == node; });
}

std::vector<std::string> KeyMonitor::nodes() const {
  std::vector<std::string> refusing;
  for (const auto& [node, state] : nodes_)
    if (is_refused(node)) refusing.push_back(node);
  return refusing;
}

}  // namespace paceline
