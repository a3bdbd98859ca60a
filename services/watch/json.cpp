#include "services/watch/json.h"

#include "common/wire/json_fields.h"
#include "services/watch/answers.h"
#include "services/watch/standing.h"

namespace paceline::watch {
namespace {

void write_table(JsonWriter& json, const TargetTable& table,
                 std::span<const std::uint32_t> indices) {
  json.key("columns");
  write_names<TargetAnswer>(json);
  json.list("rows");
  for (const auto index : indices) write_row(json, target_answer(table.row(index)));
  json.end_list();
}

}  // namespace

std::string status_json(StatusAnswer status, const TotalsAnswer& totals, std::string_view watch_url,
                        const Surroundings& around) {
  const auto findings = find_causes(status, totals, around);
  auto verdict = readiness_of(status, findings);
  status.causes = causes_of(findings);
  if (const auto why = why_not_preferred(status); !why.empty())
    status.master_why += (status.master_why.empty() ? "" : "; ") + why;
  status.ready = verdict.ready;
  status.not_ready_because = std::move(verdict.reasons);
  status.targets = totals.targets;
  status.totals = totals;
  status.watch_url = watch_url;
  if (!around.history_off.empty()) status.history_off = around.history_off;
  return json_text(status);
}

std::string nodes_json(const StatusAnswer& status) {
  JsonWriter json;
  json.begin();
  json.member("term", status.term);
  json.member("master", status.master);
  json.key("nodes");
  write_value(json, status.nodes);
  json.end();
  return json.text();
}

std::string channels_json(const StatusAnswer& status) {
  JsonWriter json;
  json.begin();
  json.key("channels");
  write_value(json, status.channels);
  json.end();
  return json.text();
}

std::string readiness_json(const ReadinessAnswer& verdict) {
  return json_text(verdict);
}

std::string targets_json(const TargetTable& table, const TargetSelection& selection,
                         const TargetQuery& query) {
  TargetsAnswer page{.total = table.size(),
                     .matching = selection.matching,
                     .offset = query.offset,
                     .limit = query.limit,
                     .targets = {}};
  page.targets.reserve(selection.indices.size());
  for (const auto index : selection.indices)
    page.targets.push_back(target_answer(table.row(index)));
  return json_text(page);
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
  return json_text(target_answer(row));
}

std::string explanation_json(const Explanation& explanation) {
  return json_text(explanation);
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
  return json_text(ProblemAnswer{.type = "about:blank",
                                 .title = std::string{title},
                                 .status = status,
                                 .detail = std::string{detail}});
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
