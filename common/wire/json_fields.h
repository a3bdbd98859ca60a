// A structure's fields as JSON, by its schema: names, order and what is null are said once, beside the structure.
//
//   json.begin(); write_fields(json, report); json.seconds("heard_s", age); json.end();
#pragma once

#include "common/wire/json_writer.h"
#include "common/wire/schema.h"

namespace paceline {

template <class Value>
void write_value(JsonWriter& json, const Value& value);

/// Every field as a member of the object that is open. A number that stands for "none" is null.
template <Structure T>
void write_fields(JsonWriter& json, const T& structure) {
  for_each_field<T>([&](const auto& field) {
    const auto& value = structure.*field.member;
    json.key(field.name);
    if constexpr (Number<std::decay_t<decltype(value)>>) {
      if (field.has_none() && value < 0) return json.null();
    }
    write_value(json, value);
  });
}

/// A word, a number, a text, an object, or a list of them; a pair is a list of two.
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
  } else if constexpr (requires { value.first; }) {
    json.list();
    write_value(json, value.first);
    write_value(json, value.second);
    json.end_list();
  } else {
    json.list();
    for (const auto& item : value) write_value(json, item);
    json.end_list();
  }
}

}  // namespace paceline
