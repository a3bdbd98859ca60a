// README.md and API.md of watch, beside the code.
#include <nlohmann/json.hpp>
#include <regex>

#include "services/watch/api.h"
#include "services/watch/json.h"
#include "services/watch/page_files.h"
#include "tests/support/catch.h"
#include "tests/support/manual.h"
#include "tests/watch/fixtures.h"

namespace paceline::test {
using namespace watch;
namespace {

/// Of the table in API.md, without methods.
std::set<std::string> paths_of_the_manual() {
  std::set<std::string> paths;
  for (const auto& row : read_table("services/watch/API.md", "Paths").rows)
    for (auto path : code_words(row.at(0)))
      paths.insert(path.starts_with("POST ") ? path.substr(5) : path);
  return paths;
}

}  // namespace

TEST_CASE("API.md and the OpenAPI document have the same paths", "[watch]") {
  std::set<std::string> documented;
  std::istringstream document{tree_file("services/watch/openapi.yaml")};
  for (std::string line; std::getline(document, line);)
    if (line.starts_with("  /") && line.ends_with(":"))
      documented.insert(line.substr(2, line.size() - 3));
  REQUIRE(documented.erase("/api/v1/openapi.yaml") == 1);  // In API.md's first sentences.

  auto paths = paths_of_the_manual();
  REQUIRE(paths.erase("/") == 1);  // For people.
  CHECK(paths == documented);
}

TEST_CASE("every path of API.md is answered and what lies beside it is not there", "[watch]") {
  ClusterView cluster{two_nodes_and_a_witness()};
  TargetTable targets{names({"t0"})};
  EventList events{10};
  History history{{}, {"t0"}, nullptr};
  Api api{{cluster, targets, events, history, nullptr}, {}, ""};
  const auto status_of = [&](const std::string& path) {
    const auto reply =
        api.reply({.path = path, .query = {{"channel", "chat"}}, .peer = path}, start, morning);
    const auto* answer = std::get_if<WebAnswer>(&reply);
    return answer ? answer->status : 200;  // Who else is asked for it.
  };

  for (auto path : paths_of_the_manual()) {
    if (const auto id = path.find("{id}"); id != path.npos) path.replace(id, 4, "t0");
    CAPTURE(path);
    CHECK(status_of(path) != 404);
    CHECK(status_of(path + "x") == 404);
  }
}

TEST_CASE("history has the columns of API.md in their order", "[watch]") {
  std::vector<std::string> listed;
  for (const auto& row : read_table("services/watch/API.md", "The past").rows)
    for (auto& word : code_words(row.at(0))) listed.push_back(std::move(word));

  CHECK(nlohmann::json::parse(history_json("", {.step_ms = 1000}, 1000))["columns"] == listed);
}

TEST_CASE("API.md names the scripts that the page is made of", "[watch]") {
  std::set<std::string> listed;
  for (const auto& word : code_words(section_of("services/watch/API.md", "The page")))
    if (word.ends_with(".js")) listed.insert("/" + word);
  std::set<std::string> shipped;
  for (const auto& file : page_files())
    if (file.path.ends_with(".js") && !file.path.starts_with("/uplot/"))
      shipped.insert(std::string{file.path});

  CHECK(listed == shipped);
}

TEST_CASE("the manual of watch lists exactly the events that it logs", "[watch]") {
  check_log_events("services/watch/README.md", "Log events", {"services/watch"},
                   {"stat_refused", "pace_refused", "feedback_refused"});  // state_channel.h
}

}  // namespace paceline::test
