// Structures of messages.h to MessagePack and back.
//
//   std::vector<std::uint8_t> bytes;
//   encode(grant, bytes);                       // bytes is cleared and reused: no allocation once
//   grown Result<Grant> grant = decode<Grant>(bytes); // any bytes: a value or an error, never a
//   crash
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "common/base/result.h"
#include "common/wire/messages.h"

namespace paceline {

using Bytes = std::vector<std::uint8_t>;

/// Writes `message` into `out`, replacing what was there.
template <class Message>
void encode(const Message& message, Bytes& out);

template <class Message>
Bytes encode(const Message& message) {
  Bytes out;
  encode(message, out);
  return out;
}

/// The message that `bytes` hold.
///   errors   bad_value: not MessagePack, a field of another type or out of its range, bytes left
///   over
///            unsupported: another wire_version
///            too_large: beyond max_frame_bytes (max_small_frame_bytes where neither rows nor
///            answers travel), max_rows or max_text_bytes, or nested more than 16 deep
///   cost     O(bytes); memory no more than some times the bytes, whatever they claim
template <class Message>
Result<Message> decode(std::span<const std::uint8_t> bytes);

/// A StateFrame as its sender holds it, to be encoded without being put together first: `rows` and
/// `ids` are all that there are, of which a delta has those of `changed` and no ids.
template <class Row>
struct StateParts {
  const FrameHeader& header;
  const typename Row::Head& head;
  std::span<const std::string> ids;
  std::span<const std::uint32_t> changed;
  std::span<const Row> rows;
};

/// Writes the frame into `out`, replacing what was there: the bytes of the StateFrame.
template <class Row>
void encode(const StateParts<Row>& parts, Bytes& out);

/// What of a StateFrame its reader does not know yet.
enum class FrameParts : std::uint8_t {
  all,
  without_ids,  // Half of a keyframe: they say nothing new to whoever knows its dictionary.
  head,         // Rows that the reader holds. What follows the head is not looked at.
};

/// As decode() of a StateFrame; but what `wanted` leaves out by its header is passed over, and is
/// empty in the result.
template <class Row>
Result<StateFrame<Row>> decode_frame(
    std::span<const std::uint8_t> bytes,
    const std::function<FrameParts(const FrameHeader& header)>& wanted);

}  // namespace paceline
