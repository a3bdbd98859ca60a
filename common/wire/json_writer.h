// JSON text, written piece by piece: what is large or frequent (one document: nlohmann/json).
//
// Always valid JSON: text that is not UTF-8 is repaired, a number that is not finite is null.
#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cmath>
#include <concepts>
#include <string>
#include <string_view>

#include "common/base/utf8.h"

namespace paceline {

/// A rapidjson Writer with our names: object(), member(name, value), rows without names by value().
class JsonWriter {
 public:
  /// `decimals`: of a number at most; all = as many as tell it from every other number.
  static constexpr int all = rapidjson::Writer<rapidjson::StringBuffer>::kDefaultMaxDecimalPlaces;
  explicit JsonWriter(int decimals = 4) { writer_.SetMaxDecimalPlaces(decimals); }

  std::string text() const { return {buffer_.GetString(), buffer_.GetSize()}; }
  /// Into a text that is used again and again: no allocation if it has the room.
  void write_to(std::string& out) const { out.assign(buffer_.GetString(), buffer_.GetSize()); }

  void begin() { writer_.StartObject(); }
  void begin(const char* name) { key(name), begin(); }
  void end() { writer_.EndObject(); }
  void list() { writer_.StartArray(); }
  void list(const char* name) { key(name), list(); }
  void end_list() { writer_.EndArray(); }
  void key(std::string_view name) { writer_.Key(name.data(), size(name)); }

  void value(std::string_view text) {
    if (is_utf8(text)) {
      writer_.String(text.data(), size(text));
    } else {
      const std::string fixed = repaired_utf8(text);
      writer_.String(fixed.data(), size(fixed));
    }
  }
  void value(const char* text) { value(std::string_view{text}); }
  void value(const std::string& text) { value(std::string_view{text}); }
  void value(bool yes) { writer_.Bool(yes); }
  void value(double number) { std::isfinite(number) ? writer_.Double(number) : writer_.Null(); }
  void value(std::signed_integral auto number) { writer_.Int64(number); }
  void value(std::unsigned_integral auto number) { writer_.Uint64(number); }
  void null() { writer_.Null(); }

  void member(std::string_view name, const auto& content) { key(name), value(content); }

 private:
  static rapidjson::SizeType size(std::string_view text) {
    return static_cast<rapidjson::SizeType>(text.size());
  }

  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

}  // namespace paceline
