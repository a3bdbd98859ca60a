#include "topology/process/arrivals.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <zmq.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace paceline {
namespace {

constexpr int arrival_events = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED |
                               ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                               ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
const std::string unknown = "unknown";

// 0 = no such socket.
ino_t inode_of(int fd) {
  struct stat found {};
  return fstat(fd, &found) == 0 && S_ISSOCK(found.st_mode) ? found.st_ino : 0;
}

std::string peer_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return unknown;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    sockaddr_in four;
    std::memcpy(&four, &address, sizeof four);
    return inet_ntop(AF_INET, &four.sin_addr, text.data(), text.size());
  }
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 six;
    std::memcpy(&six, &address, sizeof six);
    return inet_ntop(AF_INET6, &six.sin6_addr, text.data(), text.size());
  }
  ucred who{};
  size = sizeof who;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return unknown;
  return fmt::format("process {}", who.pid);
}

const char* fault_of(int code) {
  switch (code) {
    case ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH:
      return "it has no key";
    case ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC:
      return "it has another public key of this node than this node's";
    default:
      return "it does not speak as we do";
  }
}

}  // namespace

Arrivals::Arrivals(ZmqSockets& sockets, Loop& loop, Came came, Refused refused)
    : sockets_{sockets}, loop_{loop}, came_{std::move(came)}, refused_{std::move(refused)} {
}

void Arrivals::watch(zmq::socket_t& socket) {
  auto& watched = *watched_.emplace_back(std::make_unique<Watched>());
  watched.monitor = std::make_unique<SocketMonitor>(
      sockets_, loop_, socket, arrival_events,
      [this, &watched](int event, int value) { take(watched, event, value); });
}

// What failed is told without the connection; that this one ended comes next, from the same thread.
void Arrivals::take(Watched& watched, int event, int value) {
  if (event == ZMQ_EVENT_ACCEPTED) {
    const ino_t inode = inode_of(value);
    connections_.insert_or_assign(value, Connection{inode, inode ? peer_of(value) : unknown});
    if (inode && came_) came_(value);
  } else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL) {
    watched.fault = fault_of(value);
  } else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL) {
    watched.broken_off = value == EPIPE || value == ECONNRESET;
  } else if (event == ZMQ_EVENT_DISCONNECTED) {
    const auto gone = connections_.extract(value);
    const std::string& address = gone ? gone.mapped().address : unknown;
    const bool broken_off = std::exchange(watched.broken_off, false);
    if (const char* fault = std::exchange(watched.fault, nullptr))
      refused_(address, fault, true);
    else if (broken_off)
      refused_(address, "it broke the handshake off, as one does that has no key", false);
  }
}

bool Arrivals::is_there(int connection) const {
  const auto found = connections_.find(connection);
  return found != connections_.end() && found->second.inode != 0 &&
         found->second.inode == inode_of(connection);
}

std::vector<int> Arrivals::open() {
  std::erase_if(connections_, [this](const auto& one) { return !is_there(one.first); });
  std::vector<int> there;
  for (const auto& [connection, what] : connections_) there.push_back(connection);
  return there;
}

std::string Arrivals::address_of(int connection) const {
  const auto found = connections_.find(connection);
  return found == connections_.end() ? unknown : found->second.address;
}

void Arrivals::end(int connection) {
  if (is_there(connection)) shutdown(connection, SHUT_RDWR);
}

}  // namespace paceline
