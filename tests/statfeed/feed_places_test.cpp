#include "services/statfeed/feed_places.h"

#include "tests/statfeed/start.h"
#include "tests/support/catch.h"

namespace paceline::test {
using statfeed::FeedPlaces;
namespace {

// Everybody who has to go goes.
std::vector<int> ended(FeedPlaces& places) {
  std::vector<int> all;
  while (const auto connection = places.gives_way()) {
    all.push_back(*connection);
    places.left(*connection);
  }
  return all;
}

}  // namespace

TEST_CASE("while there is room nobody gives way", "[statfeed]") {
  FeedPlaces places{{.most = 3, .most_kept = 1}};
  for (int i = 1; i <= 3; ++i) places.arrived(i, start + i * 1s);

  CHECK(ended(places).empty());
  CHECK(places.taken() == 3);
}

TEST_CASE("who came or spoke longest ago gives way", "[statfeed]") {
  FeedPlaces places{{.most = 3, .most_kept = 1}};
  for (int i = 1; i <= 3; ++i) places.arrived(i, start + i * 1s);
  places.heard(1, 0, start + 10s);
  places.arrived(4, start + 11s);

  CHECK(ended(places) == std::vector{2});
}

TEST_CASE("a sender keeps those that it spoke on last, whoever comes", "[statfeed]") {
  FeedPlaces places{{.most = 6, .most_kept = 2}};
  for (int i = 1; i <= 2; ++i) {
    places.arrived(i, start);
    places.heard(i, i - 1, start + i * 1s);  // Primary on 1, backup on 2.
  }
  for (int i = 10; i < 1000; ++i) {
    places.arrived(i, start + i * 1s);
    for (const int gone : ended(places)) CHECK(gone >= 10);
  }
  CHECK(places.taken() == 6);
}

TEST_CASE("a sender that opens ever more connections takes the other's none away", "[statfeed]") {
  FeedPlaces places{{.most = 6, .most_kept = 2}};
  places.arrived(1, start);
  places.heard(1, 0, start);
  for (int i = 10; i < 100; ++i) {
    places.arrived(i, start + i * 1s);
    places.heard(i, 1, start + i * 1s);
    for (const int gone : ended(places)) CHECK(gone >= 10);
  }
  places.arrived(100, start + 100s);  // A newcomer has a place before it has spoken.
  for (const int gone : ended(places)) CHECK(gone < 100);
}

TEST_CASE("who left without a word has no place", "[statfeed]") {
  FeedPlaces places{{.most = 2, .most_kept = 1}};
  for (int i = 1; i <= 3; ++i) places.arrived(i, start);
  const std::vector open{2, 3};
  places.keep_only(open);

  CHECK(ended(places).empty());
  places.heard(1, 0, start);  // Nobody.
  CHECK(places.taken() == 2);
}

}  // namespace paceline::test
