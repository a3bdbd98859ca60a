// A structure's fields as JSON, by its schema: names, order and what is null are said once, beside the structure.
//
//   json.begin(); write_fields(json, report); json.end();
//   std::string body = json_text(status);       // json_reader.h reads it back
#pragma once

#include <variant>

#include "common/wire/json_writer.h"
#include "common/wire/schema.h"

namespace paceline {

template <class Value>
void write_value(JsonWriter& json, const Value& value);

/// Calls visit(field, value) for each field as people see it: those of inlined structures in their place.
template <Structure T, class Visit>
void for_each_shown(const T& structure, Visit&& visit) {
  for_each_field<T>([&](const auto& field) {
    const auto& value = structure.*field.member;
    if constexpr (Structure<std::decay_t<decltype(value)>>)
      if (field.is_inlined()) return for_each_shown(value, visit);
    visit(field, value);
  });
}

/// The field's value. A number that stands for "none" is null.
template <class Owner, class Value>
void write_field(JsonWriter& json, const Field<Owner, Value>& field, const Value& value) {
  if constexpr (Number<Value>)
    if (field.has_none() && value < 0) return json.null();
  write_value(json, value);
}

/// Every field as a member of the object that is open.
template <Structure T>
void write_fields(JsonWriter& json, const T& structure) {
  for_each_shown(structure, [&](const auto& field, const auto& value) {
    json.key(field.name);
    write_field(json, field, value);
  });
}

/// The same as a table has it: the names once, then a row each.
template <Structure T>
void write_names(JsonWriter& json) {
  json.list();
  for_each_shown(T{}, [&](const auto& field, const auto&) { json.value(field.name); });
  json.end_list();
}
template <Structure T>
void write_row(JsonWriter& json, const T& structure) {
  json.list();
  for_each_shown(structure,
                 [&](const auto& field, const auto& value) { write_field(json, field, value); });
  json.end_list();
}

/// A word, a number, a text, an object, one of several, or a list of them; a pair is a list of two; nothing is null.
template <class Value>
void write_value(JsonWriter& json, const Value& value) {
  if constexpr (Structure<Value>) {
    json.begin();
    write_fields(json, value);
    json.end();
  } else if constexpr (Worded<Value>) {
    json.value(to_string(value));
  } else if constexpr (requires { json.value(value); }) {
    json.value(value);
  } else if constexpr (requires { value.has_value(); }) {
    value ? write_value(json, *value) : json.null();
  } else if constexpr (requires { value.by_word; }) {
    json.begin();
    for (std::size_t i = 0; i < value.by_word.size(); ++i)
      json.member(value.words()[i].name, value.by_word[i]);
    json.end();
  } else if constexpr (requires { value.first; }) {
    json.list();
    write_value(json, value.first);
    write_value(json, value.second);
    json.end_list();
  } else if constexpr (requires { value.valueless_by_exception(); }) {
    std::visit([&](const auto& one) { write_value(json, one); }, value);
  } else if constexpr (std::is_same_v<Value, std::monostate>) {
    json.null();
  } else {
    json.list();
    for (const auto& item : value) write_value(json, item);
    json.end_list();
  }
}

/// An object of every field.
///   decimals   of a number at most, as in JsonWriter
template <Structure T>
std::string json_text(const T& structure, int decimals = 4) {
  JsonWriter json{decimals};
  write_value(json, structure);
  return json.text();
}

}  // namespace paceline
