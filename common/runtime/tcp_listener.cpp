#include "common/runtime/tcp_listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

namespace paceline {
namespace {

constexpr int most_at_once = 64;          // Then the others of the loop have their turn.
constexpr Duration no_more_sockets = 1s;  // Until it is tried again.

struct Place {
  sockaddr_storage address{};
  socklen_t size = 0;
};

std::optional<Place> place_of(const std::string& text, int port) {
  Place place;
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = htons(static_cast<std::uint16_t>(port));
  if (inet_pton(AF_INET, text.c_str(), &four.sin_addr) == 1) {
    std::memcpy(&place.address, &four, sizeof four);
    place.size = sizeof four;
    return place;
  }
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(static_cast<std::uint16_t>(port));
  if (inet_pton(AF_INET6, text.c_str(), &six.sin6_addr) != 1) return std::nullopt;
  std::memcpy(&place.address, &six, sizeof six);
  place.size = sizeof six;
  return place;
}

// A port that is taken is refused, not shared.
int listen_on(const std::string& text, int port) {
  const std::string where = "http server: " + text + ":" + std::to_string(port);
  const auto place = place_of(text, port);
  if (!place)
    throw std::system_error{EINVAL, std::generic_category(),
                            where + ": not an IPv4 or IPv6 address"};
  const int fd = socket(place->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd >= 0 && place->address.ss_family == AF_INET6)
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (fd < 0 || bind(fd, reinterpret_cast<const sockaddr*>(&place->address), place->size) != 0 ||
      listen(fd, SOMAXCONN) != 0) {
    const int why = errno;
    if (fd >= 0) close(fd);
    throw std::system_error{why, std::generic_category(), where};
  }
  return fd;
}

}  // namespace

TcpListener::TcpListener(Loop& loop, const std::string& address, int port, Take take)
    : loop_{loop}, take_{std::move(take)}, socket_{listen_on(address, port)} {
  loop_.watch_fd(socket_, true, false, [this] { take_all(); });
}

TcpListener::~TcpListener() {
  loop_.cancel(pause_);
  loop_.forget_fd(socket_);
  close(socket_);
}

int TcpListener::port() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
  // Both families have their port at the same place.
  sockaddr_in four;
  std::memcpy(&four, &address, sizeof four);
  return ntohs(four.sin_port);
}

void TcpListener::take_all() {
  for (int i = 0; i < most_at_once; ++i) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const int fd =
        accept4(socket_, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      take_(fd, peer);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      return pause();  // Whoever waits keeps the listening socket readable: no point in asking on.
    } else if (errno != EINTR && errno != ECONNABORTED && errno != EPROTO) {
      return;
    }
  }
}

void TcpListener::pause() {
  loop_.forget_fd(socket_);
  pause_ = loop_.after(no_more_sockets,
                       [this] { loop_.watch_fd(socket_, true, false, [this] { take_all(); }); });
}

}  // namespace paceline
