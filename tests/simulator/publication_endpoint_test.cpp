#include "services/simulator/publication_endpoint.h"

#include <rapidcheck.h>

#include "tests/simulator/small_centres.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace simulator;
namespace {

constexpr std::int64_t today_ms = 1'700'000'000'000;

TargetOffer offer(std::string id, int proactive, int max_pending) {
  TargetOffer made;
  made.id = std::move(id);
  made.channel = "chat";
  made.offer.state = PaceState::ok;
  made.offer.proactive = proactive;
  made.offer.max_pending = max_pending;
  made.offer.reason = PaceReason::granted;
  return made;
}

PublicationRequest publication(std::uint64_t term, std::uint64_t sequence,
                               std::vector<TargetOffer> targets) {
  PublicationRequest made;
  made.cluster = "demo";
  made.node = "a";
  made.term = term;
  made.sequence = sequence;
  made.timestamp_ms = today_ms;
  made.valid_until_ms = today_ms + 6000;
  made.targets = std::move(targets);
  return made;
}

// Two targets of ten agents; nobody answers an invitation within a minute.
struct TestEndpoint {
  Centre centre;
  PublicationEndpoint endpoint;

  explicit TestEndpoint(PublicationEndpoint::Options options = {.epoch = "e1"})
      : centre{centre_with(slow_kind(), 2), 1}, endpoint{centre, std::move(options)} {}

  static GroupKind slow_kind() {
    auto kind = plain_kind(10);
    kind.answer_delay = {Shape::lognormal, 120, 0};
    kind.invitation_life = 60s;
    return kind;
  }
  PublicationEndpoint::Verdict receive(const PublicationRequest& request) {
    return endpoint.receive(request, today_ms, 1);
  }
};

}  // namespace

TEST_CASE("a publication sends what it allows and answers with feedback", "[simulator]") {
  TestEndpoint endpoint;

  const auto verdict = endpoint.receive(publication(5, 1, {offer("t0", 3, 5), offer("zz", 1, 1)}));

  CHECK(verdict.status == 200);
  CHECK(verdict.answer.accepted == 1);
  CHECK(verdict.answer.rejected == std::vector<RejectedTarget>{{"zz", "unknown_target"}});
  CHECK(verdict.answer.epoch == "e1");
  REQUIRE(verdict.answer.feedback.size() == 1);  // Of what it names and the endpoint knows.
  CHECK(verdict.answer.feedback[0].id == "t0");
  CHECK(verdict.answer.feedback[0].counts.sent == 3);
  CHECK(verdict.answer.feedback[0].counts.pending == 3);
}

TEST_CASE("an older term or a sequence that is not larger is fenced", "[simulator]") {
  TestEndpoint endpoint;
  endpoint.receive(publication(5, 7, {}));

  const auto older_term = endpoint.receive(publication(4, 100, {offer("t0", 3, 5)}));
  const auto same_sequence = endpoint.receive(publication(5, 7, {offer("t0", 3, 5)}));
  const auto next = endpoint.receive(publication(5, 8, {}));
  const auto new_term = endpoint.receive(publication(6, 1, {}));
  auto other_cluster = publication(1, 1, {});
  other_cluster.cluster = "other";
  const auto other = endpoint.receive(other_cluster);

  CHECK(older_term.status == 409);
  CHECK(older_term.fence.term == 5);
  CHECK(older_term.fence.sequence == 7);
  CHECK(same_sequence.status == 409);
  CHECK(next.status == 200);
  CHECK(new_term.status == 200);
  CHECK(other.status == 200);
  CHECK(endpoint.centre.latest_counts(0).sent == 0);
}

TEST_CASE("a delta stands on the publication before it, or is refused", "[simulator]") {
  const auto [term, sequence, status] = GENERATE(table<std::uint64_t, std::uint64_t, int>(
      {{5, 8, 200}, {5, 9, 409}, {6, 1, 409}, {6, 8, 409}}));
  CAPTURE(term, sequence);
  TestEndpoint endpoint;
  auto first = publication(5, 7, {});
  first.full = false;
  CHECK(endpoint.receive(first).status == 409);  // Nothing is held yet.
  first.full = true;
  endpoint.receive(first);

  auto delta = publication(term, sequence, {offer("t0", 3, 5)});
  delta.full = false;
  const auto verdict = endpoint.receive(delta);

  CHECK(verdict.status == status);
  CHECK(endpoint.centre.latest_counts(0).sent == (status == 200 ? 3 : 0));
  if (status != 409) return;
  CHECK(verdict.fence.term == 5);
  CHECK(verdict.fence.sequence == 7);
}

TEST_CASE("a publication without cluster, term or sequence is refused", "[simulator]") {
  TestEndpoint endpoint;
  auto nameless = publication(1, 1, {});
  nameless.cluster.clear();

  CHECK(endpoint.receive(nameless).status == 400);
  CHECK(endpoint.receive(publication(0, 1, {})).status == 400);
  CHECK(endpoint.receive(publication(1, 0, {})).status == 400);
}

TEST_CASE("a full publication takes away what it does not name, a delta does not", "[simulator]") {
  TestEndpoint endpoint;
  endpoint.receive(
      publication(1, 1, {offer("t0", 4, 2), offer("t1", 4, 2)}));  // 2 go out, 2 are left.

  auto delta = publication(1, 2, {offer("t1", 0, 2)});
  delta.full = false;
  endpoint.receive(delta);
  const auto after_delta = endpoint.centre.allowance(0);
  endpoint.receive(publication(1, 3, {offer("t1", 0, 2)}));

  CHECK(after_delta == 2);
  CHECK(endpoint.centre.allowance(0) == 0);
}

TEST_CASE("the manual's example of invitations goes as it says", "[simulator]") {
  auto kind = plain_kind(10);
  kind.acceptance = 1;
  kind.answer_delay = {Shape::lognormal, 20, 0};
  Centre centre{centre_with(kind, 2), 1};
  PublicationEndpoint endpoint{centre, {.epoch = "e"}};
  std::uint64_t sequence = 0;
  const auto publish = [&](bool full, std::vector<TargetOffer> offers) {
    auto request = publication(1, ++sequence, std::move(offers));
    request.full = full;
    request.valid_for_ms = 600'000;
    REQUIRE(endpoint.receive(request, today_ms, 1).status == 200);
  };
  publish(true, {offer("t0", 1, 4)});
  centre.advance(1s);
  publish(false, {offer("t0", 3, 4)});
  centre.advance(2s);
  REQUIRE(centre.latest_counts(0).pending == 4);

  publish(false, {offer("t0", 3, 5)});
  CHECK(centre.latest_counts(0).pending == 5);
  CHECK(centre.allowance(0) == 2);
  centre.advance(20s);  // The first of them answers.
  CHECK(centre.latest_counts(0).accepted == 1);
  CHECK(centre.latest_counts(0).sent == 6);
  CHECK(centre.allowance(0) == 1);
  publish(false, {offer("t1", 1, 1)});
  CHECK(centre.allowance(0) == 1);
  publish(false, {offer("t0", 0, 5)});
  CHECK(centre.allowance(0) == 0);
  CHECK(centre.latest_counts(0).sent == 6);
}

TEST_CASE("a publication is good for as much longer as the centre is faster", "[simulator]") {
  TestEndpoint endpoint;
  auto request = publication(1, 1, {offer("t0", 50, 10)});
  request.valid_for_ms = 2000;

  endpoint.endpoint.receive(request, today_ms, 10);
  endpoint.centre.advance(20s - 1ms);
  CHECK(endpoint.centre.allowance(0) == 40);
  endpoint.centre.advance(20s);
  CHECK(endpoint.centre.allowance(0) == 0);
}

TEST_CASE("a cluster beyond the bound is refused, those before go on", "[simulator]") {
  TestEndpoint endpoint{{.epoch = "e", .max_clusters = 2}};
  const auto status = [&](const char* cluster, std::uint64_t sequence) {
    auto request = publication(1, sequence, {});
    request.cluster = cluster;
    return endpoint.receive(request).status;
  };

  CHECK(status("a", 1) == 200);
  CHECK(status("b", 1) == 200);
  CHECK(status("c", 1) == 400);
  CHECK(status("b", 2) == 200);
}

TEST_CASE("after validUntil nothing goes out", "[simulator]") {
  TestEndpoint endpoint;
  endpoint.receive(publication(1, 1, {offer("t0", 50, 10)}));
  const auto before = endpoint.centre.allowance(0);

  endpoint.centre.advance(6s);

  CHECK(before == 40);
  CHECK(endpoint.centre.allowance(0) == 0);

  auto late = publication(1, 2, {offer("t0", 50, 20)});
  late.valid_until_ms = today_ms - 1;
  CHECK(endpoint.receive(late).status == 200);
  CHECK(endpoint.centre.latest_counts(0).sent == 10);
}

TEST_CASE(
    "how long a publication is good counts from its arrival, whatever its sender's clock says",
    "[simulator]") {
  const auto valid_until = GENERATE(as<std::int64_t>{}, today_ms - 3'600'000, today_ms + 3'600'000);
  TestEndpoint endpoint;
  auto request = publication(1, 1, {offer("t0", 50, 10)});
  request.valid_for_ms = 6000;
  request.valid_until_ms = valid_until;

  endpoint.receive(request);
  endpoint.centre.advance(5999ms);
  const auto before = endpoint.centre.allowance(0);
  endpoint.centre.advance(6s);

  CHECK(before == 40);
  CHECK(endpoint.centre.allowance(0) == 0);
}

TEST_CASE("a conflict names the publisher whose publication is held", "[simulator]") {
  TestEndpoint endpoint;
  auto held = publication(5, 7, {});
  held.incarnation = 77;
  endpoint.receive(held);

  auto other = publication(5, 7, {});
  other.node = "b";
  other.incarnation = 78;
  const auto verdict = endpoint.receive(other);

  CHECK(verdict.fence == Fence{.term = 5, .sequence = 7, .incarnation = 77, .node = "a"});
}

TEST_CASE("stale and disabled targets and a world without invitations get none", "[simulator]") {
  auto stale = offer("t0", 5, 5);
  stale.offer.state = PaceState::stale;
  TestEndpoint endpoint;
  TestEndpoint closed{{.epoch = "e", .invite = false}};

  endpoint.receive(publication(1, 1, {stale}));
  closed.receive(publication(1, 1, {offer("t0", 5, 5)}));

  CHECK(endpoint.centre.latest_counts(0).sent == 0);
  CHECK(closed.centre.latest_counts(0).sent == 0);
}

TEST_CASE(
    "a changed row of feedback is told once to deltas, all rows that it names to a full "
    "publication",
    "[simulator]") {
  TestEndpoint endpoint;
  const auto rows = [&](std::uint64_t sequence, bool full, int allowed, const char* cluster) {
    auto request = publication(1, sequence, {offer("t0", allowed, 9)});
    request.full = full;
    request.cluster = cluster;
    return endpoint.receive(request).answer.feedback.size();
  };

  CHECK(rows(1, true, 1, "c") == 1);
  CHECK(rows(2, false, 0, "c") == 0);  // The answer before told the invitation that it sent.
  CHECK(rows(3, false, 1, "c") == 1);
  CHECK(rows(4, false, 0, "c") == 0);
  CHECK(rows(1, true, 1, "other") == 1);
  CHECK(rows(5, false, 0, "c") == 1);  // Each cluster is told for itself.
  CHECK(rows(6, false, 0, "c") == 0);
  CHECK(rows(7, true, 0, "c") == 1);
}

TEST_CASE("a target that a delta names for the first time is told with what is known of it",
          "[simulator]") {
  TestEndpoint endpoint;
  endpoint.receive(publication(1, 1, {offer("t0", 1, 9)}));
  auto request = publication(1, 2, {offer("t1", 0, 9)});
  request.full = false;

  const auto feedback = endpoint.receive(request).answer.feedback;

  REQUIRE(feedback.size() == 1);
  CHECK(feedback[0].id == "t1");
}

namespace {

/// Two cells of one endpoint, t0 and t1.
struct TwoCells : TestEndpoint {
  std::map<std::string, std::uint64_t> sequences;

  PublicationEndpoint::Verdict say(const std::string& cluster, std::vector<TargetOffer> targets,
                                   bool full = true) {
    auto request = publication(1, ++sequences[cluster], std::move(targets));
    request.cluster = cluster;
    request.full = full;
    request.valid_for_ms = 6000;
    auto verdict = receive(request);
    CHECK(verdict.status == 200);
    return verdict;
  }
};

TargetOffer withdrawn(std::string id) {
  auto made = offer(std::move(id), 0, 0);
  made.offer.state = PaceState::disabled;
  made.offer.reason = PaceReason::disabled;
  return made;
}

}  // namespace

TEST_CASE("what one cluster does not name another one offers all the same", "[simulator]") {
  TwoCells endpoint;
  endpoint.say("north", {offer("t0", 50, 10)});
  endpoint.say("south", {offer("t1", 50, 10)});

  CHECK(endpoint.centre.allowance(0) == 40);
  CHECK(endpoint.centre.allowance(1) == 40);

  endpoint.centre.advance(5s);
  endpoint.say("south", {}, false);
  endpoint.centre.advance(7s);

  CHECK(endpoint.centre.allowance(0) == 0);  // Another cluster's word does not lengthen it.
  CHECK(endpoint.centre.allowance(1) == 40);

  endpoint.say("south", {});
  CHECK(endpoint.centre.allowance(1) == 0);
}

TEST_CASE("a target that is held switched off takes nothing from the cluster that offers for it",
          "[simulator]") {
  TwoCells endpoint;
  endpoint.say("north", {offer("t0", 50, 10)});

  const auto verdict = endpoint.say("south", {withdrawn("t0")});

  CHECK(verdict.contested == 0);
  CHECK(endpoint.centre.allowance(0) == 40);
}

TEST_CASE(
    "two clusters that offer for one target at once show as contested, one after the other do not",
    "[simulator]") {
  TwoCells endpoint;
  endpoint.say("north", {offer("t0", 50, 10)});
  CHECK(endpoint.say("south", {offer("t0", 20, 10)}).contested == 1);
  CHECK(endpoint.say("south", {offer("t0", 20, 10)}, false).contested == 0);
  CHECK(endpoint.say("north", {offer("t0", 50, 10)}, false).contested == 1);

  endpoint.say("north", {});
  CHECK(endpoint.say("south", {offer("t0", 20, 10)}).contested == 0);

  endpoint.centre.advance(6s);  // What it said has ended by itself.
  CHECK(endpoint.say("north", {offer("t0", 50, 10)}).contested == 0);
}

TEST_CASE("accepted terms and sequences only rise, pending stays bounded",
          "[simulator][property]") {
  REQUIRE(rc::check([] {
    TestEndpoint endpoint;
    std::pair<std::uint64_t, std::uint64_t> last{0, 0};
    std::uint64_t sent = 0;
    for (int step = 0; step < 100; ++step) {
      const auto term = *rc::gen::inRange<std::uint64_t>(0, 5);
      const auto sequence = *rc::gen::inRange<std::uint64_t>(0, 40);
      const int most = *rc::gen::inRange(0, 8);
      auto request = publication(term, sequence, {offer("t0", *rc::gen::inRange(0, 9), most)});
      request.full = *rc::gen::arbitrary<bool>();
      const int pending = endpoint.centre.latest_counts(0).pending;
      const auto verdict = endpoint.receive(request);
      const bool stands =
          request.full || std::pair{term, sequence} == std::pair{last.first, last.second + 1};
      RC_ASSERT((verdict.status == 200) ==
                (term > 0 && sequence > 0 && std::pair{term, sequence} > last && stands));
      if (verdict.status == 200) {
        last = {term, sequence};
        RC_ASSERT(endpoint.centre.latest_counts(0).pending <= std::max(pending, most));
        RC_ASSERT(verdict.answer.term == term);
      } else {
        RC_ASSERT(endpoint.centre.latest_counts(0).pending == pending);
      }
      RC_ASSERT(endpoint.centre.latest_counts(0).sent >= sent);
      sent = endpoint.centre.latest_counts(0).sent;
      endpoint.centre.advance(endpoint.centre.now() +
                              std::chrono::seconds{*rc::gen::inRange(0, 40)});
    }
  }));
}

}  // namespace paceline::test
