#include "services/watch/config.h"

#include <fstream>
#include <set>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/source_folder.h"

namespace paceline::test {
using namespace watch;
namespace {

std::string file_text(const std::string& path) {
  std::ifstream file{source_folder() + "/" + path};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Result<Place> place_with(const std::string& watch_table, const char* file = "demo.toml") {
  return parse_place(file_text("topology/demo.toml") + "\n" + watch_table + "\n", file, "a",
                     "watch", 0);
}

Result<WatchConfig> parsed(const std::string& watch_table) {
  auto place = TRY(place_with(watch_table));
  return parse_watch_config(place);
}

}  // namespace

TEST_CASE("watch listens on loopback ten ports above its node", "[watch]") {
  const auto config = parsed("");

  REQUIRE(config);
  CHECK(config->listen_address == "127.0.0.1");
  CHECK(config->listen_port == 7110);
  CHECK(config->cluster.nodes.size() == 3);
  CHECK(config->cluster.nodes[2].witness);
}

TEST_CASE("watch knows every sender that it should hear", "[watch]") {
  const auto config = parsed("");

  REQUIRE(config);
  std::vector<std::string> senders;
  for (const auto& sender : config->cluster.senders)
    senders.push_back(sender.channel + " " + sender.sender + " " + std::to_string(sender.shard));
  CHECK(senders == std::vector<std::string>{"stat a/statfeed/0 0", "stat a/statfeed/0 1",
                                            "pace a/pacer/0 0", "pace a/pacer/1 1",
                                            "feedback a/publisher/0 -1",
                                            "feedback b/publisher/0 -1"});
}

TEST_CASE("wrong settings are refused, naming key and value", "[watch]") {
  const auto refusal = [](const std::string& line) {
    const auto config = parsed("[watch]\n" + line);
    REQUIRE_FALSE(config);
    return config.error().detail;
  };

  CHECK_THAT(refusal("listen = \"127.0.0.1\""), Catch::Contains("ADDRESS:PORT"));
  CHECK_THAT(refusal("listen = \"127.0.0.1:70000\""), Catch::Contains("watch.listen"));
  CHECK_THAT(refusal("listen = \"0.0.0.0:80\""), Catch::Contains("read_token"));
  CHECK_THAT(refusal("stream_period = \"1ms\""), Catch::Contains("watch.stream_period"));
  CHECK_THAT(refusal("certificate_file = \"x\""), Catch::Contains("key_file"));
  CHECK_THAT(refusal("bogus = 1"), Catch::Contains("bogus"));
}

TEST_CASE("an open address is fine with token and TLS", "[watch]") {
  const auto config = parsed(
      "[watch]\nlisten = \"0.0.0.0:443\"\nread_token = \"x\"\ncertificate_file = \"c\"\n"
      "key_file = \"k\"");

  REQUIRE(config);
  CHECK(config->listen_port == 443);
}

TEST_CASE("files that table watch names are found beside the file that names them", "[watch]") {
  auto place = place_with(
      "[watch]\ncertificate_file = \"tls/c.pem\"\nkey_file = \"/k.pem\"\n"
      "history_file = \"past.db\"",
      "/etc/centre/demo.toml");
  REQUIRE(place);

  const auto config = parse_watch_config(*place);

  REQUIRE(config);
  CHECK(config->certificate_file == "/etc/centre/tls/c.pem");
  CHECK(config->key_file == "/k.pem");
  CHECK(config->history_file == "/etc/centre/past.db");
}

TEST_CASE("without a history file there is no history on disk", "[watch]") {
  const auto config = parsed("[watch]\nhistory_file = \"\"");

  REQUIRE(config);
  CHECK(config->history_file.empty());
}

TEST_CASE("only this host counts as loopback", "[watch]") {
  CHECK(parsed("[watch]\nlisten = \"localhost:80\""));
  CHECK(parsed("[watch]\nlisten = \"127.8.0.1:80\""));
  CHECK_FALSE(parsed("[watch]\nlisten = \"127.attacker.example:80\""));
}

TEST_CASE("the manual of watch lists exactly the settings there are", "[watch]") {
  auto place = place_with("");
  REQUIRE(place);
  REQUIRE(parse_watch_config(*place));
  std::set<std::string> read;
  std::istringstream effective{place->settings.effective()};
  for (std::string line; std::getline(effective, line);)
    read.insert(line.substr(line.find('.') + 1, line.find(" = ") - line.find('.') - 1));

  std::istringstream section{file_text("services/watch/SETTINGS.md")};
  std::set<std::string> listed;
  for (std::string line; std::getline(section, line);)
    if (line.starts_with("| `")) listed.insert(line.substr(3, line.find('`', 3) - 3));

  CHECK(read == listed);
}

}  // namespace paceline::test
