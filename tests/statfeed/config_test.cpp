#include "services/statfeed/config.h"

#include "tests/support/catch.h"

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "tests/support/manual.h"
#include "tests/support/source_folder.h"

namespace paceline::test {
using namespace statfeed;
namespace {

Place place_with(const std::string& table, double time_scale = 1,
                 const std::string& file = "t.toml") {
  Place place{.topology = {},
              .node = "a",
              .process = "statfeed",
              .index = 0,
              .settings = Settings::parse(table, file).value()};
  place.topology.time_scale = time_scale;
  place.topology.pacers = 3;
  place.topology.run_dir = "/var/lib/paceline";
  place.topology.nodes.emplace_back();
  place.topology.nodes[0].name = "a";
  place.topology.nodes[0].host = "192.0.2.1";
  place.topology.nodes[0].port = 7100;
  return place;
}

Result<StatfeedConfig> parse(const std::string& table, double time_scale = 1,
                             const std::string& file = "t.toml") {
  Place place = place_with(table, time_scale, file);
  return parse_statfeed_config(place);
}

}  // namespace

TEST_CASE("the demo's settings are enough", "[statfeed]") {
  const auto config = parse(R"(
    primary = "http://127.0.0.1:7180/statistics/v3/"
    backup = "http://127.0.0.1:7181/statistics/v3")");

  REQUIRE(config.has_value());
  CHECK(config->servers[0] == "http://127.0.0.1:7180/statistics/v3");
  CHECK(config->session.push);
  CHECK(config->mapping == default_mapping());
  CHECK(config->shards == 3);
}

TEST_CASE("times of the pacing world shrink with the time scale, others do not", "[statfeed]") {
  const auto config = parse("primary = \"http://a/v3\"", 10).value();

  CHECK(config.session.liveness == 200ms);
  CHECK(config.failover.silence == 500ms);
  CHECK(config.failover.grace == 1s);
  CHECK(config.session.request_timeout == 5s);
  CHECK(config.totals.per_second == 100);
}

TEST_CASE("other sites' names and definitions are taken up", "[statfeed]") {
  const auto config = parse(R"(
    primary = "http://a/v3"
    [statistics.ready]
    name = "Agents_Free"
    [statistics.in_queue]
    object_type = "RoutePoint"
    category = "CurrentNumber"
    subject = "DNAction"
    main_mask = "CallWait"
    [statistics.entered]
    needed = false)");

  REQUIRE(config.has_value());
  CHECK(config->mapping[StatisticKind::ready].name == "Agents_Free");
  CHECK(config->mapping[StatisticKind::in_queue].object_type == "RoutePoint");
  CHECK(config->mapping[StatisticKind::in_queue].definition->main_mask == "CallWait");
  CHECK_FALSE(config->mapping[StatisticKind::entered].needed);
}

TEST_CASE("a site's patterns are taken up, and what it does not have is not asked", "[statfeed]") {
  const auto config = parse(R"(
    primary = "http://a/v3"
    [statistics.ready]
    object = "{group}@{channel}"
    [statistics.in_queue]
    object = "{group}_VQ"
    name = "Waiting_{channel}"
    [statistics.not_ready]
    asked = false)");

  REQUIRE(config.has_value());
  CHECK(config->mapping[StatisticKind::ready].object == "{group}@{channel}");
  CHECK(config->mapping[StatisticKind::in_queue].object_type == "Queue");
  CHECK(config->mapping[StatisticKind::in_queue].name == "Waiting_{channel}");
  CHECK_FALSE(config->mapping[StatisticKind::not_ready].needed);
  CHECK(config->session.batches.kinds ==
        (usual_statistic_kinds - (1u << static_cast<unsigned>(StatisticKind::not_ready))));
  const auto wrong = [](const std::string& text) {
    return parse("primary = \"http://a\"\n" + text).error().detail;
  };
  CHECK(wrong("[statistics.ready]\nobject = \"{grp}\"") ==
        "t.toml:3:10: statistics.ready.object = \"{grp}\": {grp} is not one of {id}, {channel}, "
        "{group}, {queue}");
  CHECK(wrong("[statistics.ready]\nobject = \"agent\"").find("not group, queue or a pattern") !=
        std::string::npos);
  CHECK(wrong("[statistics.ready]\nname = \"{x\"").find("a { without its }") != std::string::npos);
  CHECK(wrong("[statistics.ready]\nasked = false\nneeded = true").find("it is not asked for") !=
        std::string::npos);
}

TEST_CASE("figures of several interactions are asked for, and needed, where the site names them",
          "[statfeed]") {
  const std::string head = "primary = \"http://a\"\n";
  const auto bit = [](StatisticKind kind) { return 1u << static_cast<unsigned>(kind); };
  CHECK(parse(head)->session.batches.kinds == usual_statistic_kinds);

  const auto config = parse(head + R"(
    [statistics.in_handling]
    name = "Chats_In_Handling"
    [statistics.slots]
    object = "{group}_chat"
    category = "CurrentNumber"
    subject = "DNStatus"
    main_mask = "*"
    needed = false)");

  REQUIRE(config);
  CHECK(config->session.batches.kinds == all_statistic_kinds);
  CHECK(config->mapping[StatisticKind::in_handling].needed);
  CHECK(config->mapping[StatisticKind::in_handling].object_type == "GroupAgents");
  CHECK_FALSE(config->mapping[StatisticKind::slots].needed);
  const auto held = bit(StatisticKind::in_handling);
  CHECK(parse(head + "[statistics.in_handling]\nname = \"x\"\nasked = false")
            ->session.batches.kinds == usual_statistic_kinds);
  CHECK(parse(head + "[statistics.in_handling]\nname = \"x\"")->session.batches.kinds ==
        (usual_statistic_kinds | held));
  const auto wrong = parse(head + "[statistics.in_handling]\nasked = true");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().detail.find("statistics.in_handling.name") != std::string::npos);
  // Senders of the bus say them if they know them.
  const auto bus = parse("interface = \"bus\"\nprimary = \"crm\"");
  REQUIRE(bus);
  CHECK(bus->session.batches.kinds == all_statistic_kinds);
  CHECK_FALSE(bus->mapping[StatisticKind::in_handling].needed);
}

TEST_CASE("mistakes are refused with place, key and value", "[statfeed]") {
  const auto wrong = [](const std::string& text) { return parse(text).error().detail; };

  CHECK(wrong("").find("primary is missing") != std::string::npos);
  CHECK(wrong("primary = \"ftp://x\"").find("t.toml:1:11: primary") == 0);
  for (const char* with : {"http://a/v3?b=c", "https://a/v3#b"})
    CHECK_THAT(
        wrong("primary = \"" + std::string{with} + "\""),
        Catch::StartsWith("t.toml:1:11: primary = ") && Catch::Contains("may have no ? and no #"));
  CHECK(wrong("primary = \"http://a\"\ntypo = 1").find("unknown key") != std::string::npos);
  CHECK(wrong("primary = \"http://a\"\n[statistics.redy]\nname = \"x\"").find("unknown key") !=
        std::string::npos);
  CHECK(wrong("primary = \"http://a\"\nbatch = 0").find("not in [1, 5000]") != std::string::npos);
  CHECK(wrong("primary = \"http://a\"\nsilence = \"3s\"").find("liveness") != std::string::npos);
  CHECK(wrong("primary = \"http://a\"\nauth_url = \"http://cloud/token\"\nclient_id = \"x\"")
            .find("https") != std::string::npos);
  CHECK(wrong("primary = \"http://a\"\nbearer = \"a\\nb\"").find("control character") !=
        std::string::npos);
}

TEST_CASE("settings that exclude or need each other are refused", "[statfeed]") {
  const auto [text, why] = GENERATE(table<std::string, std::string>(
      {{"user = \"me\"\nbearer = \"x\"", "user = \"me\": a token is sent too"},
       {"user = \"a:b\"", "user = \"a:b\": has a colon"},
       {"client_key_file = \"k.pem\"", "client_certificate_file = (absent): goes with"},
       {"client_certificate_file = \"c.pem\"", "client_certificate_file = \"c.pem\": goes with"},
       {"auth_url = \"https://a\"", "client_id = (absent): auth_url needs it"},
       {"auth_url = \"https://a\"\nclient_id = \"x\"\nbearer = \"y\"", "bearer is given too"},
       {"value_delay = \"10s\"",
        "value_delay = \"10s\": not below the `stale` of channel stat, 10s"},
       {"backup_value_delay = \"1m\"", "backup_value_delay = \"1m\": not below"},
       {"max_age = \"1500ms\"", "max_age = \"1500ms\": not whole seconds"},
       {"[statistics.ready]\nname = \"R\"\ncategory = \"CurrentNumber\"", "one of both"},
       {"interface = \"gms\"\n[statistics.ready]\ncategory = \"CurrentNumber\"", "by name only"}}));
  CAPTURE(text);

  const auto config = parse("primary = \"http://a\"\n" + text);

  REQUIRE_FALSE(config);
  CAPTURE(config.error().detail);
  CHECK(config.error().detail.find(why) != std::string::npos);
}

TEST_CASE("a site that needs no statistic at all is refused", "[statfeed]") {
  std::string text = "primary = \"http://a\"\n";
  for (std::uint32_t i = 0; i < statistic_kind_count; ++i)
    text += "[statistics." + std::string{to_string(static_cast<StatisticKind>(i))} +
            "]\nneeded = false\n";

  CHECK(parse(text).error().detail.find("at least one must be needed") != std::string::npos);
}

TEST_CASE("a client secret goes over https or stays on this host", "[statfeed]") {
  const auto with = [](const std::string& url) {
    return parse("primary = \"http://a\"\nclient_id = \"x\"\nauth_url = \"" + url + "\"");
  };

  for (const char* url : {"https://cloud/token", "http://127.0.0.1:8080/token",
                          "http://localhost/token", "http://[::1]:8080/token"})
    CHECK(with(url).has_value());
  for (const char* url : {"http://cloud/token", "http://localhost.attacker.example/token",
                          "http://127.0.0.1.attacker.example/token"}) {
    CAPTURE(url);
    const auto config = with(url);
    REQUIRE_FALSE(config.has_value());
    CHECK(config.error().detail.find("must be https://") != std::string::npos);
  }
}

TEST_CASE("relative paths start at the folder of the file that names them", "[statfeed]") {
  const auto config = parse(R"(
    primary = "https://a"
    ca_file = "tls/ca.pem"
    client_certificate_file = "tls/own.pem"
    client_key_file = "/etc/ssl/own.key"
    record_file = "day.feed"
    replay_file = "yesterday.feed")",
                            1, "/etc/paceline/site.toml");

  REQUIRE(config.has_value());
  CHECK(config->access.ca_file == "/etc/paceline/tls/ca.pem");
  CHECK(config->access.client_certificate_file == "/etc/paceline/tls/own.pem");
  CHECK(config->access.client_key_file == "/etc/ssl/own.key");
  CHECK(config->record_file == "/etc/paceline/day.feed");
  CHECK(config->replay_file == "/etc/paceline/yesterday.feed");
  CHECK(parse("primary = \"https://a\"", 1, "/etc/site.toml")->record_file.empty());
}

TEST_CASE("senders are named, and reach the node at an endpoint", "[statfeed]") {
  const std::string senders = "interface = \"bus\"\nprimary = \"crm-a\"\nbackup = \"crm-b\"\n";

  const auto config = parse(senders);
  REQUIRE(config);
  CHECK(config->bus.endpoint == "ipc:///var/lib/paceline/a/feed");
  CHECK(config->servers == std::array<std::string, 2>{"crm-a", "crm-b"});
  CHECK_FALSE(config->gms);
  CHECK_FALSE(config->bus.senders.encrypted);
  CHECK(config->mapping[StatisticKind::ready].name == "ready");

  const auto tcp = parse(senders + "endpoint = \"tcp://{host}:{port+4}\"");
  REQUIRE(tcp);
  CHECK(tcp->bus.endpoint == "tcp://192.0.2.1:7104");
  CHECK(tcp->bus.senders.encrypted);
  REQUIRE(tcp->bus.senders.nodes.size() == 2);
  CHECK(tcp->bus.senders.nodes[1].name == "crm-b");
  CHECK(tcp->bus.senders.run_dir == "/var/lib/paceline");

  CHECK(parse("interface = \"bus\"\nprimary = \"crm-a\"")->bus.senders.nodes.size() == 1);
  CHECK(parse("interface = \"bus\"\nreplay_file = \"day.feed\"")->bus.endpoint.empty());
  CHECK(parse("primary = \"http://a\"")->bus.endpoint.empty());
}

TEST_CASE("senders that cannot be told apart, or reached, are refused with place and value",
          "[statfeed]") {
  const auto wrong = [](const std::string& text) {
    return parse("interface = \"bus\"\n" + text).error().detail;
  };

  CHECK_THAT(wrong(""), Catch::Contains("primary is missing"));
  CHECK_THAT(wrong("primary = \"\""), Catch::Contains("primary = \"\": empty"));
  for (const char* name : {"http://a", "Crm", "1a", "a b", "abcdefghijklmnopqrstuvwxyz0123456"})
    CHECK_THAT(
        wrong("primary = \"" + std::string{name} + "\""),
        Catch::StartsWith("t.toml:2:11: primary = ") && Catch::Contains("not a sender's name"));
  CHECK_THAT(wrong("primary = \"a\""), Catch::Contains("is a node's name"));
  CHECK_THAT(wrong("primary = \"crm\"\nbackup = \"crm\""),
             Catch::Contains("backup = \"crm\": is the primary"));
  const auto wrong_endpoint = [&](const std::string& endpoint) {
    return wrong("primary = \"crm\"\nendpoint = \"" + endpoint + "\"");
  };
  CHECK_THAT(wrong_endpoint("udp://x"), Catch::Contains("neither ipc:// nor tcp://"));
  CHECK_THAT(wrong_endpoint("ipc://{rum}"), Catch::Contains("{rum} is unknown"));
  CHECK_THAT(wrong_endpoint("ipc:///" + std::string(107, 'x')), Catch::Contains("a longer path"));
  CHECK_THAT(wrong_endpoint("tcp://localhost:7104"),
             Catch::StartsWith("t.toml:3:12: endpoint = ") && Catch::Contains("not names"));
}

TEST_CASE("other hosts feed it with keys only", "[statfeed]") {
  const auto unencrypted = [](const std::string& endpoint) {
    Place place =
        place_with("interface = \"bus\"\nprimary = \"crm\"\nendpoint = \"" + endpoint + "\"");
    place.topology.encrypted = false;
    return parse_statfeed_config(place);
  };

  CHECK(unencrypted("ipc://{run}/feed"));
  CHECK(unencrypted("tcp://127.0.0.1:7104"));
  for (const char* endpoint : {"tcp://{host}:7104", "tcp://*:7104", "tcp://0.0.0.0:7104",
                               "tcp://127.0.0.1.example:7104", "tcp://eth0:7104"}) {
    CAPTURE(endpoint);
    const auto config = unencrypted(endpoint);
    REQUIRE_FALSE(config);
    CHECK_THAT(config.error().detail, Catch::Contains("anybody could feed it"));
  }
}

TEST_CASE("a recorded feed needs no servers", "[statfeed]") {
  const auto config = parse("replay_file = \"day.feed\"");
  REQUIRE(config.has_value());
  CHECK(config->servers[0].empty());
}

TEST_CASE("the manual of statfeed lists exactly the settings there are", "[statfeed]") {
  Place place = place_with("primary = \"http://a\"");
  REQUIRE(parse_statfeed_config(place).has_value());
  std::set<std::string> read;
  std::istringstream effective{place.settings.effective()};
  for (std::string line; std::getline(effective, line);)
    read.insert(line.substr(0, line.find(" = ")));

  std::ifstream manual{source_folder() + "/services/statfeed/SETTINGS.md"};
  std::set<std::string> listed;
  for (std::string line; std::getline(manual, line);)
    if (line.starts_with("| `")) listed.insert(line.substr(3, line.find('`', 3) - 3));

  CHECK(read == listed);
}

TEST_CASE("a setting has the default and the range that the manual names", "[statfeed]") {
  auto table = read_table("services/statfeed/SETTINGS.md", "Settings of statfeed");
  for (auto& row : table.rows) {  // Without what is said beside key, default and range.
    row[0] = code_words(row[0]).at(0);
    row[1] = row[1].substr(0, row[1].find(';'));
    row[2] = row[2].substr(0, row[2].find(','));
  }

  check_settings(table,
                 [](const std::string& line) -> Result<std::string> {
                   Place place = place_with(
                       (line.starts_with("primary ") ? "" : "primary = \"http://a\"\n") + line);
                   const auto config = parse_statfeed_config(place);
                   if (!config) return tl::unexpected(config.error());
                   std::string effective;  // Of the table itself, not of those below.
                   for (const auto& setting : parts_of(place.settings.effective(), "\n"))
                     if (!setting.starts_with("statistics.")) effective += setting + "\n";
                   return effective;
                 },
                 {"primary"});
  CHECK_FALSE(parse(""));  // Without `primary`.
  CHECK(parse("primary = \"http://a\"\ninterface = \"gms\"")->gms_policy.parallel == 8);
}

TEST_CASE("words of a setting are those that the manual names", "[statfeed]") {
  for (const auto& row : read_table("services/statfeed/SETTINGS.md", "Settings of statfeed").rows) {
    const auto key = code_words(row[0]).at(0);
    if (key != "interface" && key != "metric_key") continue;
    const auto with = [&](const std::string& word) {
      const std::string primary = word == "bus" ? "crm-a" : "http://a";
      return parse("primary = \"" + primary + "\"\n" + key + " = \"" + word + "\"");
    };
    const auto refused = with("nonsense");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().detail.ends_with(": not one of " + row[2]));
    for (const auto& word : parts_of(row[2], ",")) CHECK(with(word));
  }
}

TEST_CASE("the manual names every key of a site's own statistics, and its example is good",
          "[statfeed]") {
  const auto section = section_of("services/statfeed/SETTINGS.md", "A site's own statistics");
  const auto words = code_words(section);
  std::set<std::string> told;
  for (const auto& word : words) told.insert(word.substr(0, word.find(" = ")));
  const auto source = tree_file("services/statfeed/config.cpp");
  for (const char* call : {"table.text(", "table.word(", "table.integer(", "table.boolean("})
    for (const auto& key : texts_behind(source, call)) {
      CAPTURE(key);
      CHECK(told.contains(key));
    }
  for (std::uint32_t i = 0; i < statistic_kind_count; ++i)
    CHECK(section.find(to_string(static_cast<StatisticKind>(i))) != std::string::npos);

  auto example = example_in(section);
  for (auto at = example.find("[statfeed."); at != example.npos; at = example.find("[statfeed."))
    example.erase(at + 1, std::string_view{"statfeed."}.size());
  const auto config = parse("primary = \"http://a\"\n" + example);
  REQUIRE(config.has_value());
  CHECK(config->mapping[StatisticKind::in_queue].object == "{group}_VQ");
  CHECK_FALSE(config->mapping[StatisticKind::not_ready].asked);
}

}  // namespace paceline::test
