// Tests of what goes into a publication, and of what cannot wait for one.
#include "services/publisher/offers.h"

#include "tests/support/catch.h"

#include <rapidcheck.h>

#include <map>

namespace paceline::test {
using namespace publisher;
namespace {

Offers offers_of(std::size_t count) {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < count; ++i) ids.push_back("t" + std::to_string(i));
  return Offers{ids, std::vector<std::string>(count, "chat")};
}

Offer allowing(int proactive) {
  return {.state = PaceState::ok,
          .reason = PaceReason::granted,
          .proactive = proactive,
          .max_pending = proactive};
}

std::vector<std::string> ids_of(const PublicationRequest& request) {
  std::vector<std::string> ids;
  for (const auto& target : request.targets) ids.push_back(target.id);
  return ids;
}

}  // namespace

TEST_CASE("a full publication names every target", "[publisher]") {
  Offers offers = offers_of(3);
  PublicationRequest request;

  const bool left = offers.fill(request, true, 10);

  CHECK(!left);
  CHECK(ids_of(request) == std::vector<std::string>{"t0", "t1", "t2"});
  CHECK(request.targets[0].offer.reason == PaceReason::stale_statistics);
}

TEST_CASE("a delta names the targets that changed", "[publisher]") {
  Offers offers = offers_of(3);
  PublicationRequest request;
  offers.fill(request, true, 10);
  offers.set(1, allowing(2));

  offers.fill(request, false, 10);

  REQUIRE(ids_of(request) == std::vector<std::string>{"t1"});
  CHECK(!request.full);
  CHECK(request.targets[0].offer.proactive == 2);
}

TEST_CASE("a delta names a target whose allowance was used, though it is the same number again",
          "[publisher]") {
  Offers offers = offers_of(2);
  offers.set(0, allowing(2));
  PublicationRequest request;
  offers.fill(request, true, 10);
  offers.record_feedback(0, 2, 2);
  offers.record_feedback(1, 0, 0);

  offers.fill(request, false, 10);
  CHECK(ids_of(request) == std::vector<std::string>{"t0"});

  offers.fill(request, false, 10);
  CHECK(request.targets.empty());
}

TEST_CASE("a target whose allowance is left as it should be is not named", "[publisher]") {
  Offers offers = offers_of(1);
  offers.set(0, {.proactive = 5, .max_pending = 5});
  PublicationRequest request;
  offers.fill(request, true, 10);
  offers.record_feedback(0, 0, 0);
  offers.fill(request, false, 10);
  offers.record_feedback(0, 3, 3);
  offers.set(0, {.proactive = 2, .max_pending = 5});

  offers.fill(request, false, 10);

  CHECK(request.targets.empty());
}

// Whenever the endpoint sends, before it takes a publication or after: it never may send more than
// holds now, and as many, unless it has sent since its last answer.
TEST_CASE("the endpoint's allowance follows what holds now", "[publisher][property]") {
  REQUIRE(rc::check([] {
    Offers offers = offers_of(1);
    int left = 0;
    for (int round = 0; round < 20; ++round) {
      const int now = *rc::gen::inRange(0, 5);
      offers.set(0, {.proactive = now, .max_pending = 9});
      const int before = *rc::gen::inRange(0, left + 1);
      left -= before;
      PublicationRequest request;
      offers.fill(request, round == 0, 10);
      if (!request.targets.empty()) left = request.targets[0].offer.proactive;
      RC_ASSERT(left <= now);
      RC_ASSERT(left == now || before > 0);
      const int after = *rc::gen::inRange(0, left + 1);
      left -= after;
      offers.record_feedback(0, static_cast<std::uint64_t>(before + after), 0);
    }
  }));
}

TEST_CASE("what the endpoint would do otherwise is urgent", "[publisher]") {
  struct Case {
    std::string what;
    Offer published;
    std::uint64_t sent;
    int pending;
    Offer now;
    bool urgent;
  };
  const auto each = GENERATE(values<Case>({
      {"nothing changed",
       {.proactive = 3, .max_pending = 3},
       0,
       0,
       {.proactive = 3, .max_pending = 3},
       false},
      {"all was sent",
       {.proactive = 3, .max_pending = 3},
       3,
       3,
       {.proactive = 0, .max_pending = 3},
       false},
      {"an agent came free",
       {.proactive = 3, .max_pending = 3},
       3,
       3,
       {.proactive = 2, .max_pending = 5},
       true},
      {"some were declined",
       {.proactive = 3, .max_pending = 3},
       3,
       1,
       {.proactive = 2, .max_pending = 3},
       true},
      {"an agent left",
       {.proactive = 3, .max_pending = 3},
       0,
       0,
       {.proactive = 1, .max_pending = 1},
       true},
      {"more may be outstanding, but they are",
       {.proactive = 3, .max_pending = 3},
       3,
       5,
       {.proactive = 0, .max_pending = 5},
       false},
      {"more is allowed, but no more may be outstanding",
       {.proactive = 3, .max_pending = 9},
       0,
       9,
       {.proactive = 5, .max_pending = 9},
       false},
      {"a wait is for people",
       {.proactive = 3, .max_pending = 3},
       0,
       0,
       {.proactive = 3, .max_pending = 3, .reactive_state = 0.5, .predicted_wait_s = 9},
       false},
  }));
  CAPTURE(each.what);
  Offers offers = offers_of(1);
  offers.set(0, each.published);
  CHECK(!offers.is_urgent(0));  // It was never named: the full publication is on its way.
  PublicationRequest request;
  offers.fill(request, true, 10);
  offers.record_feedback(0, each.sent, each.pending);

  offers.set(0, each.now);

  CHECK(offers.is_urgent(0) == each.urgent);
}

TEST_CASE("where nothing is left to send it is not urgent that fewer may go out", "[publisher]") {
  Offers offers = offers_of(1);
  offers.set(0, {.proactive = 3, .max_pending = 3});
  PublicationRequest request;
  offers.fill(request, true, 10);
  offers.record_feedback(0, 0, 0);
  offers.fill(request, false, 10);  // Empty: it tells when the three went out.
  offers.record_feedback(0, 3, 3);

  offers.set(0, {.proactive = 0, .max_pending = 1});

  CHECK(!offers.is_urgent(0));
}

TEST_CASE("batches name every target once, though what the first ones allowed was used meanwhile",
          "[publisher]") {
  Offers offers = offers_of(5);
  for (std::uint32_t i = 0; i < 5; ++i) offers.set(i, allowing(1));
  PublicationRequest request;
  std::vector<std::string> published;

  bool left = offers.fill(request, true, 2);
  for (int part = 0; part < 3; ++part) {
    for (const auto& id : ids_of(request)) {
      published.push_back(id);
      offers.record_feedback(static_cast<std::uint32_t>(id[1] - '0'), 1, 0);
    }
    if (left) left = offers.fill_next(request, 2);
  }

  CHECK(!left);
  CHECK(published == std::vector<std::string>{"t0", "t1", "t2", "t3", "t4"});
}

TEST_CASE("a wait that hardly moved is not published again", "[publisher]") {
  Offers offers = offers_of(1);
  Offer offer = allowing(1);
  offer.predicted_wait_s = 20;
  offers.set(0, offer);
  PublicationRequest request;
  offers.fill(request, true, 10);

  offer.predicted_wait_s = 21.9;
  offers.set(0, offer);
  offers.fill(request, false, 10);
  CHECK(request.targets.empty());

  offer.predicted_wait_s = 23;
  offers.set(0, offer);
  offers.fill(request, false, 10);
  CHECK(request.targets.size() == 1);
}

TEST_CASE("whatever a row says its offer is in range", "[publisher]") {
  TargetPace pace;
  pace.proactive = -3;
  pace.reactive_state = std::nan("");
  pace.predicted_wait_s = std::numeric_limits<double>::infinity();

  const Offer offer = offer_of(pace);

  CHECK(offer.proactive == 0);
  CHECK(offer.reactive_state == 0);
  CHECK(offer.predicted_wait_s == 1e6);
}

// A receiver that applies full and delta publications as the contract says always holds what is
// true now, whatever changed and however small the batches were.
TEST_CASE("a receiver of every publication holds what is true", "[publisher][property]") {
  REQUIRE(rc::check([] {
    const auto count = *rc::gen::inRange<std::size_t>(1, 12);
    Offers offers = offers_of(count);
    std::map<std::string, int> held;
    bool full = true;
    for (int cycle = 0; cycle < 12; ++cycle) {
      for (std::uint32_t i = 0; i < count; ++i)
        if (*rc::gen::inRange(0, 3) == 0) offers.set(i, allowing(*rc::gen::inRange(0, 4)));
      const auto limit = *rc::gen::inRange<std::size_t>(1, 6);
      bool left = true;
      bool first = true;
      while (left) {
        PublicationRequest request;
        left = first ? offers.fill(request, full, limit) : offers.fill_next(request, limit);
        RC_ASSERT(request.targets.size() <= limit);
        if (request.full) held.clear();
        for (const auto& target : request.targets) held[target.id] = target.offer.proactive;
        first = false;
      }
      for (std::uint32_t i = 0; i < count; ++i)
        RC_ASSERT(held["t" + std::to_string(i)] == offers.now(i).proactive);
      full = *rc::gen::inRange(0, 4) == 0;
    }
  }));
}

TEST_CASE("a short wait is published again when it moved by more than half a second",
          "[publisher]") {
  Offers offers = offers_of(1);
  Offer offer = allowing(1);
  offer.predicted_wait_s = 1;
  offers.set(0, offer);
  PublicationRequest request;
  offers.fill(request, true, 10);

  offer.predicted_wait_s = 1.5;
  offers.set(0, offer);
  offers.fill(request, false, 10);
  CHECK(request.targets.empty());

  offer.predicted_wait_s = 1.6;
  offers.set(0, offer);
  offers.fill(request, false, 10);
  CHECK(request.targets.size() == 1);
}

TEST_CASE("an offer is the row in range and rounded", "[publisher]") {
  const Offer offer = offer_of({.state = PaceState::degraded,
                                .reason = PaceReason::ratio_cap,
                                .proactive = 3,
                                .max_pending = 7,
                                .reactive = 2,
                                .reactive_state = 0.126,
                                .predicted_wait_s = 12.36});
  CHECK(offer == Offer{.state = PaceState::degraded,
                       .reason = PaceReason::ratio_cap,
                       .proactive = 3,
                       .max_pending = 7,
                       .reactive = 2,
                       .reactive_state = 0.13,
                       .predicted_wait_s = 12.4});

  const Offer least = offer_of({.proactive = -1,
                                .max_pending = -1,
                                .reactive = -1,
                                .reactive_state = -1,
                                .predicted_wait_s = -1});
  CHECK(least.max_pending == 0);
  CHECK(least.reactive == 0);
  CHECK(least.reactive_state == 0);
  CHECK(least.predicted_wait_s == 0);
  CHECK(offer_of({.reactive_state = 2}).reactive_state == 1);

  const Offer none = nothing(PaceState::stale, PaceReason::not_visible);
  CHECK(none.state == PaceState::stale);
  CHECK(none.reason == PaceReason::not_visible);
  CHECK(none.proactive == 0);
}

TEST_CASE("a pending of less than none is none", "[publisher]") {
  Offers offers = offers_of(1);
  offers.set(0, {.proactive = 3, .max_pending = 3});
  PublicationRequest request;
  offers.fill(request, true, 10);
  offers.record_feedback(0, 3, -2);

  offers.set(0, {.proactive = 2, .max_pending = 2});
  CHECK(offers.is_urgent(0));  // Two may be outstanding, and none is.
  offers.set(0, {.proactive = 0, .max_pending = 9});
  CHECK(!offers.is_urgent(0));
}

}  // namespace paceline::test
