#include "services/watch/target_metrics.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace paceline::watch {
namespace {

constexpr std::uint64_t least_outcomes = 20;
constexpr std::uint64_t most_counted =
    2000;  // Of an older rate more do not make what is now surer.

struct TargetFamily {
  const char* name;
  const char* help;
  const char* type;
  double (*value)(const TargetRow& row);
};

constexpr std::array<TargetFamily, 12> families_of_a_target = {{
    {"paceline_target_granted", "Invitations that may go out now.", "gauge",
     [](const TargetRow& row) { return static_cast<double>(row.pace.proactive); }},
    {"paceline_target_max_pending", "Invitations that may be outstanding.", "gauge",
     [](const TargetRow& row) { return static_cast<double>(row.pace.max_pending); }},
    {"paceline_target_pending", "Invitations outstanding.", "gauge",
     [](const TargetRow& row) { return static_cast<double>(row.pace.pending); }},
    {"paceline_target_agents", "Agents logged in.", "gauge",
     [](const TargetRow& row) { return static_cast<double>(row.pace.logged_in); }},
    {"paceline_target_agents_ready", "Agents waiting for an interaction.", "gauge",
     [](const TargetRow& row) { return static_cast<double>(row.pace.ready); }},
    {"paceline_target_agents_busy", "Agents handling an interaction.", "gauge",
     [](const TargetRow& row) { return static_cast<double>(row.pace.busy); }},
    {"paceline_target_queue", "Interactions waiting.", "gauge",
     [](const TargetRow& row) { return static_cast<double>(row.pace.in_queue); }},
    {"paceline_target_abandonment_ratio", "Proactive abandonment over the accounting window.",
     "gauge", [](const TargetRow& row) { return row.pace.abandonment; }},
    {"paceline_target_goal_ratio", "optimizationGoal in force.", "gauge",
     [](const TargetRow& row) { return row.pace.goal / 100.0; }},
    {"paceline_target_acceptance_ratio", "Learned acceptance of invitations.", "gauge",
     [](const TargetRow& row) { return row.pace.acceptance; }},
    {"paceline_target_busy_ratio", "Busy factor, smoothed.", "gauge",
     [](const TargetRow& row) { return row.pace.busy_factor; }},
    {"paceline_target_invitations_sent_total", "Invitations sent, as the endpoint counts them.",
     "counter", [](const TargetRow& row) { return static_cast<double>(row.feedback.sent); }},
}};

MetricFamily one(const char* name, const char* help, double value) {
  return {name, help, "gauge", {{"", {}, value}}};
}

/// One sample for each word of the label.
MetricFamily by(const char* name, const char* help, const char* type, const char* label,
                std::vector<std::pair<const char*, double>> values) {
  MetricFamily family{name, help, type, {}};
  for (const auto& [word, value] : values) family.samples.push_back({"", {{label, word}}, value});
  return family;
}

/// The share that it is at least, 19 times of 20: the lower end of Wilson's interval (1927).
///   share      [0..1]
///   outcomes   [>= 1] that it was found in
double least_share(double share, std::uint64_t outcomes) {
  constexpr double z = 1.96;
  const double p = std::clamp(share, 0.0, 1.0);
  const auto n = static_cast<double>(std::min(outcomes, most_counted));
  const double middle = p + z * z / (2 * n);
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return std::max(0.0, (middle - half) / (1 + z * z / n));
}

}  // namespace

bool over_goal(const TargetRow& row) {
  const auto outcomes = row.feedback.answered + row.feedback.abandoned;
  return row.has_pace && row.has_feedback &&
         row.name->options.optimization_target == OptimizationTarget::abandonment_rate &&
         outcomes >= least_outcomes &&
         least_share(row.pace.abandonment, outcomes) > row.pace.goal / 100.0;
}

std::vector<MetricFamily> target_families(const TargetTable& table, std::size_t most) {
  const TotalsAnswer totals = table.totals();
  const std::size_t shown = std::min(most, table.size());
  double over = 0;
  for (std::uint32_t i = 0; i < table.size(); ++i) over += over_goal(table.row(i)) ? 1 : 0;
  const auto number = [](auto count) { return static_cast<double>(count); };
  std::vector<MetricFamily> families;
  families.push_back(one("paceline_watch_targets_over_goal",
                         "Targets whose proactive abandonment is certainly above their goal: the "
                         "interval of the rate lies above it, on 20 outcomes or more.",
                         over));
  families.push_back(one("paceline_watch_targets_without_series",
                         "Targets that [watch] target_series leaves out of paceline_target_*.",
                         number(table.size() - shown)));
  families.push_back(by("paceline_watch_agents", "Agents of all targets.", "gauge", "state",
                        {{"logged_in", number(totals.logged_in)},
                         {"ready", number(totals.ready)},
                         {"busy", number(totals.busy)},
                         {"after_call_work", number(totals.after_call_work)}}));
  families.push_back(one("paceline_watch_queue", "Interactions waiting, over all targets.",
                         number(totals.in_queue)));
  families.push_back(one("paceline_watch_granted",
                         "Invitations that may go out now, over all targets.",
                         number(totals.proactive)));
  families.push_back(one("paceline_watch_pending", "Invitations outstanding, over all targets.",
                         number(totals.pending)));
  families.push_back(
      by("paceline_watch_invitations_total",
         "Invitations by fate, as the endpoint counts them; answered and abandoned are of those "
         "accepted.",
         "counter", "fate",
         {{"sent", number(totals.sent)},
          {"accepted", number(totals.accepted)},
          {"answered", number(totals.answered)},
          {"abandoned", number(totals.abandoned)}}));
  if (shown == 0) return families;
  for (const TargetFamily& each : families_of_a_target) {
    auto& family = families.emplace_back(MetricFamily{each.name, each.help, each.type, {}});
    family.samples.reserve(shown);
    for (std::uint32_t i = 0; i < shown; ++i) {
      const TargetRow& row = table.row(i);
      family.samples.push_back(
          {"", {{"target", row.name->id}, {"channel", row.name->media_channel}}, each.value(row)});
    }
  }
  return families;
}

}  // namespace paceline::watch
