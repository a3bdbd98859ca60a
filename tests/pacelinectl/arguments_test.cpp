#include "services/pacelinectl/arguments.h"

#include <algorithm>

#include "common/base/cluster_bounds.h"
#include "services/pacelinectl/commands.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacelinectl;
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

TEST_CASE("a reason that goes round has its bound, which is told before it is given",
          "[pacelinectl]") {
  const std::string most(max_why_bytes, 'x');
  const std::string more = most + "x";
  for (const char* order : {"pause", "drain"}) {
    CHECK(good({order, "--why", most.c_str()}).why == most);
    const auto refused = parse({order, "--why", more.c_str()});
    REQUIRE(std::get_if<Outcome>(&refused));
    CHECK(std::get<Outcome>(refused).exit == exit_usage);
    CHECK(std::get<Outcome>(refused).error.find("257 bytes, at most 256") != std::string::npos);
  }
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
  CHECK(good({"topology", "check", "x.toml"}).arguments == std::vector<std::string>{"x.toml"});
  CHECK(good({"topology", "draw"}).arguments.empty());
  CHECK(good({"topology", "supervisor", "x", "--bin", "/b", "--node", "a"}).bin_dir == "/b");
  CHECK(good({"topology", "supervisor", "--log-dir", "/l", "--folders"}).log_dir == "/l");
  CHECK(good({"topology", "supervisor", "--log-dir", "/l", "--folders"}).folders);
  CHECK(good({"topology", "units", "--user", "u"}).user == "u");
  CHECK(good({"topology", "units", "--dir", "/d"}).only == "/d");
  CHECK(good({"topology", "check", "x", "--supervisor", "s"}).supervisor_file == "s");
  CHECK(good({"targets"}).command == "targets");
  CHECK(good({"targets", "check", "x.csv"}).command == "targets check");
  CHECK(good({"loglevel", "pacer", "debug"}).arguments ==
        std::vector<std::string>{"pacer", "debug"});
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

TEST_CASE("changes and moments keep their order and their words", "[pacelinectl]") {
  const Request what_if = good({"what-if", "t1", "--agents", "12", "--goal", "5", "--json"});
  const Request history = good({"history", "t1", "--from=-2h", "--to", "now", "--csv"});

  CHECK(what_if.arguments == std::vector<std::string>{"t1"});
  CHECK(what_if.filters ==
        std::vector<std::pair<std::string, std::string>>{{"agents", "12"}, {"goal", "5"}});
  CHECK(history.filters ==
        std::vector<std::pair<std::string, std::string>>{{"from", "-2h"}, {"to", "now"}});
  CHECK(history.csv);
  CHECK(exit_code({"bench", "--seconds", "0"}) == exit_usage);
  CHECK(exit_code({"pause", "--timeout", "-1"}) == exit_usage);
  CHECK(good({"drain", "--why", "new disks", "--timeout", "2.5"}).timeout_s == 2.5);
}

TEST_CASE("a support bundle takes every target that is named, one by one", "[pacelinectl]") {
  const Request request =
      good({"support-bundle", "--target", "t1", "--output", "f", "--target", "t2"});

  CHECK(request.targets == std::vector<std::string>{"t1", "t2"});
  CHECK(request.output == "f");
  CHECK(exit_code({"support-bundle", "--target", "t1", "t2"}) == exit_usage);
}

TEST_CASE("a watch is named by its address, with its authority", "[pacelinectl]") {
  const Request request =
      good({"status", "--url", "https://w:7110", "--ca-file", "ca.pem", "--token-file", "token"});

  CHECK(request.url == "https://w:7110");
  CHECK(request.ca_file == "ca.pem");
  CHECK(request.token_file == "token");
  CHECK(exit_code({"status", "--ca-file", "ca.pem"}) == exit_usage);
}

TEST_CASE("several clusters are named by an option that is given again", "[pacelinectl]") {
  const Request files = good({"--topology", "n.toml", "status", "--topology", "s.toml"});
  const Request urls = good({"status", "--url", "https://n:1", "--url", "https://s:1"});

  CHECK(files.topology == "n.toml");
  CHECK(files.topologies == std::vector<std::string>{"n.toml", "s.toml"});
  CHECK(urls.url == "https://n:1");
  CHECK(urls.urls == std::vector<std::string>{"https://n:1", "https://s:1"});
  CHECK(good({"status"}).topologies.empty());
}

TEST_CASE("targets that move are named with both of their clusters", "[pacelinectl]") {
  const Request request =
      good({"targets", "move", "t1", "t2", "--from", "n.toml", "--to", "s.toml", "--shell", "x"});

  CHECK(request.arguments == std::vector<std::string>{"t1", "t2"});
  CHECK(request.filters ==
        std::vector<std::pair<std::string, std::string>>{{"from", "n.toml"}, {"to", "s.toml"}});
  CHECK(request.shell == "x");
  CHECK(exit_code({"targets", "move", "t1", "--from", "n.toml"}) == exit_usage);
  CHECK(exit_code({"targets", "move", "--from", "n.toml", "--to", "s.toml"}) == exit_usage);
  CHECK(exit_code({"targets", "import", "x", "--held"}) == exit_usage);
  CHECK(exit_code({"targets", "import", "x", "--add", "--cluster"}) == exit_usage);
  CHECK(exit_code({"targets", "import", "x", "--reload", "--dry-run"}) == exit_usage);
  CHECK(exit_code({"wait", "--accepted"}) == exit_usage);
  CHECK(good({"targets", "remove", "--reload", "t1", "t2"}).arguments ==
        std::vector<std::string>{"t1", "t2"});
  CHECK(good({"wait", "--sees", "t1", "--sees", "t2"}).targets ==
        std::vector<std::string>{"t1", "t2"});
}

TEST_CASE("a half typed line is no usage error", "[pacelinectl]") {
  const Request request =
      good({"--topology", "x.toml", "__complete", "loglevel", "--node", "b", ""});

  CHECK(request.command == "__complete");
  CHECK(request.topology == "x.toml");
  CHECK(request.arguments == std::vector<std::string>{"loglevel", "--node", "b", ""});
}

TEST_CASE("every command of the table can be asked for", "[pacelinectl]") {
  const std::vector<std::vector<const char*>> lines = {
      {"status"},
      {"support-bundle", "--target", "t"},
      {"targets"},
      {"targets", "check", "f"},
      {"explain", "t"},
      {"decide", "--brief"},
      {"election"},
      {"statserver"},
      {"statserver", "status"},
      {"statserver", "switch"},
      {"statserver", "unseen"},
      {"handover"},
      {"pause", "--why", "a drill"},
      {"resume"},
      {"drain", "a", "--force"},
      {"undrain", "--timeout", "0"},
      {"wait", "a", "--timeout", "60"},
      {"topology", "check"},
      {"topology", "diff", "f"},
      {"topology", "draw"},
      {"topology", "edit"},
      {"topology", "import", "f", "--cluster"},
      {"topology", "plan", "-", "--service", "s {verb}"},
      {"topology", "rename", "other"},
      {"topology", "rollback"},
      {"topology", "supervisor"},
      {"topology", "units"},
      {"init", "out", "--cluster", "x"},
      {"keys"},
      {"keys", "check"},
      {"keys", "export"},
      {"keys", "import", "-"},
      {"keys", "plan", "a"},
      {"check", "--plugin", "--offline"},
      {"metrics", "pacer"},
      {"loglevel", "pacer", "info"},
      {"reload"},
      {"version"},
      {"targets", "diff", "f"},
      {"targets", "import", "f", "--cluster", "--yes"},
      {"targets", "remove", "t07", "t08"},
      {"targets", "move", "t07", "t08", "--from", "n.toml", "--to", "s.toml"},
      {"targets", "rollback"},
      {"targets", "export"},
      {"record"},
      {"record", "check", "f"},
      {"top"},
      {"what-if", "t", "--goal", "5"},
      {"history", "t"},
      {"compliance", "t"},
      {"events"},
      {"watch", "pace"},
      {"schema", "pace", "--markdown"},
      {"bench"},
      {"completion", "bash"},
      {"man"},
      {"__complete", "st"}};

  std::vector<std::string> asked;
  for (const auto& line : lines) asked.push_back(good(line).command);

  for (const Command& command : commands()) {
    CAPTURE(command.name);
    CHECK(std::ranges::count(asked, command.name) == 1);
  }
  CHECK(asked.size() == commands().size());
}

}  // namespace
}  // namespace paceline::test
