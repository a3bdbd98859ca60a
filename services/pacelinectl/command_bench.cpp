// `bench`: how many decisions a second one core of this machine makes, with the pacer's engine.
#include <fmt/format.h>

#include <array>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/table.h"
#include "services/pacer/pacing.h"

namespace paceline::pacelinectl {
namespace {

constexpr double default_seconds = 2;
constexpr std::size_t targets = 200;
constexpr double node_targets = 10'000;  // What a node is made for.
constexpr double refresh_s = 2;

struct Case {
  const char* algorithm;
  Algorithm which;
  int agents;
};

constexpr std::array<Case, 6> cases = {{
    {"SUPER_PROGRESSIVE", Algorithm::super_progressive, 8},
    {"SUPER_PROGRESSIVE", Algorithm::super_progressive, 30},
    {"SUPER_PROGRESSIVE_DUAL", Algorithm::super_progressive_dual, 30},
    {"PREDICTIVE_B", Algorithm::predictive_b, 30},
    {"PREDICTIVE_B", Algorithm::predictive_b, 200},
    {"PREDICTIVE_B_DUAL", Algorithm::predictive_b_dual, 200},
}};

/// A group at work: every refresh some interactions end and as many begin, a few visitors answer.
pacer::PacingInputs at_work(const Case& what, std::uint64_t refresh, std::size_t target) {
  const auto turn = static_cast<int>((refresh * 7 + target * 3) % 5);
  pacer::PacingInputs in{.logged_in = what.agents};
  in.idle = turn % 3;
  in.wrap_up = what.agents / 10;
  in.busy = what.agents - in.idle - in.wrap_up;
  in.queue = turn == 4 ? 1 : 0;
  const auto step = static_cast<std::uint64_t>(1 + what.agents / 50);
  in.entered = refresh * step;
  in.answered = in.entered - static_cast<std::uint64_t>(in.queue);
  in.handling_time_s = 240;
  in.proactive = {.sent = 3 * refresh * step,
                  .accepted = refresh * step,
                  .rejected = refresh * step,
                  .timed_out = refresh * step,
                  .answered = refresh * step,
                  .pending = what.agents / 3};
  return in;
}

struct Measured {
  std::uint64_t decisions = 0;
  double seconds = 0;
  double per_second() const { return seconds > 0 ? static_cast<double>(decisions) / seconds : 0; }
  double share_of_core() const {
    return per_second() > 0 ? node_targets / refresh_s / per_second() : 0;
  }
};

Measured measure(const Case& what, double seconds, Environment& environment) {
  std::vector<pacer::TargetPacing> pacing(targets);
  PacingOptions options;
  options.algorithm = what.which;
  const pacer::ChannelPool pool;
  std::uint64_t went_through = 0;  // Decisions of the whole model, none withheld before it.
  const auto round = [&](std::uint64_t refresh) {
    const double now_s = static_cast<double>(refresh) * refresh_s;
    for (std::size_t i = 0; i < targets; ++i) {
      const pacer::Decision d =
          pacing[i].decide(at_work(what, refresh, i), options, pool, 0.5, now_s);
      went_through += d.explanation.m_ceiling > 0 ? 1 : 0;
    }
  };
  std::uint64_t refresh = 0;
  while (refresh < 5) round(++refresh);  // Memory and caches as in the steady state.
  went_through = 0;
  Measured measured;
  const Instant begun = environment.now();
  do {
    round(++refresh);
    measured.decisions += targets;
    measured.seconds = to_seconds(environment.now() - begun);
  } while (measured.seconds < seconds);
  if (went_through < measured.decisions) measured.decisions = 0;  // Then it was not measured.
  return measured;
}

std::string load_now(Environment& environment) {
  const auto text = environment.read("/proc/loadavg");
  return text ? text->substr(0, text->find(' ')) : "unknown";
}

}  // namespace

Outcome command_bench(const Request& request, Environment& environment) {
  const double seconds = request.seconds > 0 ? request.seconds : default_seconds;
  const std::string load = load_now(environment);
  TextTable table{{"ALGORITHM", ">AGENTS", ">DECISIONS/S", ">US EACH", ">CORE FOR 10,000 TARGETS"}};
  std::vector<std::pair<std::string, std::string>> members = {{"load_average", load}};
  for (const Case& each : cases) {
    const Measured measured = measure(each, seconds / cases.size(), environment);
    if (measured.decisions == 0)
      return failed(exit_not_answered,
                    fmt::format("{}: decisions were withheld before the model", each.algorithm));
    table.add({each.algorithm, std::to_string(each.agents),
               fmt::format("{:.0f}", measured.per_second()),
               fmt::format("{:.2f}", 1e6 / measured.per_second()),
               fmt::format("{:.2f} %", 100 * measured.share_of_core())});
    members.emplace_back(fmt::format("{}_{}", each.algorithm, each.agents),
                         fmt::format("{:.0f}", measured.per_second()));
  }
  if (request.json) return {.out = texts_json(members)};
  return {.out = table.text() +
                 fmt::format("\none core, {} targets in turn, a decision every {:.0f} s; load "
                             "average before: {}\n",
                             targets, refresh_s, load)};
}

}  // namespace paceline::pacelinectl
