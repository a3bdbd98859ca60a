// tests/process/root-in-other-folders shows as root what this is for.
#include "services/pacelinectl/adapter_owner.h"

#include <unistd.h>

#include "services/pacelinectl/adapter_environment.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

namespace paceline::test {
using namespace pacelinectl;

TEST_CASE("what root laid, what is not there and what has no name has no other owner",
          "[pacelinectl]") {
  for (const char* path : {"", "/", "/etc/passwd", "/none/at/all", "/proc/self/fd/0/none"}) {
    CAPTURE(path);
    CHECK_FALSE(HeldPlace{path}.owner());
  }
}

TEST_CASE("in a folder of ours nobody else lays anything, wherever links lead", "[pacelinectl]") {
  Folder folder;
  std::filesystem::create_symlink(folder / "b", folder / "a");
  std::filesystem::create_symlink(folder / "a", folder / "b");
  std::filesystem::create_symlink("/etc/passwd", folder / "c");

  for (const char* name : {"none", "none/below", "a", "c"}) {
    CAPTURE(name);
    CHECK(HeldPlace{folder / name}.owner() == std::nullopt);
  }
}

TEST_CASE("who is not root keeps his rights, and so does root in his own folders",
          "[pacelinectl]") {
  Folder folder;
  const auto before = geteuid();
  {
    const auto rights = AsOwner::of(HeldPlace{folder / "file"});
    REQUIRE(rights);
    CHECK(geteuid() == before);
  }
  CHECK(geteuid() == before);
}

TEST_CASE("no name is no place", "[pacelinectl]") {
  CHECK(HeldPlace{""}.path().empty());
  CHECK_FALSE(HostEnvironment{}.exists(""));
  CHECK_FALSE(HostEnvironment{}.read(""));
}

TEST_CASE("what is done at a place is told by the name that people know", "[pacelinectl]") {
  Folder folder;
  const HeldPlace place{folder / "none"};
  const auto read = place.told(Result<int>{fail(place.path() + ": cannot be opened")});
  CHECK(read.error().detail == (folder / "none") + ": cannot be opened");
  std::filesystem::create_symlink("none", folder / "link");
  CHECK(std::filesystem::is_symlink(HeldPlace{folder / "link", HeldPlace::End::itself}.path()));
  CHECK_FALSE(std::filesystem::exists(HeldPlace{folder / "link"}.path()));
}

}  // namespace paceline::test
