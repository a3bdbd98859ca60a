#include "services/publisher/config.h"

#include "tests/support/catch.h"

#include <fstream>
#include <set>
#include <sstream>

#include "tests/support/source_folder.h"

namespace paceline::test {
using namespace publisher;
namespace {

std::string file_text(const std::string& path) {
  std::ifstream file{source_folder() + "/" + path};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

const std::string least = R"(
base_auth_url = "https://login.example.org/oauth/token"
base_service_url = "https://api.example.org/api"
client_id = "me"
client_secret_file = "secret"
)";

// The demo's topology with [publisher] replaced by ours.
Result<Place> place_with(const std::string& publisher) {
  std::string text = file_text("topology/demo.toml");
  for (std::size_t from; (from = text.find("\n[publisher")) != std::string::npos;) {
    const auto to = text.find("\n[", from + 1);
    text.erase(from, to == std::string::npos ? to : to - from);
  }
  return parse_place(text + "\n[publisher]\n" + publisher, "etc/demo.toml", "a", "publisher", 0);
}

Result<PublisherConfig> parsed(const std::string& publisher) {
  auto place = place_with(publisher);
  if (!place) return tl::unexpected(place.error());
  return parse_publisher_config(*place);
}

}  // namespace

TEST_CASE("the least settings are enough", "[publisher]") {
  const auto config = parsed(least);

  REQUIRE(config);
  CHECK(config->base_service_url == "https://api.example.org/api/");
  CHECK(config->client_secret_file == "etc/secret");
  CHECK(config->refresh_period == 200ms);  // 2 s in a world ten times as fast.
  CHECK(config->pacers == 2);
}

TEST_CASE("a wrong setting is refused by its name", "[publisher]") {
  const auto [line, key] = GENERATE(
      table<std::string, std::string>({{"refresh_perod = \"2s\"", "refresh_perod"},
                                       {"timeout_share = 1.0", "timeout_share"},
                                       {"valid_periods = 1", "valid_periods"},
                                       {"client_secret_env = \"S\"", "client_secret_env"},
                                       {"contract = \"soap\"", "contract"},
                                       {"guard = \"2s\"", "guard"},
                                       {"client_secret = \"in the clear\"", "client_secret"},
                                       {"webhook = { colour = \"red\" }", "colour"}}));
  CAPTURE(line);

  const auto config = parsed(least + line + "\n");

  REQUIRE(!config);
  CHECK(config.error().detail.find(key) != std::string::npos);
}

TEST_CASE("a secret goes to nobody without TLS but this machine", "[publisher]") {
  const auto [url, good] =
      GENERATE(table<std::string, bool>({{"http://login.example.org/", false},
                                         {"http://127.0.0.1:80/", true},
                                         {"http://localhost/", true},
                                         {"http://[::1]:80/", true},
                                         {"http://localhost.attacker.example/", false},
                                         {"http://127.0.0.1.attacker.example/", false},
                                         {"http://localhost@attacker.example/", false},
                                         {"ftp://login.example.org/", false},
                                         {"https://a/\\r\\nX: y", false}}));
  CAPTURE(url);

  const auto config = parsed("base_auth_url = \"" + url +
                             "\"\nbase_service_url = \"https://api/\"\nclient_id = \"me\"\n"
                             "client_secret_env = \"SECRET\"\n");

  CHECK(config.has_value() == good);
}

TEST_CASE("the manual lists exactly the settings there are", "[publisher]") {
  auto place = place_with(least);
  REQUIRE(place);
  REQUIRE(parse_publisher_config(*place));
  std::set<std::string> read;
  std::istringstream effective{place->settings.effective()};
  for (std::string line; std::getline(effective, line);)
    read.insert(line.substr(line.find('.') + 1, line.find(" = ") - line.find('.') - 1));

  std::istringstream manual{file_text("services/publisher/SETTINGS.md")};
  std::set<std::string> listed;
  for (std::string line; std::getline(manual, line);)
    if (line.starts_with("| `")) listed.insert(line.substr(3, line.find('`', 3) - 3));

  for (const auto& key : read) {
    CAPTURE(key);
    if (!key.starts_with("webhook.")) CHECK(listed.contains(key));
  }
  for (const auto& key : listed) {
    CAPTURE(key);
    CHECK((read.contains(key) || key == "webhook"));
  }
}

}  // namespace paceline::test
