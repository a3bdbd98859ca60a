#include "common/runtime/file_modes.h"

#include <sys/stat.h>

#include "common/runtime/files.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

namespace paceline::test {

TEST_CASE("files with secrets that others may read are told with the remedy, and no others",
          "[runtime]") {
  const Folder folder;
  REQUIRE(chmod(folder.path().c_str(), 0755) == 0);
  const std::string open = folder / "open";
  const std::string shut = folder / "shut";
  REQUIRE(write_file_atomically(open, "s", 0644));
  REQUIRE(write_file_atomically(shut, "s", 0640));

  const auto told = exposures_of({{"", "none"},
                                  {folder / "missing", "nobody's"},
                                  {shut, "the key"},
                                  {open, "the client secret"}});

  CHECK(told == std::vector{open +
                            ", the client secret, has mode 0644: everybody on this host may read "
                            "it; chmod g-w,o-rwx " +
                            open});
}

}  // namespace paceline::test
