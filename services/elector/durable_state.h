// What an elector keeps over a restart, and the text of its file.
//
//   paceline-elector 1
//   term 1793
//   incarnation 1795373026375000000
//   check 8c1f0b2a77d3e945
//
// A file that is there but says anything else was lost: the elector then learns the term from a
// quorum of the others before it takes part (election.h). No file at all is a first start.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace paceline::elector {

struct DurableState {
  std::uint64_t term = 0;
  std::uint64_t incarnation = 0;
  bool lost = false;  // The file was there and is unreadable.

  bool operator==(const DurableState&) const = default;
};

/// The lines of a file, and below them the check that they are whole.
std::string with_check(std::string body);

/// The file's text for a term and an incarnation.
std::string format_durable_state(const DurableState& state);

/// Reads it back; `lost` is false.
///   errors   bad_value: empty, torn, changed, of another version
Result<DurableState> parse_durable_state(std::string_view text);

}  // namespace paceline::elector
