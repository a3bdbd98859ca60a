#include "services/pacelinectl/answers.h"

#include <fmt/format.h>

#include "common/wire/json_reader.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

constexpr std::size_t longest_shown = 300;

}  // namespace

Result<StatusAnswer> parse_status(std::string_view json) {
  auto status = json_read<StatusAnswer>(json);
  if (!status) return fail("not a status: " + status.error().detail);
  return status;
}

Result<TargetsAnswer> parse_targets_answer(std::string_view json) {
  auto targets = json_read<TargetsAnswer>(json);
  if (!targets) return fail("not a list of targets: " + targets.error().detail);
  return targets;
}

Result<Explanation> parse_explanation(std::string_view json) {
  auto explanation = json_read<Explanation>(json);
  if (!explanation) return fail("not an explanation: " + explanation.error().detail);
  return explanation;
}

std::string cause_line(const CauseAnswer& cause, bool colour) {
  const Colour shade = cause.weight == CauseWeight::stops       ? Colour::bad
                       : cause.weight == CauseWeight::endangers ? Colour::warn
                                                                : Colour::none;
  return coloured(fmt::format("{:<9}", to_string(cause.weight)), shade, colour) + " " +
         coloured(printable(cause.cause), Colour::bold, colour) + " -> " + printable(cause.remedy);
}

std::string statistics_line(const StatisticsAnswer& statistics) {
  const auto& [source, fresh, heard_s] = statistics;
  return fmt::format(
      "statistics: {}{}{}",
      source.in_use.empty() ? "neither primary nor backup is heard" : printable(source.in_use),
      fresh ? "" : ", not fresh",
      source.targets_unseen == 0 ? ""
                                 : fmt::format(", {} targets not visible", source.targets_unseen));
}

std::string problem_detail(std::string_view body) {
  const auto problem = json_read<ProblemAnswer>(body);
  return problem && !problem->detail.empty() ? problem->detail
                                             : std::string{body.substr(0, longest_shown)};
}

}  // namespace paceline::pacelinectl
