// Writes MessagePack values one after the other into bytes that are used again: while a message is no
// longer than the longest before, nothing is taken from the heap. Which bytes stand for a value says msgpack-c.
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
#include <msgpack.hpp>
#include <string_view>
#include <vector>

namespace paceline {

class MsgpackWriter {
 public:
  explicit MsgpackWriter(std::vector<std::uint8_t>& out) : sink_{out}, pack_{sink_} {}
  MsgpackWriter(const MsgpackWriter&) = delete;
  MsgpackWriter& operator=(const MsgpackWriter&) = delete;

  void boolean(bool value) { value ? pack_.pack_true() : pack_.pack_false(); }
  void whole(std::uint64_t value) { pack_.pack_uint64(value); }
  void whole(std::int64_t value) { pack_.pack_int64(value); }
  void array(std::uint32_t items) { pack_.pack_array(items); }

  // msgpack-c writes 2.0 as the whole number 2.
  void real(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    char bytes[9] = {static_cast<char>(0xcb)};
    for (int i = 0; i < 8; ++i) bytes[1 + i] = static_cast<char>(bits >> (8 * (7 - i)));
    sink_.write(bytes, sizeof bytes);
  }

  void text(std::string_view value) {
    const auto size = static_cast<std::uint32_t>(value.size());
    pack_.pack_str(size);
    pack_.pack_str_body(value.data(), size);
  }

  void bin(std::string_view value) {
    const auto size = static_cast<std::uint32_t>(value.size());
    pack_.pack_bin(size);
    pack_.pack_bin_body(value.data(), size);
  }

  void finish() { sink_.out.resize(sink_.at); }

 private:
  struct Sink {
    static constexpr std::size_t least_room = 256;

    std::vector<std::uint8_t>& out;
    std::size_t at = 0;

    void write(const char* data, std::size_t size) {
      if (size == 0) return;
      if (out.size() - at < size) grow(size);
      std::memcpy(out.data() + at, data, size);
      at += size;
    }

    // Into what was reserved once, before more is reserved.
    void grow(std::size_t bytes) {
      const std::size_t least = at + bytes + least_room;
      out.resize(least <= out.capacity() ? out.capacity() : 2 * least);
    }
  };

  Sink sink_;
  msgpack::packer<Sink> pack_;
};

}  // namespace paceline
