// The places that a server has for connections: who gets one, who gives way, who has been too slow.
//
//   const auto room = places.room_for(peer);       // may this peer come, and instead of whom?
//   HttpPlace& place = places.add(socket, peer, now, until);
//   places.enter(place, HttpPhase::sending, now, until);
//   for (HttpPlace* place : places.late(now)) ...  // their time is over
//
// Pure. Invariants:
//   1  At most `most` places are taken, `most_of_address` of them by one address.
//   2  `kept_for_loopback` places are taken by this host only, so that a supervisor's probe finds one.
//   3  Whoever makes the server wait gives way to whoever comes: a request that is whole and waits for
//      its answer, and a stream, never do.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"

struct sockaddr_storage;

namespace paceline {

/// Who is at the other end.
struct HttpPeer {
  std::string address;  // "127.0.0.1", "2001:db8::1"
  std::string
      counts_as;  // Whose share of the places it takes: of IPv6 a /64, of this host "loopback".
  bool is_loopback = false;
};
HttpPeer peer_of(const sockaddr_storage& address);

/// What a connection is about. The first three wait for the peer.
enum class HttpPhase { waiting, receiving, sending, answering, streaming };

struct HttpPlace {
  int socket = -1;
  HttpPeer peer;
  HttpPhase phase = HttpPhase::waiting;
  Instant since{};                 // When that phase began.
  std::optional<Instant> until{};  // When it must be over; nothing = it may last.
  std::string target{};            // Of the request line that came last, as it came.
  const char* target_end = nullptr;
};

class HttpPlaces {
 public:
  struct Options {
    std::size_t most = 256;              // [>= 1]
    std::size_t most_of_address = 64;    // [>= 1]
    std::size_t kept_for_loopback = 16;  // At most half of `most`.
  };

  explicit HttpPlaces(Options options) : options_{options} {}

  struct Room {
    bool is_there = false;
    HttpPlace* instead_of = nullptr;  // Who has to go first, if anybody.
  };
  Room room_for(const HttpPeer& peer);

  HttpPlace& add(int socket, HttpPeer peer, Instant now, std::optional<Instant> until);
  void enter(HttpPlace& place, HttpPhase phase, Instant now, std::optional<Instant> until);
  void remove(const HttpPlace& place);

  /// Those whose time is over.
  std::vector<HttpPlace*> late(Instant now);

  std::size_t taken() const { return places_.size(); }

 private:
  Options options_;
  std::list<HttpPlace> places_;
};

}  // namespace paceline
