// Bus messages as lines for people or programs: one for each row that changed, or one a message.
//
//   ChannelLines lines{"pace", {.target = "t07"}};
//   lines.lines_of(from, bytes, "2026-11-25T03:00:00.000Z")   // what is new in it
//
// What a line holds is the message's schema (common/wire/). Of a keyframe only the rows that differ
// from those before are new; the first of a sender is, if one target is asked for. Any bytes give
// lines or an error.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/ports/bus.h"

namespace paceline::pacelinectl {

class ChannelLines {
 public:
  struct Options {
    std::string target{};  // "" = all of them.
    bool json = false;
  };
  ChannelLines(std::string channel, Options options);

  /// Each with its line break: "TIME a/pacer/0 t07 state=ok ..." without empty texts and lists, or
  /// {"time","from","target","state",...} whole; `target` only where the channel has rows.
  ///   errors   bad_value, unsupported, too_large: as decode() says
  Result<std::vector<std::string>> lines_of(const Address& from,
                                            std::span<const std::uint8_t> bytes,
                                            std::string_view time);

 private:
  template <class Row>
  Result<std::vector<std::string>> row_lines(const Address& from,
                                             std::span<const std::uint8_t> bytes,
                                             std::string_view time);
  template <class Message>
  Result<std::vector<std::string>> message_line(const Address& from,
                                                std::span<const std::uint8_t> bytes,
                                                std::string_view time);

  std::string channel_;
  Options options_;
  std::map<std::uint64_t, std::vector<std::string>> dictionaries_;   // By their hash.
  std::map<std::pair<std::string, std::string>, std::string> last_;  // Sender and target: its text.
};

}  // namespace paceline::pacelinectl
