#include "services/pacelinectl/arguments.h"

#include "services/pacelinectl/commands.h"
#include "tests/support/catch.h"

namespace paceline::test {
namespace {

std::variant<Request, Outcome> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "pacelinectl");
  return parse_arguments(static_cast<int>(words.size()), words.data());
}

Request good(std::vector<const char*> words) {
  auto parsed = parse(std::move(words));
  if (const auto* outcome = std::get_if<Outcome>(&parsed)) FAIL(outcome->error);
  return std::get<Request>(parsed);
}

int exit_code(std::vector<const char*> words) {
  const auto parsed = parse(std::move(words));
  const auto* outcome = std::get_if<Outcome>(&parsed);
  return outcome ? outcome->exit : -1;
}

TEST_CASE("options may stand before and after the command", "[pacelinectl]") {
  const Request before = good({"--topology", "x.toml", "--json", "--node", "b", "status"});
  const Request after = good({"status", "--topology", "x.toml", "--json", "--node", "b"});

  for (const Request& request : {before, after}) {
    CHECK(request.command == "status");
    CHECK(request.topology == "x.toml");
    CHECK(request.node == "b");
    CHECK(request.json);
  }
}

TEST_CASE("a command of two words is one command", "[pacelinectl]") {
  CHECK(good({"topology", "check", "x.toml", "--json"}).command == "topology check");
  CHECK(good({"topology", "check", "x.toml"}).words == std::vector<std::string>{"x.toml"});
  CHECK(good({"topology", "draw"}).words.empty());
  CHECK(good({"topology", "supervisor", "x", "--bin", "/b", "--node", "a"}).bin_dir == "/b");
  CHECK(good({"topology", "check", "x", "--supervisor", "s"}).supervisor_file == "s");
  CHECK(good({"targets"}).command == "targets");
  CHECK(good({"targets", "check", "x.csv"}).command == "targets check");
  CHECK(good({"loglevel", "pacer", "debug"}).words == std::vector<std::string>{"pacer", "debug"});
}

TEST_CASE("filters of targets become watch's parameters", "[pacelinectl]") {
  const Request request = good({"targets", "--search", "chat", "--sort", "id", "--limit", "5"});

  CHECK(request.filters == std::vector<std::pair<std::string, std::string>>{
                               {"q", "chat"}, {"sort", "id"}, {"limit", "5"}});
}

TEST_CASE("a wrong command line is usage, help is not", "[pacelinectl]") {
  CHECK(exit_code({}) == exit_usage);
  CHECK(exit_code({"dance"}) == exit_usage);
  CHECK(exit_code({"explain"}) == exit_usage);
  CHECK(exit_code({"topology"}) == exit_usage);
  CHECK(exit_code({"status", "--colour"}) == exit_usage);
  CHECK(exit_code({"--help"}) == exit_fine);
  CHECK(exit_code({"targets", "check", "--help"}) == exit_fine);
}

TEST_CASE("every command of the table can be asked for", "[pacelinectl]") {
  const std::vector<std::vector<const char*>> lines = {{"status"},
                                                       {"targets"},
                                                       {"targets", "check", "f"},
                                                       {"explain", "t"},
                                                       {"election"},
                                                       {"statserver"},
                                                       {"statserver", "status"},
                                                       {"statserver", "switch"},
                                                       {"statserver", "unseen"},
                                                       {"handover"},
                                                       {"topology", "check"},
                                                       {"topology", "draw"},
                                                       {"topology", "supervisor"},
                                                       {"keys"},
                                                       {"metrics", "pacer"},
                                                       {"loglevel", "pacer", "info"},
                                                       {"reload"},
                                                       {"version"}};

  REQUIRE(lines.size() == commands().size());
  for (std::size_t i = 0; i < lines.size(); ++i)
    CHECK(good(lines[i]).command == commands()[i].name);
}

}  // namespace
}  // namespace paceline::test
