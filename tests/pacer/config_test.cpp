#include "services/pacer/config.h"

#include "services/pacer/service_metrics.h"
#include "tests/support/catch.h"
#include "tests/support/manual.h"

namespace paceline::test {
using namespace pacer;
namespace {

Result<Place> place_with(const std::string& line, const std::string& node = "a", int index = 0) {
  return parse_place(tree_file("topology/demo.toml") + "\n[pacer]\n" + line + "\n", "demo.toml",
                     node, "pacer", index);
}

PacerConfig parsed(const std::string& line, const std::string& node = "a", int index = 0) {
  auto place = place_with(line, node, index);
  REQUIRE(place);
  auto config = parse_pacer_config(*place);
  REQUIRE(config);
  return *std::move(config);
}

}  // namespace

TEST_CASE("the manual of the pacer has exactly the settings there are, with defaults and ranges",
          "[pacer]") {
  check_settings(read_table("services/pacer/SETTINGS.md", "pacer: settings and metrics"),
                 [](const std::string& line) -> Result<std::string> {
                   auto place = TRY(place_with(line));
                   const auto config = parse_pacer_config(place);
                   if (!config) return tl::unexpected{config.error()};
                   return place.settings.effective();
                 });
}

TEST_CASE("the manual of the pacer has exactly the metrics there are", "[pacer]") {
  Metrics metrics;
  const PacerMetrics all{metrics};
  std::map<std::string, std::string> shown;
  for (const auto& family : metrics.snapshot()) shown[family.name] = family.type;

  std::set<std::string> listed;
  for (const auto& row : read_table("services/pacer/SETTINGS.md", "Metrics").rows) {
    const auto word = code_words(row.at(0)).at(0);
    const auto name = word.substr(0, word.find('{'));
    CAPTURE(name);
    CHECK(listed.insert(name).second);
    REQUIRE(shown.contains(name));
    CHECK((shown[name] == "histogram") == row.at(1).ends_with("histogram"));
    CHECK((shown[name] == "counter") == name.ends_with("_total"));
  }
  CHECK(listed.size() == shown.size());
}

TEST_CASE("the manual of the pacer lists exactly the events that it logs", "[pacer]") {
  check_log_events("services/pacer/README.md", "Log events", {"services/pacer"},
                   {"stat_refused", "feedback_refused"});  // state_channel.h
}

TEST_CASE("changes are gathered in the pacing world's time, and for ten milliseconds at least",
          "[pacer]") {
  CHECK(parsed("").time_scale == 10);
  CHECK(parsed("").recompute == 10ms);
  CHECK(parsed("recompute = \"1s\"").recompute == 100ms);
  CHECK(parsed("recompute = \"10ms\"").recompute == 10ms);
  CHECK(parsed("checkpoint_period = \"10s\"").checkpoint_period == 10s);
  CHECK(parsed("accounting_window = \"1h\"").tuning.window_s == 3600);
}

TEST_CASE("a checkpoint lies in its node's folder under its shard", "[pacer]") {
  CHECK(parsed("", "b", 1).checkpoint_file.ends_with("/b/pacer-1.checkpoint"));
}

TEST_CASE("the same shard of the other nodes is asked first, and no witness", "[pacer]") {
  const auto peers = parsed("", "b", 1).peers;

  REQUIRE(peers.size() == 2);
  CHECK(peers[0].node == "a");
  CHECK(peers[0].index == 1);
  CHECK(peers[1].node == "a");
  CHECK(peers[1].index == 0);
}

TEST_CASE("shards share the targets out, each in the file's order", "[pacer]") {
  const auto targets = parse_targets(tree_file("topology/demo-targets.toml"), "t.toml", 1000);
  REQUIRE(targets);
  std::size_t found = 0;
  for (int shard = 0; shard < 3; ++shard) {
    std::vector<std::string> own;
    for (const auto& target : targets_of_shard(*targets, shard, 3).targets)
      own.push_back(target.id);
    CHECK(own.size() > 5);
    CHECK(std::ranges::is_sorted(own));  // As in the file.
    found += own.size();
  }
  CHECK(found == targets->all.size());
}

}  // namespace paceline::test
