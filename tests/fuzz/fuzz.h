// A fuzz target: what any bytes are given to, and what must be true of what comes of them.
//
//   FUZZ(retry_after) {                           // std::string_view input
//     const auto delay = parse_retry_after(input, now);
//     CHECK(!delay || *delay <= 1h);              // What is not so aborts.
//   }
//
// libFuzzer drives it (ops/fuzz), or a simple mutator over the same corpora in the tests (mutate.cpp).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "common/base/check.h"
#include "common/base/result.h"

namespace paceline::fuzz {

struct Target {
  std::string_view name;  // Of its corpus too.
  void (*run)(std::string_view input);
};

inline std::vector<Target>& targets() {
  static std::vector<Target> all;
  return all;
}

struct Registered {
  explicit Registered(const Target& target) { targets().push_back(target); }
};

/// The first byte, taken off; 0 if there is none.
inline std::uint8_t take_byte(std::string_view& input) {
  if (input.empty()) return 0;
  const auto byte = static_cast<std::uint8_t>(input.front());
  input.remove_prefix(1);
  return byte;
}

/// The first byte as one of `count` [1..26] choices, taken off: 'a' is the first.
inline std::size_t take_choice(std::string_view& input, std::size_t count) {
  return static_cast<std::uint8_t>(take_byte(input) - 'a') % count;
}

/// What stands before the separator, taken off with it; everything if there is none.
inline std::string_view take_part(std::string_view& input, char separator) {
  const auto at = input.find(separator);
  const auto part = input.substr(0, at);
  input.remove_prefix(at == input.npos ? input.size() : at + 1);
  return part;
}

/// A part whose length stands before it in two bytes, the low one first.
inline std::string_view take_chunk(std::string_view& input) {
  const std::size_t low = take_byte(input);
  const std::size_t size = low | std::size_t{take_byte(input)} << 8;
  const auto chunk = input.substr(0, size);
  input.remove_prefix(chunk.size());
  return chunk;
}

inline std::span<const std::uint8_t> bytes_of(std::string_view input) {
  return {reinterpret_cast<const std::uint8_t*>(input.data()), input.size()};
}

/// A refusal says why, and no longer than what it refuses allows.
inline void check_told(const Error& error, std::string_view input) {
  CHECK(!error.detail.empty());
  CHECK(error.detail.size() <= 4 * input.size() + 2000);
}

/// What is written and read again is written the same.
///   read    text -> Result<T>
///   write   T -> text
inline void check_stays(const auto& value, auto read, auto write) {
  const auto text = write(value);
  const auto back = read(text);
  CHECK(back.has_value());
  CHECK(write(*back) == text);
}

}  // namespace paceline::fuzz

#define FUZZ(name)                                                                   \
  static void fuzz_##name(std::string_view input);                                   \
  static const ::paceline::fuzz::Registered registered_##name{{#name, fuzz_##name}}; \
  static void fuzz_##name(std::string_view input)
