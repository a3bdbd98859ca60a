// The ZeroMQ sockets of one process: made with the options of this bus, bound, connected, read.
//
// What goes over tcp:// is CURVE if the topology is encrypted; what goes over ipc:// lies in a
// folder that is nobody else's business.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <zmq.hpp>

#include "topology/process/curve_keys.h"
#include "topology/topology.h"

namespace paceline {

constexpr const char* zap_domain = "paceline";

inline bool is_tcp(std::string_view endpoint) {
  return endpoint.starts_with("tcp://");
}

class ZmqSockets {
 public:
  ///   self     the node whose keys are ours; they are read if the topology is encrypted
  ///   throws   std::runtime_error: a key file is missing or holds no key
  ZmqSockets(const Topology& topology, const std::string& self);

  zmq::context_t& context() { return context_; }
  /// Null where nothing is encrypted.
  const CurveKeys* keys() const { return keys_ ? &*keys_ : nullptr; }

  /// All options are set here: before bind or connect.
  ///   high_water   [messages] that may wait; then PUB drops
  ///   most_bytes   of a message that is heard; libzmq ends the connection that brings a longer one
  zmq::socket_t make(zmq::socket_type type, int high_water, std::size_t most_bytes);

  ///   throws   std::runtime_error, naming the endpoint: it is taken, or its folder cannot be made
  void bind(zmq::socket_t& socket, const std::string& where);

  /// A socket has one server key, so that a socket may be connected to one node only.
  void connect(zmq::socket_t& socket, const std::string& where, const std::string& node);

 private:
  std::string self_;
  std::optional<CurveKeys> keys_;
  zmq::context_t context_;
};

/// All frames of the next message, or nothing. At most 8 are kept, the rest is dropped.
std::optional<std::vector<zmq::message_t>> receive(zmq::socket_t& socket);

}  // namespace paceline
