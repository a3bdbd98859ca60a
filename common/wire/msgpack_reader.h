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

 private:
  struct Whole {
    std::uint64_t bits;
    bool negative;  // The bits are those of an int64.
  };

  Whole whole();
  std::uint8_t byte();
  std::uint64_t big_endian(std::size_t bytes);
  std::string_view take(std::size_t bytes);
  void skip(int depth);

  std::span<const std::uint8_t> left_;
};

}  // namespace paceline
