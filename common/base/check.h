// CHECK(condition): what must be true, in release builds too. Prints where it failed and aborts.
// For our own mistakes only; bad input is a Result (result.h), a broken world is an exception.
//
// Use it in .cpp files only: Catch2 has a macro of the same name, and a header would meet both.
#pragma once

namespace paceline {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace paceline

#define CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::paceline::check_failed(#condition, __FILE__, __LINE__))
