#include "tests/support/catch.h"
// The rest after Catch: its CHECK is the one we mean.
#include <limits>

#include "services/elector/health.h"
#include "tests/support/start.h"

namespace paceline::test {
using namespace elector;
namespace {

/// Of a publisher of which nothing bad can be said: a standby that probes.
PublicationReport good() {
  PublicationReport report;
  report.pace_age_s = 1;
  report.stat_age_s = 1;
  report.targets = report.paced_targets = 100;
  report.endpoint_tried = true;
  report.endpoint_reachable = true;
  report.token_usable = true;
  report.period_ms = 2000;
  return report;
}

PublicationReport published(std::uint64_t term, PublicationOutcome outcome) {
  PublicationReport report = good();
  report.open = true;
  report.term = term;
  report.outcome = outcome;
  report.failed_in_a_row = outcome == PublicationOutcome::accepted ? 0 : 1;
  return report;
}

struct Judged {
  Tier tier;
  std::string why;
};

Judged judge(const PublicationReport& report) {
  Health health{{.pace_stale = 5s, .max_clock_skew = 3s}};
  health.report(report);
  return {health.tier(), health.why()};
}

template <class Change>
Judged judge_with(Change change) {
  PublicationReport report = good();
  change(report);
  return judge(report);
}

}  // namespace

TEST_CASE("a publisher that was never heard is none", "[elector]") {
  const Health health{{}};

  CHECK(health.tier() == Tier::no_publisher);
  CHECK(health.why() == "its publisher was never heard");
}

TEST_CASE("health is judged by what the publisher tried and how old the pace is", "[elector]") {
  CHECK(judge(good()).tier == Tier::fit);
  CHECK(judge(good()).why == "");
  for (const double age : {5.001, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    CAPTURE(age);
    CHECK(judge_with([&](auto& r) { r.pace_age_s = age; }).tier == Tier::stale_pace);
    if (age > 0) continue;
    CHECK(judge_with([&](auto& r) { r.stat_age_s = age; }).tier == Tier::stale_pace);
  }
  CHECK(judge_with([](auto& r) { r.pace_age_s = r.stat_age_s = 5; }).tier == Tier::fit);
  const auto untried = judge_with([](auto& r) {
    r.endpoint_tried = r.endpoint_reachable = r.token_usable = false;
    r.token_error = "401";
  });
  CHECK(untried.tier == Tier::fit);  // A standby that has not tried.
}

TEST_CASE("a pacer that hears no statistics makes a node less fit, also if it never heard any",
          "[elector]") {
  const auto never = judge_with([](auto& r) { r.stat_age_s = -1; });

  CHECK(never.tier == Tier::stale_pace);
  CHECK(never.why == "a pacer has no statistics");
  // How old they may be is the pacer's business, whose time may run faster.
  CHECK(judge_with([](auto& r) { r.stat_age_s = 70; }).tier == Tier::fit);
}

TEST_CASE("a node that has learned nothing of most targets is less fit", "[elector]") {
  CHECK(judge_with([](auto& r) { r.awaiting_targets = 50; }).tier == Tier::fit);
  const auto cold = judge_with([](auto& r) { r.awaiting_targets = 51; });

  CHECK(cold.tier == Tier::stale_pace);
  CHECK(cold.why == "51 of 100 targets wait for what a peer has learned");
}

TEST_CASE("a standby whose probes fail cannot publish", "[elector]") {
  const auto silent = judge_with([](auto& r) {
    r.endpoint_reachable = false;
    r.detail = "connection refused";
  });

  CHECK(silent.tier == Tier::cannot_publish);
  CHECK(silent.why == "the endpoint does not answer: connection refused");
}

TEST_CASE("a reason is short, whatever the endpoint answered", "[elector]") {
  const auto silent = judge_with([](auto& r) {
    r.endpoint_reachable = false;
    r.detail = std::string(9000, 'x');
  });

  CHECK(silent.why.size() == 240);
}

TEST_CASE("a standby without a usable token cannot publish", "[elector]") {
  const auto refused = judge_with([](auto& r) {
    r.token_usable = false;
    r.token_error = "https://login: 401 invalid_client";
  });

  CHECK(refused.tier == Tier::cannot_publish);
  CHECK(refused.why == "it has no usable token: https://login: 401 invalid_client");
  CHECK(judge_with([](auto& r) { r.token_error = "timed out once"; }).tier == Tier::fit);
  CHECK(judge_with([](auto& r) { r.token_usable = false; }).tier == Tier::fit);  // None was asked.
}

TEST_CASE("a clock beyond its bound, certainly, keeps a node from mastership", "[elector]") {
  const auto with = [](double skew_ms, double error_ms) {
    return judge_with([&](auto& r) {
      r.clock_skew_ms = skew_ms;
      r.clock_skew_error_ms = error_ms;
    });
  };

  CHECK(with(-4200, 500).tier == Tier::cannot_publish);
  CHECK(with(-4200, 500).why == "its clock is 4.2 s behind the endpoint's");
  CHECK(with(4200, 500).why == "its clock is 4.2 s ahead of the endpoint's");
  CHECK(with(-4200, 1200).tier == Tier::fit);
  CHECK(with(-4200, 1199).tier == Tier::cannot_publish);
  CHECK(with(-60000, -1).tier == Tier::fit);  // Not known.
}

TEST_CASE("a master whose publication fails is unfit until one is accepted", "[elector]") {
  for (const auto outcome : {PublicationOutcome::failed, PublicationOutcome::throttled,
                             PublicationOutcome::unauthorised, PublicationOutcome::rejected}) {
    Health health{{}};
    health.report(published(257, outcome));
    CHECK(health.tier() == Tier::cannot_publish);
    health.report(good());  // Probes, of a publisher that was started anew.
    CHECK(health.tier() == Tier::cannot_publish);

    health.report(published(769, PublicationOutcome::accepted));

    CHECK(health.tier() == Tier::fit);
  }
  CHECK(judge(published(257, PublicationOutcome::fenced)).tier == Tier::fit);
  CHECK(judge(published(257, PublicationOutcome::accepted)).tier == Tier::fit);
}

TEST_CASE("another master that is fit for a while in a later term clears a failure", "[elector]") {
  Health health{{}};
  const auto failed = published(257, PublicationOutcome::failed);
  health.report(failed);
  const auto pass = [&](std::uint64_t term, bool fit, Duration length) {
    for (Duration at{}; at <= length; at += 200ms) health.heard_master(term, fit, start + at);
    health.report(failed);
    return health.tier();
  };

  CHECK(pass(257, true, 60s) == Tier::cannot_publish);     // Not later.
  CHECK(pass(514, false, 60s) == Tier::cannot_publish);    // Not fit.
  CHECK(pass(514, true, 9800ms) == Tier::cannot_publish);  // Has hardly begun.
  health.heard_master(514, false, start);                  // It failed as well.
  CHECK(pass(514, true, 9800ms) == Tier::cannot_publish);
  health.heard_master(514, false, start);

  CHECK(pass(514, true, 10s) == Tier::fit);
  health.report(published(769, PublicationOutcome::failed));  // A fault of its own.
  CHECK(health.tier() == Tier::cannot_publish);
}

TEST_CASE("publications that are far apart take longer to prove that they work", "[elector]") {
  Health health{{}};
  auto failed = published(257, PublicationOutcome::failed);
  failed.period_ms = 60'000;
  health.report(failed);
  health.heard_master(514, true, start);

  health.heard_master(514, true, start + 179s);
  health.report(failed);
  CHECK(health.tier() == Tier::cannot_publish);
  health.heard_master(514, true, start + 180s);
  health.report(failed);

  CHECK(health.tier() == Tier::fit);
}

TEST_CASE("a term that another cluster uses makes a node unfit, as a failure does", "[elector]") {
  auto disputed = published(257, PublicationOutcome::fenced);
  disputed.disputed_term = 257;

  CHECK(judge(disputed).tier == Tier::cannot_publish);
  CHECK(judge(disputed).why == "another cluster publishes under this name");
  Health health{{}};
  health.report(published(257, PublicationOutcome::accepted));
  health.report(disputed);
  CHECK(health.tier() == Tier::cannot_publish);
  auto later = published(769, PublicationOutcome::accepted);
  later.disputed_term = 257;  // The publisher still remembers.
  health.report(later);
  CHECK(health.tier() == Tier::fit);
}

TEST_CASE("every tier has its name", "[elector]") {
  CHECK(to_string(Tier::fit) == std::string{"fit"});
  CHECK(to_string(Tier::stale_pace) == std::string{"stale_pace"});
  CHECK(to_string(Tier::cannot_publish) == std::string{"cannot_publish"});
  CHECK(to_string(Tier::no_publisher) == std::string{"no_publisher"});
}

}  // namespace paceline::test
