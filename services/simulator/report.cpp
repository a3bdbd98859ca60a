#include "services/simulator/report.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <vector>

namespace paceline::simulator {
namespace {

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

void text(Json& json, const char* name, const std::string& value) {
  json.Key(name);
  json.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}

void number(Json& json, const char* name, double value) {
  json.Key(name);
  json.Double(value);
}

void whole(Json& json, const char* name, std::uint64_t value) {
  json.Key(name);
  json.Uint64(value);
}

double share(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

void add(StreamCounts& sum, const StreamCounts& one) {
  sum.entered += one.entered;
  sum.answered += one.answered;
  sum.abandoned += one.abandoned;
  sum.turned_away += one.turned_away;
  sum.finished += one.finished;
  sum.queued += one.queued;
  sum.waiting_s += one.waiting_s;
}

void add(AgentCounts& sum, const AgentCounts& one) {
  sum.logged_in += one.logged_in;
  sum.ready += one.ready;
  sum.busy += one.busy;
  sum.wrap_up += one.wrap_up;
  sum.not_ready += one.not_ready;
}

// The agents of a group are counted at its first target alone.
void add_agents(TargetCounts& sum, const TargetCounts& one) {
  add(sum.agents, one.agents);
  sum.logged_in += one.logged_in;
  sum.ready += one.ready;
  sum.busy += one.busy;
  sum.wrap_up += one.wrap_up;
  sum.not_ready += one.not_ready;
  sum.logged_in_s += one.logged_in_s;
  sum.busy_s += one.busy_s;
  sum.wrap_up_s += one.wrap_up_s;
  sum.not_ready_s += one.not_ready_s;
  sum.agents_s += one.agents_s;
}

void add_customers(TargetCounts& sum, const TargetCounts& one) {
  add(sum.reactive, one.reactive);
  add(sum.proactive, one.proactive);
  sum.sent += one.sent;
  sum.accepted += one.accepted;
  sum.rejected += one.rejected;
  sum.timed_out += one.timed_out;
  sum.pending += one.pending;
  sum.handled += one.handled;
  sum.handling_s += one.handling_s;
}

void stream(Json& json, const char* name, const StreamCounts& counts) {
  const auto over = static_cast<double>(counts.answered + counts.abandoned);
  json.Key(name);
  json.StartObject();
  whole(json, "entered", counts.entered);
  whole(json, "answered", counts.answered);
  whole(json, "abandoned", counts.abandoned);
  whole(json, "turned_away", counts.turned_away);
  whole(json, "queued", static_cast<std::uint64_t>(counts.queued));
  number(json, "abandonment", share(static_cast<double>(counts.abandoned), over));
  number(json, "mean_wait_s", share(counts.waiting_s, over));
  json.EndObject();
}

void members(Json& json, const TargetCounts& counts, double elapsed_s) {
  number(json, "occupancy", counts.occupancy());
  number(json, "agents_mean", share(counts.agents_s, elapsed_s));
  whole(json, "agents_now", static_cast<std::uint64_t>(counts.agents.logged_in));
  whole(json, "ready_now", static_cast<std::uint64_t>(counts.agents.ready));
  number(json, "slots_mean", share(counts.logged_in_s, elapsed_s));
  whole(json, "slots_now", static_cast<std::uint64_t>(counts.logged_in));
  whole(json, "slots_free_now", static_cast<std::uint64_t>(counts.ready));
  number(json, "busy_hours", counts.busy_s / 3600);
  number(json, "wrap_up_hours", counts.wrap_up_s / 3600);
  number(json, "logged_in_hours", counts.logged_in_s / 3600);
  number(json, "not_ready_hours", counts.not_ready_s / 3600);
  number(json, "mean_handling_s", share(counts.handling_s, static_cast<double>(counts.handled)));
  stream(json, "reactive", counts.reactive);
  stream(json, "proactive", counts.proactive);
  json.Key("invitations");
  json.StartObject();
  whole(json, "sent", counts.sent);
  whole(json, "accepted", counts.accepted);
  whole(json, "rejected", counts.rejected);
  whole(json, "timed_out", counts.timed_out);
  whole(json, "pending", static_cast<std::uint64_t>(counts.pending));
  json.EndObject();
}

void publications(Json& json, const PublicationEndpoint& endpoint) {
  json.Key("publications");
  json.StartObject();
  whole(json, "accepted", endpoint.accepted());
  whole(json, "fenced", endpoint.fenced());
  whole(json, "refused", endpoint.refused());
  number(json, "longest_gap_s", static_cast<double>(endpoint.longest_gap_ms()) / 1000);
  json.Key("by_node");
  json.StartObject();
  for (const auto& [node, count] : endpoint.by_node()) whole(json, node.c_str(), count);
  json.EndObject();
  json.EndObject();
}

void kinds(Json& json, const CentreModel& model, const std::vector<TargetCounts>& by_kind,
           const std::vector<std::uint64_t>& targets, double elapsed_s) {
  json.Key("kinds");
  json.StartArray();
  for (std::size_t kind = 0; kind < by_kind.size(); ++kind) {
    if (targets[kind] == 0) continue;
    json.StartObject();
    text(json, "kind", model.kinds[kind].name);
    whole(json, "targets", targets[kind]);
    members(json, by_kind[kind], elapsed_s);
    json.EndObject();
  }
  json.EndArray();
}

void groups(Json& json, const CentreModel& model, const std::vector<TargetCounts>& each,
            double elapsed_s) {
  json.Key("groups");
  json.StartArray();
  for (std::size_t target = 0; target < each.size(); ++target) {
    json.StartObject();
    text(json, "id", model.targets[target].id);
    text(json, "group", model.targets[target].group);
    text(json, "kind", model.kinds[model.targets[target].kind].name);
    members(json, each[target], elapsed_s);
    json.EndObject();
  }
  json.EndArray();
}

}  // namespace

std::string report_of(const Centre& centre, const PublicationEndpoint* endpoint) {
  const auto& model = centre.model();
  std::vector<TargetCounts> each(centre.size());
  std::vector<TargetCounts> by_kind(model.kinds.size());
  std::vector<std::uint64_t> targets(model.kinds.size(), 0);
  TargetCounts all;
  for (std::uint32_t target = 0; target < centre.size(); ++target) {
    each[target] = centre.counts(target);
    auto& of_kind = by_kind[model.targets[target].kind];
    ++targets[model.targets[target].kind];
    for (TargetCounts* sum : {&of_kind, &all}) {
      add_customers(*sum, each[target]);
      if (centre.counts_agents(target)) add_agents(*sum, each[target]);
    }
  }
  const double elapsed_s = to_seconds(centre.now());

  rapidjson::StringBuffer buffer;
  Json json{buffer};
  json.SetMaxDecimalPlaces(5);
  json.StartObject();
  number(json, "elapsed_s", elapsed_s);
  number(json, "hour_of_day", to_seconds((model.start + centre.now()) % 24h) / 3600);
  whole(json, "targets", centre.size());
  whole(json, "events", centre.events());
  if (endpoint) publications(json, *endpoint);
  json.Key("all");
  json.StartObject();
  members(json, all, elapsed_s);
  json.EndObject();
  kinds(json, model, by_kind, targets, elapsed_s);
  groups(json, model, each, elapsed_s);
  json.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace paceline::simulator
