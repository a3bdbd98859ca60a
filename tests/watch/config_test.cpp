#include "services/watch/config.h"

#include <fstream>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/source_folder.h"

namespace paceline::test {
using namespace watch;
namespace {

std::string demo_with(const std::string& watch_table) {
  std::ifstream file{source_folder() + "/topology/demo.toml"};
  std::stringstream text;
  text << file.rdbuf() << "\n" << watch_table << "\n";
  return text.str();
}

Result<WatchConfig> parsed(const std::string& watch_table) {
  auto place = TRY(parse_place(demo_with(watch_table), "demo.toml", "a", "watch", 0));
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

}  // namespace paceline::test
