// `decide`: the engine behind JSON lines gives the engine's own decisions, and no line harms
// another.
#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/decide_stream.h"
#include "services/pacer/explain.h"
#include "tests/pacelinectl/fake_environment.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacelinectl;
using namespace pacer;
namespace {

using Json = nlohmann::json;

/// A target's day as a line at `second`: 4 of 10 agents idle, every 5th second a visitor is served.
std::string line_at(const std::string& target, int second, const std::string& channel = "chat") {
  const auto n = [](int value) { return std::to_string(value); };
  return R"({"target":")" + target + R"(","time_s":)" + n(second) + R"(,"channel":")" + channel +
         R"(","statistics":{"logged_in":10,"idle":)" + n(4 - second % 3) + R"(,"busy":)" +
         n(6 + second % 3) + R"(,"queue":)" + n(second % 7 == 0) + R"(,"entered":)" +
         n(100 + second / 5) + R"(,"answered":)" + n(100 + second / 5) + R"(,"abandoned":)" +
         n(second / 60) + R"(},"feedback":{"sent":)" + n(second) + R"(,"accepted":)" +
         n(second / 4) + R"(,"rejected":)" + n(second / 2) + R"(,"timed_out":0,"answered":)" +
         n(second / 5) + R"(,"abandoned":)" + n(second / 60) + R"(,"pending":)" + n(second % 4) +
         "}}";
}

Json answer(DecideStream& stream, const std::string& line) {
  return Json::parse(stream.answer(line));
}

std::string text_of(const std::string& name) {
  std::ifstream in{source_folder() + "/tests/pacelinectl/" + name, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// What `decide` prints for a whole input.
std::string answers_to(const std::string& input, const DecideSettings& settings = {},
                       std::size_t step = 4096) {
  FakeEnvironment environment;
  environment.input = input;
  environment.input_step = step;
  Request request;
  request.command = "decide";
  request.decide = settings;
  run_command(request, environment);
  return environment.output;
}

}  // namespace

TEST_CASE("decide gives exactly what the engine gives", "[pacelinectl]") {
  const PacingTuning tuning{.warm_up_answers = 5};
  DecideStream stream{{.seed = 7, .tuning = tuning}};
  TargetPacing pacing{tuning};
  SplitMix64 draws = decide_draws(7, "sales");

  for (int second = 1; second <= 25; ++second) {  // Before the first pooling.
    const Json out = answer(stream, line_at("sales", second));
    PacingInputs inputs;
    inputs.logged_in = 10;
    inputs.idle = 4 - second % 3;
    inputs.busy = 6 + second % 3;
    inputs.queue = second % 7 == 0;
    inputs.entered = inputs.answered = static_cast<std::uint64_t>(100 + second / 5);
    inputs.proactive = {.sent = static_cast<std::uint64_t>(second),
                        .accepted = static_cast<std::uint64_t>(second / 4),
                        .rejected = static_cast<std::uint64_t>(second / 2),
                        .answered = static_cast<std::uint64_t>(second / 5),
                        .pending = second % 4};
    const Decision d = pacing.decide(inputs, {}, {}, draws.uniform(), second);

    CAPTURE(second, out.dump());
    REQUIRE(out["invitations"] == d.invitations);
    REQUIRE(out["max_pending"] == d.max_pending);
    REQUIRE(out["m"].get<double>() == d.m);
    REQUIRE(out["reason"] == to_string(d.reason));
    REQUIRE(out["explanation"]["risk_at_m"].get<double>() == d.explanation.risk_at_m);
    REQUIRE(out["explanation"]["service_s"].get<double>() == d.explanation.service_s);
    REQUIRE(out["explanation"]["information"] == to_string(d.explanation.information));
  }
}

TEST_CASE("targets in one stream do not disturb one another", "[pacelinectl]") {
  DecideStream together{{.seed = 3}};
  DecideStream alone{{.seed = 3}};

  for (int second = 1; second <= 20; ++second) {
    together.answer(line_at("other", second, "callback"));
    Json mixed = answer(together, line_at("sales", second));
    Json single = answer(alone, line_at("sales", second));
    mixed.erase("line");
    single.erase("line");
    REQUIRE(mixed == single);
  }
}

TEST_CASE("a wrong line is answered with its number, key and value, and changes nothing",
          "[pacelinectl]") {
  struct Wrong {
    const char* replaced;  // Of the second line,
    const char* by;
    const char* key;
    const char* why;
  };
  const Wrong wrong = GENERATE(
      Wrong{R"("idle":2)", R"("idle":-1)", "statistics.idle", "not in 0..20000"},
      Wrong{R"("idle":2)", R"("idle":"4")", "statistics.idle", "not a number"},
      Wrong{R"("idle":2)", R"("idle":1.5)", "statistics.idle", "not a whole number"},
      Wrong{R"("idle":2)", R"("idle":2,"idle":2)", "statistics.idle", "given twice"},
      Wrong{R"("idle":2)", R"("ready":2)", "statistics.ready", "no such key"},
      Wrong{R"("idle":2,)", "", "statistics.idle", "missing"},
      Wrong{R"("idle":2)", R"("idle":2,"quality":"fine")", "statistics.quality", "none of good"},
      Wrong{R"("idle":2)", R"("idle":2,"busy_elapsed_s":[10])", "statistics.busy_elapsed_s",
            "start times are no longer used"},
      Wrong{R"("idle":2)", R"("idle":2,"wrap_up_elapsed_s":[])", "statistics.wrap_up_elapsed_s",
            "start times are no longer used"},
      Wrong{R"("pending":2)", R"("pending":1e7)", "feedback.pending", "not in 0..1000000"},
      Wrong{R"("sent":2,)", "", "feedback.sent", "missing"},
      Wrong{"{\"target\"", R"({"options":{"algorithm":"BEST"},"target")", "options.algorithm",
            "BEST"},
      Wrong{"{\"target\"", R"({"options":{"optimizationGoal":0},"target")",
            "options.optimizationGoal", "not in [1, 99]"},
      Wrong{"{\"target\"", R"({"options":{"enabled":1},"target")", "options.enabled",
            "not true or false"},
      Wrong{"{\"target\"", R"({"options":3,"target")", "options", "not an object"},
      Wrong{R"("time_s":2)", R"("time_s":0)", "time_s", "before 1"},
      Wrong{R"("time_s":2)", R"("time_s":null)", "time_s", "not a number"},
      Wrong{R"("sales")", R"("")", "target", "not 1 to 256 bytes long"},
      Wrong{"{\"target\"", R"({"colour":"red","target")", "colour", "no such key"});
  DecideStream stream{DecideSettings{}};
  DecideStream unharmed{DecideSettings{}};
  stream.answer(line_at("sales", 1));
  unharmed.answer(line_at("sales", 1));
  std::string line = line_at("sales", 2);
  const auto at = line.find(wrong.replaced);
  REQUIRE(at != line.npos);
  line.replace(at, std::string_view{wrong.replaced}.size(), wrong.by);

  const Json refusal = answer(stream, line);

  CAPTURE(line, refusal.dump());
  CHECK(refusal["line"] == 2);
  CHECK(refusal["error"]["key"] == wrong.key);
  const auto message = refusal["error"]["message"].get<std::string>();
  CHECK(message.rfind("line 2: ", 0) == 0);
  CHECK(message.find(wrong.why) != message.npos);
  CHECK(stream.refused() == 1);
  Json after = answer(stream, line_at("sales", 3));
  Json expected = answer(unharmed, line_at("sales", 3));
  after.erase("line");
  expected.erase("line");
  CHECK(after == expected);
}

TEST_CASE("a key that is given twice, or JSON that is none, is refused", "[pacelinectl]") {
  DecideStream stream{DecideSettings{}};

  const Json twice = answer(stream, R"({"target":"a","target":"b"})");
  const Json broken = answer(stream, R"({"target":"a")");
  const Json empty = answer(stream, "");
  const Json list = answer(stream, "[1,2]");

  CHECK(twice["error"]["message"] == "line 1: target = \"b\": given twice");
  CHECK(broken["error"]["message"].get<std::string>().starts_with("line 2: not JSON: "));
  CHECK(empty["error"]["message"].get<std::string>().starts_with("line 3: not JSON: "));
  CHECK(list["error"]["message"].get<std::string>().find("not a JSON object") != std::string::npos);
}

TEST_CASE("options of a line hold until another line changes them", "[pacelinectl]") {
  DecideStream stream{DecideSettings{}};
  const auto with = [](std::string line, const std::string& options) {
    return line.replace(0, 1, R"({"options":)" + options + ",");
  };

  CHECK(answer(stream, with(line_at("sales", 1), R"({"enabled":false})"))["reason"] == "disabled");
  CHECK(answer(stream, line_at("sales", 2))["reason"] == "disabled");
  CHECK(answer(stream, with(line_at("sales", 3), R"({"enabled":true})"))["reason"] != "disabled");
}

TEST_CASE("no bytes kill the stream, lose an answer or harm another target",
          "[pacelinectl][property]") {
  std::uint64_t seed = 1;
  const auto draw = [&seed](std::size_t below) {
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return static_cast<std::size_t>(seed >> 33) % below;
  };
  for (int run = 0; run < 200; ++run) {
    DecideStream stream{DecideSettings{}};
    DecideStream unharmed{DecideSettings{}};
    for (int second = 1; second <= 8; ++second) {
      std::string garbage = line_at("other", second);
      for (std::size_t hits = 1 + draw(5); hits > 0; --hits)
        garbage[draw(garbage.size())] = static_cast<char>(draw(256));
      if (draw(3) == 0) garbage.resize(draw(60));
      CAPTURE(run, second, garbage);
      const Json said = Json::parse(stream.answer(garbage));
      REQUIRE(said.contains("error") != said.contains("reason"));
      Json after = answer(stream, line_at("sales", second, "callback"));
      Json expected = answer(unharmed, line_at("sales", second, "callback"));
      after.erase("line");
      expected.erase("line");
      REQUIRE(after == expected);
    }
  }
}

TEST_CASE("lines are found however the bytes come, with and without a last line break",
          "[pacelinectl]") {
  std::string input;
  for (int second = 1; second <= 5; ++second) input += line_at("sales", second) + "\r\n";
  const std::string whole = answers_to(input);

  CHECK(std::count(whole.begin(), whole.end(), '\n') == 5);
  CHECK(answers_to(input, {}, 1) == whole);
  CHECK(answers_to(input, {}, 7) == whole);
  CHECK(answers_to(input.substr(0, input.size() - 2)) == whole);
}

TEST_CASE("a line without end is thrown away at its bound and the next one is read",
          "[pacelinectl]") {
  const std::string endless(3 * longest_decide_line, 'x');
  FakeEnvironment environment;
  environment.input = endless + "\n" + line_at("sales", 1) + "\n";
  environment.input_step = 65'536;
  Request request;
  request.command = "decide";

  const Outcome outcome = run_command(request, environment);

  std::istringstream lines{environment.output};
  std::string first, second, third;
  std::getline(lines, first);
  std::getline(lines, second);
  CHECK(Json::parse(first)["error"]["message"] == "line 1: longer than 1048576 bytes");
  CHECK(Json::parse(second)["reason"] == "warm_up");
  CHECK(!std::getline(lines, third));
  CHECK(outcome.exit == exit_mistakes);
  CHECK(outcome.error == "decide: 1 of 2 lines refused");
}

TEST_CASE("a refusal is JSON and short however long a key or a name is", "[pacelinectl]") {
  DecideStream stream{DecideSettings{}};
  const std::string smile = "\xf0\x9f\x98\x80";
  for (std::size_t before = 0; before < smile.size(); ++before) {
    std::string key(before, 'k');
    for (int i = 0; i < 1000; ++i) key += smile;

    const std::string text{stream.answer("{\"" + key + "\":1}")};

    CAPTURE(before);
    CHECK(text.size() < 2000);
    const Json said = Json::parse(text);
    CHECK(key.starts_with(said["error"]["key"].get<std::string>()));
  }

  const std::string text{stream.answer("{\"target\":\"" + std::string(100'000, 't') + "\"}")};

  CHECK(text.size() < 2000);
  const Json said = Json::parse(text);
  CHECK(said["error"]["key"] == "target");
  CHECK_FALSE(said.contains("target"));
}

TEST_CASE("the golden stream is answered as it was", "[pacelinectl]") {
  const std::string input = text_of("decide_golden.in.jsonl");
  REQUIRE(!input.empty());

  CHECK(answers_to(input, {.seed = 42, .brief = true}) == text_of("decide_golden.out.jsonl"));
}

}  // namespace paceline::test
