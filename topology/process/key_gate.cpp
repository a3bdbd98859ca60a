#include "topology/process/key_gate.h"

#include <array>

namespace paceline {
namespace {

constexpr Duration look_period = 5s;

// The frames of a request: version, request id, domain, address, identity, mechanism, key.
constexpr std::size_t request_frames = 7;
constexpr std::size_t key_bytes = 32;

}  // namespace

KeyGate::KeyGate(ZmqSockets& sockets, const Topology& topology, const std::string& self, Loop& loop,
                 Log& log, Metrics& metrics)
    : keys_{*sockets.keys()},
      loop_{loop},
      strangers_{topology, self, log},
      refused_{metrics.counter("paceline_bus_strangers_total",
                               "Connections refused because the key is no node's, or none.")},
      socket_{sockets.context(), zmq::socket_type::rep} {
  socket_.set(zmq::sockopt::linger, 0);
  socket_.bind("inproc://zeromq.zap.01");
  loop_.watch_socket(socket_.handle(), [this] { answer_all(); });
  timer_ = loop_.every(look_period, [this] { strangers_.tick(clock_.now()); });
}

KeyGate::~KeyGate() {
  loop_.cancel(timer_);
  loop_.forget_socket(socket_.handle());
}

void KeyGate::refuse(const std::string& address, const char* why) {
  refused_.add();
  strangers_.refuse(address, why, clock_.now());
}

void KeyGate::answer_all() {
  while (const auto frames = receive(socket_)) {
    const std::string* node = nullptr;
    if (frames->size() == request_frames && frames->back().size() == key_bytes) {
      std::array<char, 41> key{};
      zmq_z85_encode(key.data(), frames->back().data<std::uint8_t>(), key_bytes);
      node = keys_.node_of(key.data());
    }
    if (!node)
      refuse(frames->size() > 3 ? (*frames)[3].to_string() : "unknown",
             "its key is none that we know");
    const std::string id = frames->size() > 1 ? (*frames)[1].to_string() : "";
    const std::array<std::string, 6> reply = {"1.0",
                                              id,
                                              node ? "200" : "400",
                                              node ? "OK" : "not a node of this cluster",
                                              node ? *node : "",
                                              ""};
    for (std::size_t i = 0; i < reply.size(); ++i)
      socket_.send(zmq::buffer(reply[i]),
                   i + 1 < reply.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
  }
}

}  // namespace paceline
