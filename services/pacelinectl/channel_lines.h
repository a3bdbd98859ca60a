// Bus messages as lines for people and programs: one for each row that changed, or one a message.
//
//   ChannelLines lines{"pace", {.target = "t07"}};
//   lines.lines_of(from, bytes)           // what is new in it
//
// Of a keyframe only the rows that differ from what was heard before are news; the first of a
// sender is, if one target is asked for. Any bytes give lines or an error.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "common/ports/bus.h"
#include "common/ports/log.h"

namespace paceline::pacelinectl {

struct ChannelLine {
  std::string from;    // "a/pacer/0"
  std::string target;  // "" = of a channel without rows.
  std::vector<LogField> fields;
};

class ChannelLines {
 public:
  struct Options {
    std::string target{};  // "" = all of them.
  };
  ChannelLines(std::string channel, Options options);

  ///   errors   bad_value, unsupported, too_large: as decode() says
  Result<std::vector<ChannelLine>> lines_of(const Address& from,
                                            std::span<const std::uint8_t> bytes);

 private:
  template <class Row>
  Result<std::vector<ChannelLine>> row_lines(const Address& from,
                                             std::span<const std::uint8_t> bytes);

  std::string channel_;
  Options options_;
  std::map<std::uint64_t, std::vector<std::string>> dictionaries_;   // By their hash.
  std::map<std::pair<std::string, std::string>, std::string> last_;  // Sender and target: its text.
};

/// "a/pacer/0 t07 state=ok reason=granted ..."
std::string line_text(const ChannelLine& line);
/// {"from","target","state",...} on one line, with its line break.
std::string line_json(const ChannelLine& line, std::string_view time);

}  // namespace paceline::pacelinectl
