// The built publisher as supervisord starts it: how it ends when its files are wrong.
#include "tests/support/folder.h"
#include "tests/support/manual.h"
#include "tests/support/program.h"

namespace paceline::test {

TEST_CASE("a publisher with bad settings, targets or secret ends with 78 and says why",
          "[publisher][process]") {
  const auto [settings, targets, why] = GENERATE(table<std::string, std::string, std::string>(
      {{"full_every = 0", "[[target]]", "publisher.full_every = 0: not in [1, 100000]"},
       {"", "[[target", "demo-targets.toml:1:"},
       {"", "", "demo-targets.toml: "},
       {"", "good", "/missing: cannot be opened: No such file"}}));
  CAPTURE(settings, targets);
  const Folder folder;
  const std::string demo = tree_file("topology/demo.toml");
  std::ofstream{folder / "topology.toml"}
      << demo.substr(0, demo.find("[publisher]")) << "[publisher]\nclient_id = \"me\"\n"
      << "base_auth_url = \"https://login.test/\"\nbase_service_url = \"https://api.test/\"\n"
      << "client_secret_file = \"missing\"\n"
      << settings << "\n";
  if (!targets.empty())
    std::ofstream{folder / "demo-targets.toml"}
        << (targets == "good" ? tree_file("topology/demo-targets.toml") : targets);

  const Ran ran =
      run_program(std::string{PUBLISHER} + " " + folder / "topology.toml" + " --node a");

  CAPTURE(ran.out);
  CHECK(ran.exit == 78);
  CHECK_THAT(ran.out, Catch::Contains(why));
}

}  // namespace paceline::test
