#include "common/base/settings.h"

#include <rapidcheck.h>

#include <array>

#include "tests/support/catch.h"

namespace paceline::test {
namespace {

Settings parsed(std::string_view text) {
  auto settings = Settings::parse(text, "file.toml");
  REQUIRE(settings);
  return *std::move(settings);
}

template <class T>
std::string error_of(const Result<T>& result) {
  REQUIRE_FALSE(result);
  return result.error().detail;
}

}  // namespace

TEST_CASE("typed keys are read and absent ones take their fallback", "[base]") {
  auto settings =
      parsed("name = 'a'\ncount = 7\nshare = 0.5\nwhole = 2\nperiod = '250ms'\non = true\n");

  CHECK(settings.text("name") == "a");
  CHECK(settings.integer("count") == 7);
  CHECK(settings.real("share") == 0.5);
  CHECK(settings.real("whole") == 2.0);
  CHECK(settings.duration("period") == Duration{250ms});
  CHECK(settings.boolean("on") == true);
  CHECK(settings.integer("other", {.fallback = 3}) == 3);
  CHECK(settings.finish(1) == 1);
}

TEST_CASE("an unknown key is an error that names file, line, key and value", "[base]") {
  auto settings = parsed("known = 1\n\n  hartbeat = \"250ms\"\n");
  (void)settings.integer("known");

  CHECK(error_of(settings.finish(0)) == "file.toml:3:3: hartbeat = \"250ms\": unknown key");
}

TEST_CASE("a slip in a key is told with the key that was meant", "[base]") {
  auto settings = parsed("hartbeat = \"250ms\"\nprimry = \"x\"\ncluster_control = \"y\"\n");
  (void)settings.text("cluster", "");
  (void)settings.duration("heartbeat", {.fallback = 2s});

  CHECK(error_of(settings.finish(0)) ==
        "file.toml:1:1: hartbeat = \"250ms\": unknown key; did you mean \"heartbeat\"?");
  CHECK(error_of(settings.text("primary")) ==
        "file.toml:1:1: primary is missing; is \"primry\" meant for it?");
  CHECK(error_of(settings.text("cluster")) == "file.toml:1:1: cluster is missing");
}

TEST_CASE("an error carries its file, line and column beside its text", "[base]") {
  auto settings = parsed("\n  known = 1\n");

  const auto wrong = settings.error("known", "too small");

  CHECK(wrong.location == Location{"file.toml", 2, 11});
  CHECK(wrong.detail == "file.toml:2:11: known = 1: too small");
  CHECK(wrong.reason() == "known = 1: too small");
  CHECK(Error{Errc::refused, "a: b: c"}.reason() == "a: b: c");
}

TEST_CASE("the keys of a table are given in the order of the file", "[base]") {
  const auto settings = parsed("b = 1\na = 2\n[c]\nd = 3\n");

  std::vector<std::pair<std::string, int>> found;
  for (const auto& key : settings.keys()) found.emplace_back(key.name, key.where.line);

  CHECK(found == std::vector<std::pair<std::string, int>>{{"b", 1}, {"a", 2}, {"c", 3}});
  CHECK(settings.unknown_key());
}

TEST_CASE("a value out of its range names the range", "[base]") {
  auto settings = parsed("[elector]\nperiod = \"5ms\"\ngoal = 100\n");
  auto elector = settings.table("elector");
  REQUIRE(elector);

  CHECK(error_of(elector->duration("period", {.min = 100ms, .max = 60s})) ==
        "file.toml:2:10: elector.period = \"5ms\": not in [100ms, 1m]");
  CHECK(error_of(elector->integer("goal", {.min = 1, .max = 99})) ==
        "file.toml:3:8: elector.goal = 100: not in [1, 99]");
}

TEST_CASE("a value of another type is refused and never converted", "[base]") {
  auto settings = parsed("count = '7'\nname = 7\nperiod = 7\non = 1\n");

  CHECK(error_of(settings.integer("count")).find("not an integer") != std::string::npos);
  CHECK(error_of(settings.text("name")).find("not a text") != std::string::npos);
  CHECK(error_of(settings.duration("period")).find("not a duration") != std::string::npos);
  CHECK(error_of(settings.boolean("on")).find("not true or false") != std::string::npos);
}

TEST_CASE("a missing key without a fallback is an error", "[base]") {
  auto settings = parsed("[a]\n");
  auto table = settings.table("a");
  REQUIRE(table);

  CHECK(error_of(table->text("name")).find("a.name is missing") != std::string::npos);
}

TEST_CASE("a secret never stands in the effective settings nor in an error", "[base]") {
  auto settings = parsed("password = 'hunter2'\nkey = 12345\n");
  (void)settings.secret("password");

  CHECK(settings.effective().find("hunter2") == std::string::npos);
  CHECK(settings.effective().find("****") != std::string::npos);
  CHECK(error_of(settings.secret("key")).find("12345") == std::string::npos);
}

TEST_CASE("a word must be one of those allowed", "[base]") {
  constexpr std::array<std::string_view, 2> words = {"quorum", "pair"};
  auto settings = parsed("mode = 'solo'\n");

  CHECK(error_of(settings.word("mode", words)).find("not one of quorum, pair") !=
        std::string::npos);
}

TEST_CASE("tables come in the order of the file", "[base]") {
  auto settings =
      parsed("[nodes.z]\nhost='1'\n[nodes.a]\nhost='2'\n[[list]]\nx=1\n[[list]]\nx=2\n");

  const auto nodes = settings.named_tables("nodes");
  auto list = settings.tables("list");

  REQUIRE(nodes);
  CHECK(nodes->at(0).first == "z");
  CHECK(nodes->at(1).first == "a");
  REQUIRE(list);
  CHECK(list->at(1).integer("x") == 2);
}

TEST_CASE("text that is not TOML names line and column", "[base]") {
  CHECK(error_of(Settings::parse("a = 1\nb = = 2\n", "file.toml")).starts_with("file.toml:2:"));
}

TEST_CASE("arbitrary bytes are settings or an error and never a crash", "[base][property]") {
  REQUIRE(rc::check([](const std::string& text) {
    auto settings = Settings::parse(text, "file.toml");
    if (settings) (void)settings->finish(0);
  }));
}

TEST_CASE("a relative path starts at the folder of the file that names it", "[base]") {
  const auto in = [](std::string_view file, std::string_view text) {
    return Settings::parse(text, file)->file("ca_file", "").value();
  };

  CHECK(in("/etc/paceline/node.toml", "ca_file = 'keys/ca.pem'") == "/etc/paceline/keys/ca.pem");
  CHECK(in("shop/node.toml", "ca_file = 'ca.pem'") == "shop/ca.pem");
  CHECK(in("node.toml", "ca_file = 'ca.pem'") == "ca.pem");
  CHECK(in("/etc/paceline/node.toml", "ca_file = '/keys/ca.pem'") == "/keys/ca.pem");
  CHECK(in("/etc/paceline/node.toml", "").empty());
}

}  // namespace paceline::test
