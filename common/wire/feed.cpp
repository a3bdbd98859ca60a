#include "common/wire/feed.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <concepts>
#include <cstring>
#include <optional>

#include "common/base/utf8.h"
#include "common/wire/codec.h"
#include "common/wire/json_fields.h"
#include "common/wire/msgpack_reader.h"

namespace paceline {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t most_shown = 60;      // [bytes] Of what is wrong.
constexpr std::uint8_t nil_byte = 0xc0;     // MessagePack's.
constexpr std::size_t most_opening = 1024;  // [bytes] Of the line that says who speaks.

// What is wrong with one row; never seen outside this file.
struct WrongRow {
  std::string key;
  std::string why;
};

// "Nothing" is -1 exactly: what else is below zero is out of range.
template <class Owner>
void check(const Field<Owner, double>& field, double value) {
  if (in_range(field, value) && (value >= 0 || value == -1)) return;
  throw WrongRow{field.name, fmt::format("{} = {}: not in [{}, {}]", field.name, value,
                                         std::max(field.least, 0.0), field.most)};
}

template <class Owner>
void check(const Field<Owner, std::string>& field, const std::string& value) {
  if (value.empty()) throw WrongRow{field.name, fmt::format("{}: missing", field.name)};
  if (static_cast<double>(value.size()) > field.most)
    throw WrongRow{field.name, fmt::format("{}: {} bytes long, at most {}", field.name,
                                           value.size(), field.most)};
}

Error too_many_rows() {
  return {Errc::too_large,
          fmt::format("more than {} rows: send them in several messages", max_feed_rows)};
}

std::string_view text_of(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// By its mark of the byte order.
bool is_utf16(std::string_view text) {
  return text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff");
}

// ---- JSON lines

// The lines that are not blank, one after the other.
class Lines {
 public:
  explicit Lines(std::string_view text) : left_{without_byte_order_mark(text)} {}

  std::optional<std::string_view> next() {
    while (!left_.empty()) {
      const auto end = std::min(left_.find('\n'), left_.size());
      const auto line = left_.substr(0, end);
      left_.remove_prefix(std::min(end + 1, left_.size()));
      if (line.find_first_not_of(" \t\r") != line.npos) return line;
    }
    return std::nullopt;
  }

 private:
  std::string_view left_;
};

class JsonRows {
 public:
  /// The object of a line; good until the next.
  dom::object object(std::string_view line) {
    dom::element root;
    if (const auto error = parser_.parse(line.data(), line.size()).get(root))
      throw WrongRow{"", fmt::format("not JSON: {}", simdjson::error_message(error))};
    dom::object object;
    if (root.get(object)) throw WrongRow{"", fmt::format("{}: not an object", shown(root))};
    return object;
  }

  void read(std::string_view line, FeedRow& row) {
    const auto members = object(line);
    std::string_view target;  // First: whatever is wrong then is told of it.
    if (!members["target"].get(target)) row.target = target;
    std::uint32_t given = 0;
    for (const auto& [key, value] : members) {
      std::uint32_t bit = 1;
      bool known = false;
      for_each_field<FeedRow>([&, &name = key, &from = value](const auto& field) {
        if (name == field.name) {
          known = true;
          if ((given & bit) != 0) throw WrongRow{field.name, fmt::format("{}: twice", field.name)};
          given |= bit;
          set(row.*field.member, from, field.name);
          check(field, row.*field.member);
        }
        bit <<= 1;
      });
      if (!known) throw WrongRow{printable_ascii(key, most_shown), "no such field"};
    }
    if (row.target.empty()) throw WrongRow{"target", "target: missing"};
  }

 private:
  static std::string shown(dom::element value) {
    const std::string text = simdjson::minify(value);
    return text.substr(0, most_shown) + (text.size() > most_shown ? "..." : "");
  }

  static void set(std::string& into, dom::element from, const char* name) {
    std::string_view text;
    if (from.get(text)) throw WrongRow{name, fmt::format("{} = {}: not a text", name, shown(from))};
    into = text;
  }

  static void set(double& into, dom::element from, const char* name) {
    if (from.is_null()) return;
    if (from.get(into))
      throw WrongRow{name, fmt::format("{} = {}: not a number", name, shown(from))};
  }

  dom::parser parser_;
};

Result<std::string> json_sender(std::string_view text) {
  if (is_utf16(text)) return fail("text in UTF-16: send UTF-8");
  const auto line = Lines{text}.next();
  if (!line) return fail("empty");
  if (line->size() > most_opening)
    return fail(fmt::format("the first line is longer than {} bytes: not {{\"sender\": NAME}}",
                            most_opening));
  try {
    JsonRows json;
    std::string_view sender;
    for (const auto& [key, value] : json.object(*line)) {
      std::uint64_t version = 0;
      if (key == "sender") {
        if (value.get(sender)) return fail("sender: not a text");
      } else if (key == "version") {
        if (value.get(version) || version != wire_version)
          return fail(Errc::unsupported,
                      fmt::format("version: this process speaks {}", wire_version));
      } else {
        return fail(fmt::format("{}: not in the first line, which is {{\"sender\": NAME}}",
                                printable_ascii(key, most_shown)));
      }
    }
    return std::string{sender.substr(0, max_feed_name + 1)};
  } catch (const WrongRow& wrong) {
    return fail("the first line is " + wrong.why);
  }
}

Result<FeedReading> json_rows(std::string_view text) {
  FeedReading reading;
  JsonRows json;
  Lines lines{text};
  lines.next();
  std::uint32_t number = 0;
  while (const auto line = lines.next()) {
    if (++number > max_feed_rows) return tl::unexpected(too_many_rows());
    FeedRow row;
    try {
      json.read(*line, row);
      reading.rows.push_back({number, std::move(row)});
    } catch (const WrongRow& wrong) {
      reading.refuse({number, printable_ascii(row.target, most_shown), wrong.key, wrong.why});
    }
  }
  return reading;
}

// ---- MessagePack

// What stands before the rows.
struct Opening {
  std::string sender;
  std::uint32_t rows = 0;
};

// Throws MsgpackReader::Wrong.
Opening read_opening(MsgpackReader& in) {
  const auto fields = in.array(1);
  if (fields < field_count<FeedMessage>)
    throw MsgpackReader::Wrong{Errc::bad_value,
                               fmt::format("only {} fields: not [version, sender, rows]", fields)};
  if (const auto version = in.integer<std::uint64_t>(); version != wire_version)
    throw MsgpackReader::Wrong{Errc::unsupported, fmt::format("version {}: this process speaks {}",
                                                              version, wire_version)};
  Opening opening;
  opening.sender = in.text().substr(0, max_feed_name + 1);
  opening.rows = in.array(1);
  return opening;
}

void set(MsgpackReader& in, std::string& into) {
  into = in.text();
}
void set(MsgpackReader& in, double& into) {
  into = in.real();
}

void read_row(std::span<const std::uint8_t> bytes, FeedRow& row) {
  try {
    MsgpackReader in{bytes};
    const auto count = in.array(1);
    std::uint32_t at = 0;
    for_each_field<FeedRow>([&](const auto& field) {
      if (at++ >= count) return;
      auto& value = row.*field.member;
      try {
        if (bytes[bytes.size() - in.left()] == nil_byte)
          in.skip();
        else
          set(in, value);
      } catch (const MsgpackReader::Wrong& wrong) {
        throw WrongRow{field.name, fmt::format("{}: {}", field.name, wrong.why)};
      }
      check(field, value);
    });
    if (row.target.empty()) throw WrongRow{"target", "target: missing"};
  } catch (const MsgpackReader::Wrong& wrong) {  // Not an array.
    throw WrongRow{"", wrong.why};
  }
}

Result<FeedReading> messagepack_rows(std::span<const std::uint8_t> bytes) {
  FeedReading reading;
  std::uint32_t number = 0;
  try {
    MsgpackReader in{bytes};
    const auto opening = read_opening(in);
    if (opening.rows > max_feed_rows) return tl::unexpected(too_many_rows());
    while (number < opening.rows) {
      ++number;
      const auto begin = bytes.size() - in.left();
      in.skip();
      FeedRow row;
      try {
        read_row(bytes.subspan(begin, bytes.size() - in.left() - begin), row);
        reading.rows.push_back({number, std::move(row)});
      } catch (const WrongRow& wrong) {
        reading.refuse({number, printable_ascii(row.target, most_shown), wrong.key, wrong.why});
      }
    }
    if (in.left() != 0) return fail(fmt::format("{} bytes left over", in.left()));
    return reading;
  } catch (const MsgpackReader::Wrong& wrong) {
    return fail(wrong.code,
                number == 0 ? wrong.why
                            : fmt::format("row {}: {}; a row is an array of fields in their order",
                                          number, wrong.why));
  }
}

}  // namespace

void FeedReading::refuse(FeedRefusal refusal) {
  ++refused;
  if (refusals.size() < max_feed_refusals) refusals.push_back(std::move(refusal));
}

FeedNotation feed_notation(std::span<const std::uint8_t> bytes) {
  const auto text = text_of(bytes);
  const bool is_packed = !text.empty() && bytes[0] >= 0x80 && !is_utf16(text) &&
                         without_byte_order_mark(text).size() == text.size();
  return is_packed ? FeedNotation::messagepack : FeedNotation::json_lines;
}

Result<std::string> read_feed_sender(std::span<const std::uint8_t> bytes) {
  if (feed_notation(bytes) == FeedNotation::json_lines) return json_sender(text_of(bytes));
  try {
    MsgpackReader in{bytes};
    return read_opening(in).sender;
  } catch (const MsgpackReader::Wrong& wrong) {
    return fail(wrong.code, wrong.why);
  }
}

Result<FeedReading> read_feed_rows(std::span<const std::uint8_t> bytes) {
  if (bytes.size() > max_feed_bytes)
    return fail(Errc::too_large,
                fmt::format("a message of {} bytes, at most {}: send its rows in several",
                            bytes.size(), max_feed_bytes));
  return feed_notation(bytes) == FeedNotation::json_lines ? json_rows(text_of(bytes))
                                                          : messagepack_rows(bytes);
}

std::vector<std::uint8_t> write_feed_answer(const FeedAnswer& answer, FeedNotation notation) {
  if (notation == FeedNotation::messagepack) return encode(answer);
  const std::string text = json_text(answer);
  return {text.begin(), text.end()};
}

}  // namespace paceline
