// Runs a built program to its end.
#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

namespace paceline::test {

struct Ran {
  int exit = -1;    // -1: ended by a signal; 124: it did not end.
  std::string out;  // Standard output and error.
};

/// The limit only ends a test that hangs.
///   line   for the shell
inline Ran run_program(const std::string& line) {
  FILE* pipe = popen(("timeout 300 " + line + " 2>&1").c_str(), "r");
  if (!pipe) return {};
  Ran ran;
  std::array<char, 4096> buffer{};
  while (const auto count = std::fread(buffer.data(), 1, buffer.size(), pipe))
    ran.out.append(buffer.data(), count);
  const int status = pclose(pipe);
  ran.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

}  // namespace paceline::test
