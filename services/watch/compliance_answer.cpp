#include "services/watch/compliance_answer.h"

#include <fmt/format.h>

#include "common/base/time_zone.h"

namespace paceline::watch {
namespace {

std::string option_text(std::string_view name, const PacingOptions& options) {
  for (const PacingOption& option : pacing_options())
    if (option.name == name) return option.text(options);
  return "";
}

std::string goal_word(std::uint8_t target) {
  PacingOptions options;
  options.optimization_target = static_cast<OptimizationTarget>(target);
  return std::string{to_string(options.optimization_target)};
}

std::string share_text(double share) {
  return share < 0 ? "" : fmt::format("{:.6f}", share);
}

}  // namespace

ComplianceAnswer compliance_answer(const TargetName& target, const ComplianceRecord& record,
                                   const ComplianceQuery& query, int keep_days) {
  ComplianceAnswer answer{
      .target = target.id,
      .time_zone = option_text("time_zone", target.options),
      .day_begins = option_text("day_begins", target.options),
      .rolling_days = query.rolling_days,
      .keep_days = keep_days,
      .fault = record.fault.empty() ? std::nullopt : std::optional{record.fault},
      .days = {}};
  const auto rolling = rolling_abandonment(record.days, query.rolling_days);
  for (std::size_t i = 0; i < record.days.size(); ++i) {
    const ComplianceDay& day = record.days[i];
    if (day.date < query.from || day.date > query.to) continue;
    const auto ended = static_cast<double>(day.answered + day.abandoned);
    const auto length = static_cast<double>(day.ends_ms - day.begins_ms);
    answer.days.push_back(
        {.date = format_date(day.date),
         .begins = format_utc_ms(day.begins_ms),
         .ends = format_utc_ms(day.ends_ms),
         .over = !record.digests[i].empty(),
         .watched = length > 0 ? std::min(1.0, static_cast<double>(day.counted_ms) / length) : 0,
         .offered = day.offered,
         .answered = day.answered,
         .abandoned = day.abandoned,
         .abandonment = ended > 0 ? static_cast<double>(day.abandoned) / ended : -1,
         .rolling_abandonment = rolling[i],
         .goal_target = goal_word(day.goal_target),
         .goal = day.goal,
         .goal_changed = day.goal_changed,
         .digest = hexadecimal(record.digests[i])});
  }
  return answer;
}

std::string compliance_csv(const ComplianceAnswer& answer) {
  std::string out = fmt::format(
      "date,begins,ends,over,watched,offered,answered,abandoned,abandonment,"
      "rolling_{}_days,goal_target,goal,goal_changed,digest\r\n",
      answer.rolling_days);
  for (const auto& day : answer.days)
    out += fmt::format("{},{},{},{},{:.4f},{},{},{},{},{},{},{},{},{}\r\n", day.date,
                       day.begins.value_or(""), day.ends.value_or(""), day.over, day.watched,
                       day.offered, day.answered, day.abandoned, share_text(day.abandonment),
                       share_text(day.rolling_abandonment), day.goal_target, day.goal,
                       day.goal_changed, day.digest);
  if (answer.fault) out += fmt::format("\"fault: {}\"\r\n", *answer.fault);
  return out;
}

}  // namespace paceline::watch
