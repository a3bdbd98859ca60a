#include "common/runtime/http_places.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/base/check.h"

namespace paceline {
namespace {

constexpr const char* loopback = "loopback";

HttpPeer peer_of(const in_addr& address) {
  char text[INET_ADDRSTRLEN] = "";
  inet_ntop(AF_INET, &address, text, sizeof text);
  const bool is_loopback = ntohl(address.s_addr) >> 24 == 127;
  return {.address = text, .counts_as = is_loopback ? loopback : text, .is_loopback = is_loopback};
}

HttpPeer peer_of(const in6_addr& address) {
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    in_addr inner;
    std::memcpy(&inner, &address.s6_addr[12], sizeof inner);
    return peer_of(inner);
  }
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(AF_INET6, &address, text, sizeof text);
  if (IN6_IS_ADDR_LOOPBACK(&address))
    return {.address = text, .counts_as = loopback, .is_loopback = true};
  // Whoever has an IPv6 address has the 2^64 beside it.
  in6_addr network = address;
  std::fill(&network.s6_addr[8], &network.s6_addr[16], std::uint8_t{0});
  char prefix[INET6_ADDRSTRLEN] = "";
  inet_ntop(AF_INET6, &network, prefix, sizeof prefix);
  return {.address = text, .counts_as = std::string{prefix} + "/64"};
}

}  // namespace

HttpPeer peer_of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 six;
    std::memcpy(&six, &address, sizeof six);
    return peer_of(six.sin6_addr);
  }
  sockaddr_in four;
  std::memcpy(&four, &address, sizeof four);
  return peer_of(four.sin_addr);
}

HttpPlaces::Room HttpPlaces::room_for(const HttpPeer& peer) {
  const auto of_peer = static_cast<std::size_t>(std::ranges::count_if(
      places_, [&](const HttpPlace& place) { return place.peer.counts_as == peer.counts_as; }));
  const std::size_t kept = std::min(options_.kept_for_loopback, options_.most / 2);
  const std::size_t open = peer.is_loopback ? options_.most : options_.most - kept;
  const bool has_share = of_peer < options_.most_of_address;
  if (has_share && places_.size() < open) return {.is_there = true};
  // Of those that wait for their peer the first kind there is, and of it who has waited longest.
  HttpPlace* instead_of = nullptr;
  for (auto& place : places_) {
    if (place.phase > HttpPhase::sending) continue;
    if (!has_share && place.peer.counts_as != peer.counts_as) continue;
    if (!peer.is_loopback && place.peer.is_loopback) continue;
    if (!instead_of ||
        std::pair{place.phase, place.since} < std::pair{instead_of->phase, instead_of->since})
      instead_of = &place;
  }
  return {.is_there = instead_of != nullptr, .instead_of = instead_of};
}

HttpPlace& HttpPlaces::add(int socket, HttpPeer peer, Instant now, std::optional<Instant> until) {
  return places_.emplace_back(
      HttpPlace{.socket = socket, .peer = std::move(peer), .since = now, .until = until});
}

void HttpPlaces::enter(HttpPlace& place, HttpPhase phase, Instant now,
                       std::optional<Instant> until) {
  if (std::exchange(place.phase, phase) != phase) place.since = now;
  place.until = until;
}

void HttpPlaces::remove(const HttpPlace& place) {
  const auto found =
      std::ranges::find_if(places_, [&](const HttpPlace& each) { return &each == &place; });
  CHECK(found != places_.end());
  places_.erase(found);
}

std::vector<HttpPlace*> HttpPlaces::late(Instant now) {
  std::vector<HttpPlace*> late;
  for (auto& place : places_)
    if (place.until && *place.until <= now) late.push_back(&place);
  return late;
}

}  // namespace paceline
