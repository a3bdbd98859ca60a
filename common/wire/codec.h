// Structures of messages.h to MessagePack and back.
//
//   std::vector<std::uint8_t> bytes;
//   encode(grant, bytes);                       // bytes is cleared and reused: no allocation once
//   grown Result<Grant> grant = decode<Grant>(bytes); // any bytes: a value or an error, never a
//   crash
#pragma once

#include <cstdint>
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

}  // namespace paceline
