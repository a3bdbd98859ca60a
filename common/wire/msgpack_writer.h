// Writes MessagePack values one after the other into bytes that are used again: while a message is no
// longer than the longest before, nothing is taken from the heap.
//
//   MsgpackWriter writer{bytes};                // replaces what was there
//   writer.array(2);                            // then so many values follow
//   writer.whole(term);
//   writer.finish();                            // from here on `bytes` is the message
//
// Each value takes the fewest bytes that MessagePack has for it, except that a double stays one, so
// that -0.0 does not become 0.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace paceline {

class MsgpackWriter {
 public:
  explicit MsgpackWriter(std::vector<std::uint8_t>& out) : out_{out} {}

  void boolean(bool value) { byte(value ? 0xc3 : 0xc2); }

  void whole(std::uint64_t value) {
    if (value < 0x80)
      byte(static_cast<std::uint8_t>(value));
    else if (value <= 0xff)
      tagged<std::uint8_t>(0xcc, value);
    else
      larger(0xcd, value);
  }

  void whole(std::int64_t value) {
    if (value >= 0)
      whole(static_cast<std::uint64_t>(value));
    else if (value >= -32)
      byte(static_cast<std::uint8_t>(value));
    else if (value >= INT8_MIN)
      tagged<std::uint8_t>(0xd0, static_cast<std::uint64_t>(value));
    else if (value >= INT16_MIN)
      tagged<std::uint16_t>(0xd1, static_cast<std::uint64_t>(value));
    else if (value >= INT32_MIN)
      tagged<std::uint32_t>(0xd2, static_cast<std::uint64_t>(value));
    else
      tagged<std::uint64_t>(0xd3, static_cast<std::uint64_t>(value));
  }

  void real(double value) { tagged<std::uint64_t>(0xcb, std::bit_cast<std::uint64_t>(value)); }

  void array(std::uint32_t items) {
    if (items < 16)
      byte(static_cast<std::uint8_t>(0x90 | items));
    else if (items <= 0xffff)
      tagged<std::uint16_t>(0xdc, items);
    else
      tagged<std::uint32_t>(0xdd, items);
  }

  void text(std::string_view value) {
    if (value.size() < 32)
      byte(static_cast<std::uint8_t>(0xa0 | value.size()));
    else if (value.size() <= 0xff)
      tagged<std::uint8_t>(0xd9, value.size());
    else
      larger(0xda, value.size());
    raw(value);
  }

  void bin(std::string_view value) {
    if (value.size() <= 0xff)
      tagged<std::uint8_t>(0xc4, value.size());
    else
      larger(0xc5, value.size());
    raw(value);
  }

  void finish() { out_.resize(at_); }

 private:
  static constexpr std::size_t least_room = 256;

  // Room for so many bytes more.
  std::uint8_t* room(std::size_t bytes) {
    if (out_.size() - at_ < bytes) grow(bytes);
    return out_.data() + at_;
  }

  // Into what was reserved once, before more is reserved.
  void grow(std::size_t bytes) {
    const std::size_t least = at_ + bytes + least_room;
    out_.resize(least <= out_.capacity() ? out_.capacity() : 2 * least);
  }

  void byte(std::uint8_t value) {
    *room(1) = value;
    ++at_;
  }

  template <class Number>
  void tagged(std::uint8_t tag, std::uint64_t value) {
    std::uint8_t* const to = room(1 + sizeof(Number));
    to[0] = tag;
    for (std::size_t i = 0; i < sizeof(Number); ++i)
      to[1 + i] = static_cast<std::uint8_t>(value >> (8 * (sizeof(Number) - 1 - i)));
    at_ += 1 + sizeof(Number);
  }

  // Of two, four or eight bytes, by tags that follow one another.
  void larger(std::uint8_t tag, std::uint64_t value) {
    if (value <= 0xffff)
      tagged<std::uint16_t>(tag, value);
    else if (value <= 0xffff'ffff)
      tagged<std::uint32_t>(static_cast<std::uint8_t>(tag + 1), value);
    else
      tagged<std::uint64_t>(static_cast<std::uint8_t>(tag + 2), value);
  }

  void raw(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(room(bytes.size()), bytes.data(), bytes.size());
    at_ += bytes.size();
  }

  std::vector<std::uint8_t>& out_;
  std::size_t at_ = 0;
};

}  // namespace paceline
