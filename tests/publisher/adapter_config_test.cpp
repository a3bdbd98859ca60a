#include "services/publisher/adapter_config.h"

#include <cstdlib>

#include "tests/support/folder.h"
#include "tests/support/manual.h"

namespace paceline::test {
using namespace publisher;
namespace {

void write(const std::string& path, const std::string& text) {
  std::ofstream{path} << text;
}

// The demo with its targets in a folder of its own, and our [publisher].
Result<PublisherConfig> read_in(const Folder& folder, const std::string& lines) {
  const std::string demo = tree_file("topology/demo.toml");
  const std::string text = demo.substr(0, demo.find("[publisher]")) +
                           "[publisher]\nbase_auth_url = \"https://login.test/\"\n"
                           "base_service_url = \"https://api.test/\"\nclient_id = \"me\"\n" +
                           lines;
  Place place = TRY(parse_place(text, folder / "demo.toml", "a", "publisher", 0));
  return read_publisher_config(place);
}

}  // namespace

TEST_CASE("the client secret is the first line of its file, or of the environment", "[publisher]") {
  const Folder folder;
  write(folder / "demo-targets.toml", tree_file("topology/demo-targets.toml"));
  write(folder / "secret", "from the file\nand a note\n");
  setenv("PACELINE_TEST_SECRET", "from outside", 1);

  const auto file = read_in(folder, "client_secret_file = \"secret\"\n");
  const auto environment = read_in(folder, "client_secret_env = \"PACELINE_TEST_SECRET\"\n");

  REQUIRE(file);
  CHECK(file->client_secret == "from the file");
  CHECK(file->ids.size() == 50);
  CHECK(file->boot.size() == 36);
  REQUIRE(environment);
  CHECK(environment->client_secret == "from outside");
  write(folder / "secret", "mended\n");
  CHECK(file->read_secret() == "mended");
}

TEST_CASE("without its secret, its targets or its authorities a publisher does not begin",
          "[publisher]") {
  const auto [lines, targets, why] = GENERATE(table<std::string, bool, std::string>(
      {{"client_secret_file = \"missing\"", true, "/missing: "},
       {"client_secret_file = \"empty\"", true, "/empty: no client secret in it"},
       {"client_secret_env = \"PACELINE_TEST_NONE\"", true, "variable PACELINE_TEST_NONE: no"},
       {"client_secret_file = \"secret\"\nca_file = \"ca.pem\"", true, "/ca.pem: "},
       {"client_secret_file = \"secret\"\nclient_certificate_file = \"c.pem\"\n"
        "client_key_file = \"k.pem\"",
        true, "/c.pem: "},
       {"client_secret_file = \"secret\"", false, "/demo-targets.toml: "}}));
  CAPTURE(lines);
  const Folder folder;
  write(folder / "empty", "\nthe second line\n");
  write(folder / "secret", "s");
  if (targets) write(folder / "demo-targets.toml", tree_file("topology/demo-targets.toml"));

  const auto config = read_in(folder, lines + "\n");

  REQUIRE(!config);
  CHECK_THAT(config.error().detail, Catch::Contains(why));
}

}  // namespace paceline::test
