#include "common/runtime/http_places.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "tests/support/catch.h"
#include "tests/support/start.h"

namespace paceline::test {
namespace {

HttpPeer peer(const std::string& text) {
  sockaddr_storage address{};
  sockaddr_in four{};
  four.sin_family = AF_INET;
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  if (inet_pton(AF_INET, text.c_str(), &four.sin_addr) == 1) {
    std::memcpy(&address, &four, sizeof four);
  } else {
    REQUIRE(inet_pton(AF_INET6, text.c_str(), &six.sin6_addr) == 1);
    std::memcpy(&address, &six, sizeof six);
  }
  return peer_of(address);
}

HttpPlace& come(HttpPlaces& places, const std::string& address, Instant now = start,
                HttpPhase phase = HttpPhase::waiting) {
  auto& place = places.add(0, peer(address), now, now + 10s);
  places.enter(place, phase, now, place.until);
  return place;
}

}  // namespace

TEST_CASE("this host is one address, and so is what one IPv6 host has", "[runtime]") {
  CHECK(peer("127.0.0.1").counts_as == peer("127.9.9.9").counts_as);
  CHECK(peer("127.0.0.1").counts_as == peer("::1").counts_as);
  CHECK(peer("::1").is_loopback);
  CHECK(peer("::1").address == "::1");
  CHECK(peer("::ffff:10.0.0.1").counts_as == peer("10.0.0.1").counts_as);
  CHECK(peer("2001:db8::1").counts_as == peer("2001:db8::ffff:1").counts_as);
  CHECK(peer("2001:db8::1").counts_as != peer("2001:db8:0:1::1").counts_as);
  CHECK(peer("10.0.0.1").counts_as != peer("10.0.0.2").counts_as);
  CHECK_FALSE(peer("128.0.0.1").is_loopback);
}

TEST_CASE("an address has its share and then its longest waiting gives way", "[runtime]") {
  HttpPlaces places{{.most = 10, .most_of_address = 2, .kept_for_loopback = 0}};
  come(places, "10.0.0.2");
  auto& first = come(places, "10.0.0.1", start + 1s);
  CHECK(places.room_for(peer("10.0.0.1")).is_there);
  auto& second = come(places, "10.0.0.1", start + 2s);

  const auto room = places.room_for(peer("10.0.0.1"));
  REQUIRE(room.is_there);
  CHECK(room.instead_of == &first);
  CHECK_FALSE(places.room_for(peer("10.0.0.3")).instead_of);

  places.enter(first, HttpPhase::answering, start + 3s, {});
  CHECK(places.room_for(peer("10.0.0.1")).instead_of == &second);
  places.enter(second, HttpPhase::streaming, start + 3s, {});
  CHECK_FALSE(places.room_for(peer("10.0.0.1")).is_there);
  places.remove(second);
  CHECK(places.room_for(peer("10.0.0.1")).is_there);
}

TEST_CASE("who waits for a head goes before who sends a body or is slow to take an answer",
          "[runtime]") {
  HttpPlaces places{{.most = 3, .most_of_address = 3, .kept_for_loopback = 0}};
  auto& sending = come(places, "10.0.0.1", start, HttpPhase::sending);
  auto& receiving = come(places, "10.0.0.2", start + 1s, HttpPhase::receiving);
  auto& waiting = come(places, "10.0.0.3", start + 2s);

  for (auto* next : {&waiting, &receiving, &sending}) {
    const auto room = places.room_for(peer("10.0.0.4"));
    CHECK(room.instead_of == next);
    places.enter(*next, HttpPhase::streaming, start + 3s, {});
  }
  CHECK_FALSE(places.room_for(peer("10.0.0.4")).is_there);
}

TEST_CASE("places are kept for this host whatever the others do", "[runtime]") {
  HttpPlaces places{{.most = 8, .most_of_address = 8, .kept_for_loopback = 2}};
  for (int i = 0; i < 6; ++i)
    come(places, "10.0.0." + std::to_string(i), start, HttpPhase::streaming);

  CHECK_FALSE(places.room_for(peer("10.0.0.9")).is_there);
  for (int i = 0; i < 2; ++i) {
    CHECK(places.room_for(peer("127.0.0.1")).is_there);
    come(places, "127.0.0.1");
  }
  // Those of this host give way to this host, not to others.
  CHECK_FALSE(places.room_for(peer("10.0.0.9")).is_there);
  CHECK(places.room_for(peer("127.0.0.1")).instead_of);
}

TEST_CASE("of few places at most half are kept", "[runtime]") {
  HttpPlaces places{{.most = 4, .most_of_address = 4, .kept_for_loopback = 16}};
  come(places, "10.0.0.1", start, HttpPhase::streaming);

  CHECK_FALSE(places.room_for(peer("10.0.0.1")).instead_of);
  CHECK(places.room_for(peer("10.0.0.1")).is_there);
}

TEST_CASE("who is beyond his time is late", "[runtime]") {
  HttpPlaces places{{}};
  auto& place = come(places, "10.0.0.1");

  CHECK(places.late(start + 9s).empty());
  CHECK(places.late(start + 10s) == std::vector<HttpPlace*>{&place});
  places.enter(place, HttpPhase::answering, start + 9s, {});
  CHECK(places.late(start + 24h).empty());
  CHECK(places.taken() == 1);
}

}  // namespace paceline::test
