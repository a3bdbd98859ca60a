// The schema of every message for people and programs: `pacelinectl schema`, READMEs, watch's OpenAPI document and
// /api/v1/schema, the page's tooltips.
//
//   for (const StructureText& each : message_schema()) for (const FieldText& field : each.fields) ...
//   StructureText mine = structure_text<StatusAnswer>();      // Of any structure that has a schema.
#pragma once

#include <algorithm>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "common/wire/schema.h"

namespace paceline {

enum class FieldType : std::uint8_t {
  yes_no,
  integer,
  number,
  text,
  word,
  structure,
  pair,
  counts
};

struct FieldText {
  std::string name;
  FieldType type = FieldType::number;
  bool is_list = false;
  bool is_optional = false;  // May be absent: null in JSON.
  std::string unit;
  double least = 0;  // Number: its range. Text and list: the bounds of the length.
  double most = 0;
  bool has_none = false;    // -1 stands for "none", null in JSON.
  bool any_value = false;   // An integer that may be anything its type holds.
  std::string structure;    // Of a structure, or of a list of them: its name.
  std::vector<Word> words;  // Of a word: all of them.
  std::string meaning;
};

struct StructureText {
  std::string name;
  std::string meaning;
  std::vector<FieldText> fields;
};

/// Every structure that crosses a process boundary on the bus, in the order of messages.h.
std::span<const StructureText> message_schema();

/// Every structure that watch answers with (answers.h), and those they are made of.
std::span<const StructureText> answer_schema();

/// The one of that name; null if there is none.
const StructureText* find_structure(std::span<const StructureText> schema, std::string_view name);

/// "agents, 0 to 2000000000": unit, range or words in a line.
std::string range_text(const FieldText& field);

/// A table of its fields: name, unit and range, meaning; below it the words that have a meaning.
std::string markdown(const StructureText& structure);

/// [{"name", "meaning", "fields": [{"name", "type", "unit", "least", "most", "none", "words", "meaning"}]}]
std::string schema_json(std::span<const StructureText> schema);

// ---- How a structure becomes text

template <class Value>
constexpr FieldType field_type() {
  if constexpr (std::is_same_v<Value, bool>)
    return FieldType::yes_no;
  else if constexpr (std::is_integral_v<Value>)
    return FieldType::integer;
  else if constexpr (Number<Value>)
    return FieldType::number;
  else if constexpr (Worded<Value>)
    return FieldType::word;
  else if constexpr (std::is_same_v<Value, std::string>)
    return FieldType::text;
  else if constexpr (requires(const Value& value) { value.first; })
    return FieldType::pair;
  else if constexpr (requires(const Value& value) { value.by_word; })
    return FieldType::counts;
  else
    return FieldType::structure;
}

template <class Owner, class Value>
FieldText field_text(const Field<Owner, Value>& field) {
  FieldText text{.name = field.name,
                 .unit = field.unit,
                 .least = field.least,
                 .most = field.most,
                 .meaning = field.meaning};
  const auto describe = [&]<class Item>(const Item*) {
    text.type = field_type<Item>();
    if constexpr (requires { Item::about; }) text.structure = Item::about.name;
    if constexpr (Worded<Item>) text.words.assign(words_of<Item>.begin(), words_of<Item>.end());
    if constexpr (requires { Item::words(); })
      text.words.assign(Item::words().begin(), Item::words().end());
  };
  if constexpr (Sized<Value> && !std::is_same_v<Value, std::string>) {
    text.is_list = true;
    describe(static_cast<const typename Value::value_type*>(nullptr));
  } else if constexpr (requires(const Value& value) { value.has_value(); }) {
    text.is_optional = true;
    describe(static_cast<const typename Value::value_type*>(nullptr));
  } else {
    describe(static_cast<const Value*>(nullptr));
    if constexpr (Number<Value>) {
      text.has_none = field.has_none();
      text.any_value = field.least == static_cast<double>(std::numeric_limits<Value>::min()) &&
                       field.most == static_cast<double>(std::numeric_limits<Value>::max());
    }
  }
  return text;
}

template <Structure T>
StructureText structure_text() {
  StructureText text{.name = T::about.name, .meaning = T::about.meaning};
  for_each_field<T>([&]<class Owner, class Value>(const Field<Owner, Value>& field) {
    if constexpr (Structure<Value>) {
      if (field.is_inlined()) {
        auto inner = structure_text<Value>().fields;
        std::ranges::move(inner, std::back_inserter(text.fields));
        return;
      }
    }
    text.fields.push_back(field_text(field));
  });
  return text;
}

}  // namespace paceline
