// `decide` with targets that share agents.
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "services/pacelinectl/decide_pools.h"
#include "services/pacelinectl/decide_stream.h"
#include "tests/support/catch.h"
#include "tests/support/manual.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

using Json = nlohmann::json;

Json pool_answer(DecideStream& stream, const Json& line) {
  return Json::parse(stream.answer(line.dump()));
}

/// Ten agents, four of them idle; feedback of so many sent and pending.
Json line_of(const std::string& target, double time_s, int sent = 0, int pending = 0) {
  return {{"target", target},
          {"time_s", time_s},
          {"statistics", {{"logged_in", 10}, {"idle", 4}, {"busy", 6}, {"queue", 0}}},
          {"feedback",
           {{"sent", sent},
            {"accepted", 0},
            {"rejected", 0},
            {"timed_out", 0},
            {"answered", 0},
            {"abandoned", 0},
            {"pending", pending}}}};
}

Json with(Json line, const std::string& key, const Json& value) {
  line[key] = value;
  return line;
}

DecideStream without_warm_up_stream() {
  return DecideStream{{.seed = 1, .tuning = {.warm_up_answers = 0}}};
}

}  // namespace

TEST_CASE("targets of one pool do not spend an agent twice", "[pacelinectl]") {
  DecideStream apart{{.seed = 1}};
  DecideStream pooled{{.seed = 1}};

  int granted_apart = 0;
  int granted_pooled = 0;
  for (const auto* target : {"sales", "billing", "help"}) {
    granted_apart += pool_answer(apart, line_of(target, 1))["invitations"].get<int>();
    pool_answer(pooled, with(line_of(target, 1), "pool", "team"));
  }
  for (const auto* target : {"sales", "billing", "help"})
    granted_pooled += pool_answer(pooled, line_of(target, 2))["invitations"].get<int>();

  CHECK(granted_apart == 12);  // Each the four idle agents.
  CHECK(granted_pooled == 4);
}

TEST_CASE("who comes after the others' grants is told why there is nothing left", "[pacelinectl]") {
  auto stream = without_warm_up_stream();
  for (const auto* target : {"sales", "billing"})
    pool_answer(stream, with(with(line_of(target, 1), "pool", "team"), "options",
                             with(Json::object(), "optimizationGoal", target[0] == 's' ? 5 : 3)));

  // What billing was granted by the line before is not yet sent.
  const Json second = pool_answer(stream, line_of("sales", 2));
  const Json first = pool_answer(stream, line_of("billing", 2));

  CHECK(first["invitations"] > 0);
  CHECK(second["invitations"] == 0);
  CHECK(second["reason"] == "shared_agents");
  CHECK(second["pool"]["pool_members"] == 2);
  CHECK(second["pool"]["shared_agents"] == 10);
  CHECK(second["pool"]["others_pending"].get<double>() > 3);
  CHECK_FALSE(std::signbit(second["pool"]["own_correction"].get<double>()));
  CHECK(second["pool"]["goal_of"] == "billing");
  CHECK_FALSE(first["pool"].contains("goal_of"));
}

TEST_CASE("invitations follow the weights, whoever's line comes first", "[pacelinectl]") {
  auto stream = without_warm_up_stream();
  std::map<std::string, int> sent;
  for (int second = 1; second <= 600; ++second)
    for (const auto* target : {"light", "heavy"}) {
      // All that was sent two seconds ago is answered, so that room comes and goes.
      Json line = with(line_of(target, second, sent[target]), "pool", "team");
      line["options"]["weight"] = target[0] == 'h' ? 4 : 1;
      sent[target] += pool_answer(stream, line)["invitations"].get<int>();
    }

  const double share = static_cast<double>(sent["heavy"]) / (sent["heavy"] + sent["light"]);
  CHECK(share == Approx(0.8).margin(0.05));
}

TEST_CASE("a membership tells who shares some agents", "[pacelinectl]") {
  auto stream = without_warm_up_stream();
  const Json sales = Json::parse(R"(["sales"])");
  const Json billing = Json::parse(R"(["billing"])");
  const Json both = Json::parse(R"(["sales","billing"])");
  Json agents;
  for (int a = 0; a < 15; ++a)
    agents["agent " + std::to_string(a)] = a < 5 ? sales : a < 10 ? both : billing;
  CHECK(pool_answer(stream, with(Json::object(), "membership", agents))["agents"] == 15);
  pool_answer(stream, line_of("sales", 1));

  const Json half = pool_answer(stream, line_of("billing", 1));
  for (auto& [name, targets] : agents.items())
    if (targets.size() == 2) targets = name == "agent 7" ? Json::array() : sales;
  CHECK(pool_answer(stream, with(Json::object(), "membership", agents))["agents"] == 14);
  const Json alone = pool_answer(stream, line_of("billing", 2));

  CHECK(half["pool"]["shared_agents"] == 5);
  CHECK(half["pool"]["others_pending"].get<double>() > 1);
  CHECK_FALSE(alone.contains("pool"));
}

TEST_CASE("a wrong membership or pool is refused with key and value, and changes nothing",
          "[pacelinectl]") {
  auto stream = without_warm_up_stream();
  pool_answer(stream, with(line_of("sales", 1), "pool", "team"));
  stream.answer(R"({"membership":{"ann":["help"]}})");
  const auto message = [&](const std::string& line) {
    return Json::parse(stream.answer(line))["error"]["message"].get<std::string>();
  };

  CHECK(message(R"({"membership":3})") == "line 3: membership = 3: not an object");
  CHECK(message(R"({"membership":{"bob":"help"}})") ==
        "line 4: membership.bob = \"help\": not a list of targets");
  CHECK(message(R"({"membership":{"bob":["help",7]}})") ==
        "line 5: membership.bob = 7: not a text");
  CHECK(message(R"({"membership":{"al":["help"],"bob":["sales"]}})") ==
        "line 6: membership.bob: sales is in a pool by its name");
  CHECK(message(with(line_of("help", 2), "pool", "team").dump()) ==
        "line 7: pool = team: its agents are told by the membership");
  CHECK(message(with(line_of("help", 2), "pool", 7).dump()) == "line 8: pool = 7: not a text");
  CHECK_FALSE(pool_answer(stream, line_of("help", 1)).contains("error"));  // It was at no time yet.
  CHECK(message(R"({"membership":{"al":["help"]},"target":"x"})").ends_with("no such key"));
  CHECK(Json::parse(stream.answer(R"({"membership":{"zoe":["help"]}})"))["agents"] == 2);
}

TEST_CASE("the example of shared agents in DECIDE.md is answered as it says", "[pacelinectl]") {
  const std::string manual = section_of("services/pacelinectl/DECIDE.md", "Shared agents");
  std::vector<std::string> in;
  std::vector<std::string> out;
  std::istringstream lines{manual};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("    {")) continue;
    (line.starts_with("    {\"line\"") ? out : in).push_back(line.substr(4));
  }
  REQUIRE(in.size() == 3);
  REQUIRE(out.size() == 3);
  DecideStream stream{DecideSettings{}};
  for (std::size_t i = 0; i < in.size(); ++i) {
    const std::string said{stream.answer(in[i])};
    const std::string expected = out[i].substr(0, out[i].find("..."));
    CAPTURE(said);
    CHECK(said.starts_with(expected.substr(0, expected.size() - (i == 0 ? 1 : 0))));
  }
}

}  // namespace paceline::test
