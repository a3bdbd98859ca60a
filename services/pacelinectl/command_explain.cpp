// `explain TARGET`: the last decision about a target, step by step, as its pacer tells it.
#include <fmt/format.h>

#include "common/base/hash.h"
#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/table.h"
#include "services/watch/json.h"

namespace paceline {

Outcome command_explain(const Request& request, Reach& reach) {
  const auto cluster = load_cluster(request, reach);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  const std::string& target = request.words[0];
  const int shard = shard_of(target, cluster->topology.pacers);
  const auto body =
      ask_process(*cluster, "pacer", shard, {.question = "explain", .arguments = {target}}, reach);
  if (!body) return failed(exit_not_answered, body.error().detail);
  const auto explanation = decode<Explanation>(*body);
  if (!explanation)
    return failed(exit_not_answered, "pacer answered, but " + explanation.error().detail);
  if (request.json) return {.out = explanation_json(*explanation) + "\n"};
  std::string text = fmt::format("{}: {}. {}\n", printable(explanation->target),
                                 to_string(explanation->reason), printable(explanation->sentence));
  std::string group;
  TextTable table{{"", "", ">", "", ""}};
  for (const ExplanationStep& step : explanation->steps) {
    table.add({step.group == group ? "" : printable(step.group), printable(step.name),
               fmt::format("{:.6g}", step.value), printable(step.unit), printable(step.note)});
    group = step.group;
  }
  return {.out = text + table.text().substr(1)};  // Without the line of empty headings.
}

}  // namespace paceline
