// The built pacelinectl as a person runs it.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/folder.h"
#include "tests/support/program.h"
#include "tests/support/source_folder.h"

namespace paceline::test {
namespace {

Ran run(const std::string& arguments) {
  return run_program(std::string{PACELINECTL} + " " + arguments);
}

const std::string shipped_folder = source_folder() + "/topology/";

std::string write(const Folder& folder, const std::string& name, const std::string& text) {
  std::ofstream{folder / name} << text;
  return folder / name;
}

std::string read(const std::string& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

TEST_CASE("good files check with 0, bad ones with 3, missing ones with 2",
          "[pacelinectl][process]") {
  const Folder folder;
  const std::string bad = write(folder, "bad.toml", "cluster = 3\nshards = 2\n");

  for (const char* name : {"demo.toml", "two-node.toml", "five-node.toml"})
    CHECK(run("topology check " + shipped_folder + name).exit == 0);
  const Ran checked = run("topology check " + bad);
  CHECK(checked.exit == 3);
  CHECK(checked.out.find("bad.toml:2:1: shards = 2: unknown key\n") != std::string::npos);
  CHECK(run("topology check " + folder.path() + "/none.toml").exit == 2);
  CHECK(run("targets check " + shipped_folder + "demo-targets.toml").out.find("good, 50 targets") !=
        std::string::npos);
  CHECK(run("frobnicate").exit == 2);
  CHECK(run("--help").exit == 0);
}

TEST_CASE("keys are real, private and kept", "[pacelinectl][process]") {
  const Folder folder;
  std::filesystem::create_directories(folder.path() + "/topology");
  const std::string file = write(folder, "topology/demo.toml", read(shipped_folder + "demo.toml"));

  REQUIRE(run("keys " + file).exit == 0);
  const std::string secret = read(folder.path() + "/build/demo/keys/a.secret");
  REQUIRE(run("keys " + file).exit == 0);

  CHECK(secret.size() == 41);
  CHECK(read(folder.path() + "/build/demo/keys/a.secret") == secret);
  struct stat status {};
  REQUIRE(stat((folder.path() + "/build/demo/keys/a.secret").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777u) == 0600u);
  REQUIRE(stat((folder.path() + "/build/demo/keys").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777u) == 0700u);
}

TEST_CASE("a renamed cluster's file keeps its permissions, and a link stays one",
          "[pacelinectl][process]") {
  const Folder folder;
  const std::string text = read(shipped_folder + "demo.toml");
  const std::string file = write(folder, "real.toml", text);
  std::filesystem::permissions(file, std::filesystem::perms{0640});
  std::filesystem::create_symlink(file, folder / "topology.toml");

  const Ran ran = run("--topology " + folder.path() + "/topology.toml topology rename demo-2");

  CAPTURE(ran.out);
  CHECK(ran.exit == 0);
  CHECK(read(file).find("cluster = \"demo-2\"") != std::string::npos);
  CHECK(std::filesystem::is_symlink(folder / "topology.toml"));
  CHECK(std::filesystem::status(file).permissions() == std::filesystem::perms{0640});
}

TEST_CASE("nobody there is told within a few seconds", "[pacelinectl][process]") {
  const Folder folder;
  std::filesystem::create_directories(folder.path() + "/topology");
  std::string text = read(shipped_folder + "demo.toml");
  const std::string file = write(folder, "topology/demo.toml", text);

  const Ran ran = run("--topology " + file + " --node w election");

  CHECK(ran.exit == 1);
  CHECK(ran.out.find("no elector answers at ipc://") != std::string::npos);
  CHECK(ran.out.find("try supervisorctl status") != std::string::npos);
}

}  // namespace
}  // namespace paceline::test
