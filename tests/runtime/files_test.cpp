#include "common/runtime/files.h"

#include "tests/support/catch.h"
#include "tests/support/folder.h"

namespace paceline::test {

TEST_CASE("a file is replaced whole and its folder is made", "[runtime]") {
  Folder folder;
  const auto file = folder / "state/term";

  REQUIRE(write_file_atomically(file, "one"));
  REQUIRE(write_file_atomically(file, "two"));

  CHECK(read_file(file) == "two");
  CHECK_FALSE(std::filesystem::exists(file + ".new"));
}

TEST_CASE("a file that cannot be read names itself and why", "[runtime]") {
  const auto result = read_file("/nowhere/at/all");

  REQUIRE_FALSE(result);
  CHECK(result.error().detail.find("/nowhere/at/all: cannot be opened: No such file") !=
        std::string::npos);
}

TEST_CASE("a file beyond its bound is refused", "[runtime]") {
  Folder folder;
  REQUIRE(write_file_atomically(folder / "big", std::string(1000, 'x')));

  const auto result = read_file(folder / "big", 999);

  REQUIRE_FALSE(result);
  CHECK(result.error().code == Errc::too_large);
}

TEST_CASE("of a file the end is read, and not more of it", "[runtime]") {
  Folder folder;
  REQUIRE(write_file_atomically(folder / "log", "one\ntwo\n"));

  CHECK(read_file_end(folder / "log", 4) == "two\n");
  CHECK(read_file_end(folder / "log", 100) == "one\ntwo\n");
  CHECK(read_file_end(folder / "log", 0) == "");
  CHECK_FALSE(read_file_end(folder.path(), 4));
  CHECK_FALSE(read_file_end(folder / "none", 4));
}

TEST_CASE("a write that fails leaves the old content", "[runtime]") {
  Folder folder;
  REQUIRE(write_file_atomically(folder / "term", "old"));
  std::filesystem::create_directory(folder / "term.new");

  CHECK_FALSE(write_file_atomically(folder / "term", "new"));

  CHECK(read_file(folder / "term") == "old");
}

}  // namespace paceline::test
