// `schema [MESSAGE]`: the fields of every message on the bus, with units, ranges and meanings.
#include <fmt/format.h>

#include "common/wire/schema_text.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

/// Range and words are said with the backquotes of Markdown.
std::string plain(std::string text) {
  std::erase(text, '`');
  return text;
}

std::string text_of(const StructureText& message) {
  TextTable fields{{"FIELD", "UNIT, RANGE", "MEANING"}};
  TextTable words{{"FIELD", "WORD", "MEANING"}};
  bool has_words = false;
  for (const FieldText& field : message.fields) {
    fields.add({field.name, field.words.empty() ? plain(range_text(field)) : "word",
                plain(field.meaning)});
    for (const Word& word : field.words) words.add({field.name, word.name, plain(word.meaning)});
    has_words = has_words || !field.words.empty();
  }
  return fmt::format("{}: {}\n{}{}", message.name, plain(message.meaning), fields.text(),
                     has_words ? "\n" + words.text() : "");
}

std::string markdown_of(std::span<const StructureText> messages) {
  std::string out =
      "# Messages\n\nEvery structure that crosses a process boundary, made by `pacelinectl schema "
      "--markdown` from `common/wire/`.\n";
  for (const StructureText& message : messages)
    out += fmt::format("\n## {}\n\n{}\n\n{}", message.name, message.meaning, markdown(message));
  return out;
}

}  // namespace

Outcome command_schema(const Request& request, Environment&) {
  auto messages = message_schema();
  if (!request.arguments.empty()) {
    const StructureText* found = find_structure(messages, request.arguments[0]);
    if (!found) {
      std::string known;
      for (const StructureText& message : messages)
        known += (known.empty() ? "" : ", ") + message.name;
      return failed(exit_usage, fmt::format("MESSAGE = {}: not one of {}",
                                            printable(request.arguments[0]), known));
    }
    messages = {found, 1};
  }
  if (request.json) return {.out = schema_json(messages) + "\n"};
  if (request.markdown)
    return {.out = request.arguments.empty() ? markdown_of(messages) : markdown(messages[0])};
  std::string out;
  for (const StructureText& message : messages) out += (out.empty() ? "" : "\n") + text_of(message);
  return {.out = out};
}

}  // namespace paceline::pacelinectl
