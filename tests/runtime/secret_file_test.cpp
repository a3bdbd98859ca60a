#include "common/runtime/secret_file.h"

#include <fstream>

#include "tests/support/catch.h"
#include "tests/support/folder.h"

namespace paceline::test {

TEST_CASE("a secret file gives its first line, or says what is wrong with it", "[runtime]") {
  const Folder folder;
  std::ofstream{folder / "good"} << "hunter2\na note\n";
  std::ofstream{folder / "empty"} << "\n";
  std::ofstream{folder / "large"} << std::string(5000, 'x');

  CHECK(read_secret_file(folder / "good", "password") == "hunter2");
  CHECK(read_secret_file(folder / "empty", "password").error().detail ==
        folder / "empty: no password in it: its first line is empty");
  CHECK(read_secret_file(folder / "large", "password").error().code == Errc::too_large);
  CHECK(read_secret_file(folder / "none", "password").error().code == Errc::not_found);
}

TEST_CASE("without a file a secret stays as it stands in the settings", "[runtime]") {
  const Folder folder;
  std::ofstream{folder / "good"} << "from the file\n";
  std::string text = "inline";

  REQUIRE(take_secret_file("", "password", text));
  CHECK(text == "inline");
  REQUIRE(take_secret_file(folder / "good", "password", text));
  CHECK(text == "from the file");
}

}  // namespace paceline::test
