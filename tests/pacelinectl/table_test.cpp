#include "services/pacelinectl/table.h"

#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

TEST_CASE("columns are as wide as their widest cell, numbers to the right", "[pacelinectl]") {
  TextTable table{{"NODE", ">TERM", "WHY"}};
  table.add({"a", "7", "übung"});
  table.add({"longer", "513", ""});

  CHECK(table.text() ==
        "NODE    TERM  WHY\n"
        "a          7  übung\n"
        "longer   513\n");
}

TEST_CASE("colour does not move columns", "[pacelinectl]") {
  TextTable table{{"A", "B"}};
  table.add({coloured("x", Colour::good, true), "y"});

  CHECK(table.text() == "A  B\n\x1b[32mx\x1b[0m  y\n");
  CHECK(coloured("x", Colour::good, false) == "x");
}

TEST_CASE("text is cut or filled to a width, and characters stay whole", "[pacelinectl]") {
  CHECK(fitted("übung", 2, false) == "üb");
  CHECK(fitted("übung", 7, false) == "übung  ");
  CHECK(fitted("übung", 7, true) == "  übung");
  CHECK(fitted("", 0, false).empty());
}

TEST_CASE("a time that cannot be shown is none", "[pacelinectl]") {
  CHECK(utc_text(0) == "1970-01-01T00:00:00.000Z");
  CHECK(utc_text(9'180'000'000'000) == "2260-11-26T00:00:00.000Z");
  CHECK(utc_text(9'180'000'000'001) == "-");
  CHECK(utc_text(-1, "") == "");
}

TEST_CASE("text from the network cannot steer the terminal", "[pacelinectl]") {
  CHECK(printable("a\x1b[2Jb\n\x7f") == "a?[2Jb??");
  CHECK(printable("\xc2\x9b"
                  "2J \u202Edesrever\u2066 caf\u00e9 \u2713 \U0001F642") ==
        "?2J ?desrever? caf\u00e9 \u2713 \U0001F642");
  CHECK(printable("\x9b"
                  "2J\xff") == "\uFFFD2J\uFFFD");
}

TEST_CASE("of lines that are masked their ends stay, and of codes those of colours",
          "[pacelinectl]") {
  const std::string text = "one\t\x1b[31mred\x1b[0m\n\x1b[2Jtwo\x9b\u202E\n";
  CHECK(printable_lines(text, true) == "one\t\x1b[31mred\x1b[0m\n?[2Jtwo\uFFFD?\n");
  CHECK(printable_lines(text, false) == "one\t?[31mred?[0m\n?[2Jtwo\uFFFD?\n");
  CHECK(printable_lines("\x1b[", true) == "?[");
  CHECK(printable_lines("\x1b[8mhidden\x1b[31;8m", true) == "?[8mhidden?[31;8m");
}

TEST_CASE("ages are readable", "[pacelinectl]") {
  CHECK(readable_seconds(-1) == "-");
  CHECK(readable_seconds(0.0123) == "12 ms");
  CHECK(readable_seconds(12.34) == "12.3 s");
  CHECK(readable_seconds(600) == "10 min");
  CHECK(readable_seconds(86400) == "24.0 h");
}

}  // namespace
}  // namespace paceline::test
