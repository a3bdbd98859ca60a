#include "services/watch/openapi.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "common/wire/answers.h"
#include "common/wire/explanation.h"
#include "common/wire/past_answers.h"
#include "common/wire/schema_text.h"
#include "services/watch/page_files.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace watch;
namespace {

/// The component of that name in the served document: a line of JSON, which is YAML too.
nlohmann::json component(const std::string& document, const std::string& name) {
  const std::string head = "\n    " + name + ": ";
  const auto at = document.find(head);
  REQUIRE(at != document.npos);
  const auto begin = at + head.size();
  return nlohmann::json::parse(document.substr(begin, document.find('\n', begin) - begin));
}

std::string served() {
  for (const auto& file : page_files())
    if (file.path == "/api/v1/openapi.yaml") return openapi_document(file.text);
  return "";
}

}  // namespace

TEST_CASE("every member of an answer is in the document, required and described", "[watch]") {
  const std::string document = served();

  const auto target = component(document, "Target");
  CHECK(target["properties"].size() == target["required"].size());
  CHECK(target["properties"]["logged_in"]["minimum"] == 0);
  CHECK(target["properties"]["reactive_state"]["maximum"] == 1);
  CHECK(target["properties"]["goal"]["description"] == "[percent] optimizationGoal in force");
  CHECK(target["properties"]["reason"]["enum"].size() == words_of<PaceReason>.size());
  const auto totals = component(document, "Totals");
  CHECK(totals["properties"]["by_state"]["properties"].contains("degraded"));
  const auto status = component(document, "Status");
  CHECK(status["properties"]["pacers"]["items"]["$ref"] == "#/components/schemas/Pacer");
  CHECK(component(document, "Pacer")["properties"].contains("decide_us"));
}

TEST_CASE("what may be absent is null, by the document too", "[watch]") {
  const std::string document = served();
  const std::vector<std::string> number_or_null{"number", "null"};

  CHECK(component(document, "Node")["properties"]["heard_s"]["type"] == number_or_null);
  CHECK(component(document, "Node")["properties"]["publication"]["oneOf"].size() == 2);
  CHECK(component(document, "Status")["properties"]["master_since"]["type"] ==
        std::vector<std::string>{"string", "null"});
}

TEST_CASE("every structure that a component names is a component", "[watch]") {
  const std::string document = served();
  const std::string reference = "#/components/schemas/";
  std::size_t found = 0;
  for (auto at = document.find(reference); at != document.npos; at = document.find(reference, at)) {
    at += reference.size();
    const auto end = document.find('"', at);
    const std::string name = document.substr(at, end - at);
    CAPTURE(name);
    CHECK(document.find("\n    " + name + ":") != document.npos);
    ++found;
  }
  CHECK(found > 20);
}

TEST_CASE("what the document says of the past by hand names the members of its tables", "[watch]") {
  const std::string document = served();
  const auto required = [](const StructureText& structure) {
    std::string names;
    for (const FieldText& field : structure.fields)
      names += (names.empty() ? "" : ", ") + field.name;
    return "required: [" + names + "]";
  };

  CHECK(document.find("\n    History:\n      type: object\n      " +
                      required(structure_text<HistoryAnswer>())) != document.npos);
  CHECK(document.find(required(structure_text<KeptAnswer>())) != document.npos);
  CHECK(document.find("\n    Events:\n      type: object\n      " +
                      required(structure_text<EventsAnswer>())) != document.npos);
  CHECK(document.find(required(structure_text<EventAnswer>())) != document.npos);
}

TEST_CASE("no component requires what it does not describe", "[watch]") {
  std::istringstream document{served()};
  std::size_t found = 0;
  for (std::string line; std::getline(document, line);) {
    const auto at = line.find(R"(: {"type":"object")");
    if (at == line.npos) continue;  // Not one that is made from a table.
    const auto made = nlohmann::json::parse(line.substr(at + 2));
    CAPTURE(line.substr(0, at));
    for (const auto& required : made["required"])
      CHECK(made["properties"].contains(required.get<std::string>()));
    ++found;
  }
  CHECK(found == answer_schema().size());
}

TEST_CASE("the served schema has every figure of an explanation, in the words of pacelinectl",
          "[watch]") {
  const auto explanation = nlohmann::json::parse(served_schema())["explanation"];

  REQUIRE(explanation["sections"].size() == explanation_sections.size());
  CHECK(explanation["sections"][3]["title"] == "4. How it was decided");
  REQUIRE(explanation["figures"].size() == explanation_fields.size());
  for (std::size_t i = 0; i < explanation_fields.size(); ++i) {
    const auto& said = explanation["figures"][i];
    const ExplanationField& field = explanation_fields[i];
    CHECK(said["name"].get<std::string>() == field.name);
    CHECK(said["unit"].get<std::string>() == field.unit);
    CHECK(said["section"].get<std::string>() == field.section);
    CHECK(said["share"].get<bool>() == field.share);
    CHECK(said["meaning"].get<std::string>() == field.meaning);
  }
}

TEST_CASE("the served schema has the messages and the answers", "[watch]") {
  const auto schema = nlohmann::json::parse(served_schema());

  CHECK(schema["messages"].size() == message_schema().size());
  CHECK(schema["answers"].size() == answer_schema().size());
  CHECK(schema["answers"][0]["name"] == "status");
}

}  // namespace paceline::test
