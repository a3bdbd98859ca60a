// What reaches the endpoint, and what comes back from it, on virtual time: batches, encodings, full
// publications that were asked for, reach, feedback through losses.
#include "tests/support/catch.h"

#include <algorithm>

#include "tests/publisher/fixture.h"

namespace paceline::test {
using namespace publisher;
namespace {

Result<HttpAnswer> status(int code, std::string body) {
  HttpAnswer answer;
  answer.status = code;
  answer.body = std::move(body);
  return answer;
}

}  // namespace

TEST_CASE("batches that outlast the period say what is true by then", "[publisher][scenario]") {
  Fixture fixture{21, [](PublisherConfig& config) {
                    for (int i = 0; i < 500; ++i) config.ids.push_back("more" + std::to_string(i));
                    config.channels.assign(config.ids.size(), "chat");
                    config.max_targets = 100;
                  }};
  fixture.endpoint->delay_min = fixture.endpoint->delay_max = 900ms;
  fixture.sim.run_for(3s);
  fixture.grant(257);
  fixture.sim.run_for(1100ms);
  fixture.pace(7);

  fixture.sim.run_for(4s);

  REQUIRE(fixture.published().size() >= 5);
  CHECK(fixture.published()[0].request.targets[0].offer.proactive == 1);
  CHECK(fixture.published()[3].request.targets[0].offer.proactive == 7);
  CHECK(fixture.endpoint->most_in_flight == 1);
  CHECK(fixture.endpoint->refused == 0);
}

TEST_CASE("a publication that has outgrown the period goes out in pieces that fit",
          "[publisher][scenario]") {
  Fixture fixture{22, [](PublisherConfig& config) {
                    for (int i = 0; i < 994; ++i) config.ids.push_back("more" + std::to_string(i));
                    config.channels.assign(config.ids.size(), "chat");
                  }};
  // A link on which a target takes 4 ms: all of them would take twice the period.
  fixture.endpoint->delay_of = [](const PublicationRequest& request) {
    return 10ms + 4ms * static_cast<int>(request.targets.size());
  };
  fixture.sim.run_for(3s);
  fixture.grant(257, 58s);

  fixture.sim.run_for(20s);

  std::map<std::string, int> told;
  for (const auto& published : fixture.published())
    for (const auto& target : published.request.targets) told[target.id] = target.offer.proactive;
  CHECK(fixture.published()[0].request.targets.size() == 1000);
  CHECK(fixture.endpoint->accepted.size() == 1000);
  CHECK(fixture.publisher->report().since_accepted_s < 2);
}

TEST_CASE("the endpoint may ask for a full publication", "[publisher][scenario]") {
  Fixture fixture{23};
  fixture.sim.run_for(1s);
  fixture.grant(257);
  fixture.sim.run_for(5s);
  CHECK(!fixture.published().back().request.full);

  fixture.endpoint->full_wanted = true;
  fixture.sim.run_for(4s);
  CHECK(fixture.published().back().request.full);

  fixture.endpoint->full_wanted = false;
  fixture.sim.run_for(4s);
  CHECK(!fixture.published().back().request.full);
}

TEST_CASE("an endpoint that misses a publication is told everything", "[publisher][scenario]") {
  Fixture fixture{24};
  fixture.sim.run_for(1s);
  fixture.grant(257);
  fixture.sim.run_for(5s);
  fixture.endpoint->forget();  // It was restored from a backup.
  const auto before = fixture.published().size();

  fixture.sim.run_for(4s);

  REQUIRE(fixture.published().size() >= before + 2);
  CHECK(fixture.endpoint->refused == 1);
  CHECK(fixture.published()[before + 1].request.full);
  CHECK(fixture.published()[before + 1].request.sequence ==
        fixture.published()[before].request.sequence + 1);
  CHECK(fixture.publisher->report().outcome == PublicationOutcome::accepted);
}

TEST_CASE("a token service out of reach is no reach once the token has run out",
          "[publisher][scenario]") {
  Fixture fixture{25};
  fixture.sim.run_for(1s);
  CHECK(fixture.publisher->report().endpoint_reachable);
  fixture.endpoint->token_status = 503;

  fixture.sim.run_for(290s);
  CHECK(fixture.publisher->report().endpoint_reachable);
  fixture.sim.run_for(15s);
  CHECK(!fixture.publisher->report().endpoint_reachable);

  fixture.endpoint->token_status = 200;
  fixture.sim.run_for(15s);
  CHECK(fixture.publisher->report().endpoint_reachable);
}

TEST_CASE("a node whose client is refused is no reach, and says where and why",
          "[publisher][scenario]") {
  const int code = GENERATE(400, 401, 503);
  CAPTURE(code);
  Fixture fixture{25};
  fixture.endpoint->token_status = code;
  fixture.endpoint->token_refusal =
      R"({"error":"invalid_client","error_description":"wrong\nsecret"})";

  fixture.sim.run_for(3s);

  auto report = fixture.publisher->report();
  CHECK(report.endpoint_tried);
  CHECK(!report.endpoint_reachable);
  CHECK(!report.token_usable);
  CHECK(report.token_error == "https://login.test/oauth/token: HTTP status " +
                                  std::to_string(code) + ": invalid_client: wrong secret");

  fixture.endpoint->token_status = 200;
  fixture.sim.run_for(15s);
  report = fixture.publisher->report();
  CHECK(report.endpoint_reachable);
  CHECK(report.token_usable);
  CHECK(report.token_error.empty());
}

TEST_CASE("a token that the endpoint refuses is no loss of reach while another is fetched",
          "[publisher][scenario]") {
  Fixture fixture{28};
  fixture.sim.run_for(1s);
  fixture.grant(257);
  fixture.sim.run_for(1s);
  fixture.reports.clear();
  fixture.endpoint->answer = [&fixture, once = true](const PublicationRequest& request) mutable {
    return std::exchange(once, false) ? status(401, "") : fixture.endpoint->accept(request);
  };

  fixture.sim.run_for(5s);

  CHECK(fixture.endpoint->tokens == 2);
  for (const auto& report : fixture.reports) CHECK(report.endpoint_reachable);
  CHECK(fixture.reports.back().outcome == PublicationOutcome::accepted);
}

TEST_CASE("the endpoint's announcement reaches a standby, and its first publication",
          "[publisher][scenario]") {
  Fixture fixture{26, [](PublisherConfig& config) {
                    config.zstd = true;
                    config.compress_least = 0;
                  }};
  fixture.endpoint->announces = "gzip, zstd";
  fixture.sim.run_for(1s);
  fixture.grant(257);
  fixture.sim.run_for(100ms);

  REQUIRE(fixture.published().size() == 1);
  CHECK(fixture.endpoint->encodings == std::vector<std::string>{"zstd"});
}

TEST_CASE("a slow round trip is warned about once, and once that it is over",
          "[publisher][scenario]") {
  Fixture fixture{27};
  fixture.sim.run_for(1s);
  fixture.endpoint->delay_min = fixture.endpoint->delay_max = 1200ms;  // Of 2 s.
  fixture.grant(257, 58s);
  fixture.sim.run_for(20s);
  CHECK(fixture.sim.count("round_trip_slow") == 1);
  CHECK(fixture.sim.count("round_trip_slow_over") == 0);

  fixture.endpoint->delay_min = fixture.endpoint->delay_max = 800ms;
  fixture.sim.run_for(10s);

  CHECK(fixture.sim.count("round_trip_slow") == 1);
  CHECK(fixture.sim.count("round_trip_slow_over") == 1);
}

TEST_CASE(
    "an endpoint that tells of other clusters' targets too is understood as one that does not",
    "[publisher][scenario]") {
  const auto heard = [](bool tells_all) {
    Fixture fixture{12};
    fixture.endpoint->answer = [&](const PublicationRequest& request) {
      auto answer = fixture.endpoint->accept(request);
      auto reply = decode_publication_answer(answer->body).value();
      if (tells_all)
        for (const auto& id : {"of another cell", "of a third one"})
          reply.feedback.insert(reply.feedback.begin(), {id, {.sent = 1000, .pending = 9}});
      encode_publication_answer(reply, answer->body);
      return answer;
    };
    fixture.sim.run_for(1s);
    fixture.grant(257);
    fixture.sim.run_for(5s);
    std::vector<TargetFeedback> rows;
    for (std::uint32_t i = 0; i < fixture.config.ids.size(); ++i)
      rows.push_back(fixture.feedback->row(i));
    CHECK(fixture.sim.count("publishing_failed") == 0);
    return std::pair{rows, fixture.published().size()};
  };

  const auto of_ours = heard(false);
  const auto of_all = heard(true);

  CHECK(of_all == of_ours);
  CHECK(of_all.first[0].sent >= 3);
}

// 150 seeds: publications that never arrive, answers that are lost, late or come twice, restarts
// of the publisher, changes of the term, messages of the bus that are lost and doubled. Whatever
// happened: what a pacer holds never falls within an epoch, never exceeds what happened, and in the
// end is exactly that.
TEST_CASE("feedback is neither lost nor counted twice", "[publisher][scenario][property]") {
  const auto seed = GENERATE(range(0u, 150u));
  CAPTURE(seed);
  Fixture fixture{seed};
  fixture.sim.link({.loss = 0.2, .duplicate = 0.2, .delay_min = 100us, .delay_max = 30ms});
  SimRandom chance{seed + 1000};
  std::string before;
  bool calm = false;
  fixture.endpoint->answer = [&](const PublicationRequest& request) -> Result<HttpAnswer> {
    const double what = calm ? 1 : chance.uniform();
    if (what < 0.15) return fail(Errc::unavailable, "never arrived");
    if (what < 0.25 && !before.empty()) return status(200, before);  // An older answer, again.
    auto answer = fixture.endpoint->accept(request);
    if (what < 0.45) return fail(Errc::unavailable, "the answer was lost");
    if (answer && answer->status == 200) before = answer->body;
    return answer;
  };
  fixture.endpoint->delay_max = 2500ms;
  std::map<std::string, std::uint64_t> most;
  const auto watch = [&] {
    for (std::uint32_t i = 0; i < 6; ++i) {
      const auto& id = fixture.config.ids[i];
      const auto seen = fixture.feedback->row(i).sent;
      CHECK(seen <= fixture.endpoint->counts[id].sent);
      CHECK(seen >= most[id]);
      most[id] = std::max(most[id], seen);
    }
  };

  std::uint64_t term = 257;
  for (int i = 0; i < 60; ++i) {
    fixture.pace(static_cast<int>(chance.uniform() * 4));
    if (chance.uniform() < 0.05) term += 256;
    if (chance.uniform() < 0.03) {
      fixture.restart();
      most.clear();  // A new incarnation begins with nothing until it is answered.
    }
    fixture.grant(term, 5s);
    fixture.sim.run_for(std::chrono::milliseconds{static_cast<int>(chance.uniform() * 1500)});
    watch();
  }
  calm = true;
  fixture.endpoint->delay_max = 5ms;
  fixture.pace(0);
  for (int i = 0; i < 60; ++i) {
    fixture.grant(term, 5s);
    fixture.sim.run_for(500ms);
    watch();
  }

  for (std::uint32_t i = 0; i < 6; ++i)
    CHECK(fixture.feedback->row(i).sent == fixture.endpoint->counts[fixture.config.ids[i]].sent);
}

}  // namespace paceline::test
