#include "services/statfeed/adapter_config.h"

#include <filesystem>
#include <tuple>

#include "tests/support/folder.h"
#include "tests/support/manual.h"

namespace paceline::test {
using namespace statfeed;
namespace {

void write(const std::string& path, const std::string& text) {
  std::ofstream{path} << text;
  std::filesystem::permissions(path, std::filesystem::perms{0600});
}

// The demo with its targets in a folder of its own, and our [statfeed].
Result<StatfeedConfig> read_in(const Folder& folder, const std::string& lines) {
  write(folder / "demo-targets.toml", tree_file("topology/demo-targets.toml"));
  const std::string demo = tree_file("topology/demo.toml");
  const std::string text = demo.substr(0, demo.find("[statfeed]")) +
                           "[statfeed]\nprimary = \"https://stat.test/v3\"\n" + lines +
                           demo.substr(demo.find("[publisher]"));
  Place place = TRY(parse_place(text, folder / "demo.toml", "a", "statfeed", 0));
  return read_statfeed_config(place);
}

TEST_CASE("every secret of the Stat Servers may stand in a file", "[statfeed]") {
  const Folder folder;
  write(folder / "s", "hunter2\nof Monday\n");
  const std::string user = "user = \"me\"\n";
  const std::string token = "auth_url = \"https://login.test/\"\nclient_id = \"me\"\n";

  CHECK(read_in(folder, "api_key_file = \"s\"\n")->access.api_key == "hunter2");
  CHECK(read_in(folder, "bearer_file = \"s\"\n")->access.bearer == "hunter2");
  CHECK(read_in(folder, user + "password_file = \"s\"\n")->access.password == "hunter2");
  CHECK(read_in(folder, token + "client_secret_file = \"s\"\n")->access.client_secret == "hunter2");
  CHECK(read_in(folder, "tenant_password_file = \"s\"\n")->gms_policy.tenant_password == "hunter2");
  CHECK(read_in(folder, "api_key = \"inline\"\n")->access.api_key == "inline");
}

TEST_CASE("a secret file that is missing, empty or given beside the secret is refused by name",
          "[statfeed]") {
  const auto [lines, why] = GENERATE(table<std::string, std::string>(
      {{"api_key_file = \"none\"", "/none: "},
       {"api_key_file = \"empty\"", "/empty: no API key of the Stat Servers in it"},
       {"api_key = \"x\"\napi_key_file = \"s\"", "api_key is given too: one of both"},
       {"bearer_file = \"s\"\nauth_url = \"https://login.test/\"\nclient_id = \"me\"",
        "bearer is given too"},
       {"bearer_file = \"s\"\nuser = \"me\"", "a token is sent too"}}));
  CAPTURE(lines);
  const Folder folder;
  write(folder / "s", "hunter2");
  write(folder / "empty", "\n");

  const auto config = read_in(folder, lines + "\n");

  REQUIRE_FALSE(config);
  CHECK_THAT(config.error().detail, Catch::Contains(why) && !Catch::Contains("hunter2"));
}

TEST_CASE("a secret file that everybody may read is told with its remedy", "[statfeed]") {
  const Folder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms{0755});
  write(folder / "s", "hunter2");
  CHECK(read_in(folder, "api_key_file = \"s\"\n")->exposed.empty());

  std::filesystem::permissions(folder / "s", std::filesystem::perms{0644});

  const auto config = read_in(folder, "api_key_file = \"s\"\n");
  REQUIRE(config);
  REQUIRE(config->exposed.size() == 1);
  CHECK_THAT(config->exposed[0],
             Catch::Contains("/s, the API key of the Stat Servers, has mode 0644") &&
                 Catch::Contains("chmod g-w,o-rwx"));
}

}  // namespace
}  // namespace paceline::test
