// Whom a pacer asks for what it learned, and when it gives up.
#include "services/pacer/peer_round.h"

#include <rapidcheck.h>

#include <map>

#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;
namespace {

Instant at(Duration since) {
  return Instant{1000s} + since;
}

}  // namespace

TEST_CASE("peers are asked one after the other, each once when all answer", "[pacer]") {
  PeerRound round{{{"b", 0}, {"b", 1}}, at(0s)};

  CHECK(round.next(at(0s)) == PeerPacer{"b", 0});
  CHECK(!round.next(at(0s)));
  round.answered(at(1s));
  CHECK(round.next(at(1s)) == PeerPacer{"b", 1});
  CHECK(!round.is_over(at(1s)));
  round.answered(at(2s));

  CHECK(round.is_over(at(2s)));
  CHECK(round.unanswered() == 0);
  CHECK(!round.next(at(1h)));
}

TEST_CASE("who is silent is asked again after a pause that grows", "[pacer]") {
  PeerRound round{{{"b", 0}, {"c", 0}}, at(0s)};
  round.next(at(0s));
  round.silent(at(5s));
  CHECK(round.next(at(5s)) == PeerPacer{"c", 0});
  round.answered(at(5s));

  CHECK(!round.next(at(6s)));
  CHECK(round.next(at(7s)) == PeerPacer{"b", 0});
  round.silent(at(12s));
  CHECK(!round.next(at(19s)));
  CHECK(round.next(at(20s)) == PeerPacer{"b", 0});
  round.silent(at(25s));
  CHECK(round.next(at(57s)) == PeerPacer{"b", 0});
  round.silent(at(62s));

  CHECK(round.is_over(at(62s)));
  CHECK(round.unanswered() == 1);
}

TEST_CASE("without peers there is nobody to ask", "[pacer]") {
  PeerRound round{{}, at(0s)};

  CHECK(!round.next(at(0s)));
  CHECK(round.is_over(at(0s)));
}

TEST_CASE("asking ends within its bounds whatever peers do", "[pacer][property]") {
  CHECK(rc::check([] {
    std::vector<PeerPacer> peers;
    const int count = *rc::gen::inRange(0, 200);
    for (int i = 0; i < count; ++i) peers.push_back({"n" + std::to_string(i), 0});
    PeerRound round{peers, at(0s)};
    std::map<std::string, int> asked;
    std::map<std::string, bool> answered;
    Instant now = at(0s);
    while (!round.is_over(now)) {
      const auto peer = round.next(now);
      now += 5s;
      if (!peer) continue;
      RC_ASSERT(!answered[peer->node]);
      RC_ASSERT(++asked[peer->node] <= PeerRound::most_rounds);
      if (*rc::gen::inRange(0, 3) == 0) {
        answered[peer->node] = true;
        round.answered(now);
      } else {
        round.silent(now);
      }
    }
    RC_ASSERT(now <= at(0s) + PeerRound::longest + 5s);
  }));
}

TEST_CASE("nobody is asked ten minutes after the start, but for the one who is", "[pacer]") {
  PeerRound waiting{{{"b", 0}}, at(0s)};
  CHECK(!waiting.is_over(at(10min - 1ns)));
  CHECK(waiting.is_over(at(10min)));
  CHECK(!waiting.next(at(10min)));
  CHECK(waiting.unanswered() == 1);

  PeerRound asking{{{"b", 0}}, at(0s)};
  CHECK(asking.next(at(10min - 1ns)));
  CHECK(!asking.is_over(at(11min)));
  asking.answered(at(11min));
  CHECK(asking.is_over(at(11min)));
}

}  // namespace paceline::test
