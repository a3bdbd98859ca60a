// What README.md and SETTINGS.md say of the two files, held against what the code does.
#include <algorithm>
#include <map>
#include <set>

#include "tests/support/catch.h"
#include "tests/support/manual.h"
#include "tests/topology/files.h"
#include "topology/channel_table.h"
#include "topology/check.h"
#include "topology/membership.h"
#include "topology/topology.h"

namespace paceline::test {
namespace {

constexpr const char* readme = "topology/README.md";
constexpr const char* settings = "topology/SETTINGS.md";

// A key of the topology file, and the table of the file in which a test tries it.
struct Row {
  std::string table;  // "[nodes.a]", or "" for the file's head.
  std::string key;
  std::string fallback;  // Without quotes.
  std::string range;
};

std::string bare(std::string text) {
  std::erase_if(text, [](char c) { return c == '`' || c == '"'; });
  return text;
}

// The last row, the tables of the processes, is no key.
std::vector<Row> documented_keys() {
  const std::map<std::string, std::string> tried{{"[nodes.NAME]", "[nodes.a]"},
                                                 {"[channels.NAME]", "[channels.stat]"}};
  std::vector<Row> rows;
  std::string table;
  for (const auto& cells : read_table(settings, "The topology file").rows) {
    for (const auto& word : code_words(cells[0])) {
      if (tried.contains(word))
        table = tried.at(word);
      else if (!word.starts_with('['))
        rows.push_back({table, word, bare(cells[1]), cells[2]});
    }
  }
  return rows;
}

std::string shipped_without(const Row& row) {
  std::string text;
  std::string table;
  for (const auto& line : parts_of(shipped("two-node.toml"), "\n")) {
    if (line.starts_with('[')) table = line;
    if (table != row.table || !line.starts_with(row.key + " = ")) text += line + "\n";
  }
  return text;
}

std::string shipped_with(const Row& row, const std::string& value) {
  const std::string line = row.key + " = " + value + "\n";
  const std::string text = shipped_without(row);
  return row.table.empty() ? line + text : changed(text, row.table + "\n", row.table + "\n" + line);
}

std::string mistakes_of(const std::string& text) {
  std::string all;
  for (const Mistake& mistake : check_topology(text, "f")) all += mistake.text() + "\n";
  return all;
}

std::string key_missing(const std::string& table, const std::string& key) {
  return mistakes_of(shipped_without({.table = table, .key = key, .fallback = {}, .range = {}}));
}

}  // namespace

TEST_CASE("the manual's table of channels is that of the code", "[topology]") {
  std::vector<std::vector<std::string>> coded;
  for (const ChannelRule& rule : channel_rules()) {
    std::string readers;
    for (const auto reader : rule.to)
      if (!reader.empty()) readers += (readers.empty() ? "" : ", ") + std::string{reader};
    coded.push_back({"`" + std::string{rule.name} + "`", std::string{rule.carries},
                     std::string{rule.from}, readers,
                     rule.scope == Scope::node ? "node" : "cluster"});
  }

  auto told = read_table(readme, "Decides").rows;
  for (auto& row : told) row[3] = row[3].substr(0, row[3].find(" ("));  // A remark of the last one.

  CHECK(told == coded);
}

TEST_CASE("the manual's table of the topology file has every key that is read", "[topology]") {
  std::set<std::string> told;
  for (const Row& row : documented_keys()) told.insert(row.key);
  const std::string source = tree_file("topology/topology_reader.cpp");
  std::set<std::string> read;
  for (const char* call :
       {"root.text(", "root.integer(", "root.real(", "root.boolean(", "root.word(", "path(root, ",
        "control_for_others(root, ", "settings.text(", "settings.integer(", "settings.duration(",
        "settings.word(", "settings.texts("})
    read.merge(texts_behind(source, call));

  CHECK(read == told);
  const auto processes = code_words(read_table(settings, "The topology file").rows.back()[0]);
  std::vector<std::string> tables;
  for (const auto process : process_names()) tables.push_back("[" + std::string{process} + "]");
  std::ranges::sort(tables);
  CHECK(std::set<std::string>{processes.begin(), processes.end()} ==
        std::set<std::string>{tables.begin(), tables.end()});
}

TEST_CASE("a key of the topology file has the default of the manual, or is required",
          "[topology]") {
  std::string text = shipped("two-node.toml");
  for (const Row& row : documented_keys()) {
    CAPTURE(row.table, row.key, row.fallback);
    if (row.fallback.starts_with("required"))
      CHECK(key_missing(row.table, row.key).find(row.key) != std::string::npos);
    else
      CHECK(key_missing(row.table, row.key).empty());
  }
  for (const char* key : {"pacers", "encrypted", "control", "cluster_control", "pacer_control"})
    text = changed(text, std::string{key} + " = ", "# ");
  const auto least = parse_topology(changed(text, "priority = 100", ""), "f");
  REQUIRE(least);
  const std::map<std::string, std::string> coded{
      {"max_targets", std::to_string(least->max_targets)},
      {"membership", least->membership_file.empty() ? "none" : least->membership_file},
      {"pacers", std::to_string(least->pacers)},
      {"time_scale", std::to_string(static_cast<int>(least->time_scale))},
      {"encrypted", least->encrypted ? "true" : "false"},
      {"mode", least->mode == ElectionMode::quorum ? "quorum" : "pair"},
      {"control", least->control},
      {"cluster_control", least->cluster_control},
      {"pacer_control", least->pacer_control},
      {"priority", std::to_string(least->nodes[0].priority)}};

  std::map<std::string, std::string> told;
  for (const Row& row : documented_keys())
    if (!row.fallback.starts_with("required")) told[row.key] = row.fallback;

  CHECK(told == coded);
}

TEST_CASE("a key of the topology file is good at both ends of its range, and not beyond",
          "[topology]") {
  int tried = 0;
  for (const Row& row : documented_keys()) {
    const auto range = edges_of(row.range);
    if (!range) continue;
    ++tried;
    CAPTURE(row.table, row.key, row.range);
    const auto out_of_range = [&](const std::string& value) {
      const auto said = mistakes_of(shipped_with(row, value));
      return said.find(row.key + " = ") != std::string::npos &&
             said.find(": not in [") != std::string::npos;
    };
    CHECK_FALSE(out_of_range(range->least));
    CHECK_FALSE(out_of_range(range->most));
    CHECK(out_of_range(range->below));
    CHECK(out_of_range(range->above));
  }
  CHECK(tried == 8);
}

TEST_CASE("the manual's example of endpoints and times is what they come to", "[topology]") {
  const auto topology = parse_topology(
      changed(shipped("two-node.toml"), "pacers = 2", "pacers = 2\ntime_scale = 10"), "/t.toml");
  REQUIRE(topology);
  const auto bound = [&](const char* channel, const char* process, int index) {
    return endpoint(*topology, topology->channel(channel)->endpoint, *topology->node("b"), process,
                    index)
        .value();
  };

  const auto told = section_of(readme, "Decides");
  CHECK(told.find("binds " + bound("feedback", "publisher", 0) + "\n") != std::string::npos);
  CHECK(told.find("bind " + bound("pace", "pacer", 0) + " and .../pace-1\n") != std::string::npos);
  CHECK(bound("pace", "pacer", 1).ends_with("/pace-1"));
  CHECK(topology->channel("pace")->period == 200ms);
  CHECK(topology->channel("pace")->stale == 1s);
  CHECK(topology->channel("pace")->keyframe == 1s);
}

TEST_CASE("the manual's table of options is that of the code", "[topology]") {
  const std::string row =
      "[[target]]\nid = \"a\"\nchannel = \"chat\"\ngroup = \"G\"\nqueue = \"Q\"\n";
  const auto is_good = [&](const std::string& key, const std::string& value) {
    return check_targets(row + key + " = " + value + "\n", "t").empty();
  };
  std::map<std::string, std::string> told;
  for (const auto& cells : read_table(settings, "The targets file").rows) {
    const auto key = bare(cells[0]);
    CAPTURE(key);
    told[key] = cells[1];
    if (const auto range = edges_of(cells[2])) {
      CHECK(is_good(key, range->least));
      CHECK(is_good(key, range->most));
      CHECK_FALSE(is_good(key, range->below));
      CHECK_FALSE(is_good(key, range->above));
    } else {
      for (const auto& word : parts_of(cells[2], ",")) CHECK(is_good(key, "\"" + word + "\""));
    }
  }
  std::map<std::string, std::string> coded;
  for (const PacingOption& option : pacing_options())
    coded[std::string{option.name}] = option.text(PacingOptions{});

  CHECK(told == coded);
  CHECK(is_good("optimizationTarget", "\"ABANDONEMENT_RATE\""));
  CHECK_FALSE(is_good("algorithm", "\"BEST\""));
}

TEST_CASE("the manual's example of a targets file is read as the text around it says",
          "[topology]") {
  const auto section = section_of(settings, "The targets file");
  const auto targets =
      parse_targets(example_in(section.substr(0, section.find("    ID;Channel"))), "t");

  if (!targets) FAIL(targets.error().detail);
  REQUIRE(targets->all.size() == 1);
  CHECK(targets->all[0].options.optimization_goal == 4);
  CHECK(targets->all[0].options.algorithm == Algorithm::predictive_b);
}

TEST_CASE("the manual's examples of a membership are read", "[topology]") {
  const auto section = section_of(settings, "Who shares agents");
  const auto begin = section.find("    agent,groups");
  REQUIRE(begin != section.npos);
  std::string toml = example_in(section.substr(0, begin));
  Targets targets = *parse_targets(
      "id,channel,group,queue\ns,chat,Sales EMEA,S\nv,chat,Service EMEA,V\n", "t.csv");

  const auto told = parse_targets(toml, "t");
  const auto added = add_membership(targets, example_in(section.substr(begin)), "m.csv");

  if (!told) FAIL(told.error().detail);
  CHECK(told->agents == std::vector<AgentSet>{{{"Sales EMEA", "Service EMEA"}, 12}});
  if (!added) FAIL(added.error().detail);
  CHECK(targets.agents ==
        std::vector<AgentSet>{{{"Sales EMEA", "Service EMEA"}, 1}, {{"Service EMEA"}, 1}});
}

TEST_CASE("the manual's example of a sheet is read", "[topology]") {
  const auto section = section_of(settings, "The targets file");
  const auto begin = section.find("    ID;Channel");
  REQUIRE(begin != section.npos);

  const auto told = parse_targets(example_in(section.substr(begin)), "t.csv");

  if (!told) FAIL(told.error().detail);
  REQUIRE(told->all.size() == 1);
  CHECK(told->all[0].queue == "Sales_EMEA_VQ");
  CHECK(told->all[0].options.optimization_goal == 4);
}

TEST_CASE("columns of a CSV file stand in any order", "[topology]") {
  const auto told = parse_targets("optimizationGoal,queue,id,group,channel\n5,Q,a,G,chat\n", "t");

  REQUIRE(told);
  CHECK(told->all[0].queue == "Q");
  CHECK(told->all[0].options.optimization_goal == 5);
}

}  // namespace paceline::test
