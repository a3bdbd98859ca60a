// Whose file it is: history before other programs, other versions, another watch, and other users.
#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "common/runtime/file_modes.h"
#include "common/runtime/files.h"
#include "services/watch/adapter_host.h"
#include "services/watch/adapter_store.h"
#include "tests/support/catch.h"
#include "tests/support/certificate.h"
#include "tests/support/folder.h"

namespace paceline::test {
using namespace watch;
namespace {

// Where the header of an SQLite file has them, four bytes, the last one lowest.
constexpr int user_version_at = 60 + 3;
constexpr int application_id_at = 68 + 3;

void make_history(const std::string& file) {
  SqliteStore store{file};
  REQUIRE(store.numbers({"t0"}));
}

void put_byte(const std::string& file, int at, char byte) {
  std::fstream out{file, std::ios::in | std::ios::out | std::ios::binary};
  out.seekp(at).put(byte);
  REQUIRE(out);
}

void put_text(const std::string& file, const std::string& text) {
  REQUIRE(write_file_atomically(file, text));
}

unsigned mode_of(const std::string& file) {
  struct stat about {};
  REQUIRE(stat(file.c_str(), &about) == 0);
  return about.st_mode & 07777u;
}

/// Why the file is refused; it must be the same to the byte afterwards, and nothing beside it but a lock.
std::string refusal_that_leaves(const std::string& file) {
  const auto before = read_file(file);
  const auto opened = open_history(file);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Errc::unavailable);
  CHECK(read_file(file) == before);
  for (const auto& beside :
       std::filesystem::directory_iterator{std::filesystem::path{file}.parent_path()})
    CHECK((beside.path() == file || beside.path() == file + ".lock"));
  return opened.error().detail;
}

}  // namespace

TEST_CASE("history of a newer version is left as it is, at every roll-back", "[watch]") {
  Folder folder;
  const std::string file = folder / "history.db";
  make_history(file);
  put_byte(file, user_version_at, 2);

  for (int i = 0; i < 2; ++i) {
    const auto why = refusal_that_leaves(file);
    CHECK_THAT(why, Catch::Contains(file) && Catch::Contains("a newer version") &&
                        Catch::Contains("format 2, this one reads 1") &&
                        Catch::Contains("pacelinectl reload watch"));
  }
  put_byte(file, user_version_at, 1);
  CHECK(SqliteStore{file}.numbers({"t0"}) == std::vector<std::uint32_t>{1});
}

TEST_CASE("another program's database is left as it is", "[watch]") {
  Folder folder;
  const std::string file = folder / "history.db";
  make_history(file);
  put_byte(file, application_id_at, 7);

  CHECK_THAT(refusal_that_leaves(file),
             Catch::Contains(file) && Catch::Contains("another program's database (7 tables"));
}

TEST_CASE("a second watch does not get a file that another writes, whatever its path", "[watch]") {
  Folder folder;
  const std::string file = folder / "history.db";
  const std::string link = folder / "link.db";
  {
    SqliteStore store{file};
    std::filesystem::create_symlink(file, link);

    for (const auto& path : {file, link}) {
      const auto second = open_history(path);
      REQUIRE_FALSE(second);
      CHECK_THAT(second.error().detail,
                 Catch::Contains(path) && Catch::Contains("another watch writes it"));
    }
    CHECK(store.numbers({"t0"}));
  }
  CHECK(open_history(link));
}

TEST_CASE("no history file is no history and no error", "[watch]") {
  const auto none = open_history("");

  REQUIRE(none);
  CHECK_FALSE(*none);
}

TEST_CASE("of what is set aside the first two stay", "[watch]") {
  Folder folder;
  const std::string file = folder / "history.db";
  for (int i = 1; i <= 4; ++i) {
    put_text(file, std::string(2'000, static_cast<char>('0' + i)));
    SqliteStore store{file};
    CHECK(store.take_notice());
  }

  CHECK(read_file(file + ".broken")->front() == '1');
  CHECK(read_file(file + ".broken-2")->front() == '2');
  CHECK(read_file(file + ".broken-3")->front() == '4');
}

TEST_CASE("an empty file is history that begins", "[watch]") {
  Folder folder;
  const std::string file = folder / "history.db";
  put_text(file, "");

  SqliteStore store{file};
  CHECK(store.numbers({"t0"}));
  CHECK_FALSE(store.take_notice());
}

TEST_CASE("history is made for its owner and group, and so are the files beside it", "[watch]") {
  Folder folder;
  const std::string file = folder / "history.db";
  const mode_t before = umask(0);
  SqliteStore store{file};
  REQUIRE(store.numbers({"t0"}));
  umask(before);

  for (const char* ending : {"", "-wal", "-shm", ".lock"}) {
    CAPTURE(ending);
    CHECK(mode_of(file + ending) == 0640u);
  }
}

TEST_CASE("a secret that others may read or change is told, unless a folder keeps them out",
          "[watch]") {
  Folder folder;
  const std::string& here = folder.path();
  const std::string file = folder / "topology.toml";
  put_text(file, "x");
  std::filesystem::permissions(here, std::filesystem::perms{0755});
  const auto told = [&](unsigned mode) {
    std::filesystem::permissions(file, std::filesystem::perms{mode});
    return exposure_of(file, "a file of the test").value_or("");
  };

  CHECK(told(0600).empty());
  CHECK(told(0640).empty());
  CHECK_THAT(told(0644), Catch::Contains(file) && Catch::Contains("mode 0644") &&
                             Catch::Contains("may read it") && Catch::Contains("chmod"));
  CHECK_THAT(told(0660), Catch::Contains("may change it"));
  std::filesystem::permissions(here, std::filesystem::perms{0700});
  CHECK(told(0666).empty());
  std::filesystem::permissions(here, std::filesystem::perms{0750});
  CHECK(told(0644).empty());
  CHECK_THAT(told(0660), Catch::Contains("may change it"));
  CHECK_FALSE(exposure_of(folder / "none", "nothing"));
}

TEST_CASE("watch answers to the names in its certificate", "[watch]") {
  const auto certificate =
      make_certificate("DNS:Pace.example.com,DNS:*.centre.test,IP:127.0.0.1", 30);

  CHECK(names_of_certificate(certificate.certificate) ==
        std::vector<std::string>{"pace.example.com", "*.centre.test"});
  CHECK(names_of_certificate("no certificate").empty());
  CHECK(names_of_certificate(good_certificate().certificate).empty());
  CHECK_FALSE(name_of_host().empty());
}

}  // namespace paceline::test
