#include "topology/process/zmq_sockets.h"

#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>
#include <utility>

namespace paceline {
namespace {

constexpr std::size_t most_frames = 8;
constexpr int most_sockets = 4096;  // Of 64 nodes, four channels, a monitor each, and questions.

// The folder of an ipc socket must exist, and is nobody else's business.
void make_folder(std::string_view endpoint) {
  if (!endpoint.starts_with("ipc://")) return;
  const std::filesystem::path file{endpoint.substr(6)};
  if (!file.has_parent_path() || std::filesystem::exists(file.parent_path())) return;
  std::filesystem::create_directories(file.parent_path());
  std::filesystem::permissions(file.parent_path(), std::filesystem::perms::owner_all);
}

// Each time: a socket of the one family that is told so refuses the other.
void choose_family(zmq::socket_t& socket, std::string_view where) {
  socket.set(zmq::sockopt::ipv6, where.starts_with("tcp://["));
}

}  // namespace

ZmqSockets::ZmqSockets(const Topology& topology, const std::string& self) : self_{self} {
  context_.set(zmq::ctxopt::io_threads, 1);
  context_.set(zmq::ctxopt::max_sockets, most_sockets);
  if (topology.encrypted) keys_ = read_curve_keys(topology, self);
}

zmq::socket_t ZmqSockets::make(zmq::socket_type type, int high_water, std::size_t most_bytes) {
  zmq::socket_t socket{context_, type};
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::sndhwm, high_water);
  socket.set(zmq::sockopt::rcvhwm, high_water);
  socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(most_bytes));
  socket.set(zmq::sockopt::reconnect_ivl, 20);
  socket.set(zmq::sockopt::reconnect_ivl_max, 200);
  socket.set(zmq::sockopt::connect_timeout, 300);
  socket.set(zmq::sockopt::handshake_ivl, 1000);
  socket.set(zmq::sockopt::tcp_maxrt, 1200);
  return socket;
}

void ZmqSockets::bind(zmq::socket_t& socket, const std::string& where) {
  if (is_tcp(where) && keys_) {
    socket.set(zmq::sockopt::curve_server, true);
    socket.set(zmq::sockopt::curve_secretkey, keys_->own_secret);
    socket.set(zmq::sockopt::zap_domain, zap_domain);
  }
  make_folder(where);
  choose_family(socket, where);
  try {
    socket.bind(where);
  } catch (const zmq::error_t& error) {
    throw std::runtime_error{fmt::format("cannot bind {}: {}", where, error.what())};
  }
}

void ZmqSockets::connect(zmq::socket_t& socket, const std::string& where, const std::string& node) {
  if (is_tcp(where) && keys_) {
    socket.set(zmq::sockopt::curve_serverkey, keys_->public_keys.at(node));
    socket.set(zmq::sockopt::curve_publickey, keys_->public_keys.at(self_));
    socket.set(zmq::sockopt::curve_secretkey, keys_->own_secret);
  }
  choose_family(socket, where);
  socket.connect(where);
}

std::optional<std::vector<zmq::message_t>> receive(zmq::socket_t& socket) {
  std::vector<zmq::message_t> frames;
  for (;;) {
    zmq::message_t frame;
    if (!socket.recv(frame, zmq::recv_flags::dontwait)) return std::nullopt;
    const bool more = frame.more();
    if (frames.size() < most_frames) frames.push_back(std::move(frame));
    if (!more) return frames;
  }
}

}  // namespace paceline
