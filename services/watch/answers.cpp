#include "services/watch/answers.h"

#include "services/watch/readiness.h"

namespace paceline::watch {
namespace {

/// [ms since 1970] as UTC; nothing for 0.
std::optional<std::string> utc(std::int64_t wall_ms) {
  if (wall_ms <= 0) return std::nullopt;
  return format_utc(WallTime{std::chrono::milliseconds{wall_ms}});
}

HeardPublication heard_publication(const PublicationReport& report, double heard_s) {
  return {.report = report,
          .round_trip_share = report.period_ms > 0 ? report.round_trip_ms / report.period_ms : 0.0,
          .heard_s = heard_s};
}

NodeAnswer node_answer(const NodeStatus& node) {
  NodeAnswer answer{.name = node.name,
                    .role = node.role,
                    .term = node.term,
                    .publisher = node.publisher,
                    .elector = node.elector,
                    .priority = node.priority,
                    .tier = node.tier,
                    .believes_master = node.believes_master,
                    .why = node.why,
                    .heard_s = node.heard_s,
                    .hears = {},
                    .publication = {}};
  for (const auto& peer : node.seen)
    answer.hears.push_back({peer.node, peer.ms < 0 ? -1 : static_cast<double>(peer.ms) / 1000});
  if (node.publication)
    answer.publication = heard_publication(*node.publication, node.publication_heard_s);
  return answer;
}

}  // namespace

std::vector<NodeAnswer> node_answers(const ClusterStatus& status) {
  std::vector<NodeAnswer> answers;
  for (const auto& node : status.nodes) answers.push_back(node_answer(node));
  return answers;
}

std::vector<ChannelAnswer> channel_answers(const ClusterStatus& status) {
  std::vector<ChannelAnswer> answers;
  for (const auto& channel : status.channels)
    answers.push_back({.channel = channel.channel,
                       .sender = channel.sender,
                       .shard = channel.shard,
                       .fresh = channel.fresh,
                       .heard_s = channel.heard_s,
                       .content_s = channel.content_s,
                       .stale_s = channel.stale_s});
  return answers;
}

StatusAnswer status_answer(const ClusterStatus& status, const TotalsAnswer& totals,
                           std::string_view watch_url) {
  const auto verdict = readiness(status);
  StatusAnswer answer{
      .cluster = status.cluster,
      .node = status.node,
      .time = utc(status.wall_ms),
      .term = status.term,
      .master = status.master,
      .master_since = utc(static_cast<std::int64_t>(status.master_since_ms)),
      .master_why = status.master_why,
      .claims = status.claims,
      .targets = totals.targets,
      .watch_url = std::string{watch_url},
      .ready = verdict.ready,
      .not_ready_because = verdict.reasons,
      .nodes = node_answers(status),
      .statistics = {status.statistics, status.statistics_fresh, status.statistics_heard_s},
      .pacers = {},
      .feedback = {status.feedback, status.feedback_heard_s},
      .grant = {status.grant.term, status.grant_left_s, status.grant.why},
      .totals = totals,
      .channels = channel_answers(status)};
  for (const auto& shard : status.shards)
    answer.pacers.push_back({shard.shard, shard.fresh, shard.cycle, shard.heard_s});
  return answer;
}

TargetAnswer target_answer(const TargetRow& row) {
  const auto& [name, stat, pace, feedback, has_stat, has_pace, has_feedback] = row;
  TargetAnswer answer{
      .id = name->id,
      .channel = name->media_channel,
      .group = name->group,
      .queue = name->queue,
      .algorithm = std::string{to_string(name->options.algorithm)},
      .optimization_target = std::string{to_string(name->options.optimization_target)},
      .pace = pace,
      .quality = stat.quality,
      .not_ready = stat.not_ready,
      .handling_time_s = stat.handling_time_s,
      .waiting_time_s = stat.waiting_time_s,
      .statistics_age_s = stat.age_s,
      .entered = stat.entered,
      .served = stat.answered,
      .lost = stat.abandoned,
      .sent = feedback.sent,
      .accepted = feedback.accepted,
      .rejected = feedback.rejected,
      .timed_out = feedback.timed_out,
      .answered = feedback.answered,
      .abandoned = feedback.abandoned,
      .outstanding = feedback.pending};
  answer.pace.logged_in = stat.logged_in;
  answer.pace.ready = stat.ready;
  answer.pace.busy = stat.busy;
  answer.pace.after_call_work = stat.after_call_work;
  answer.pace.in_queue = stat.in_queue;
  if (!has_pace) answer.pace.goal = name->options.optimization_goal;
  return answer;
}

}  // namespace paceline::watch
