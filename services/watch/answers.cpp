#include "services/watch/answers.h"

namespace paceline::watch {

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
      .outstanding = feedback.pending,
      .pool = name->pool_head,
      .pool_targets = name->pool_targets,
      .slots = stat.slots,
      .in_handling = stat.in_handling};
  answer.pace.logged_in = stat.logged_in;
  answer.pace.ready = stat.ready;
  answer.pace.busy = stat.busy;
  answer.pace.after_call_work = stat.after_call_work;
  answer.pace.in_queue = stat.in_queue;
  if (!has_pace) answer.pace.goal = name->options.optimization_goal;
  return answer;
}

}  // namespace paceline::watch
