#include "common/wire/msgpack_reader.h"

#include <fmt/format.h>

#include "common/wire/schema.h"

namespace paceline {
namespace {

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

constexpr int most_depth = 16;

[[noreturn]] void unexpected(std::uint8_t format, std::string_view wanted) {
  throw MsgpackReader::Wrong{Errc::bad_value,
                             fmt::format("a field of format {:#04x}, not {}", format, wanted)};
}

bool is_fixint(std::uint8_t format) {
  return format < 0x80 || format >= negative_fixint;
}

bool is_integer(std::uint8_t format) {
  return is_fixint(format) || (format >= uint8 && format <= int64);
}

// How many bytes of the number stand behind the format: 1, 2, 4 or 8.
std::size_t integer_bytes(std::uint8_t format) {
  return std::size_t{1} << ((format - uint8) % 4);
}

}  // namespace

std::string_view MsgpackReader::take(std::size_t bytes) {
  if (bytes > left_.size())
    throw Wrong{Errc::bad_value, "not MessagePack: a message that is cut short"};
  const std::string_view taken{reinterpret_cast<const char*>(left_.data()), bytes};
  left_ = left_.subspan(bytes);
  return taken;
}

std::uint8_t MsgpackReader::byte() {
  return static_cast<std::uint8_t>(take(1)[0]);
}

std::uint64_t MsgpackReader::big_endian(std::size_t bytes) {
  std::uint64_t value = 0;
  for (const char c : take(bytes)) value = value << 8 | static_cast<std::uint8_t>(c);
  return value;
}

std::uint32_t MsgpackReader::array(std::size_t least_bytes) {
  const auto format = byte();
  std::uint64_t count = 0;
  if (format >= fixarray && format < fixstr)
    count = format - fixarray;
  else if (format == array16 || format == array32)
    count = big_endian(format == array16 ? 2 : 4);
  else
    unexpected(format, "an array");
  if (count > max_rows)
    throw Wrong{Errc::too_large, fmt::format("{} items, at most {}", count, max_rows)};
  if (count * least_bytes > left_.size())
    throw Wrong{Errc::bad_value, fmt::format("{} items in {} bytes", count, left_.size())};
  return static_cast<std::uint32_t>(count);
}

std::string_view MsgpackReader::text() {
  const auto format = byte();
  std::uint64_t size = 0;
  if (format >= fixstr && format < nil)
    size = format - fixstr;
  else if (format >= str8 && format <= str32)
    size = big_endian(std::size_t{1} << (format - str8));
  else
    unexpected(format, "a text");
  if (size > max_text_bytes)
    throw Wrong{Errc::too_large,
                fmt::format("a text of {} bytes, at most {}", size, max_text_bytes)};
  return take(size);
}

std::string_view MsgpackReader::bin() {
  const auto format = byte();
  if (format < bin8 || format > bin32) unexpected(format, "bytes");
  return take(big_endian(std::size_t{1} << (format - bin8)));
}

bool MsgpackReader::boolean() {
  const auto format = byte();
  if (format != no && format != yes) unexpected(format, "yes or no");
  return format == yes;
}

MsgpackReader::Whole MsgpackReader::whole() {
  const auto format = byte();
  if (!is_integer(format)) unexpected(format, "an integer");
  if (format < 0x80) return {format, false};
  const auto signed_value = [](std::int64_t value) {
    return Whole{std::bit_cast<std::uint64_t>(value), value < 0};
  };
  if (format >= negative_fixint) return signed_value(static_cast<std::int8_t>(format));
  const auto bytes = integer_bytes(format);
  const auto bits = big_endian(bytes);
  if (format <= uint64) return {bits, false};
  const auto unused = 64 - 8 * bytes;  // Shifted out and back, the sign fills them.
  return signed_value(std::bit_cast<std::int64_t>(bits << unused) >> unused);
}

double MsgpackReader::real() {
  const auto format = left_.empty() ? std::uint8_t{nil} : left_.front();
  if (format == float64 || format == float32) {
    left_ = left_.subspan(1);
    if (format == float64) return std::bit_cast<double>(big_endian(8));
    return std::bit_cast<float>(static_cast<std::uint32_t>(big_endian(4)));
  }
  const auto [bits, negative] = whole();
  return negative ? static_cast<double>(std::bit_cast<std::int64_t>(bits))
                  : static_cast<double>(bits);
}

void MsgpackReader::skip() {
  skip(most_depth);
}

void MsgpackReader::skip(int depth) {
  if (depth == 0) throw Wrong{Errc::too_large, fmt::format("arrays more than {} deep", most_depth)};
  const auto format = left_.empty() ? std::uint8_t{nil} : left_.front();
  if ((format >= fixarray && format < fixstr) || format == array16 || format == array32) {
    const auto count = array(1);
    for (std::uint32_t i = 0; i < count; ++i) skip(depth - 1);
  } else if ((format >= fixstr && format < nil) || (format >= str8 && format <= str32)) {
    text();
  } else if (format >= bin8 && format <= bin32) {
    bin();
  } else if (format == nil || format == no || format == yes) {
    byte();
  } else {
    real();
  }
}

}  // namespace paceline
