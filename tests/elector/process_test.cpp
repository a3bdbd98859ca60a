// The built elector as supervisord starts it: how it ends when it cannot work.
#include "services/elector/adapter_store.h"
#include "tests/support/folder.h"
#include "tests/support/manual.h"
#include "tests/support/program.h"

namespace paceline::test {
using namespace elector;
namespace {

void replace(std::string& text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  REQUIRE(at != text.npos);
  text.replace(at, what.size(), by);
}

// The demo on ports of its own, with its files in `folder`, our [elector], and no keys.
Ran run_elector(const Folder& folder, const std::string& lines) {
  const int port = std::stoi(run_program(source_folder() + "/ops/free-ports").out);
  std::string text = tree_file("topology/demo.toml");
  replace(text, "encrypted = true", "encrypted = false");
  replace(text, "\"../build/demo\"", "\"run\"");
  for (int i = 0; i < 3; ++i)
    replace(text, "port = " + std::to_string(7100 + 20 * i),
            "port = " + std::to_string(port + 20 * i));
  std::ofstream{folder / "topology.toml"} << text << "\n[elector]\n" << lines << "\n";
  return run_program(std::string{ELECTOR} + " " + folder / "topology.toml" + " --node a");
}

}  // namespace

TEST_CASE("an elector whose state folder cannot be used ends with 1 and says why",
          "[elector][process]") {
  const Folder folder;
  std::ofstream{folder / "state"} << "a file, where the folder should be";

  const Ran ran = run_elector(folder, "state_dir = \"state\"");

  CAPTURE(ran.out);
  CHECK(ran.exit == 1);
  CHECK_THAT(ran.out, Catch::Contains(" error a/elector/0 broken why="));
  CHECK_THAT(ran.out, Catch::Contains(folder / "state"));
  CHECK_THAT(ran.out, Catch::Contains("Not a directory"));
}

TEST_CASE("a second elector of a node ends with 1 and says why", "[elector][process]") {
  const Folder folder;
  const FileStore first{folder / "state", "demo"};

  const Ran ran = run_elector(folder, "state_dir = \"state\"");

  CAPTURE(ran.out);
  CHECK(ran.exit == 1);
  CHECK_THAT(ran.out, Catch::Contains(" error a/elector/0 broken why="));
  CHECK_THAT(ran.out, Catch::Contains("state/lock: another elector of this node runs"));
}

TEST_CASE("an elector with bad settings ends with 78 and names them", "[elector][process]") {
  const Folder folder;

  const Ran ran = run_elector(folder, "missed = 1");

  CAPTURE(ran.out);
  CHECK(ran.exit == 78);
  CHECK_THAT(ran.out, Catch::Contains("elector.missed = 1: not in [2, 10]"));
}

}  // namespace paceline::test
