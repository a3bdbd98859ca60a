// What every message of a state channel looks like: a header, what holds for all rows, and rows
// (ports/state_channel.h sends and hears them).
#pragma once

#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/wire/schema.h"

namespace paceline {

inline constexpr std::uint8_t wire_version = 1;

inline constexpr std::int32_t max_count =
    2'000'000'000;                          // Of agents, interactions, invitations in one target.
inline constexpr double max_seconds = 1e9;  // About 31 years.
// [ms since 1970] Of wall clocks: the year 2255. What is beyond is a mistake or a forgery.
inline constexpr double max_wall_ms = 9e12;

// A term is counter << 8 | number of its only candidate, so that no two nodes can have the same. An
// elector begins with counter 1 and adds 1 an election: one a second lasts for a million years. The
// largest is also JSON's largest whole number that every reader takes exactly (RFC 8259, section 6).
inline constexpr std::uint64_t largest_term = (std::uint64_t{1} << 53) - 1;
// Elections that two who tell the truth may be apart: one a second for a hundred years. A term that
// is further above ours was not reached by electing.
inline constexpr std::uint64_t most_elections_apart = std::uint64_t{1} << 32;

/// Opens every message of a state channel. Any sender -> its subscribers.
struct FrameHeader {
  std::uint8_t version = wire_version;
  std::string sender;
  std::int32_t shard = -1;
  std::uint64_t incarnation = 0;
  std::uint64_t sequence = 0;
  bool keyframe = false;
  std::uint64_t dictionary = 0;
  std::int64_t age_ns = 0;

  static constexpr About about{"frame_header", "Opens every message of a state channel."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&FrameHeader::version, "version", "",
              "of the wire; a receiver refuses one it does not know"},
        Field{&FrameHeader::sender, "sender", "node, process and index, as a/pacer/0"},
        Field{&FrameHeader::shard, "shard", "", -1, 1'023,
              "a sender's streams are apart by shard; -1 = it has only one"},
        Field{&FrameHeader::incarnation, "incarnation", "",
              "of the sender, larger at each start (its wall time in ns)"},
        Field{&FrameHeader::sequence, "sequence", "",
              "plus one a message, from 1 in each incarnation; a keyframe behind a message has its "
              "number"},
        Field{&FrameHeader::keyframe, "keyframe",
              "all rows and the dictionary; otherwise only changed rows"},
        Field{&FrameHeader::dictionary, "dictionary", "", "hash of the ids that the indices mean"},
        Field{&FrameHeader::age_ns, "age_ns", "ns", 0, max_seconds * 1e9,
              "age of the content when it was sent, by the sender's clock"},
    };
  }
  bool operator==(const FrameHeader&) const = default;
};
static_assert(lists_every_member<FrameHeader>());

/// One message of a state channel whose rows are of type Row; Row::Head says what holds for all of them.
template <class Row>
struct StateFrame {
  FrameHeader header;
  typename Row::Head head;
  std::vector<std::string> ids;
  std::vector<std::uint32_t> indices;
  std::vector<Row> rows;

  static constexpr auto schema() {
    return std::tuple{
        Field{&StateFrame::header, "header", "who says it, and when"},
        Field{&StateFrame::head, "head", "what holds for all rows"},
        Field{&StateFrame::ids, "ids", "keyframe: the id of every index, in order; delta: empty"},
        Field{&StateFrame::indices, "indices",
              "which rows follow, as many as rows; keyframe: 0..n-1"},
        Field{&StateFrame::rows, "rows", "one a target"},
    };
  }
  bool operator==(const StateFrame&) const = default;
};

}  // namespace paceline
