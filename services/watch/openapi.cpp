#include "services/watch/openapi.h"

#include <fmt/format.h>

#include "common/base/check.h"
#include "common/wire/explanation.h"
#include "common/wire/json_writer.h"
#include "common/wire/messages.h"
#include "common/wire/schema_text.h"

namespace paceline::watch {
namespace {

/// "publication_heard" -> "PublicationHeard".
std::string component(std::string_view name) {
  std::string out;
  bool capital = true;
  for (const char c : name) {
    if (c == '_') {
      capital = true;
      continue;
    }
    out += capital && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    capital = false;
  }
  return out;
}

void write_type(JsonWriter& json, const char* type, bool or_null) {
  json.key("type");
  if (!or_null) return json.value(type);
  json.list();
  json.value(type);
  json.value("null");
  json.end_list();
}

void write_number(JsonWriter& json, const FieldText& field) {
  write_type(json, field.type == FieldType::integer ? "integer" : "number", field.has_none);
  const double least = field.has_none ? 0 : field.least;
  if (!field.any_value || least == 0) json.member("minimum", least);
  if (!field.any_value) json.member("maximum", field.most);
}

void write_counts(JsonWriter& json, const FieldText& field) {
  json.member("type", "object");
  json.list("required");
  for (const Word& word : field.words) json.value(word.name);
  json.end_list();
  json.begin("properties");
  for (const Word& word : field.words) {
    json.begin(word.name);
    json.member("type", "integer");
    json.member("minimum", 0);
    if (*word.meaning) json.member("description", word.meaning);
    json.end();
  }
  json.end();
}

void write_words(JsonWriter& json, std::span<const Word> words) {
  json.list("enum");
  for (const Word& word : words) json.value(word.name);
  json.end_list();
}

/// What one value of the field is, without its description.
void write_value_schema(JsonWriter& json, const FieldText& field) {
  switch (field.type) {
    case FieldType::yes_no:
      return json.member("type", "boolean");
    case FieldType::integer:
    case FieldType::number:
      return write_number(json, field);
    case FieldType::text:
      return write_type(json, "string", field.is_optional);
    case FieldType::word:
      return write_words(json, field.words);
    case FieldType::counts:
      return write_counts(json, field);
    case FieldType::pair:
      return json.member("type", "array");
    case FieldType::structure:
      break;
  }
  const std::string reference = "#/components/schemas/" + component(field.structure);
  if (!field.is_optional) return json.member("$ref", reference);
  json.list("oneOf");
  json.begin();
  json.member("$ref", reference);
  json.end();
  json.begin();
  json.member("type", "null");
  json.end();
  json.end_list();
}

void write_property(JsonWriter& json, const FieldText& field) {
  json.begin(field.name.c_str());
  if (field.is_list) {
    json.member("type", "array");
    json.begin("items");
    write_value_schema(json, field);
    json.end();
  } else {
    write_value_schema(json, field);
  }
  json.member("description", field.unit.empty()
                                 ? field.meaning
                                 : fmt::format("[{}] {}", field.unit, field.meaning));
  json.end();
}

std::string component_text(const StructureText& structure) {
  JsonWriter json;
  json.begin();
  json.member("type", "object");
  json.member("description", structure.meaning);
  json.list("required");
  for (const FieldText& field : structure.fields) json.value(field.name);
  json.end_list();
  json.begin("properties");
  for (const FieldText& field : structure.fields) write_property(json, field);
  json.end();
  json.end();
  return fmt::format("    {}: {}\n", component(structure.name), json.text());
}

std::string words_text(const char* name, std::span<const Word> words) {
  JsonWriter json;
  json.begin();
  write_words(json, words);
  json.end();
  return fmt::format("    {}: {}\n", name, json.text());
}

/// The sections and the figures of an explanation, in the order of the answer.
std::string explanation_schema_json() {
  JsonWriter json;
  json.begin();
  json.list("sections");
  for (const ExplanationSection& section : explanation_sections) {
    json.begin();
    json.member("name", section.name);
    json.member("title", section.title);
    json.end();
  }
  json.end_list();
  json.list("figures");
  for (const ExplanationField& field : explanation_fields) {
    json.begin();
    json.member("name", field.name);
    json.member("unit", field.unit);
    json.member("section", field.section);
    json.member("share", field.share);
    json.member("meaning", field.meaning);
    json.end();
  }
  json.end_list();
  json.end();
  return json.text();
}

}  // namespace

std::string openapi_document(std::string_view written) {
  constexpr std::string_view mark = "    # @components\n";
  const auto at = written.find(mark);
  CHECK(at != written.npos);  // The document is built in.
  std::string document{written.substr(0, at)};
  document += words_text("State", words_of<PaceState>);
  document += words_text("Reason", words_of<PaceReason>);
  document += words_text("Quality", words_of<StatQuality>);
  for (const StructureText& structure : answer_schema()) document += component_text(structure);
  document += written.substr(at + mark.size());
  return document;
}

std::string served_schema() {
  return fmt::format(R"({{"messages":{},"answers":{},"explanation":{}}})",
                     schema_json(message_schema()), schema_json(answer_schema()),
                     explanation_schema_json());
}

}  // namespace paceline::watch
