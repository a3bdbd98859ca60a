// What a publisher does when the endpoint refuses, or is silent, on virtual time.
#include <algorithm>
#include <cmath>

#include "tests/publisher/fixture.h"
#include "tests/support/catch.h"
#include "tests/support/http_answer.h"

namespace paceline::test {
using namespace publisher;
namespace {

void add_targets(PublisherConfig& config) {
  for (int i = 0; i < 500; ++i) config.ids.push_back("more" + std::to_string(i));
  config.channels.assign(config.ids.size(), "chat");
}

std::string last_line(const Fixture& fixture, std::string_view event) {
  std::string line;
  for (const auto& entry : fixture.sim.log())
    if (entry.event == event) line = entry.line;
  return line;
}

}  // namespace

TEST_CASE("the bound that a 413 sets holds for the rest of the term, and ends with it",
          "[publisher][scenario]") {
  Fixture fixture{91, [](PublisherConfig& config) {
                    add_targets(config);
                    config.full_every = 1;
                  }};
  fixture.endpoint->answer = [&](const PublicationRequest& request) {
    return request.targets.size() > 150 ? answered(413, "") : fixture.endpoint->accept(request);
  };
  fixture.sim.run_for(3s);
  fixture.grant(257);
  fixture.sim.run_for(21s);

  std::vector<std::size_t> sizes;
  for (const auto& published : fixture.published())
    sizes.push_back(published.request.targets.size());
  REQUIRE(sizes.size() > 40);
  CHECK(sizes[0] == 506);
  CHECK(sizes[1] == 253);
  CHECK(*std::max_element(sizes.begin() + 2, sizes.end()) == 126);

  fixture.endpoint->answer = nullptr;
  fixture.grant(513);
  fixture.sim.run_for(100ms);

  REQUIRE(fixture.published().size() == sizes.size() + 1);
  CHECK(fixture.published().back().request.targets.size() == 506);
}

TEST_CASE("an encoding that is refused gives way to the next lesser one at once, for the term",
          "[publisher][scenario]") {
  Fixture fixture{92, [](PublisherConfig& config) {
                    config.gzip = config.zstd = true;
                    config.compress_least = 0;
                    add_targets(config);
                  }};
  fixture.endpoint->announces = "gzip, zstd";
  fixture.endpoint->answer = [&](const PublicationRequest& request) {
    return fixture.endpoint->encodings.back().empty() ? fixture.endpoint->accept(request)
                                                      : answered(415, "");
  };
  fixture.sim.run_for(1s);
  fixture.grant(257);
  fixture.sim.run_for(100ms);
  const std::vector<std::string> lesser{"zstd", "gzip", ""};
  CHECK(fixture.endpoint->encodings == lesser);
  CHECK(fixture.publisher->report().outcome == PublicationOutcome::accepted);
  CHECK(fixture.publisher->report().failed_in_a_row == 0);
  CHECK(fixture.sim.count("encoding_refused") == 2);

  fixture.sim.run_for(10s);
  for (std::size_t i = 3; i < fixture.endpoint->encodings.size(); ++i)
    CHECK(fixture.endpoint->encodings[i] == "");
  fixture.endpoint->encodings.clear();
  fixture.grant(513);
  fixture.sim.run_for(100ms);

  CHECK(fixture.endpoint->encodings == lesser);
}

// A period of 2 s: the manual's example.
TEST_CASE("what failed is tried again after 0.25 to 1 s, then less often, up to 16 s apart",
          "[publisher][scenario]") {
  const int code = GENERATE(0, 204, 302, 400, 404, 415, 500, 503);
  CAPTURE(code);
  Duration shortest_first = 1h;
  Duration longest_first{};
  Duration longest{};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Fixture fixture{seed};
    fixture.endpoint->answer = [code](const PublicationRequest&) -> Result<HttpAnswer> {
      if (code == 0) return fail(Errc::unavailable, "reset");
      return answered(code, "");
    };
    fixture.sim.run_for(1s);
    for (int i = 0; i < 4; ++i) {
      fixture.grant(257);
      fixture.sim.run_for(50s);
    }

    const auto& published = fixture.published();
    REQUIRE(published.size() >= 10);
    for (std::size_t i = 1; i < published.size(); ++i) {
      CHECK(published[i].request.full);
      const Duration pause = published[i].at - published[i - 1].at;
      CHECK(pause >= 250ms);
      longest = std::max(longest, pause);
      if (i > 1) continue;
      shortest_first = std::min(shortest_first, pause);
      longest_first = std::max(longest_first, pause);
    }
    CHECK(fixture.publisher->report().failed_in_a_row + 1 >= published.size());
    CHECK(fixture.sim.count("publishing_failed") == 1);
  }

  CHECK(shortest_first < 500ms);
  CHECK(longest_first > 750ms);
  CHECK(longest_first <= 1s + 10ms);  // With the round trip.
  CHECK(longest > 12s);
  CHECK(longest <= 16s + 10ms);
}

TEST_CASE("an endpoint that never answers is waited for longer, up to the life of a publication",
          "[publisher][scenario]") {
  Fixture fixture{93};
  fixture.sim.run_for(1s);
  fixture.endpoint->delay_of = [](const PublicationRequest&) { return 1h; };
  fixture.grant(257);

  fixture.sim.run_for(59s);

  std::vector<double> waited_ms;
  for (const auto& report : fixture.reports)
    if (report.round_trip_ms > 0 &&
        (waited_ms.empty() || report.round_trip_ms > waited_ms.back() + 1))
      waited_ms.push_back(std::round(report.round_trip_ms));
  CHECK(waited_ms == std::vector<double>{1600, 3200, 6000});
}

TEST_CASE("an endpoint ahead of us in our term is told everything, under a sequence above its own",
          "[publisher][scenario]") {
  const bool is_named = GENERATE(true, false);
  CAPTURE(is_named);
  Fixture fixture{94};
  fixture.endpoint->answer = [&fixture, is_named, is_first = true](
                                 const PublicationRequest& request) mutable -> Result<HttpAnswer> {
    if (!std::exchange(is_first, false)) return fixture.endpoint->accept(request);
    return answered(409, is_named ? R"({"term":257,"sequence":40})" : R"({"term":257})");
  };
  fixture.sim.run_for(1s);

  fixture.grant(257);
  fixture.sim.run_for(2s);

  REQUIRE(fixture.published().size() >= 2);
  const auto& next = fixture.published()[1];
  CHECK(next.request.full);
  CHECK(next.at - fixture.published()[0].at >= 250ms);
  if (is_named) {
    CHECK(next.request.sequence == 41);
  } else {  // The clock's milliseconds: no count of publications is beyond them.
    const auto made_ms = static_cast<std::uint64_t>(next.request.timestamp_ms);
    CHECK(next.request.sequence <= made_ms);
    CHECK(next.request.sequence > made_ms - 2000);
  }
  CHECK(fixture.sim.count("cluster_disputed") == 0);
}

TEST_CASE("targets that the endpoint rejects are told once, and once that it is over",
          "[publisher][scenario]") {
  Fixture fixture{95};
  fixture.endpoint->answer =
      [&fixture, left = 3](const PublicationRequest& request) mutable -> Result<HttpAnswer> {
    const auto answer = fixture.endpoint->accept(request);
    if (left-- <= 0) return answer;
    auto reply = decode_publication_answer(answer->body).value();
    reply.rejected = {{"t1", "unknown_target"}, {"t2", "unknown_target"}};
    std::string body;
    encode_publication_answer(reply, body);
    return answered(200, body);
  };
  fixture.sim.run_for(1s);
  fixture.grant(257);
  fixture.sim.run_for(5s);
  CHECK(fixture.sim.count("targets_rejected") == 1);
  CHECK_THAT(last_line(fixture, "targets_rejected"),
             Catch::Contains("count=2 first=t1 code=unknown_target"));
  CHECK(fixture.publisher->report().rejected_targets == 2);
  CHECK(fixture.publisher->report().outcome == PublicationOutcome::accepted);

  fixture.sim.run_for(2s);

  CHECK(fixture.sim.count("targets_rejected") == 1);
  CHECK_THAT(last_line(fixture, "targets_rejected_over"), Catch::Contains("count=3"));
  CHECK(fixture.publisher->report().rejected_targets == 0);
}

TEST_CASE("an endpoint that takes no target at all is told, whether it names them or not",
          "[publisher][scenario]") {
  Fixture fixture{96};
  const bool names_them = GENERATE(true, false);
  fixture.endpoint->answer = [&](const PublicationRequest& request) -> Result<HttpAnswer> {
    const auto answer = fixture.endpoint->accept(request);
    auto reply = decode_publication_answer(answer->body).value();
    reply.accepted = 0;
    if (names_them)
      for (const auto& target : request.targets) reply.rejected.push_back({target.id, "unknown"});
    std::string body;
    encode_publication_answer(reply, body);
    return answered(200, body);
  };
  fixture.sim.run_for(1s);
  fixture.grant(257);
  fixture.sim.run_for(5s);

  const auto report = fixture.publisher->report();
  CHECK(report.paced_targets > 0);
  CHECK(report.rejected_targets == report.paced_targets);
  CHECK(fixture.sim.count("targets_rejected") == 1);
}

}  // namespace paceline::test
