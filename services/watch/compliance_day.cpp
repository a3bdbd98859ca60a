#include "services/watch/compliance_day.h"

#include <openssl/sha.h>

#include <array>

namespace paceline::watch {
namespace {

constexpr std::uint64_t format = 1;

void put(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_{bytes} {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (left_.empty()) return wrong();
      const auto byte = static_cast<unsigned char>(left_.front());
      left_.remove_prefix(1);
      if (shift == 63 && byte > 1) return wrong();
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return byte == 0 && shift > 0 ? wrong() : value;
    }
    return wrong();
  }
  bool whole() const { return good_ && left_.empty(); }

 private:
  std::uint64_t wrong() {
    good_ = false;
    left_ = {};
    return 0;
  }

  std::string_view left_;
  bool good_ = true;
};

}  // namespace

std::string encode_day(const ComplianceDay& day) {
  std::string out;
  put(out, format);
  put(out, static_cast<std::uint64_t>(day.date));
  put(out, static_cast<std::uint64_t>(day.begins_ms));
  put(out, static_cast<std::uint64_t>(day.ends_ms - day.begins_ms));
  put(out, static_cast<std::uint64_t>(day.counted_ms));
  put(out, day.offered);
  put(out, day.answered);
  put(out, day.abandoned);
  put(out, day.goal_target);
  put(out, day.goal);
  put(out, day.goal_changed ? 1 : 0);
  return out;
}

Result<ComplianceDay> decode_day(std::string_view bytes) {
  constexpr std::uint64_t most_ms = 10'000'000'000'000;  // Of the year 2286.
  constexpr std::uint64_t most_date = 110'000;
  Reader reader{bytes};
  if (reader.number() != format) return fail("not a day of a compliance record");
  const auto date = reader.number();
  const auto begins = reader.number();
  const auto length = reader.number();
  const auto counted = reader.number();
  ComplianceDay day;
  day.offered = reader.number();
  day.answered = reader.number();
  day.abandoned = reader.number();
  const auto target = reader.number();
  const auto goal = reader.number();
  const auto changed = reader.number();
  if (!reader.whole() || date > most_date || begins > most_ms || length > most_ms ||
      counted > most_ms || target > 255 || goal > 255 || changed > 1)
    return fail("a damaged day of a compliance record");
  day.date = static_cast<std::int32_t>(date);
  day.begins_ms = static_cast<std::int64_t>(begins);
  day.ends_ms = static_cast<std::int64_t>(begins + length);
  day.counted_ms = static_cast<std::int64_t>(counted);
  day.goal_target = static_cast<std::uint8_t>(target);
  day.goal = static_cast<std::uint8_t>(goal);
  day.goal_changed = changed == 1;
  return day;
}

// The lengths stand before what is hashed, so that no two inputs are the same bytes.
std::string day_digest(std::string_view previous, std::string_view target, std::string_view day) {
  std::string all;
  for (const std::string_view part : {previous, target, day}) {
    put(all, part.size());
    all += part;
  }
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256(reinterpret_cast<const unsigned char*>(all.data()), all.size(), hash.data());
  return {reinterpret_cast<const char*>(hash.data()), digest_bytes};
}

std::string hexadecimal(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

}  // namespace paceline::watch
