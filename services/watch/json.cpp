#include "services/watch/json.h"

#include "common/wire/json_writer.h"

namespace paceline::watch {
namespace {

void write_publication(JsonWriter& json, const PublicationReport& report) {
  json.member("outcome", to_string(report.outcome));
  json.member("http_status", report.status);
  json.member("detail", report.detail);
  json.member("open", report.open);
  json.member("term", report.term);
  json.member("fenced_by", report.fenced_by);
  json.member("sequence", report.sequence);
  json.member("round_trip_ms", report.round_trip_ms);
  json.member("period_ms", report.period_ms);
  json.member("round_trip_share",
              report.period_ms > 0 ? report.round_trip_ms / report.period_ms : 0.0);
  json.member("targets", report.targets);
  json.member("rejected_targets", report.rejected_targets);
  json.member("body_bytes", report.body_bytes);
  json.member("sent_bytes", report.sent_bytes);
  json.member("cycles", report.cycles);
  json.member("skipped_cycles", report.skipped_cycles);
  json.member("prompts", report.prompts);
  json.member("requests", report.requests);
  json.member("wire_bytes", report.wire_bytes);
  json.seconds("since_accepted_s", report.since_accepted_s);
  json.seconds("pace_age_s", report.pace_age_s);
  json.member("endpoint_reachable", report.endpoint_reachable);
  json.member("pid", report.pid);
}

void write_node(JsonWriter& json, const NodeStatus& node) {
  json.begin();
  json.member("name", node.name);
  json.member("role", to_string(node.role));
  json.member("term", node.term);
  json.member("publisher", node.publisher);
  json.member("elector", node.elector);
  json.member("priority", node.priority);
  json.member("tier", node.tier);
  json.member("believes_master", node.believes_master);
  json.member("why", node.why);
  json.seconds("heard_s", node.heard_s);
  json.list("hears");
  for (const auto& peer : node.seen) {
    json.begin();
    json.member("node", peer.node);
    json.seconds("age_s", peer.ms < 0 ? -1 : static_cast<double>(peer.ms) / 1000);
    json.end();
  }
  json.end_list();
  json.key("publication");
  if (node.publication) {
    json.begin();
    write_publication(json, *node.publication);
    json.seconds("heard_s", node.publication_heard_s);
    json.end();
  } else {
    json.null();
  }
  json.end();
}

void write_nodes(JsonWriter& json, const ClusterStatus& status) {
  json.list("nodes");
  for (const auto& node : status.nodes) write_node(json, node);
  json.end_list();
}

void write_channels(JsonWriter& json, const ClusterStatus& status) {
  json.list("channels");
  for (const auto& channel : status.channels) {
    json.begin();
    json.member("channel", channel.channel);
    json.member("sender", channel.sender);
    json.key("shard");
    channel.shard < 0 ? json.null() : json.value(channel.shard);
    json.member("fresh", channel.fresh);
    json.seconds("heard_s", channel.heard_s);
    json.seconds("content_s", channel.content_s);
    json.member("stale_s", channel.stale_s);
    json.end();
  }
  json.end_list();
}

template <class Enum, std::size_t count>
void write_counts(JsonWriter& json, const char* name,
                  const std::array<std::uint64_t, count>& counts) {
  json.begin(name);
  for (std::size_t i = 0; i < count; ++i) json.member(to_string(static_cast<Enum>(i)), counts[i]);
  json.end();
}

void write_totals(JsonWriter& json, const TargetTotals& totals) {
  json.begin("totals");
  json.member("targets", totals.targets);
  json.member("paced", totals.paced);
  write_counts<PaceState>(json, "by_state", totals.by_state);
  write_counts<PaceReason>(json, "by_reason", totals.by_reason);
  write_counts<StatQuality>(json, "by_quality", totals.by_quality);
  json.member("logged_in", totals.logged_in);
  json.member("ready", totals.ready);
  json.member("busy", totals.busy);
  json.member("after_call_work", totals.after_call_work);
  json.member("in_queue", totals.in_queue);
  json.member("pending", totals.pending);
  json.member("proactive", totals.proactive);
  json.member("max_pending", totals.max_pending);
  json.member("sent", totals.sent);
  json.member("accepted", totals.accepted);
  json.member("answered", totals.answered);
  json.member("abandoned", totals.abandoned);
  json.end();
}

// One list of columns for objects, tables and the stream: a column is a name and how to write it.
struct Column {
  const char* name;
  void (*write)(JsonWriter& json, const TargetRow& row);
};

#define PACELINE_COLUMN(name, expression)                                        \
  Column {                                                                       \
    name, [](JsonWriter& json, const TargetRow& row) { json.value(expression); } \
  }

constexpr Column columns[] = {
    PACELINE_COLUMN("id", row.name->id),
    PACELINE_COLUMN("channel", row.name->media_channel),
    PACELINE_COLUMN("group", row.name->group),
    PACELINE_COLUMN("queue", row.name->queue),
    PACELINE_COLUMN("algorithm", to_string(row.name->options.algorithm)),
    PACELINE_COLUMN("optimization_target", to_string(row.name->options.optimization_target)),
    PACELINE_COLUMN("goal", row.has_pace ? row.pace.goal : row.name->options.optimization_goal),
    PACELINE_COLUMN("state", to_string(row.pace.state)),
    PACELINE_COLUMN("reason", to_string(row.pace.reason)),
    PACELINE_COLUMN("quality", to_string(row.stat.quality)),
    PACELINE_COLUMN("proactive", row.pace.proactive),
    PACELINE_COLUMN("max_pending", row.pace.max_pending),
    PACELINE_COLUMN("pending", row.pace.pending),
    PACELINE_COLUMN("reactive", row.pace.reactive),
    PACELINE_COLUMN("reactive_state", row.pace.reactive_state),
    PACELINE_COLUMN("predicted_wait_s", row.pace.predicted_wait_s),
    PACELINE_COLUMN("logged_in", row.stat.logged_in),
    PACELINE_COLUMN("ready", row.stat.ready),
    PACELINE_COLUMN("busy", row.stat.busy),
    PACELINE_COLUMN("after_call_work", row.stat.after_call_work),
    PACELINE_COLUMN("not_ready", row.stat.not_ready),
    PACELINE_COLUMN("in_queue", row.stat.in_queue),
    PACELINE_COLUMN("acceptance", row.pace.acceptance),
    PACELINE_COLUMN("abandonment", row.pace.abandonment),
    PACELINE_COLUMN("busy_factor", row.pace.busy_factor),
    PACELINE_COLUMN("handling_time_s", row.stat.handling_time_s),
    PACELINE_COLUMN("waiting_time_s", row.stat.waiting_time_s),
    PACELINE_COLUMN("statistics_age_s", row.stat.age_s),
    PACELINE_COLUMN("entered", row.stat.entered),
    PACELINE_COLUMN("served", row.stat.answered),
    PACELINE_COLUMN("lost", row.stat.abandoned),
    PACELINE_COLUMN("sent", row.feedback.sent),
    PACELINE_COLUMN("accepted", row.feedback.accepted),
    PACELINE_COLUMN("rejected", row.feedback.rejected),
    PACELINE_COLUMN("timed_out", row.feedback.timed_out),
    PACELINE_COLUMN("answered", row.feedback.answered),
    PACELINE_COLUMN("abandoned", row.feedback.abandoned),
    PACELINE_COLUMN("outstanding", row.feedback.pending),
};

#undef PACELINE_COLUMN

void write_target(JsonWriter& json, const TargetRow& row) {
  json.begin();
  for (const auto& column : columns) {
    json.key(column.name);
    column.write(json, row);
  }
  json.end();
}

void write_table(JsonWriter& json, const TargetTable& table,
                 std::span<const std::uint32_t> indices) {
  json.list("columns");
  for (const auto& column : columns) json.value(column.name);
  json.end_list();
  json.list("rows");
  for (const auto index : indices) {
    json.list();
    for (const auto& column : columns) column.write(json, table.row(index));
    json.end_list();
  }
  json.end_list();
}

}  // namespace

std::string status_json(const ClusterStatus& status, const TargetTotals& totals,
                        std::string_view watch_url) {
  JsonWriter json;
  json.begin();
  json.member("cluster", status.cluster);
  json.member("node", status.node);
  json.time("time", status.wall_ms);
  json.member("term", status.term);
  json.member("master", status.master);
  json.time("master_since", static_cast<std::int64_t>(status.master_since_ms));
  json.member("master_why", status.master_why);
  json.member("claims", status.claims);
  json.member("targets", totals.targets);
  json.member("watch_url", watch_url);
  const auto result = readiness(status);
  json.member("ready", result.ready);
  json.list("not_ready_because");
  for (const auto& reason : result.reasons) json.value(reason);
  json.end_list();
  write_nodes(json, status);

  json.begin("statistics");
  json.member("in_use", status.statistics.in_use);
  json.member("primary_up", status.statistics.primary_up);
  json.member("backup_up", status.statistics.backup_up);
  json.member("switches", status.statistics.switches);
  json.member("targets_visible", status.statistics.targets_visible);
  json.member("targets_unseen", status.statistics.targets_unseen);
  json.member("updates_per_second", status.statistics.updates_per_second);
  json.member("fresh", status.statistics_fresh);
  json.seconds("heard_s", status.statistics_heard_s);
  json.end();

  json.list("pacers");
  for (const auto& shard : status.shards) {
    json.begin();
    json.member("shard", shard.shard);
    json.member("fresh", shard.fresh);
    json.member("cycle", shard.cycle.cycle);
    json.member("decided", shard.cycle.decided);
    json.member("decide_us", shard.cycle.decide_us);
    json.seconds("stat_age_s", shard.cycle.stat_age_s);
    json.seconds("feedback_age_s", shard.cycle.feedback_age_s);
    json.seconds("heard_s", shard.heard_s);
    json.end();
  }
  json.end_list();

  json.begin("feedback");
  json.member("epoch", status.feedback.epoch);
  json.member("term", status.feedback.term);
  json.member("sequence", status.feedback.sequence);
  json.seconds("heard_s", status.feedback_heard_s);
  json.end();

  json.begin("grant");
  json.member("term", status.grant.term);
  json.member("left_s", status.grant_left_s);
  json.member("why", status.grant.why);
  json.end();

  write_totals(json, totals);
  write_channels(json, status);
  json.end();
  return json.text();
}

std::string nodes_json(const ClusterStatus& status) {
  JsonWriter json;
  json.begin();
  json.member("term", status.term);
  json.member("master", status.master);
  write_nodes(json, status);
  json.end();
  return json.text();
}

std::string channels_json(const ClusterStatus& status) {
  JsonWriter json;
  json.begin();
  write_channels(json, status);
  json.end();
  return json.text();
}

std::string readiness_json(const Readiness& result) {
  JsonWriter json;
  json.begin();
  json.member("ready", result.ready);
  json.member("role", result.role);
  json.list("reasons");
  for (const auto& reason : result.reasons) json.value(reason);
  json.end_list();
  json.end();
  return json.text();
}

std::string targets_json(const TargetTable& table, const TargetSelection& selection,
                         const TargetQuery& query) {
  JsonWriter json;
  json.begin();
  json.member("total", table.size());
  json.member("matching", selection.matching);
  json.member("offset", query.offset);
  json.member("limit", query.limit);
  json.list("targets");
  for (const auto index : selection.indices) write_target(json, table.row(index));
  json.end_list();
  json.end();
  return json.text();
}

std::string targets_table_json(const TargetTable& table, const TargetSelection& selection) {
  JsonWriter json;
  json.begin();
  json.member("total", table.size());
  json.member("matching", selection.matching);
  write_table(json, table, selection.indices);
  json.end();
  return json.text();
}

std::string target_json(const TargetRow& row) {
  JsonWriter json;
  write_target(json, row);
  return json.text();
}

std::string explanation_json(const Explanation& explanation) {
  JsonWriter json;
  json.begin();
  json.member("target", explanation.target);
  json.member("reason", to_string(explanation.reason));
  json.member("sentence", explanation.sentence);
  json.list("steps");
  for (const auto& step : explanation.steps) {
    json.begin();
    json.member("group", step.group);
    json.member("name", step.name);
    json.member("value", step.value);
    json.member("unit", step.unit);
    json.member("note", step.note);
    json.end();
  }
  json.end_list();
  json.end();
  return json.text();
}

std::string changes_json(const TargetTable& table, std::span<const std::uint32_t> changed) {
  JsonWriter json;
  json.begin();
  write_table(json, table, changed);
  json.end();
  return json.text();
}

std::string fields_json(std::span<const std::pair<std::string, std::string>> fields) {
  JsonWriter json;
  json.begin();
  for (const auto& [name, text] : fields) json.member(name, text);
  json.end();
  return json.text();
}

std::string problem_json(int status, std::string_view title, std::string_view detail) {
  JsonWriter json;
  json.begin();
  json.member("type", "about:blank");
  json.member("title", title);
  json.member("status", status);
  json.member("detail", detail);
  json.end();
  return json.text();
}

std::string reactive_state_json(double probability) {
  JsonWriter json;
  json.begin();
  json.member("reactiveState", probability);
  json.end();
  return json.text();
}

std::string channel_capacity_json(std::int64_t ready_agents) {
  JsonWriter json;
  json.begin();
  json.member("channelCapacity", ready_agents);
  json.end();
  return json.text();
}

}  // namespace paceline::watch
