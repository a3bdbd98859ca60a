// The pacer's answers to operators: `explain`, `what_if` and `status`.
#include <fmt/format.h>

#include <span>

#include "services/pacer/dual.h"
#include "services/pacer/explain.h"
#include "services/pacer/service.h"
#include "services/pacer/what_if.h"

namespace paceline::pacer {

Result<Bytes> Pacer::explain_target(const ControlServer::Arguments& arguments) {
  if (arguments.size() != 1) return fail("explain needs one argument: the target's id");
  const auto index = TRY(index_named(arguments.front()));
  return encode(explain(ids_[index], inputs_in_pool(index, world_.clock.now()),
                        options_in_pool(index), decision(index), goal_of(index),
                        seen_overlap(index)));
}

Result<Bytes> Pacer::what_if_target(const ControlServer::Arguments& arguments) const {
  if (arguments.empty()) return fail("what_if needs the target's id, then KEY=VALUE changes");
  const auto index = TRY(index_named(arguments.front()));
  const Instant now = world_.clock.now();
  const Paced& paced = paced_[index];
  auto what =
      TRY(what_if(inputs_of(index, now), options_in_pool(index), std::span{arguments}.subspan(1)));
  if (const PoolPlace place = place_[index]; place.pool != no_pool) {
    PoolView view = agent_pools_[place.pool].view;
    view.see(place.member, what.inputs, pacing_s(now));
    what.inputs = view.view(place.member);
  }
  const Decision decision = decide_held(paced.pacing, what, pools_[media_of_[index]],
                                        paced.pacing.decision().explanation.uniform, pacing_s(now));
  return encode(explain(ids_[index], what.inputs, what.options, decision, goal_of(index),
                        seen_overlap(index)));
}

Result<std::uint32_t> Pacer::index_named(const std::string& id) const {
  const auto known = index_of_.find(id);
  if (known == index_of_.end())
    return fail(Errc::not_found,
                fmt::format("no target {} in shard {} of {}", id, config_.index, config_.shards));
  return known->second;
}

void Pacer::fill_status(StatusReply& reply) const {
  const Instant now = world_.clock.now();
  const auto stat_age = stat_.age(now);
  std::vector<GroupPace> groups;
  for (std::uint32_t i = 0; i < size(); ++i) {
    const Offer& offer = paced_[i].pacing.offer();
    groups.push_back({.proactive = offer.invitations,
                      .reactive = offer.reactive,
                      .reactive_state = offer.reactive_state,
                      .reactive_demand = offer.reactive_demand,
                      .ready = stat_.row(i).ready,
                      .counted = counted_[i]});
  }
  const GroupPace sum = channel_sum(groups);
  const auto add = [&](std::string name, std::string value) {
    reply.fields.emplace_back(std::move(name), std::move(value));
  };
  add("shard", fmt::format("{} of {}", config_.index, config_.shards));
  add("targets", fmt::format("{}", size()));
  add("cold", fmt::format("{}", totals_.cold()));
  add("targets_version", config_.targets_version);
  add("pools", fmt::format("{}", agent_pools_.size()));
  add("shared_agents_found", fmt::format("{}", overlaps_.found().size()));
  add("cycles", fmt::format("{}", cycle_.cycle));
  add("decide_us", fmt::format("{:.0f}", cycle_.decide_us));
  add("stat_age_s", stat_age ? fmt::format("{:.2f}", world_s(*stat_age)) : "none");
  add("feedback_age_s",
      feedback_epoch_ > 0 ? fmt::format("{:.2f}", world_s(now - feedback_at_)) : "none");
  add("invitations", fmt::format("{}", sum.proactive));
  add("ready", fmt::format("{}", sum.ready));
  add("reactive", fmt::format("{}", sum.reactive));
}

}  // namespace paceline::pacer
