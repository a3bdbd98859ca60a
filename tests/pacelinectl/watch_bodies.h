// What watch answers in the tests of pacelinectl: written by the tables that watch writes by, so nothing is missing.
#pragma once

#include "common/wire/answers.h"
#include "common/wire/json_fields.h"
#include "common/wire/past_answers.h"

namespace paceline::test {

/// a is master and publishes, b stands by.
inline StatusAnswer demo_status() {
  HeardPublication accepted{.report = {.node = "a", .open = true}, .round_trip_share = 0.062};
  accepted.report.outcome = PublicationOutcome::accepted;
  accepted.report.status = 200;
  accepted.report.round_trip_ms = 12.4;
  accepted.report.period_ms = 200;
  accepted.report.since_accepted_s = 0.15;
  StatusAnswer status{.cluster = "demo",
                      .node = "a",
                      .term = 513,
                      .master = "a",
                      .master_since = "2026-11-22T19:43:46.375Z",
                      .master_why = "elected",
                      .targets = 50,
                      .watch_url = "http://127.0.0.1:7110/",
                      .ready = true};
  status.nodes.push_back({.name = "a",
                          .role = NodeRole::master,
                          .term = 513,
                          .publisher = "open",
                          .elector = "master",
                          .priority = 100,
                          .heard_s = 0.1,
                          .publication = accepted});
  status.nodes.push_back(
      {.name = "b", .role = NodeRole::standby, .term = 513, .publisher = "shut"});
  status.statistics = {.source = {.in_use = "primary"}, .fresh = true};
  auto& totals = status.totals;
  totals.proactive = 7;
  totals.pending = 12;
  totals.busy = 80;
  totals.logged_in = 100;
  totals.by_state.by_word[static_cast<std::size_t>(PaceState::ok)] = 50;
  return status;
}

/// All targets that there are, paced well.
inline TargetsAnswer demo_targets(std::initializer_list<const char*> ids) {
  TargetsAnswer page{.total = ids.size(), .matching = ids.size()};
  for (const char* id : ids) {
    auto& target = page.targets.emplace_back();
    target.id = id;
    target.pace.state = PaceState::ok;
    target.pace.reason = PaceReason::granted;
  }
  return page;
}

}  // namespace paceline::test
