#include "common/runtime/files.h"

#include <sys/stat.h>

#include <fstream>
#include <thread>
#include <vector>

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

TEST_CASE("a pipe is read to its end, and one that nobody writes to does not hold its reader",
          "[runtime]") {
  Folder folder;
  const auto pipe = folder / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);

  const auto nobody = read_file(pipe, 1000, 1ms);
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().code == Errc::unavailable);
  CHECK(nobody.error().detail == pipe + ": does not come to an end");
  CHECK_FALSE(read_file_end(pipe, 10));
  CHECK_FALSE(map_file(pipe));

  std::thread writer{[&] { std::ofstream{pipe} << std::string(200'000, 'x'); }};
  const auto all = read_file(pipe);
  writer.join();
  REQUIRE(all);
  CHECK(all->size() == 200'000);
}

TEST_CASE("no file is one thing, and a file that cannot be read another", "[runtime]") {
  Folder folder;
  CHECK(read_file(folder / "none").error().code == Errc::not_found);
  CHECK(read_file(folder.path()).error().code == Errc::unavailable);
}

TEST_CASE("a pipe, a device or a folder is not replaced by a file", "[runtime]") {
  Folder folder;
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  std::filesystem::create_symlink("/dev/null", folder / "null");
  for (const auto& path : {folder / "pipe", folder / "null", folder.path()})
    CHECK(write_file_atomically(path, "text").error().detail ==
          path + ": not a file, and not replaced by one");
  CHECK(std::filesystem::is_fifo(folder / "pipe"));
  CHECK(std::filesystem::is_symlink(folder / "null"));
}

TEST_CASE("of several files none is replaced before all are written", "[runtime]") {
  Folder folder;
  REQUIRE(write_file_atomically(folder / "one", "old"));
  std::filesystem::create_directory(folder / "two.new");
  const std::vector<FileToWrite> files = {{folder / "one", "new"}, {folder / "two", "new"}};

  CHECK_FALSE(write_files_atomically(files));
  CHECK(read_file(folder / "one") == "old");
  CHECK_FALSE(std::filesystem::exists(folder / "one.new"));

  std::filesystem::remove(folder / "two.new");
  CHECK(write_files_atomically(files));
  CHECK(read_file(folder / "one") == "new");
  CHECK(read_file(folder / "two") == "new");
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

TEST_CASE("a draft neither stays where it cannot take its place, nor is written through a link",
          "[runtime]") {
  Folder folder;
  std::filesystem::create_directories(folder / "term/inside");
  CHECK_FALSE(write_file_atomically(folder / "term", "new"));
  CHECK_FALSE(std::filesystem::exists(folder / "term.new"));

  REQUIRE(write_file_atomically(folder / "elsewhere", "another's"));
  std::filesystem::create_symlink(folder / "elsewhere", folder / "vote.new");
  CHECK(write_file_atomically(folder / "vote", "ours"));
  CHECK(read_file(folder / "elsewhere") == "another's");
  CHECK(read_file(folder / "vote") == "ours");
}

}  // namespace paceline::test
