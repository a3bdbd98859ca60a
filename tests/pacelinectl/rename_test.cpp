#include "services/pacelinectl/commands.h"
#include "tests/pacelinectl/fake_environment.h"
#include "tests/support/catch.h"
#include "tests/support/has.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

constexpr const char* topology_file = "/etc/demo.toml";

Request rename_to(const std::string& name) {
  Request made;
  made.command = "topology rename";
  made.topology = topology_file;
  made.arguments = {name};
  return made;
}

TEST_CASE("a renamed cluster's file keeps everything else byte for byte", "[pacelinectl]") {
  FakeEnvironment environment;
  const std::string before = environment.files[topology_file].text;

  const Outcome outcome = run_command(rename_to("demo-2"), environment);

  CAPTURE(outcome.error);
  CHECK(outcome.exit == exit_fine);
  std::string expected = before;
  const std::string was = "cluster = \"demo\"";
  REQUIRE(has(before, was));
  expected.replace(expected.find(was), was.size(), "cluster = \"demo-2\"");
  CHECK(environment.files[topology_file].text == expected);
  CHECK(has(outcome.out, "the cluster is called demo-2 now, and was demo\n"));
  CHECK(has(outcome.out, "1. on every other node: pacelinectl topology rename demo-2\n"));
  CHECK(has(outcome.out, "2. on every node, witnesses too: pacelinectl reload elector\n"));
  CHECK(has(outcome.out, "3. on every node: pacelinectl reload\n"));
}

TEST_CASE("a name may stand in other quotes, with a comment and far from the margin",
          "[pacelinectl]") {
  FakeEnvironment environment;
  std::string& text = environment.files[topology_file].text;
  const std::string was = "cluster = \"demo\"";
  text.replace(text.find(was), was.size(), "  cluster\t=   'demo'   # not \"demo\"");
  text = "# cluster = \"demo\"\r\n" + text;

  CHECK(run_command(rename_to("x"), environment).exit == exit_fine);

  CHECK(has(text, "  cluster\t=   'x'   # not \"demo\""));
  CHECK(text.starts_with("# cluster = \"demo\"\r\n"));
}

TEST_CASE("a name that cannot be, a file with mistakes and no file change nothing",
          "[pacelinectl]") {
  FakeEnvironment environment;
  const std::string before = environment.files[topology_file].text;
  for (const char* name : {"", "two words", "x\" #", "a\nb", "x\\", "'"}) {
    CAPTURE(name);
    CHECK(run_command(rename_to(name), environment).exit == exit_mistakes);
    CHECK(environment.files[topology_file].text == before);
  }

  environment.files["/bad.toml"].text = "cluster = 3\n";
  Request bad = rename_to("x");
  bad.arguments.push_back("/bad.toml");
  const Outcome refused = run_command(bad, environment);
  CAPTURE(refused.error);
  CHECK(refused.exit == exit_mistakes);
  CHECK(has(refused.error, "/bad.toml has mistakes, and was not touched: /bad.toml:1:1:"));
  bad.arguments[1] = "/none.toml";
  CHECK(run_command(bad, environment).exit == exit_usage);
}

TEST_CASE("a name over several lines is left to a person", "[pacelinectl]") {
  FakeEnvironment environment;
  std::string& text = environment.files[topology_file].text;
  const std::string was = "cluster = \"demo\"";
  text.replace(text.find(was), was.size(), "cluster = \"\"\"\ndemo\"\"\"");
  const std::string before = text;

  const Outcome outcome = run_command(rename_to("x"), environment);

  CHECK(outcome.exit == exit_mistakes);
  CHECK(has(outcome.error, "or change it by hand"));
  CHECK(text == before);
}

TEST_CASE("the same name again is no mistake", "[pacelinectl]") {
  FakeEnvironment environment;

  const Outcome outcome = run_command(rename_to("demo"), environment);

  CHECK(outcome.exit == exit_fine);
  CHECK(has(outcome.out, "is called demo already"));
}

}  // namespace
}  // namespace paceline::test
