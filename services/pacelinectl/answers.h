// What watch answers over HTTP, read back for showing it to people. Any bytes give a value or an
// error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace paceline::pacelinectl {

struct NodeAnswer {
  std::string name;
  std::string role;  // master, standby, witness, down.
  std::string elector;
  std::string publisher;  // open, shut, down, none.
  std::uint64_t term = 0;
  std::int64_t priority = 0;
  double heard_s = -1;  // [s] since its elector was heard; -1 = never.
  std::string outcome;  // Of its last publication; "" = none was heard.
  std::int64_t http_status = 0;
  double round_trip_ms = 0;
  double period_ms = 0;
  double since_accepted_s = -1;
};

struct StatusAnswer {
  std::string cluster;
  std::string master;  // "" = nobody.
  std::string master_since;
  std::string master_why;
  std::string watch_url;
  std::uint64_t term = 0;
  std::uint64_t targets = 0;
  bool ready = false;
  std::vector<std::string> not_ready_because;
  std::vector<NodeAnswer> nodes;
  std::string statistics_in_use;
  bool statistics_fresh = false;
  std::uint64_t targets_unseen = 0;
  // Sums over all targets.
  std::int64_t proactive = 0;
  std::int64_t pending = 0;
  std::int64_t busy = 0;
  std::int64_t logged_in = 0;
  std::vector<std::pair<std::string, std::uint64_t>> by_state;  // Without zeros.
};

struct TargetAnswer {
  std::string id;
  std::string media_channel;
  std::string state;
  std::string reason;
  std::int64_t proactive = 0;
  std::int64_t pending = 0;
  std::int64_t logged_in = 0;
  std::int64_t ready = 0;
  std::int64_t busy = 0;
  std::int64_t in_queue = 0;
  double acceptance = 0;   // [0..1]
  double abandonment = 0;  // [0..1]
  std::int64_t goal = 0;   // [percent]
};

struct TargetsAnswer {
  std::uint64_t total = 0;
  std::uint64_t matching = 0;
  std::vector<TargetAnswer> targets;
};

/// GET /api/v1/status. Members that are missing stay at their defaults, but `cluster` and `nodes`
/// must be there.
///   errors   bad_value: not JSON, or not a status
Result<StatusAnswer> parse_status(std::string_view json);

/// GET /api/v1/targets.
///   errors   bad_value: not JSON, or no list of targets
Result<TargetsAnswer> parse_targets_answer(std::string_view json);

/// The sentence in a problem+json body; the body itself, cut short, if it is something else.
std::string problem_detail(std::string_view body);

}  // namespace paceline::pacelinectl
