#include "common/wire/json_reader.h"

#include <rapidcheck.h>

#include <nlohmann/json.hpp>

#include "common/wire/answers.h"
#include "common/wire/json_fields.h"
#include "common/wire/past_answers.h"
#include "tests/support/catch.h"

namespace paceline::test {
namespace {

// Any value that a structure's schema allows, drawn within a property.
struct Arbitrary {
  template <Structure T>
  static T structure() {
    T drawn;
    for_each_field<T>([&](const auto& field) { draw(field, drawn.*field.member); });
    return drawn;
  }

  template <class Owner, class Value>
  static void draw(const Field<Owner, Value>& field, Value& into) {
    if constexpr (!Number<Value>)
      draw(into);
    else if constexpr (std::is_integral_v<Value>)
      into = in_range(field, std::numeric_limits<Value>::min()) &&
                     in_range(field, std::numeric_limits<Value>::max())
                 ? *any<Value>()
                 : static_cast<Value>(within(field));
    else
      into = within(field);
  }

  // A number is "none" or not below 0 where there is none: what lies between is no value of it.
  template <class Owner, Number Value>
  static double within(const Field<Owner, Value>& field) {
    if (field.has_none() && *rc::gen::arbitrary<bool>()) return -1;
    const double least = field.has_none() ? 0 : field.least;
    const double share = *rc::gen::inRange(0, 1'000'001) / 1e6;
    return least + share * (field.most - least);
  }

  template <class Value>
  static rc::Gen<Value> any() {
    return rc::gen::oneOf(
        rc::gen::arbitrary<Value>(), rc::gen::inRange<Value>(0, 100),
        rc::gen::element(std::numeric_limits<Value>::min(), std::numeric_limits<Value>::max()));
  }

  static void draw(bool& into) { into = *rc::gen::arbitrary<bool>(); }
  static void draw(std::uint64_t& into) { into = *any<std::uint64_t>(); }
  static void draw(std::string& into) {
    into.clear();
    for (auto pieces = *rc::gen::inRange(0, 4); pieces > 0; --pieces)
      into += *rc::gen::element<std::string>("a", "node", "\"", "\\", "\n", "\x1b[2J", "é",
                                             "\u20ac", std::string(1, '\0'), "{}", "null", "1.5");
  }
  template <Structure T>
  static void draw(T& into) {
    into = structure<T>();
  }
  template <Worded Enum>
  static void draw(Enum& into) {
    into = static_cast<Enum>(*rc::gen::inRange<std::size_t>(0, words_of<Enum>.size()));
  }
  template <class Enum>
  static void draw(Counts<Enum>& into) {
    for (auto& count : into.by_word) draw(count);
  }
  template <class T>
  static void draw(std::optional<T>& into) {
    if (*rc::gen::arbitrary<bool>()) draw(into.emplace());
  }
  template <class T>
  static void draw(std::vector<T>& into) {
    into.resize(*rc::gen::inRange<std::size_t>(0, 3));
    for (auto& each : into) draw(each);
  }
  static void draw(HistoryCell& into) {
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        into = std::monostate{};
        return;
      case 1:
        into = *any<std::int64_t>();
        return;
      case 2:
        into = *rc::gen::inRange(-1000, 1000) / 128.0;
        return;
      default:
        draw(into.emplace<std::string>());
    }
  }
};

template <Structure T>
void comes_back() {
  REQUIRE(rc::check(T::about.name, [] {
    const T written = Arbitrary::structure<T>();
    const auto read = json_read<T>(json_text(written, JsonWriter::all));
    if (!read) RC_FAIL(read.error().detail);
    RC_ASSERT(*read == written);
  }));
}

StatusAnswer small_status() {
  StatusAnswer status{.cluster = "demo", .node = "a", .master = "a", .nodes = {{.name = "a"}}};
  status.nodes.push_back({.name = "b", .hears = {{.node = "a", .age_s = 0.5}}});
  return status;
}

/// Why a status is refused in which the member at `path` has that value; null = there is no such member.
std::string refusal(const char* path, const nlohmann::json& value) {
  auto json = nlohmann::json::parse(json_text(small_status()));
  const nlohmann::json::json_pointer at{path};
  if (value.is_null())
    json.at(at.parent_pointer()).erase(at.back());
  else
    json.at(at) = value;
  const auto read = json_read<StatusAnswer>(json.dump());
  return read ? "taken" : read.error().detail;
}

}  // namespace

TEST_CASE("every answer of watch comes back as it went", "[wire][property]") {
  comes_back<StatusAnswer>();
  comes_back<TargetsAnswer>();
  comes_back<TargetAnswer>();
  comes_back<ReadinessAnswer>();
  comes_back<ProblemAnswer>();
  comes_back<EventsAnswer>();
  comes_back<HistoryAnswer>();
  comes_back<ComplianceAnswer>();
}

TEST_CASE("members are read in any order, and those of a newer process are passed over", "[wire]") {
  const auto problem = json_read<ProblemAnswer>(
      R"({"detail":"d","x":{"y":[1]},"status":404,"title":"t","type":"about:blank","z":null})");

  REQUIRE(problem);
  CHECK(*problem ==
        ProblemAnswer{.type = "about:blank", .title = "t", .status = 404, .detail = "d"});
}

TEST_CASE("a word that is counted and not known is passed over", "[wire]") {
  auto json = nlohmann::json::parse(json_text(small_status()));
  json["totals"]["by_state"]["resting"] = 3;

  CHECK(json_read<StatusAnswer>(json.dump()) == small_status());
}

TEST_CASE("a missing member is an error that names it, unless it may be absent", "[wire]") {
  CHECK(refusal("/cluster", nullptr) == "cluster: missing");
  CHECK(refusal("/nodes/1/role", nullptr) == "nodes[1].role: missing");
  CHECK(refusal("/nodes/1/hears/0/node", nullptr) == "nodes[1].hears[0].node: missing");
  CHECK(refusal("/statistics/in_use", nullptr) == "statistics.in_use: missing");
  CHECK(refusal("/nodes", nullptr) == "nodes: missing");
  CHECK(refusal("/master_since", nullptr) == "taken");
  CHECK(refusal("/nodes/0/publication", nullptr) == "taken");
  CHECK(refusal("/nodes/1/hears/0/age_s", nullptr) == "taken");
}

TEST_CASE("what the version before does not say yet keeps its default", "[wire]") {
  auto json = nlohmann::json::parse(json_text(small_status()));
  for (const char* name : {"paused", "paused_since", "causes"}) json.erase(name);
  for (const char* name : {"push_doubt", "primary_trouble", "backup_trouble"})
    json["statistics"].erase(name);
  json["nodes"][0].erase("maintenance");
  json["totals"]["by_reason"].erase("paused");

  CHECK(json_read<StatusAnswer>(json.dump()) == small_status());
}

TEST_CASE("null is none where there may be none, and else as if it were missing", "[wire]") {
  auto json = nlohmann::json::parse(json_text(small_status()));
  json["nodes"][1]["hears"][0]["age_s"] = nullptr;

  const auto read = json_read<StatusAnswer>(json.dump());
  json["term"] = nullptr;

  REQUIRE(read);
  CHECK(read->nodes[1].hears[0].age_s == -1);
  CHECK(json_read<StatusAnswer>(json.dump()).error().detail == "term: missing");
}

TEST_CASE("what a member may not be is refused by its name", "[wire]") {
  CHECK(refusal("/nodes/1/tier", 300) == "nodes[1].tier = 300: not in [0, 255]");
  CHECK(refusal("/nodes/1/tier", 255) == "taken");
  CHECK(refusal("/nodes/1/tier", 5'000'000'000) ==
        "nodes[1].tier = 5000000000: not a whole number in [-2147483648, 2147483647]");
  CHECK(refusal("/nodes/1/hears/0/age_s", -0.5) == "taken");
  CHECK(refusal("/nodes/1/hears/0/age_s", -2) ==
        "nodes[1].hears[0].age_s = -2: not in [-1, 1000000000]");
  CHECK(refusal("/term", -1) == "term = -1: not a whole number in [0, 18446744073709551615]");
  CHECK(refusal("/term", 1.5) == "term = 1.5: not a whole number in [0, 18446744073709551615]");
  CHECK(refusal("/term", 18446744073709551615u) == "taken");
  CHECK(refusal("/nodes/0/role", "boss") ==
        "nodes[0].role = \"boss\": not master, standby, witness, down");
  CHECK(refusal("/nodes/0/role", 1) == "nodes[0].role = 1: not a text");
  CHECK(refusal("/cluster", 7) == "cluster = 7: not a text");
  CHECK(refusal("/ready", 1) == "ready = 1: not true or false");
  CHECK(refusal("/nodes", "none") == "nodes = \"none\": not a list");
  CHECK(refusal("/nodes/1", 3) == "nodes[1] = 3: not an object");
  CHECK(refusal("/grant/left_s", "2") == "grant.left_s = \"2\": not a number");
  CHECK(refusal("/cluster", std::string(max_text_bytes + 1, 'x')) ==
        "cluster: 65537 long, at most 65536");
  CHECK(
      json_read<HistoryAnswer>(
          R"({"target":"","from":null,"to":null,"step_s":1,"kept":[],"columns":[],"rows":[[{}]]})")
          .error()
          .detail == "rows[0][0] = {}: not a word or number");
}

TEST_CASE("text that is no JSON, or another JSON, is refused", "[wire]") {
  CHECK(json_read<StatusAnswer>("").error().detail.starts_with("not JSON: "));
  CHECK(json_read<StatusAnswer>("\xff").error().detail.starts_with("not JSON: "));
  CHECK(json_read<StatusAnswer>("{\"cluster\":").error().detail.starts_with("not JSON: "));
  CHECK(json_read<StatusAnswer>("[]").error().detail == "[]: not an object");
  CHECK(json_read<StatusAnswer>("{}").error().detail == "cluster: missing");
}

TEST_CASE("a text with some bytes changed is read or refused", "[wire][property]") {
  const std::string valid = json_text(small_status());

  REQUIRE(rc::check([&](const std::string& bytes) {
    std::string text = valid;
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    text.erase(at, *rc::gen::inRange<std::size_t>(0, 12));
    text.insert(at, bytes);
    const auto read = json_read<StatusAnswer>(text);
    RC_ASSERT(read || !read.error().detail.empty());
  }));
}

}  // namespace paceline::test
