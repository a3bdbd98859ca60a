#include "services/pacelinectl/adapter_program.h"

#include "tests/support/catch.h"
#include "tests/support/has.h"

namespace paceline::test {
using namespace pacelinectl;

TEST_CASE("a program gets its input, and its end and outputs come back", "[pacelinectl]") {
  const auto ended =
      run_program({"sh", "-c", "cat; echo complaint >&2; exit 7"}, "three\nlines\nhere", 60s);
  REQUIRE(ended);
  CHECK(ended->exit == 7);
  CHECK(ended->out == "three\nlines\nhere");
  CHECK(ended->error == "complaint\n");
}

TEST_CASE("words are handed to a program as they stand", "[pacelinectl]") {
  CHECK(run_program({"printf", "%s|", "a b", "$HOME", "'"}, "", 60s)->out == "a b|$HOME|'|");
}

TEST_CASE("of what a program says, a mebibyte is kept", "[pacelinectl]") {
  CHECK(run_program({"head", "-c", "3000000", "/dev/zero"}, "", 60s)->out.size() == 1u << 20);
}

TEST_CASE("a program that is not there, is killed or does not end is told as that",
          "[pacelinectl]") {
  CHECK(run_program({"/no/such/program"}, "", 60s).error().detail ==
        "/no/such/program: No such file or directory");
  CHECK(
      has(run_program({"sh", "-c", "kill -KILL $$"}, "", 60s).error().detail, "ended by signal 9"));
  CHECK(run_program({"sleep", "600"}, "", 100ms).error().detail ==
        "sleep: did not end within 100ms");
}

}  // namespace paceline::test
