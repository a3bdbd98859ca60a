#include "services/watch/adapter_config.h"

#include <filesystem>

#include "tests/support/certificate.h"
#include "tests/support/folder.h"
#include "tests/support/manual.h"

namespace paceline::test {
using namespace watch;
namespace {

void write(const std::string& path, const std::string& text, unsigned mode = 0600) {
  std::ofstream{path} << text;
  std::filesystem::permissions(path, std::filesystem::perms{mode});
}

// The demo with its targets in a folder of its own, and our [watch].
Result<WatchConfig> read_in(const Folder& folder, const std::string& lines) {
  write(folder / "demo-targets.toml", tree_file("topology/demo-targets.toml"));
  const std::string text = tree_file("topology/demo.toml") + "\n[watch]\n" + lines;
  Place place = TRY(parse_place(text, folder / "demo.toml", "a", "watch", 0));
  return read_watch_config(place);
}

TEST_CASE("the tokens of watch may stand in files", "[watch]") {
  const Folder folder;
  write(folder / "read", "look\n");
  write(folder / "operate", "touch\n");

  const auto config =
      read_in(folder, "read_token_file = \"read\"\noperate_token_file = \"operate\"\n");

  REQUIRE(config);
  CHECK(config->access.read_token == "look");
  CHECK(config->access.operate_token == "touch");
  CHECK(config->targets.size() == 50);
}

TEST_CASE("a token file stands for the token that an open address wants", "[watch]") {
  const Folder folder;
  write(folder / "read", "look\n");
  const auto pair = good_certificate();
  write(folder / "c", pair.certificate);
  write(folder / "k", pair.key);
  const std::string open = "listen = \"0.0.0.0:443\"\ncertificate_file = \"c\"\nkey_file = \"k\"\n";

  CHECK(read_in(folder, open + "read_token_file = \"read\"\n"));
  CHECK_FALSE(read_in(folder, open));
}

TEST_CASE(
    "the token for other cells may stand in a file, and their authorities are read at the start",
    "[watch]") {
  const Folder folder;
  write(folder / "look", "look\n");
  write(folder / "ca", good_certificate().certificate);
  const std::string lines =
      "cells_token_file = \"look\"\ncells_ca_file = \"ca\"\n[watch.cells]\nsouth = \"https://s\"\n";

  const auto config = read_in(folder, lines);
  write(folder / "ca", "not a certificate");
  const auto refused = read_in(folder, lines);

  REQUIRE(config);
  CHECK(config->cells_token == "look");
  CHECK(config->cells_pems.find(good_certificate().certificate) != std::string::npos);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail.starts_with(folder / "ca"));
}

TEST_CASE("a certificate and a key that are no pair are refused by name", "[watch]") {
  const Folder folder;
  write(folder / "c", good_certificate().certificate);
  write(folder / "k", make_certificate("DNS:other.test", 30).key);

  const auto refused = read_in(folder, "certificate_file = \"c\"\nkey_file = \"k\"\n");

  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail == folder / "k: is not the key of " + (folder / "c"));
}

TEST_CASE("a token file that is missing, empty, or has the other token is refused by name",
          "[watch]") {
  const auto [lines, why] = GENERATE(table<std::string, std::string>(
      {{"read_token_file = \"none\"", "/none: "},
       {"read_token_file = \"empty\"", "/empty: no token in it"},
       {"read_token = \"x\"\nread_token_file = \"read\"", "read_token is given too: one of both"},
       {"read_token_file = \"read\"\noperate_token_file = \"read\"", "is the read_token too"},
       {"read_token = \"look\"\noperate_token = \"look\"",
        "operate_token = ****: is the read_token"}}));
  CAPTURE(lines);
  const Folder folder;
  write(folder / "read", "look");
  write(folder / "empty", "");

  const auto config = read_in(folder, lines + "\n");

  REQUIRE_FALSE(config);
  CHECK_THAT(config.error().detail, Catch::Contains(why) && !Catch::Contains("\"look\""));
}

TEST_CASE("tokens that others may read are told apart from a history that they may", "[watch]") {
  const Folder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms{0755});
  write(folder / "read", "look", 0644);
  write(folder / "past.db", "", 0644);

  const auto config = read_in(folder, "read_token_file = \"read\"\nhistory_file = \"past.db\"\n");

  REQUIRE(config);
  CHECK(config->exposed.size() == 2);
  REQUIRE(config->exposed_secrets.size() == 1);
  CHECK_THAT(config->exposed_secrets[0], Catch::Contains("/read, the token that lets read"));
}

}  // namespace
}  // namespace paceline::test
