#include "services/watch/config.h"

#include "services/watch/history.h"
#include "tests/support/catch.h"
#include "tests/support/manual.h"

namespace paceline::test {
using namespace watch;
namespace {

Result<Place> place_with(const std::string& watch_table, const char* file = "demo.toml") {
  return parse_place(tree_file("topology/demo.toml") + "\n" + watch_table + "\n", file, "a",
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
  CHECK_THAT(refusal("listen = \"localhost:80\""), Catch::Contains("127.0.0.1"));
  CHECK_THAT(refusal("listen = \"::1:80\""), Catch::Contains("[::1]"));
  for (const char* host : {"x:1", "http://x", "", "*", "*.", "a b", "x.*"}) {
    CAPTURE(host);
    CHECK_THAT(refusal("allowed_hosts = [\"" + std::string{host} + "\"]"),
               Catch::Contains("watch.allowed_hosts") && Catch::Contains("not the name of a host"));
  }
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

TEST_CASE("watch answers to its node's host and to the names that are allowed", "[watch]") {
  const auto config = parsed("[watch]\nallowed_hosts = [\"Pace.example.com\", \"*.Centre.test\"]");

  REQUIRE(config);
  CHECK(config->access.hosts ==
        std::vector<std::string>{"pace.example.com", "*.centre.test", "127.0.0.1"});
}

TEST_CASE("other cells are named with the addresses of their watches", "[watch]") {
  const auto cells = [](const std::string& lines) {
    return parsed("[watch]\ncells_token = \"look\"\n[watch.cells]\n" + lines);
  };
  const auto good = cells("south = \"https://s:7110\"\nhere = \"http://127.0.0.1:8110/\"");

  REQUIRE(good);
  CHECK(good->cells ==
        std::vector<CellPlace>{{"south", "https://s:7110/"}, {"here", "http://127.0.0.1:8110/"}});
  CHECK(good->cells_token == "look");
  CHECK_THAT(cells("south = \"http://s:7110\"").error().detail,
             Catch::Contains("watch.cells.south") && Catch::Contains("must be https"));
  CHECK(parsed("[watch.cells]\nsouth = \"http://s:7110\""));  // Without a token nothing is secret.
  CHECK_THAT(cells("south = \"ftp://s\"").error().detail, Catch::Contains("watch.cells.south"));
  CHECK_THAT(cells("south = \"https://s/?x\"").error().detail, Catch::Contains("neither ? nor #"));
  CHECK_FALSE(cells("south = 5"));
  std::string many;
  for (int i = 0; i < 17; ++i) many += "c" + std::to_string(i) + " = \"https://s\"\n";
  CHECK_THAT(cells(many).error().detail, Catch::Contains("more than 16 cells"));
  CHECK(parsed("")->cells.empty());
}

TEST_CASE("only this host counts as loopback", "[watch]") {
  CHECK(parsed("[watch]\nlisten = \"[::1]:80\"")->listen_address == "::1");
  CHECK_FALSE(parsed("[watch]\nlisten = \"[::]:80\""));
  CHECK(parsed("[watch]\nlisten = \"127.8.0.1:80\""));
  CHECK_FALSE(parsed("[watch]\nlisten = \"127.attacker.example:80\""));
}

TEST_CASE("the manual of watch has exactly the settings there are, with defaults and ranges",
          "[watch]") {
  check_settings(read_table("services/watch/SETTINGS.md", "watch: settings"),
                 [](const std::string& line) -> Result<std::string> {
                   // A list that is absent is not told to be empty.
                   auto place = TRY(place_with("[watch]\nallowed_hosts = []\n" + line));
                   if (auto read = parse_watch_config(place); !read)
                     return tl::unexpected{read.error()};
                   return place.settings.effective();
                 },
                 {"listen", "allowed_hosts", "history_file"});
}

TEST_CASE("the longest way that history reaches back is the one of SETTINGS.md", "[watch]") {
  const std::string manual = tree_file("services/watch/SETTINGS.md");
  std::int64_t points = 0;
  for (const auto& tier : history_tiers) points += tier.keep;

  CHECK(points == 9360);
  CHECK(manual.find("2,160 + 2,880 + 4,320 = 9,360 points a target") != manual.npos);
  CHECK(history_tiers[0].keep * 10s == 6h);
  CHECK(history_tiers[1].keep * history_tiers[1].factor * 10s == 48h);
  CHECK(history_tiers[2].keep * history_tiers[2].factor * 10s == 30 * 24h);
}

}  // namespace paceline::test
