// Reads MessagePack values one after the other, straight from the bytes: nothing is built of what
// they only claim, so that a message costs no more memory than what its receiver wants of it.
//
//   MsgpackReader reader{bytes};
//   const auto count = reader.array(1);         // then so many values follow
//   const auto term = reader.integer<std::uint64_t>();
//
// Every function takes the next value, and throws Wrong if it is of another type, out of its range
// or cut short. Maps and extensions are in no message of ours, and refused.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "common/base/result.h"

namespace paceline {

class MsgpackReader {
 public:
  /// What is wrong with a message.
  struct Wrong {
    Errc code;
    std::string why;
  };

  explicit MsgpackReader(std::span<const std::uint8_t> bytes) : left_{bytes} {}

  /// [bytes] not yet read.
  std::size_t left() const { return left_.size(); }

  /// How many items follow, max_rows at most.
  ///   least_bytes   [>= 1] that every item takes: more items than the bytes hold are not believed
  std::uint32_t array(std::size_t least_bytes);

  /// At most max_text_bytes; good as long as the bytes.
  std::string_view text();
  /// MessagePack's bin; good as long as the bytes.
  std::string_view bin();
  bool boolean();
  /// Also of an integer.
  double real();

  template <class T>
  T integer() {
    const auto [magnitude, negative] = whole();
    if (!negative) {
      if (std::in_range<T>(magnitude)) return static_cast<T>(magnitude);
    } else if (const auto value = std::bit_cast<std::int64_t>(magnitude); std::in_range<T>(value)) {
      return static_cast<T>(value);
    }
    throw Wrong{Errc::bad_value, "an integer out of its range"};
  }

  /// Passes over one value, whose arrays are 16 deep at most.
  void skip();
  /// Passes over all that is left, without a look at it.
  void skip_all() { left_ = {}; }

 private:
  struct Whole {
    std::uint64_t bits;
    bool negative;  // The bits are those of an int64.
  };

  // The first byte of a value (the specification's table "Formats"); N of fixed ones is in its low bits.
  enum Format : std::uint8_t {
    fixarray = 0x90,
    fixstr = 0xa0,
    nil = 0xc0,
    no = 0xc2,
    yes = 0xc3,
    bin8 = 0xc4,
    bin16 = 0xc5,
    bin32 = 0xc6,
    float32 = 0xca,
    float64 = 0xcb,
    uint8 = 0xcc,
    uint64 = 0xcf,
    int8 = 0xd0,
    int64 = 0xd3,
    str8 = 0xd9,
    str16 = 0xda,
    str32 = 0xdb,
    array16 = 0xdc,
    array32 = 0xdd,
    negative_fixint = 0xe0,
  };

  Whole whole();
  Whole longer_whole(std::uint8_t format);
  std::uint8_t byte();
  std::uint64_t big_endian(std::size_t bytes);
  std::string_view take(std::size_t bytes);
  void skip(int depth);
  [[noreturn]] static void cut_short();
  [[noreturn]] static void unexpected(std::uint8_t format, std::string_view wanted);

  std::span<const std::uint8_t> left_;
};

// What each row of thousands is read by stands here, so that it becomes part of what reads the row.

inline std::string_view MsgpackReader::take(std::size_t bytes) {
  if (bytes > left_.size()) cut_short();
  const std::string_view taken{reinterpret_cast<const char*>(left_.data()), bytes};
  left_ = left_.subspan(bytes);
  return taken;
}

inline std::uint8_t MsgpackReader::byte() {
  return static_cast<std::uint8_t>(take(1)[0]);
}

inline std::uint64_t MsgpackReader::big_endian(std::size_t bytes) {
  std::uint64_t value = 0;
  for (const char c : take(bytes)) value = value << 8 | static_cast<std::uint8_t>(c);
  return value;
}

inline MsgpackReader::Whole MsgpackReader::whole() {
  const auto format = byte();
  return format < 0x80 ? Whole{format, false} : longer_whole(format);
}

inline double MsgpackReader::real() {
  const auto format = left_.empty() ? std::uint8_t{nil} : left_.front();
  if (format == float64) {
    left_ = left_.subspan(1);
    return std::bit_cast<double>(big_endian(8));
  }
  if (format == float32) {
    left_ = left_.subspan(1);
    return std::bit_cast<float>(static_cast<std::uint32_t>(big_endian(4)));
  }
  const auto [bits, negative] = whole();
  return negative ? static_cast<double>(std::bit_cast<std::int64_t>(bits))
                  : static_cast<double>(bits);
}

}  // namespace paceline
