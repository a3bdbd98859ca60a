// What a publisher says of itself and of its pacers, on virtual time.
#include <algorithm>
#include <optional>

#include "common/wire/codec.h"
#include "tests/publisher/fixture.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace publisher;
namespace {

template <class Answer>
Result<Answer> ask(Fixture& fixture, ControlRequest request) {
  std::optional<Result<Answer>> answer;
  World& operator_world = fixture.sim.process({"a", "pacelinectl", 0});
  ask_control<Answer>(operator_world.bus, {"a", "publisher", 0}, std::move(request), 1s,
                      [&](Result<Answer> got) { answer = std::move(got); });
  fixture.sim.run_for(100ms);
  return answer.value();
}

}  // namespace

TEST_CASE("a report comes every report period, though nothing happens", "[publisher][scenario]") {
  Fixture fixture{60, [](PublisherConfig& config) { config.report_period = 180ms; }};
  fixture.sim.run_for(1s);
  fixture.reports.clear();

  fixture.sim.run_for(18s);

  CHECK(fixture.reports.size() >= 99);
  CHECK(fixture.reports.size() <= 101);
}

TEST_CASE("a report comes at once when the gate opens or closes, and with each answer",
          "[publisher][scenario]") {
  Fixture fixture{60, [](PublisherConfig& config) { config.report_period = 1h; }};
  fixture.sim.run_for(1s);
  CHECK(fixture.reports.empty());

  fixture.grant(257);
  fixture.sim.run_for(50ms);
  REQUIRE(fixture.reports.size() == 2);
  CHECK(fixture.reports[0].open);
  CHECK(fixture.reports[0].outcome == PublicationOutcome::none);
  CHECK(fixture.reports[1].outcome == PublicationOutcome::accepted);

  fixture.grant(0);
  fixture.sim.run_for(50ms);
  REQUIRE(fixture.reports.size() == 3);
  CHECK(!fixture.reports[2].open);
  CHECK(fixture.reports[2].stopped_term == 257);
}

TEST_CASE("a publisher answers for its report, its feedback and its status",
          "[publisher][scenario]") {
  Fixture fixture{60};
  fixture.sim.run_for(1s);
  fixture.grant(257);
  fixture.sim.run_for(1s);

  const auto report = ask<PublicationReport>(fixture, request_of(Question::report));
  const auto rows =
      ask<StateFrame<TargetFeedback>>(fixture, request_of(Question::keyframe, {"feedback", "-1"}));
  const auto status = ask<StatusReply>(fixture, request_of(Question::status));

  REQUIRE(report);
  CHECK(report->term == 257);
  CHECK(report->outcome == PublicationOutcome::accepted);
  REQUIRE(rows);
  CHECK(rows->header.keyframe);
  CHECK(rows->ids == fixture.config.ids);
  CHECK(rows->rows[0].sent == 1);
  REQUIRE(status);
  CHECK(std::ranges::count(status->fields, std::pair<std::string, std::string>{"gate", "open"}) ==
        1);
}

TEST_CASE("the report says how old the statistics are that the oldest pacer decided on",
          "[publisher][scenario]") {
  Fixture fixture{61};
  CHECK(fixture.publisher->report().stat_age_s == -1);  // No pacer was heard yet.
  fixture.cycles[0].stat_age_s = 3;
  fixture.cycles[1].stat_age_s = 1;
  fixture.sim.run_for(1s);

  CHECK(fixture.publisher->report().stat_age_s >= 3);
  CHECK(fixture.publisher->report().stat_age_s < 3.2);

  fixture.silence_pacer(0);
  fixture.sim.run_for(3s);
  CHECK(fixture.publisher->report().stat_age_s >= 5.8);

  fixture.cycles[1].stat_age_s = -1;
  fixture.sim.run_for(1s);
  CHECK(fixture.publisher->report().stat_age_s == -1);
}

TEST_CASE("the report counts the targets that wait for what a peer has learned",
          "[publisher][scenario]") {
  Fixture fixture{62};
  fixture.cycles[0].awaiting = 2;
  fixture.cycles[1].awaiting = 3;
  fixture.sim.run_for(1s);
  CHECK(fixture.publisher->report().awaiting_targets == 5);

  fixture.silence_pacer(0);
  fixture.sim.run_for(6s);

  CHECK(fixture.publisher->report().awaiting_targets == 3);
}

TEST_CASE("the report names the targets file that is paced by", "[publisher][scenario]") {
  Fixture fixture{63, [](PublisherConfig& config) { config.targets_version = "v1"; }};
  fixture.sim.run_for(1s);
  CHECK(fixture.reports.back().targets_version == "v1");

  fixture.publisher->take_targets(fixture.config.ids, fixture.config.channels,
                                  fixture.config.shards, "v2");
  fixture.sim.run_for(1s);

  CHECK(fixture.reports.back().targets_version == "v2");
}

TEST_CASE(
    "the status names the targets file of the last publication that this mastership had accepted",
    "[publisher][scenario]") {
  Fixture fixture{63, [](PublisherConfig& config) { config.targets_version = "v1"; }};
  const auto accepted = [&] {
    const auto status = ask<StatusReply>(fixture, request_of(Question::status));
    const auto& fields = status.value().fields;
    return std::ranges::find(fields, "accepted_version",
                             &std::pair<std::string, std::string>::first)
        ->second;
  };
  fixture.sim.run_for(1s);
  const auto before = accepted();
  fixture.grant(257);
  fixture.sim.run_for(1s);
  const auto first = accepted();
  fixture.endpoint->answer = [&](const PublicationRequest&) {
    return fail(Errc::unavailable, "no");
  };
  fixture.publisher->take_targets({"t1", "t2"}, {"chat", "chat"}, {0, 1}, "v2");
  fixture.sim.run_for(5s);
  const auto refused = accepted();
  fixture.endpoint->answer = {};
  fixture.sim.run_for(30s);
  const auto then = accepted();
  fixture.grant(0);
  fixture.sim.run_for(1s);
  fixture.endpoint->answer = [&](const PublicationRequest&) {
    return fail(Errc::unavailable, "no");
  };
  fixture.grant(513);
  fixture.sim.run_for(1s);

  CHECK(before == "none");
  CHECK(first == "v1");
  CHECK(refused == "v1");
  CHECK(then == "v2");
  CHECK(accepted() == "none");  // Another node may have published meanwhile.
}

TEST_CASE("publications that fail are counted until one is accepted", "[publisher][scenario]") {
  Fixture fixture{64};
  fixture.sim.run_for(1s);
  int left = 3;
  fixture.endpoint->answer = [&](const PublicationRequest& request) -> Result<HttpAnswer> {
    if (left-- > 0) return fail(Errc::unavailable, "reset");
    return fixture.endpoint->accept(request);
  };
  fixture.grant(257);
  std::vector<std::uint64_t> counts;

  REQUIRE(fixture.sim.run_until([&] { return fixture.endpoint->accepted.size() == 6; }, 30s));
  fixture.sim.run_for(100ms);

  for (const auto& report : fixture.reports)
    if (counts.empty() || counts.back() != report.failed_in_a_row)
      counts.push_back(report.failed_in_a_row);
  CHECK(counts == std::vector<std::uint64_t>{0, 1, 2, 3, 0});
}

TEST_CASE("a publication that is only split is no failure", "[publisher][scenario]") {
  Fixture fixture{65, [](PublisherConfig& config) {
                    for (int i = 0; i < 300; ++i) config.ids.push_back("more" + std::to_string(i));
                    config.channels.assign(config.ids.size(), "chat");
                  }};
  fixture.endpoint->answer = [&](const PublicationRequest& request) -> Result<HttpAnswer> {
    if (request.targets.size() > 200) {
      HttpAnswer too_large;
      too_large.status = 413;
      return too_large;
    }
    return fixture.endpoint->accept(request);
  };
  fixture.sim.run_for(1s);
  fixture.grant(257);
  fixture.sim.run_for(1s);

  for (const auto& report : fixture.reports) CHECK(report.failed_in_a_row == 0);
  CHECK(fixture.reports.back().outcome == PublicationOutcome::accepted);
}

}  // namespace paceline::test
