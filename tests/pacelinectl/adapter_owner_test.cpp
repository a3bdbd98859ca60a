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
    CHECK_FALSE(owner_at(path));
  }
}

TEST_CASE("a folder of ours, and links that lead around in it, have us for owner",
          "[pacelinectl]") {
  Folder folder;
  std::filesystem::create_symlink(folder / "b", folder / "a");
  std::filesystem::create_symlink(folder / "a", folder / "b");
  std::filesystem::create_symlink("/etc/passwd", folder / "c");
  const auto us = geteuid() == 0 ? std::nullopt : std::optional{Owner{geteuid(), getegid()}};

  for (const char* name : {"none", "none/below", "a", "c"}) {
    CAPTURE(name);
    CHECK(owner_at(folder / name) == us);
  }
}

TEST_CASE("who is not root keeps his rights, and so does root in his own folders",
          "[pacelinectl]") {
  Folder folder;
  const auto before = geteuid();
  {
    const auto rights = AsOwner::of(folder / "file");
    REQUIRE(rights);
    CHECK(geteuid() == before);
  }
  CHECK(geteuid() == before);
}

}  // namespace paceline::test
