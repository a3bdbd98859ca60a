#include "common/wire/msgpack_reader.h"

#include <fmt/format.h>

#include "common/wire/schema.h"

namespace paceline {
namespace {

constexpr int most_depth = 16;

}  // namespace

void MsgpackReader::cut_short() {
  throw Wrong{Errc::bad_value, "not MessagePack: a message that is cut short"};
}

void MsgpackReader::unexpected(std::uint8_t format, std::string_view wanted) {
  throw Wrong{Errc::bad_value, fmt::format("a field of format {:#04x}, not {}", format, wanted)};
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

MsgpackReader::Whole MsgpackReader::longer_whole(std::uint8_t format) {
  const auto signed_value = [](std::int64_t value) {
    return Whole{std::bit_cast<std::uint64_t>(value), value < 0};
  };
  if (format >= negative_fixint) return signed_value(static_cast<std::int8_t>(format));
  if (format < uint8 || format > int64) unexpected(format, "an integer");
  const auto bytes = std::size_t{1} << ((format - uint8) % 4);  // 1, 2, 4 or 8.
  const auto bits = big_endian(bytes);
  if (format <= uint64) return {bits, false};
  const auto unused = 64 - 8 * bytes;  // Shifted out and back, the sign fills them.
  return signed_value(std::bit_cast<std::int64_t>(bits << unused) >> unused);
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
