// `explain TARGET`: the last decision about a target, step by step, as its pacer tells it.
#include <fmt/format.h>

#include "common/base/url.h"
#include "services/pacelinectl/answers.h"
#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/explanation_text.h"
#include "services/pacelinectl/table.h"
#include "services/watch/explained.h"
#include "services/watch/json.h"

namespace paceline::pacelinectl {
namespace {

// A zero says something among the results and inputs; a step that is zero was not needed.
bool worth_showing(const ExplanationStep& step, bool all) {
  return all || step.value != 0 || step.group == "input" || step.group == "result" ||
         !step.note.empty();
}

double result_of(const Explanation& explanation, std::string_view name) {
  for (const ExplanationStep& step : explanation.steps)
    if (step.group == "result" && step.name == name) return step.value;
  return 0;
}

std::string explanation_text(const Explanation& explanation, const Request& request) {
  const double now = result_of(explanation, "invitations");
  std::string text = fmt::format(
      "{}: {}\n{}: {:.0f} new invitations may go out now ({:.0f} outstanding at most)\n",
      coloured(printable(explanation.target), Colour::bold, request.colour),
      printable(explanation.sentence),
      coloured(to_string(explanation.reason), now > 0 ? Colour::good : Colour::warn,
               request.colour),
      now, result_of(explanation, "max_pending"));
  TextTable table{{"", ">", "", ""}};
  std::vector<std::pair<std::size_t, std::string>> titles;  // Before which row.
  std::size_t rows = 0;
  std::string group;
  for (const ExplanationStep& step : explanation.steps) {
    if (step.group != group) titles.emplace_back(rows, section_title(step.group));
    group = step.group;
    if (!worth_showing(step, request.all)) continue;
    table.add({"   " + printable(step.name), value_text(step), meaning_text(step), ""});
    ++rows;
  }
  const std::string lines = table.text();
  std::size_t begin = lines.find('\n') + 1;  // Without the line of empty headings.
  auto title = titles.begin();
  for (std::size_t row = 0; row <= rows; ++row) {
    for (; title != titles.end() && title->first == row; ++title)
      text += "\n" + coloured(title->second, Colour::bold, request.colour) + "\n";
    if (row == rows) break;
    const std::size_t end = lines.find('\n', begin) + 1;
    text += lines.substr(begin, end - begin);
    begin = end;
  }
  return text;
}

/// As the watch of this host sees the cluster, where it runs: a pause, and who is master. Without it the pacer's words
/// stand alone.
void add_standing(Explanation& explanation, const ClusterFile& cluster, Environment& environment) {
  const auto body = ask_process(cluster, "watch", 0, request_of(Question::cluster), environment);
  if (!body) return;
  const auto status = parse_status({reinterpret_cast<const char*>(body->data()), body->size()});
  if (status) watch::tell_standing(explanation, *status);
}

Result<Explanation> ask_pacer(const ClusterFile& cluster, const std::string& target,
                              Environment& environment) {
  const int shard = pacer_of(cluster, target, environment);
  auto explanation = decode<Explanation>(TRY(
      ask_process(cluster, "pacer", shard, request_of(Question::explain, {target}), environment)));
  if (!explanation) return fail("pacer answered, but " + explanation.error().detail);
  add_standing(*explanation, cluster, environment);
  return explanation;
}

Result<Explanation> ask_its_watch(const ClusterFile& cluster, const std::string& target,
                                  Environment& environment) {
  const auto reply = TRY(ask_watch(
      cluster, fmt::format("/api/v1/targets/{}/explain", percent_encoded(target)), environment));
  auto explanation = parse_explanation(reply.body);
  if (!explanation) return fail("watch answered, but " + explanation.error().detail);
  return explanation;
}

}  // namespace

Outcome command_explain(const Request& request, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  const std::string& target = request.arguments[0];
  const auto explanation = cluster->remote || request.by_watch
                               ? ask_its_watch(*cluster, target, environment)
                               : ask_pacer(*cluster, target, environment);
  if (!explanation) return failed(exit_not_answered, explanation.error().detail);
  if (request.json) return {.out = watch::explanation_json(*explanation) + "\n"};
  return {.out = explanation_text(*explanation, request)};
}

}  // namespace paceline::pacelinectl
