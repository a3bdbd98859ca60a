// What pacelinectl says under --json where the answer did not come as JSON. Ends with a line break.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/wire/messages.h"
#include "services/pacelinectl/request.h"
#include "topology/check.h"
#include "topology/targets_diff.h"
#include "topology/topology.h"

namespace paceline::pacelinectl {

/// {"file","good","mistakes":[{"where","what"}]}
std::string mistakes_json(std::string_view file, std::span<const Mistake> mistakes);

/// What a command ends with that found mistakes in a file: them all, a line each or as JSON.
Outcome mistakes_outcome(const Request& request, std::string_view file,
                         std::span<const Mistake> mistakes);

/// {"self":{..},"peers":[{..,"age_s"}],"lease_left_s","transitions":[{"time","role","term","why"}]}
std::string election_json(const ElectionView& view);

/// {"families":[{"name","type","help","samples":[{"suffix","labels":{..},"value"}]}]}
std::string metrics_json(std::span<const MetricFamily> families);

/// The topology as the code understood it, with every socket's address.
std::string topology_json(const Topology& topology);

/// {"configuration","folders":[..]}
std::string supervisor_json(std::string_view configuration, std::span<const std::string> folders);

/// {"added":[..],"removed":[..],"changed":[{"id","fields":{NAME:{"before","after"}}}]}
std::string diff_json(const TargetsDiff& diff);

/// Reads what texts_json() writes.
///   errors   bad_value: no object of texts
Result<std::vector<std::pair<std::string, std::string>>> texts_of(std::string_view json);

/// An object of texts.
std::string texts_json(std::span<const std::pair<std::string, std::string>> members);

/// {"statistics":[{"target","figure","is","object_type","object","statistic"}]} of statfeed's
/// answer to "unseen".
std::string unseen_json(std::span<const std::pair<std::string, std::string>> missing);

/// The same on one line, for a stream of them.
std::string texts_line(std::span<const std::pair<std::string, std::string>> members);

/// {NAME:[..]}
std::string list_json(std::string_view name, std::span<const std::string> texts);

}  // namespace paceline::pacelinectl
