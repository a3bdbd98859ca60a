// The part of json.h that is about the past: history and events.
#include "common/wire/json_writer.h"
#include "services/watch/json.h"

namespace paceline::watch {

std::string history_json(std::string_view name, const HistorySeries& series,
                         std::int64_t finest_ms) {
  JsonWriter json;
  json.begin();
  json.member("target", name);
  json.time("from", series.from_ms);
  json.time("to", series.to_ms);
  json.member("step_s", series.step_ms / 1000);
  json.list("kept");
  for (const auto& tier : history_tiers) {
    json.begin();
    json.member("step_s", tier.factor * finest_ms / 1000);
    json.member("keep_s", tier.factor * finest_ms / 1000 * tier.keep);
    json.end();
  }
  json.end_list();
  json.list("columns");
  json.value("time_ms");
  for (const auto& column : history_columns) json.value(column.name);
  json.end_list();
  json.list("rows");
  for (const auto& point : series.points) {
    json.list();
    json.value(point.key * series.step_ms);
    for (std::size_t c = 0; c < history::count; ++c) {
      const std::int32_t kept = point.values.at[c];
      const int scale = history_columns[c].scale;
      if (c == history::reason)
        json.value(to_string(static_cast<PaceReason>(kept)));
      else if (kept % scale == 0)
        json.value(kept / scale);
      else
        json.value(point.values.get(static_cast<history::Column>(c)));
    }
    json.end_list();
  }
  json.end_list();
  json.end();
  return json.text();
}

std::string events_json(std::span<const Event> events, std::uint64_t last) {
  JsonWriter json;
  json.begin();
  json.member("last", last);
  json.list("events");
  for (const auto& event : events) {
    json.begin();
    json.member("number", event.number);
    json.time("time", event.wall_ms);
    json.member("kind", event.kind);
    json.member("severity", event.severity);
    json.member("subject", event.subject);
    json.member("detail", event.detail);
    json.end();
  }
  json.end_list();
  json.end();
  return json.text();
}

}  // namespace paceline::watch
