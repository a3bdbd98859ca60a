#include "services/pacer/what_if.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace paceline::pacer {
namespace {

constexpr int most_given = 100'000;

struct Change {
  std::string_view key;
  std::string_view value;
};

Result<int> whole(const Change& change, int least, int greatest) {
  int number = 0;
  const char* end = change.value.data() + change.value.size();
  const auto [stop, code] = std::from_chars(change.value.data(), end, number);
  if (code != std::errc{} || stop != end || number < least || number > greatest)
    return fail(fmt::format("{} = {}: not a whole number in [{}, {}]", change.key, change.value,
                            least, greatest));
  return number;
}

void take(std::int32_t& missing, std::int32_t& from) {
  const std::int32_t taken = std::min(missing, std::max(from, 0));
  from -= taken;
  missing -= taken;
}

void set_agents(PacingInputs& in, int agents) {
  const std::int32_t slots =
      in.slots > 0 && in.logged_in > 0
          ? static_cast<std::int32_t>(static_cast<std::int64_t>(in.slots) * agents / in.logged_in)
          : agents;
  const std::int32_t before = in.slots > 0 ? in.slots : in.logged_in;
  std::int32_t missing = before - slots;
  if (missing <= 0) {
    in.idle -= missing;
  } else {
    std::int32_t not_ready = before - in.idle - in.busy - in.wrap_up;
    take(missing, in.idle);
    take(missing, not_ready);
    take(missing, in.wrap_up);
    take(missing, in.busy);
  }
  in.logged_in = agents;
  if (in.slots > 0) in.slots = slots;
}

Result<void> apply(const Change& change, WhatIf& what) {
  auto& in = what.inputs;
  auto& options = what.options;
  const std::string_view key = change.key;
  if (key == "agents")
    set_agents(in, TRY(whole(change, 0, most_given)));
  else if (key == "idle")
    in.idle = TRY(whole(change, 0, most_given));
  else if (key == "busy")
    in.busy = TRY(whole(change, 0, most_given));
  else if (key == "wrap_up")
    in.wrap_up = TRY(whole(change, 0, most_given));
  else if (key == "queue")
    in.queue = TRY(whole(change, 0, most_given));
  else if (key == "pending")
    in.proactive.pending = TRY(whole(change, 0, most_given));
  else if (key == "goal")
    options.optimization_goal = TRY(whole(change, 1, 99));
  else if (key == "ratio")
    options.proactive_ratio = TRY(whole(change, 0, 100));
  else if (key == "algorithm")
    options.algorithm = TRY(parse_algorithm(change.value));
  else if (key == "optimization_target")
    options.optimization_target = TRY(parse_optimization_target(change.value));
  else if (key == "enabled" && (change.value == "true" || change.value == "false"))
    options.enabled = change.value == "true";
  else if (key == "refreshes")
    what.refreshes = TRY(whole(change, 1, 100));
  else
    return fail(
        fmt::format("{} = {}: not a change of agents, idle, busy, wrap_up, queue, pending, "
                    "goal, ratio, algorithm, optimization_target, enabled (true or false) "
                    "or refreshes",
                    key, change.value));
  return {};
}

}  // namespace

Result<WhatIf> what_if(const PacingInputs& inputs, const PacingOptions& options,
                       std::span<const std::string> changes) {
  WhatIf what{.inputs = inputs, .options = options};
  for (const std::string& text : changes) {
    const auto equals = std::min(text.find('='), text.size());
    const std::string_view all = text;
    const Change change{all.substr(0, equals), all.substr(std::min(equals + 1, all.size()))};
    if (const auto done = apply(change, what); !done) return tl::unexpected{done.error()};
  }
  return what;
}

Decision decide_held(TargetPacing pacing, const WhatIf& what, const ChannelPool& pool,
                     double uniform, double now_s) {
  const double refresh_s = to_seconds(what.options.refresh_period);
  Decision decision;
  for (int i = 0; i < what.refreshes; ++i)
    decision = pacing.decide(what.inputs, what.options, pool, uniform, now_s + i * refresh_s);
  return decision;
}

}  // namespace paceline::pacer
