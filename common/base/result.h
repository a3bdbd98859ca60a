// Bad input from outside is a value: Result<T> holds a T or an Error whose detail is for a person.
//
//   Result<int> port = parse_port(text);
//   if (!port) log.warn("refused", {{"why", port.error().detail}});
//   int value = TRY(parse_port(text));      // hands the error on to our caller
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace paceline {

/// What the caller can do about it; the detail says what happened.
enum class Errc {
  bad_value,    // The input is malformed or out of range: repair the input.
  not_found,    // Nothing by that name.
  unsupported,  // A version or feature that we do not speak.
  too_large,    // Beyond a stated bound.
  unavailable,  // Try again later: the other side did not answer in time.
  refused,      // The other side understood and said no.
};

/// The code in words, as it stands in logs: "bad_value", ...
const char* to_string(Errc code);

/// A place in a text file. Line and column count from 1.
struct Location {
  std::string file;
  int line = 1;
  int column = 1;

  /// "FILE:LINE:COLUMN"
  std::string text() const;

  bool operator==(const Location&) const = default;
};

struct Error {
  Errc code = Errc::bad_value;
  std::string detail;                  // For a person; begins with the location, if there is one.
  std::optional<Location> location{};  // Of what is wrong in a file.

  /// The detail without the location.
  std::string_view reason() const;

  bool operator==(const Error&) const = default;
};

/// The error "FILE:LINE:COLUMN: REASON".
Error error_at(Location location, std::string_view reason, Errc code = Errc::bad_value);

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Errc code, std::string detail) {
  return tl::unexpected<Error>{Error{code, std::move(detail)}};
}

inline tl::unexpected<Error> fail(std::string detail) {
  return fail(Errc::bad_value, std::move(detail));
}

}  // namespace paceline

/// The value of a Result, or return its error from the function around it.
#define TRY(expression) PACELINE_TRY(expression, __COUNTER__)
#define PACELINE_TRY(expression, number) PACELINE_TRY_AS(expression, number)
#define PACELINE_TRY_AS(expression, number)                                                    \
  __extension__({                                                                              \
    auto try_result_##number = (expression);                                                   \
    if (!try_result_##number) return ::tl::unexpected(std::move(try_result_##number).error()); \
    std::move(try_result_##number).value();                                                    \
  })
