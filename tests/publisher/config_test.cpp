#include "services/publisher/config.h"

#include "tests/support/manual.h"

namespace paceline::test {
using namespace publisher;
namespace {

const std::string least = R"(
base_auth_url = "https://login.example.org/oauth/token"
base_service_url = "https://api.example.org/api"
client_id = "me"
client_secret_file = "secret"
)";

// `least` with another address of the service.
std::string serving_at(const std::string& url) {
  std::string text = least;
  const std::string usual = "https://api.example.org/api";
  return text.replace(text.find(usual), usual.size(), url);
}

// The demo's topology with [publisher] replaced by ours.
Result<Place> place_with(const std::string& publisher) {
  std::string text = tree_file("topology/demo.toml");
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

Result<std::string> effective_with(const std::string& line) {
  auto place = TRY(place_with(least + line + "\n"));
  static_cast<void>(TRY(parse_publisher_config(place)));
  return place.settings.effective();
}

// Without the marks of times that are divided, and the table in the table.
MarkdownTable settings_table() {
  auto table = read_table("services/publisher/SETTINGS.md", "Settings of the publisher");
  std::erase_if(table.rows, [](const auto& row) { return row[0] == "`webhook`"; });
  for (auto& row : table.rows) row[0] = code_words(row[0]).at(0);
  return table;
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

TEST_CASE("an address to which a path cannot be appended is refused", "[publisher]") {
  for (const char* url : {"https://api/?a=b", "https://api/#top"}) {
    const auto config = parsed(serving_at(url));
    REQUIRE(!config);
    CHECK_THAT(config.error().detail, Catch::Contains("base_service_url") && Catch::Contains(url) &&
                                          Catch::Contains("may have no ? and no #"));
  }
}

TEST_CASE("a wrong setting is refused by its name", "[publisher]") {
  const auto [line, key] = GENERATE(
      table<std::string, std::string>({{"refresh_perod = \"2s\"", "refresh_perod"},
                                       {"timeout_share = 1.0", "timeout_share"},
                                       {"valid_periods = 1", "valid_periods"},
                                       {"client_secret_env = \"S\"", "client_secret_env"},
                                       {"contract = \"soap\"", "contract"},
                                       {"client_key_file = \"k\"", "client_certificate_file"},
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
  check_settings(settings_table(), effective_with,
                 {"base_auth_url", "base_service_url", "client_id", "client_secret_file",
                  "client_secret_env", "ca_file"});
}

TEST_CASE("the manual lists exactly the names that a webhook has", "[publisher]") {
  const auto table = read_table("services/publisher/SETTINGS.md", "Settings of the publisher");
  const auto row = std::ranges::find(table.rows, "`webhook`", [](auto& cells) { return cells[0]; });
  REQUIRE(row != table.rows.end());
  const std::string meaning = row->at(3);
  const auto from = meaning.find(": ") + 2;
  std::istringstream listed{meaning.substr(from, meaning.find(';') - from)};

  std::set<std::string> names;
  for (std::string name; listed >> name;) names.insert(name.substr(0, name.find(',')));

  for (const auto& name : names) {
    CAPTURE(name);
    const auto config = parsed(least + "webhook = { " + name + " = 3 }\n");
    REQUIRE(!config);  // One that nobody reads is an unknown key.
    CHECK_THAT(config.error().detail, Catch::Contains("webhook." + name + " = 3: not a text"));
  }
  CHECK(names.size() == sizeof(WebhookNames) / sizeof(std::string));
}

TEST_CASE("times of the pacing world are divided by time_scale, as the manual marks them",
          "[publisher]") {
  const std::map<std::string, Duration PublisherConfig::*> times = {
      {"refresh_period", &PublisherConfig::refresh_period},
      {"prompt_gap", &PublisherConfig::prompt_gap},
      {"guard", &PublisherConfig::guard},
      {"token_timeout", &PublisherConfig::token_timeout},
      {"probe_period", &PublisherConfig::probe_period},
      {"stop_bound", &PublisherConfig::stop_bound}};
  const auto config = parsed(least);
  REQUIRE(config);

  const auto table = read_table("services/publisher/SETTINGS.md", "Settings of the publisher");
  for (const auto& row : table.rows) {
    const auto written = parse_duration(row[1]);
    if (!written) continue;
    const std::string key = code_words(row[0]).at(0);
    CAPTURE(key);
    REQUIRE(times.contains(key));
    CHECK((*config).*times.at(key) == *written / (row[0].ends_with(" *") ? 10 : 1));
  }
}

TEST_CASE("how often it reports, and when a shard is silent, follows from the channels",
          "[publisher]") {
  const auto config = parsed(least);

  REQUIRE(config);
  CHECK(config->report_period == 180ms);  // Nine tenths of 200 ms.
  CHECK(config->pace_stale == 1s);        // 10 s in a world ten times as fast.
  CHECK(config->feedback_keyframe == 1s);
}

TEST_CASE("the password of a proxy is shown as ****, right or wrong", "[publisher]") {
  const auto good = effective_with("proxy = \"http://me:hidden@proxy:3128\"");
  REQUIRE(good);
  CHECK_THAT(*good, Catch::Contains("publisher.proxy = ****\n"));
  CHECK(good->find("hidden") == good->npos);

  const auto line = GENERATE(as<std::string>{}, "proxy = \"socks5://me:hidden@proxy:3128\"",
                             "proxy = [\"http://me:hidden@proxy:3128\"]");
  const auto bad = effective_with(line);
  REQUIRE(!bad);
  CHECK_THAT(bad.error().detail, Catch::Contains("publisher.proxy = ****"));
  CHECK(bad.error().detail.find("hidden") == std::string::npos);
}

TEST_CASE("files start at the folder of the topology file", "[publisher]") {
  const auto config = parsed(least + "ca_file = \"tls/ca.pem\"\n");

  REQUIRE(config);
  CHECK(config->ca_file == "etc/tls/ca.pem");
  CHECK(config->client_secret_file == "etc/secret");
  CHECK(config->targets_file == "etc/demo-targets.toml");
}

}  // namespace paceline::test
