// The file of a recorded feed: what sources said, and when, so that a day can be lived again.
//
//   "PACEFEED" and one byte of version, then frames:
//   u32 length of the payload, u32 CRC-32 of it (both little-endian), payload = FeedRecord:
//     byte kind, varint microseconds since the recording began, byte server, then
//     targets:   varint count, each varint slot and three texts (varint length, bytes): id, group,
//                queue
//     updates:  varint count, each varint statistic, byte kind, zigzag varint of the difference to
//                the timestamp before, and for a value either 0 and a zigzag varint, or 1 and a
//                double
//     state:     byte of flags (1 complete, 2 available, 4 pushing, 8 lost,
//                16 each value ages by itself, 32 polled), varint statistics unknown
//
// Whole numbers cost a byte or two. A file that was cut or damaged is good up to that frame. Times
// are fine enough for what is played back to meet the same timers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "services/statfeed/source.h"

namespace paceline::statfeed {

struct FeedTarget {
  std::uint32_t slot = 0;  // As updates number it, until the next record of targets.
  TargetObjects objects;

  bool operator==(const FeedTarget&) const = default;
};

struct FeedRecord {
  enum class Kind : std::uint8_t { targets, began, heard, updates, state };
  Kind kind = Kind::heard;
  Duration at{};   // [>= 0, whole us] since the recording began.
  int server = 0;  // [0, 1]
  std::vector<FeedTarget> targets{};
  std::vector<StatisticUpdate> updates{};
  SourceState state{};

  bool operator==(const FeedRecord&) const = default;
};

inline constexpr std::string_view feed_header = "PACEFEED\x03";
// Files of version 2 are read too: they number eleven kinds of statistics for each slot.
inline constexpr std::string_view older_feed_header = "PACEFEED\x02";
inline constexpr std::size_t max_feed_frame = 64u << 20;

/// Appends one frame.
void encode_feed(const FeedRecord& record, std::string& out);

/// Reads the frames of a whole file one after another; the bytes must outlive it.
class FeedReader {
 public:
  /// errors   bad_value: no feed file; unsupported: of another version
  static Result<FeedReader> open(std::string_view bytes);

  /// The next record; nothing at the end of the file.
  ///   errors   bad_value: damaged, with the offset of the frame; nothing can be read from there on
  Result<std::optional<FeedRecord>> next();

  /// [bytes] of the file that were read well.
  std::size_t offset() const { return offset_; }

 private:
  FeedReader(std::string_view bytes, bool older)
      : bytes_{bytes}, older_{older}, offset_{feed_header.size()} {}

  std::string_view bytes_;
  bool older_;
  std::size_t offset_;
};

}  // namespace paceline::statfeed
