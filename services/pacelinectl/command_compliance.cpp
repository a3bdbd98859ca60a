// `compliance TARGET --from --to`: what was counted on each of its days, and whether the record was changed since.
#include <fmt/format.h>

#include "common/base/url.h"
#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/past.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

std::string percent(double share) {
  return share < 0 ? "-" : fmt::format("{:.2f} %", 100 * share);
}

std::string goal_text(const ComplianceDayAnswer& day) {
  return fmt::format("{} {}{}", printable(day.goal_target), day.goal,
                     day.goal_changed ? " (changed)" : "");
}

std::string table(const ComplianceAnswer& record) {
  TextTable rows{{"DATE", ">OFFERED", ">ANSWERED", ">ABANDONED", ">RATE",
                  fmt::format(">{} DAYS", record.rolling_days), ">WATCHED", "GOAL", "DIGEST"}};
  for (const auto& day : record.days)
    rows.add({printable(day.date), std::to_string(day.offered), std::to_string(day.answered),
              std::to_string(day.abandoned), percent(day.abandonment),
              percent(day.rolling_abandonment), percent(day.watched), goal_text(day),
              day.over ? printable(day.digest) : "today"});
  return rows.text();
}

std::string summary(const ComplianceAnswer& record) {
  std::uint64_t ended = 0;
  std::uint64_t abandoned = 0;
  for (const auto& day : record.days) {
    ended += day.answered + day.abandoned;
    abandoned += day.abandoned;
  }
  const double share = ended > 0 ? static_cast<double>(abandoned) / static_cast<double>(ended) : -1;
  return fmt::format("{} days of {} from {} ({}): {} of {} abandoned, {}\n", record.days.size(),
                     printable(record.target), printable(record.day_begins),
                     printable(record.time_zone), abandoned, ended, percent(share));
}

}  // namespace

Outcome command_compliance(const Request& request, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  std::string path =
      fmt::format("/api/v1/targets/{}/compliance", percent_encoded(request.arguments[0]));
  std::string parameters;
  for (const auto& [name, value] : request.filters)
    parameters +=
        fmt::format("{}{}={}", parameters.empty() ? "?" : "&", name, percent_encoded(value));
  const auto reply = ask_watch(*cluster, path + parameters, environment);
  if (!reply) return failed(exit_not_answered, reply.error().detail);
  const auto record = parse_compliance(reply->body);
  if (!record) return failed(exit_not_answered, "watch answered, but " + record.error().detail);
  Outcome outcome;
  if (record->fault) {
    outcome.exit = exit_mistakes;
    outcome.error = "the record was changed after it was written: " + printable(*record->fault);
  }
  if (request.json) {
    outcome.out = reply->body + "\n";
    return outcome;
  }
  if (!request.csv) {
    outcome.out = table(*record) + summary(*record);
    return outcome;
  }
  const char* separator = parameters.empty() ? "?" : "&";
  const auto text = ask_watch(*cluster, path + parameters + separator + "format=csv", environment);
  if (!text) return failed(exit_not_answered, text.error().detail);
  outcome.out = text->body;
  return outcome;
}

}  // namespace paceline::pacelinectl
