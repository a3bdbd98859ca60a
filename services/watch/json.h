// What watch knows, as JSON: the bodies of the REST answers (openapi.yaml describes every member).
//
// Pure. Always valid JSON: text that is not UTF-8 is repaired, a number that is not finite is null.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/watch/cluster_view.h"
#include "services/watch/events.h"
#include "services/watch/history.h"
#include "services/watch/readiness.h"
#include "services/watch/target_table.h"

namespace paceline::watch {

/// The whole picture, as `pacelinectl status --json` shows it too.
std::string status_json(StatusAnswer status, const TotalsAnswer& totals, std::string_view watch_url,
                        const Surroundings& around = {});

std::string nodes_json(const StatusAnswer& status);
std::string channels_json(const StatusAnswer& status);
std::string readiness_json(const ReadinessAnswer& readiness);

/// One page of targets, an object each.
///   cost   O(selection), about 500 bytes a target
std::string targets_json(const TargetTable& table, const TargetSelection& selection,
                         const TargetQuery& query);

/// The same as columns and rows, a third of the bytes: {"columns":[..],"rows":[[..],..]}.
std::string targets_table_json(const TargetTable& table, const TargetSelection& selection);

std::string target_json(const TargetRow& row);
std::string explanation_json(const Explanation& explanation);
/// `name` "" = all targets together; `finest_ms` the step of the finest resolution.
std::string history_json(std::string_view name, const HistorySeries& series,
                         std::int64_t finest_ms);
std::string events_json(std::span<const Event> events, std::uint64_t last);

/// One message of the live stream: changed rows in the form of targets_table_json, and events.
std::string changes_json(const TargetTable& table, std::span<const std::uint32_t> changed);

/// An object of these names and texts.
std::string fields_json(std::span<const std::pair<std::string, std::string>> fields);

/// RFC 9457.
std::string problem_json(int status, std::string_view title, std::string_view detail);

/// {"reactiveState":p}
std::string reactive_state_json(double probability);
/// {"channelCapacity":n}
std::string channel_capacity_json(std::int64_t ready_agents);

}  // namespace paceline::watch
