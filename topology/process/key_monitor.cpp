#include "topology/process/key_monitor.h"

#include <zmq.h>

#include <algorithm>
#include <cerrno>

namespace paceline {
namespace {

constexpr int handshake_events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                                 ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                                 ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
constexpr int most_broken_off = 5;

}  // namespace

KeyMonitor::KeyMonitor(ZmqSockets& sockets, Loop& loop, Log& log, Metrics& metrics)
    : sockets_{sockets}, loop_{loop}, log_{log}, metrics_{metrics} {
}

void KeyMonitor::watch(zmq::socket_t& socket, const std::string& node, const std::string& channel) {
  auto& watched = *watched_.emplace_back(std::make_unique<Watched>(Watched{node, channel}));
  watched.monitor = std::make_unique<SocketMonitor>(
      sockets_, loop_, socket, handshake_events,
      [this, &watched](int event, int value) { take(watched, event, value); });
  nodes_.try_emplace(node,
                     Node{FaultLog{log_, "key_refused_by"},
                          &metrics_.gauge("paceline_bus_refused_by_peer",
                                          "1 while that node refuses our key.", {{"of", node}})});
}

void KeyMonitor::take(Watched& watched, int event, int value) {
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
        set(watched, true, "it breaks off every handshake: is the key that we have of it its own?");
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
