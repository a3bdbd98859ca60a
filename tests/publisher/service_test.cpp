// The publisher on virtual time, with an endpoint that does what the test wants.
#include "services/publisher/service.h"

#include "tests/support/catch.h"

#include <algorithm>

#include "common/base/hash.h"
#include "common/wire/codec.h"
#include "tests/publisher/fixture.h"

namespace paceline::test {
using namespace publisher;
namespace {

Result<HttpAnswer> status(int code, std::string body = "", HttpHeaders headers = {}) {
  HttpAnswer answer;
  answer.status = code;
  answer.body = std::move(body);
  answer.headers = std::move(headers);
  return answer;
}

// Answers the next `count` publications with `answer`, then as the contract has it.
void answer_next(Fixture& fixture, int count, std::function<Result<HttpAnswer>()> answer) {
  fixture.endpoint->answer = [&fixture, left = count,
                              answer](const PublicationRequest& request) mutable {
    return left-- > 0 ? answer() : fixture.endpoint->accept(request);
  };
}

}  // namespace

TEST_CASE("other targets are published for without a pause of the rest", "[publisher][scenario]") {
  Fixture fixture{5};
  fixture.pace(3);
  fixture.grant(257);
  fixture.sim.run_for(10s);
  REQUIRE(fixture.publisher->gate().open());
  const auto before = fixture.published().size();
  const auto last = fixture.published().back().request.sequence;
  const auto stale_before = fixture.sim.count("pace_stale");  // At the start, before pacers spoke.

  const std::vector<std::string> ids{"t5", "new", "t1", "t2", "t3", "t4"};
  std::vector<int> shards;
  for (const auto& id : ids) shards.push_back(shard_of(id, fixture.config.pacers));
  CHECK(fixture.publisher->take_targets(ids, std::vector<std::string>(6, "chat"), shards, "2") ==
        "6 targets: 1 added, 1 removed");
  fixture.sim.run_for(3s);

  REQUIRE(fixture.published().size() > before);
  const auto& next = fixture.published()[before].request;
  CHECK(next.full);
  CHECK(next.sequence == last + 1);
  std::map<std::string, std::int32_t> allowed;
  for (const auto& target : next.targets) allowed[target.id] = target.offer.proactive;
  CHECK(allowed == std::map<std::string, std::int32_t>{
                       {"t1", 3}, {"t2", 3}, {"t3", 3}, {"t4", 3}, {"t5", 3}, {"new", 0}});
  CHECK(fixture.sim.count("pace_stale") == stale_before);
  CHECK(fixture.sim.count("gate_closed") == 0);
}

TEST_CASE("nothing is published without a grant", "[publisher][scenario]") {
  Fixture fixture{1};

  fixture.sim.run_for(30s);

  CHECK(fixture.published().empty());
  CHECK(fixture.endpoint->tokens == 1);
  CHECK(fixture.endpoint->probes >= 5);
  CHECK(fixture.publisher->report().endpoint_reachable);
}

TEST_CASE("the first publication of a term goes out at once and is full", "[publisher][scenario]") {
  Fixture fixture{2};
  fixture.sim.run_for(3s);

  fixture.grant(257);
  fixture.sim.run_for(5ms);

  REQUIRE(fixture.published().size() == 1);
  const auto& request = fixture.published()[0].request;
  CHECK(request.full);
  CHECK(request.term == 257);
  CHECK(request.sequence == 1);
  CHECK(request.targets.size() == 6);
  CHECK(request.targets[0].offer.proactive == 1);
  CHECK(request.valid_for_ms == 6000);
  CHECK(request.valid_until_ms - request.timestamp_ms == 6000);
  CHECK(request.incarnation == fixture.world->incarnation);
}

TEST_CASE("publications keep the period and only changes are told", "[publisher][scenario]") {
  Fixture fixture{3};
  fixture.pace(0);
  fixture.sim.run_for(1s);
  fixture.grant(257);

  fixture.sim.run_for(9s);

  REQUIRE(fixture.published().size() == 5);
  for (std::size_t i = 1; i < 5; ++i) {
    CHECK(!fixture.published()[i].request.full);
    CHECK(fixture.published()[i].request.targets.empty());
    CHECK(fixture.published()[i].request.sequence == i + 1);
    CHECK(fixture.published()[i].at - fixture.published()[i - 1].at < 2100ms);
  }
}

// 200 seeds: grants that come late, twice and overtaken, revocations, pauses of the publisher,
// answers slower than the period. Whatever leaves has a grant of its term that is good at that
// moment, terms never fall, sequences rise, and there is never more than one publication in flight.
TEST_CASE("no publication leaves without a good grant", "[publisher][scenario]") {
  const auto seed = GENERATE(range(0u, 200u));
  CAPTURE(seed);
  Fixture fixture{seed, [](PublisherConfig& config) { config.prompt_gap = 50ms; }};
  fixture.endpoint->delay_max = 3s;
  SimRandom chance{seed};
  std::vector<Grant> granted;
  std::uint64_t term = 256;
  bool is_paused = false;
  const Address address{"a", "publisher", 0};

  for (int i = 0; i < 60; ++i) {
    const double what = chance.uniform();
    if (what < 0.15) ++term;
    const auto life = std::chrono::milliseconds{static_cast<int>(chance.uniform() * 2000)};
    const Grant grant = fixture.grant_message(what > 0.85 ? 0 : term, life);
    granted.push_back(grant);
    const int copies = chance.uniform() < 0.3 ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy)
      fixture.elector->timers.after(
          std::chrono::milliseconds{static_cast<int>(chance.uniform() * 1500)},
          [&fixture, grant] { fixture.elector->bus.publish("grant", encode(grant)); });
    if (chance.uniform() < 0.1) {
      is_paused = !is_paused;
      is_paused ? fixture.sim.pause_process(address) : fixture.sim.resume_process(address);
    }
    fixture.pace(i % 7);
    fixture.sim.run_for(std::chrono::milliseconds{static_cast<int>(chance.uniform() * 700)});
  }

  std::uint64_t last_term = 0;
  std::uint64_t last_sequence = 0;
  for (const auto& [at, request, token] : fixture.published()) {
    CHECK(std::any_of(granted.begin(), granted.end(), [&, at = at, &request = request](auto& g) {
      return g.term == request.term && at + 20ms < Instant{Duration{g.expires_ns}};
    }));
    CHECK(request.term >= last_term);
    if (request.term == last_term) CHECK(request.sequence > last_sequence);
    last_term = request.term;
    last_sequence = request.sequence;
  }
  CHECK(fixture.endpoint->most_in_flight <= 1);
}

TEST_CASE("grants let publications out, in most seeds", "[publisher][scenario]") {
  const auto seed = GENERATE(range(0u, 20u));
  CAPTURE(seed);
  Fixture fixture{seed};
  fixture.sim.run_for(1s);
  for (int i = 0; i < 20; ++i) {
    fixture.grant(300, 600ms);
    fixture.sim.run_for(200ms);
  }

  CHECK(fixture.published().size() >= 2);
}

TEST_CASE("a request in flight is cancelled when the grant ends", "[publisher][scenario]") {
  Fixture fixture{4};
  fixture.endpoint->delay_min = fixture.endpoint->delay_max = 1s;
  fixture.sim.run_for(3s);
  fixture.grant(257, 300ms);

  fixture.sim.run_for(290ms);

  CHECK(fixture.published().size() == 1);
  CHECK(fixture.endpoint->cancelled == 1);
  CHECK(!fixture.publisher->report().open);
}

TEST_CASE("after a lost answer everything is told again", "[publisher][scenario]") {
  Fixture fixture{5};
  fixture.sim.run_for(1s);
  fixture.grant(257);
  fixture.sim.run_for(3s);
  answer_next(fixture, 1, [] { return fail(Errc::unavailable, "reset"); });

  fixture.sim.run_for(4s);

  const auto failed = fixture.published().size();
  REQUIRE(failed >= 4);
  CHECK(!fixture.published()[2].request.full);
  CHECK(fixture.published()[3].request.full);
  CHECK(fixture.published()[3].at - fixture.published()[2].at < 2s);
}

TEST_CASE("a silent shard's targets are allowed nothing, and say why", "[publisher][scenario]") {
  Fixture fixture{6};
  fixture.sim.run_for(1s);
  fixture.grant(257);
  fixture.sim.run_for(5s);
  fixture.silence_pacer(0);

  fixture.sim.run_for(8s);

  std::map<std::string, Offer> held;
  for (const auto& published : fixture.published())
    for (const auto& target : published.request.targets) held[target.id] = target.offer;
  REQUIRE(held.size() == 6);
  std::size_t stale = 0;
  for (const auto& [id, offer] : held) {
    if (offer.state != PaceState::stale) continue;
    ++stale;
    CHECK(offer.proactive == 0);
    CHECK(offer.reason == PaceReason::stale_statistics);
  }
  CHECK(stale > 0);
  CHECK(stale < 6);
  CHECK(fixture.sim.count("pace_stale") == 1);
}

TEST_CASE("a fence shuts the gate, and the elector hears of it", "[publisher][scenario]") {
  Fixture fixture{7};
  fixture.sim.run_for(1s);
  fixture.grant(257);
  fixture.sim.run_for(3s);
  answer_next(fixture, 1, [] { return status(409, R"({"term":514})"); });
  fixture.sim.run_for(2s);
  const auto before = fixture.published().size();

  fixture.grant(257);
  fixture.sim.run_for(5s);

  CHECK(fixture.published().size() == before);
  CHECK(fixture.reports.back().fenced_by == 514);
  CHECK(fixture.reports.back().stopped_term == 257);
  CHECK(fixture.reports.back().outcome == PublicationOutcome::fenced);

  fixture.grant(769);
  fixture.sim.run_for(100ms);
  CHECK(fixture.published().size() == before + 1);
}

TEST_CASE("an absurd term from the endpoint stops nothing and is stored nowhere",
          "[publisher][scenario]") {
  const auto [code, term] = GENERATE(table<int, std::string>({{409, "9223372036854775807"},
                                                              {409, "72057594037927936"},
                                                              {409, "1795373026375000000"},
                                                              {409, "9007199254740991"},
                                                              {409, "-1"},
                                                              {409, "\"x\""},
                                                              {200, "9007199254740991"}}));
  CAPTURE(code, term);
  Fixture fixture{7};
  fixture.sim.run_for(1s);
  fixture.grant(257);
  fixture.sim.run_for(3s);
  std::string body = R"({"term":)" + term + R"(,"sequence":1,"accepted":1,"epoch":"e"})";
  answer_next(fixture, 1, [status_code = code, body] { return status(status_code, body); });
  fixture.reports.clear();

  fixture.sim.run_for(4s);

  bool is_told = false;
  for (const auto& report : fixture.reports) {
    CHECK(report.open);
    CHECK(report.fenced_by == 0);
    CHECK(report.stopped_term == 0);
    is_told = is_told || report.detail.find("pacelinectl topology rename") != std::string::npos;
  }
  CHECK(is_told);
  CHECK(fixture.reports.back().outcome == PublicationOutcome::accepted);
}

TEST_CASE("a refused token is renewed once and the publication repeated", "[publisher][scenario]") {
  Fixture fixture{8};
  answer_next(fixture, 1, [] { return status(401); });
  fixture.sim.run_for(1s);

  fixture.grant(257);
  fixture.sim.run_for(500ms);

  REQUIRE(fixture.published().size() == 2);
  CHECK(fixture.published()[0].token == "Bearer token-1");
  CHECK(fixture.published()[1].token == "Bearer token-2");
  CHECK(fixture.publisher->report().outcome == PublicationOutcome::accepted);
}

TEST_CASE("tokens that are refused again and again are asked for less and less",
          "[publisher][scenario]") {
  Fixture fixture{9};
  answer_next(fixture, 1000, [] { return status(401); });
  fixture.sim.run_for(1s);
  fixture.grant(257, 59s);

  fixture.sim.run_for(55s);

  CHECK(fixture.endpoint->tokens >= 3);
  CHECK(fixture.endpoint->tokens <= 60);
}

TEST_CASE("a throttled publisher waits as long as it was asked to", "[publisher][scenario]") {
  Fixture fixture{10};
  answer_next(fixture, 1, [] { return status(429, "", {{"retry-after", "9"}}); });
  fixture.sim.run_for(1s);
  fixture.grant(257);

  fixture.sim.run_for(8900ms);
  CHECK(fixture.published().size() == 1);
  CHECK(fixture.publisher->report().detail.find("left alone") == std::string::npos);

  fixture.sim.run_for(1s);
  CHECK(fixture.published().size() == 2);
  CHECK(fixture.publisher->report().skipped_cycles >= 3);
}

TEST_CASE("a pause of over ten seconds is told with its end, and where it was asked for",
          "[publisher][scenario]") {
  Fixture fixture{10};
  answer_next(fixture, 1, [] { return status(429, "slow down", {{"retry-after", "245"}}); });
  fixture.sim.run_for(1s);
  fixture.grant(257);
  fixture.sim.run_for(1s);

  const std::string detail = fixture.publisher->report().detail;

  CAPTURE(detail);
  const std::string words = ": slow down; it asks to be left alone until ";
  REQUIRE(detail.starts_with("HTTP status 429 at https://api.test/api/"));
  REQUIRE(detail.find(words) != std::string::npos);
  const WallTime end = fixture.world->clock.wall() + 245s;
  CHECK(detail.substr(detail.find(words) + words.size(), 16) <= format_utc(end).substr(0, 16));
}

TEST_CASE("a publication too large is sent in batches", "[publisher][scenario]") {
  Fixture fixture{11, [](PublisherConfig& config) {
                    for (int i = 0; i < 500; ++i) config.ids.push_back("more" + std::to_string(i));
                    config.channels.assign(config.ids.size(), "chat");
                  }};
  fixture.endpoint->answer = [&](const PublicationRequest& request) {
    return request.targets.size() > 150 ? status(413) : fixture.endpoint->accept(request);
  };
  fixture.sim.run_for(3s);

  fixture.grant(257);
  fixture.sim.run_for(1s);

  std::map<std::string, int> told;
  std::size_t full = 0;
  for (const auto& published : fixture.published()) {
    if (published.request.targets.size() > 150) continue;
    if (published.request.full) ++full;
    for (const auto& target : published.request.targets) ++told[target.id];
  }
  CAPTURE(fixture.published().size(), fixture.publisher->report().detail);
  CHECK(told.size() == 506);
  CHECK(full == 1);
}

TEST_CASE("feedback reaches the pacers", "[publisher][scenario]") {
  Fixture fixture{12};
  fixture.sim.run_for(1s);
  fixture.grant(257);

  fixture.sim.run_for(5s);

  for (std::uint32_t i = 0; i < 6; ++i) CHECK(fixture.feedback->row(i).sent >= 3);
  const auto& sender = fixture.feedback->senders().begin()->second;
  CHECK(sender.head.epoch == "first");
  CHECK(sender.head.term == 257);
}

TEST_CASE("a new epoch of the endpoint starts its counters over and is told everything",
          "[publisher][scenario]") {
  Fixture fixture{13};
  fixture.sim.run_for(1s);
  fixture.grant(257);
  fixture.sim.run_for(5s);
  fixture.pace(0);
  fixture.sim.run_for(3s);
  fixture.endpoint->epoch = "second";
  const auto before = fixture.published().size();

  fixture.sim.run_for(4s);

  REQUIRE(fixture.published().size() >= before + 2);
  CHECK(!fixture.published()[before].request.full);
  CHECK(fixture.published()[before + 1].request.full);
  CHECK(fixture.feedback->senders().begin()->second.head.epoch == "second");
}

TEST_CASE("an unreadable grant is refused and nothing else happens", "[publisher][scenario]") {
  Fixture fixture{14};
  fixture.sim.run_for(1s);

  fixture.elector->bus.publish("grant", Bytes{0xc1, 0xff});
  fixture.sim.run_for(1s);

  CHECK(fixture.published().empty());
  CHECK(fixture.sim.count("grant_refused") == 1);
}

TEST_CASE("a publisher that is asked to stop tells its elector and goes when the grant does",
          "[publisher][scenario]") {
  Fixture fixture{15};
  fixture.sim.run_for(1s);
  fixture.grant(257);
  fixture.sim.run_for(3s);
  const auto before = fixture.published().size();
  bool stopped = false;

  fixture.publisher->stop([&] { stopped = true; });
  fixture.sim.run_for(5ms);
  CHECK(!stopped);
  CHECK(fixture.reports.back().stopped_term == 257);
  fixture.grant(0);
  fixture.sim.run_for(5ms);

  CHECK(stopped);
  CHECK(fixture.published().size() == before);
}

TEST_CASE("a publisher whom nobody follows says a last zero", "[publisher][scenario]") {
  Fixture fixture{16};
  fixture.sim.run_for(1s);
  fixture.grant(257, 10s);
  fixture.sim.run_for(3s);
  const auto before = fixture.published().size();
  bool stopped = false;

  fixture.publisher->stop([&] { stopped = true; });
  for (int i = 0; i < 10 && !stopped; ++i) {
    fixture.grant(257, 600ms);
    fixture.sim.run_for(200ms);
  }

  CHECK(stopped);
  REQUIRE(fixture.published().size() == before + 1);
  const auto& last = fixture.published().back().request;
  CHECK(last.full);
  REQUIRE(last.targets.size() == 6);
  for (const auto& target : last.targets) CHECK(target.offer.proactive == 0);
}

TEST_CASE("a publisher without a grant stops at once", "[publisher][scenario]") {
  Fixture fixture{17};
  fixture.sim.run_for(1s);
  bool stopped = false;

  fixture.publisher->stop([&] { stopped = true; });

  CHECK(stopped);
}

TEST_CASE("a restarted publisher that the endpoint is ahead of catches up",
          "[publisher][scenario]") {
  Fixture fixture{18};
  fixture.sim.run_for(1s);
  fixture.grant(257);
  fixture.sim.run_for(21s);
  fixture.restart();
  fixture.sim.run_for(1s);
  fixture.grant(257);

  fixture.sim.run_for(3s);

  CHECK(fixture.publisher->report().outcome == PublicationOutcome::accepted);
}

TEST_CASE("a step of the wall clock moves no token and no cycle", "[publisher][scenario]") {
  Fixture fixture{19};
  fixture.sim.run_for(1s);
  fixture.grant(257);
  fixture.sim.run_for(3s);
  const auto before = fixture.published().size();

  fixture.sim.step_wall("a", -1h);
  fixture.sim.run_for(4s);

  CHECK(fixture.published().size() == before + 2);
  CHECK(fixture.endpoint->tokens == 1);
  const auto& last = fixture.published().back().request;
  CHECK(last.timestamp_ms < fixture.published()[0].request.timestamp_ms - 3'500'000);
  CHECK(last.valid_until_ms == last.timestamp_ms + 6000);
  CHECK(last.valid_for_ms == 6000);
}

}  // namespace paceline::test
