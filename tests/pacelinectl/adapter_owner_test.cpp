// tests/process/root-in-other-folders shows as root what this is for.
#include "services/pacelinectl/adapter_owner.h"

#include <unistd.h>

#include "tests/support/catch.h"
#include "tests/support/folder.h"

namespace paceline::test {
using namespace pacelinectl;

TEST_CASE("what root laid, what is not there and what has no name has no other owner",
          "[pacelinectl]") {
  for (const char* path : {"", "/", "/etc/passwd", "/none/at/all", "/proc/self/fd/0/none"}) {
    CAPTURE(path);
    CHECK_FALSE(Place{path}.owner());
  }
}

TEST_CASE("a folder of ours, and links that lead around in it, have us for owner",
          "[pacelinectl]") {
  Folder folder;
  std::filesystem::create_symlink(folder / "b", folder / "a");
  std::filesystem::create_symlink(folder / "a", folder / "b");
  std::filesystem::create_symlink("/etc/passwd", folder / "c");

  for (const char* name : {"none", "none/below", "a", "c"}) {
    CAPTURE(name);
    CHECK(Place{folder / name}.owner() == std::nullopt);
  }
}

TEST_CASE("who is not root keeps his rights, and so does root in his own folders",
          "[pacelinectl]") {
  Folder folder;
  const auto before = geteuid();
  {
    const auto rights = AsOwner::of(Place{folder / "file"});
    REQUIRE(rights);
    CHECK(geteuid() == before);
  }
  CHECK(geteuid() == before);
}

TEST_CASE("what is done at a place is told by the name that people know", "[pacelinectl]") {
  Folder folder;
  const Place place{folder / "none"};
  const auto read = place.told(Result<int>{fail(place.path() + ": cannot be opened")});
  CHECK(read.error().detail == (folder / "none") + ": cannot be opened");
  std::filesystem::create_symlink("none", folder / "link");
  CHECK(std::filesystem::is_symlink(Place{folder / "link", Place::End::itself}.path()));
  CHECK_FALSE(std::filesystem::exists(Place{folder / "link"}.path()));
}

}  // namespace paceline::test
