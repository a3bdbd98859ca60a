#include "common/wire/schema_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/wire/answers.h"
#include "common/wire/cell_answers.h"
#include "common/wire/feed.h"
#include "common/wire/json_writer.h"
#include "common/wire/past_answers.h"

namespace paceline {
namespace {

const char* type_word(FieldType type) {
  switch (type) {
    case FieldType::yes_no:
      return "boolean";
    case FieldType::integer:
      return "integer";
    case FieldType::number:
      return "number";
    case FieldType::text:
      return "text";
    case FieldType::word:
      return "word";
    case FieldType::structure:
      return "structure";
    case FieldType::pair:
      return "pair";
    case FieldType::counts:
      return "counts";
  }
  return "unknown";
}

bool is_number(const FieldText& field) {
  return field.type == FieldType::integer || field.type == FieldType::number;
}

/// A sentence begins with a capital and ends with a full stop.
std::string sentence(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] -= 'a' - 'A';
  return text + ".";
}

void write_field(JsonWriter& json, const FieldText& field) {
  json.begin();
  json.member("name", field.name);
  json.member("type", type_word(field.type));
  json.member("list", field.is_list);
  json.member("optional", field.is_optional);
  json.member("unit", field.unit);
  if (is_number(field) && !field.is_list && !field.any_value) {
    json.member("least", field.least);
    json.member("most", field.most);
    json.member("none", field.has_none);
  }
  if (!field.structure.empty()) json.member("structure", field.structure);
  if (!field.words.empty()) {
    json.list("words");
    for (const Word& word : field.words) {
      json.begin();
      json.member("name", word.name);
      json.member("meaning", word.meaning);
      json.end();
    }
    json.end_list();
  }
  json.member("meaning", field.meaning);
  json.end();
}

}  // namespace

std::span<const StructureText> message_schema() {
  static const std::vector<StructureText> all{structure_text<FrameHeader>(),
                                              structure_text<StatSource>(),
                                              structure_text<TargetStat>(),
                                              structure_text<PaceCycle>(),
                                              structure_text<TargetPace>(),
                                              structure_text<FeedbackHead>(),
                                              structure_text<TargetFeedback>(),
                                              structure_text<ElectionMessage>(),
                                              structure_text<PeerSeen>(),
                                              structure_text<Grant>(),
                                              structure_text<PublicationReport>(),
                                              structure_text<ControlRequest>(),
                                              structure_text<ControlReply>(),
                                              structure_text<StatusReply>(),
                                              structure_text<MetricsReply>(),
                                              structure_text<Explanation>(),
                                              structure_text<ExplanationStep>(),
                                              structure_text<ElectionView>(),
                                              structure_text<ElectionTransition>(),
                                              structure_text<FeedMessage>(),
                                              structure_text<FeedRow>(),
                                              structure_text<FeedAnswer>(),
                                              structure_text<FeedRefusal>()};
  return all;
}

std::span<const StructureText> answer_schema() {
  static const std::vector<StructureText> all{
      structure_text<StatusAnswer>(),        structure_text<NodeAnswer>(),
      structure_text<PeerAnswer>(),          structure_text<HeardPublication>(),
      structure_text<StatisticsAnswer>(),    structure_text<PacerAnswer>(),
      structure_text<FeedbackAnswer>(),      structure_text<GrantAnswer>(),
      structure_text<TotalsAnswer>(),        structure_text<ChannelAnswer>(),
      structure_text<CauseAnswer>(),         structure_text<TargetAnswer>(),
      structure_text<TargetsAnswer>(),       structure_text<ReadinessAnswer>(),
      structure_text<ProblemAnswer>(),       structure_text<Explanation>(),
      structure_text<ExplanationStep>(),     structure_text<ComplianceAnswer>(),
      structure_text<ComplianceDayAnswer>(), structure_text<CellsAnswer>(),
      structure_text<CellAnswer>()};
  return all;
}

const StructureText* find_structure(std::span<const StructureText> schema, std::string_view name) {
  const auto found = std::ranges::find(schema, name, &StructureText::name);
  return found == schema.end() ? nullptr : &*found;
}

std::string range_text(const FieldText& field) {
  std::vector<std::string> parts;
  if (field.is_list)
    parts.push_back(field.structure.empty() ? "a list" : "a list of " + field.structure);
  else if (!field.structure.empty())
    parts.push_back(field.structure);
  if (field.type == FieldType::yes_no) parts.push_back("yes or no");
  if (field.type == FieldType::text && !field.is_list) parts.push_back("text");
  if (!field.unit.empty()) parts.push_back(field.unit);
  if (is_number(field) && !field.is_list) {
    if (!field.any_value)
      parts.push_back(fmt::format("{} to {}", field.least, field.most));
    else if (field.least < 0)
      parts.push_back("any");
    else
      parts.push_back("0 or more");
  }
  if (!field.words.empty()) {
    std::string words;
    for (const Word& word : field.words)
      words += (words.empty() ? "`" : ", `") + std::string{word.name} + "`";
    parts.push_back(words);
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string markdown(const StructureText& structure) {
  std::string out = "| field | unit, range | meaning |\n|---|---|---|\n";
  for (const FieldText& field : structure.fields)
    out +=
        fmt::format("| `{}` | {} | {} |\n", field.name, range_text(field), sentence(field.meaning));
  for (const FieldText& field : structure.fields) {
    const bool explained =
        std::ranges::any_of(field.words, [](const Word& word) { return *word.meaning; });
    if (!explained) continue;
    out += fmt::format("\n| `{}` | means |\n|---|---|\n", field.name);
    for (const Word& word : field.words)
      out += fmt::format("| `{}` | {} |\n", word.name, sentence(word.meaning));
  }
  return out;
}

std::string schema_json(std::span<const StructureText> schema) {
  JsonWriter json;
  json.list();
  for (const StructureText& structure : schema) {
    json.begin();
    json.member("name", structure.name);
    json.member("meaning", structure.meaning);
    json.list("fields");
    for (const FieldText& field : structure.fields) write_field(json, field);
    json.end_list();
    json.end();
  }
  json.end_list();
  return json.text();
}

}  // namespace paceline
