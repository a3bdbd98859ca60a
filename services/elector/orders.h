// What operators ordered: that nothing is offered (a pause, of the whole cluster), and that this node
// is out of service (maintenance, its own). And the text of the file that keeps it over a restart.
//
//   paceline-orders 1
//   pause_ms 1795373026375
//   pause the queue of complaints is full
//   maintenance
//   check 8c1f0b2a77d3e945
//
// A pause is a register: every elector keeps the last word, says it with every message, and takes a
// later one that it hears. So all come to the last word whatever the order of messages, cuts and
// restarts; a node that was away takes the cluster's, and brings its own if that is later. The
// election knows nothing of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace paceline::elector {

/// The last word about a pause.
struct PauseWord {
  std::string why;       // "" = invitations may go out.
  std::uint64_t ms = 0;  // [ms since 1970, up to max_wall_ms] When it was said; 0 = never.

  bool operator==(const PauseWord&) const = default;
};

/// Whether `word` counts beside `known`: it is later; of the same instant the one that pauses, then
/// the greater text, so that all choose the same.
bool supersedes(const PauseWord& word, const PauseWord& known);

/// What an operator says now.
///
///   why      "" = resume
///   now_ms   [ms since 1970] by this host's clock, which may be wrong: the word is later than the
///            known one whatever it says, and a clock beyond the year 2096 does not use up what is left
///   errors   refused: no later word can be said (after 5 x 10^12 of them)
Result<PauseWord> next_word(const PauseWord& known, std::string why, std::uint64_t now_ms);

/// Whether that can be a reason: one line of UTF-8, 1 to max_why_bytes.
///   errors   bad_value: what is wrong with it
Result<std::string> checked_why(std::string why);

struct Orders {
  PauseWord pause;
  std::string maintenance;  // Why this node is out of service; "" = it is in service.

  bool operator==(const Orders&) const = default;
};

/// The file's text. Reasons are as checked_why() lets them through, or empty.
std::string format_orders(const Orders& orders);

/// Reads it back.
///   errors   bad_value: empty, torn, changed, of another version
Result<Orders> parse_orders(std::string_view text);

}  // namespace paceline::elector
