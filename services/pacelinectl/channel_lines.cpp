#include "services/pacelinectl/channel_lines.h"

#include <fmt/format.h>

#include "common/wire/codec.h"
#include "common/wire/json_fields.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

/// As it stands behind its name; "" for a list.
template <class Value>
std::string value_text(const Value& value) {
  if constexpr (std::is_same_v<Value, double>)
    return fmt::format("{:.4g}", value);
  else if constexpr (std::is_same_v<Value, std::string>)
    return printable(value);
  else if constexpr (Worded<Value>)
    return to_string(value);
  else if constexpr (std::is_arithmetic_v<Value>)
    return fmt::format("{}", value);
  else
    return {};
}

/// " state=ok reason=granted ...", without empty texts and lists.
template <Structure T>
std::string fields_text(const T& message) {
  std::string text;
  for_each_field<T>([&](const auto& field) {
    const std::string value = value_text(message.*field.member);
    if (value.empty()) return;
    const bool quoted = value.find(' ') != value.npos;
    text += fmt::format(" {}={}{}{}", field.name, quoted ? "\"" : "", value, quoted ? "\"" : "");
  });
  return text;
}

template <Structure T>
std::string line_json(std::string_view time, const Address& from, const std::string& target,
                      const T& message) {
  JsonWriter json;
  json.begin();
  json.member("time", time);
  json.member("from", from.text());
  if (!target.empty()) json.member("target", target);
  write_fields(json, message);
  json.end();
  return json.text() + "\n";
}

}  // namespace

ChannelLines::ChannelLines(std::string channel, Options options)
    : channel_{std::move(channel)}, options_{std::move(options)} {
}

template <class Row>
Result<std::vector<std::string>> ChannelLines::row_lines(const Address& from,
                                                         std::span<const std::uint8_t> bytes,
                                                         std::string_view time) {
  const auto frame = TRY(decode<StateFrame<Row>>(bytes));
  std::vector<std::string> lines;
  if (frame.header.keyframe) dictionaries_[frame.header.dictionary] = frame.ids;
  const auto ids = dictionaries_.find(frame.header.dictionary);
  if (ids == dictionaries_.end()) return lines;  // The next keyframe names them.
  for (std::size_t i = 0; i < frame.rows.size(); ++i) {
    if (frame.indices[i] >= ids->second.size()) continue;
    const std::string& id = ids->second[frame.indices[i]];
    if (!options_.target.empty() && id != options_.target) continue;
    std::string text = fields_text(frame.rows[i]);
    auto [last, first] = last_.try_emplace({from.text(), id});
    const bool changed = last->second != text;
    last->second = text;
    if (!changed || (first && frame.header.keyframe && options_.target.empty())) continue;
    lines.push_back(options_.json
                        ? line_json(time, from, id, frame.rows[i])
                        : fmt::format("{} {} {}{}\n", time, from.text(), printable(id), text));
  }
  return lines;
}

template <class Message>
Result<std::vector<std::string>> ChannelLines::message_line(const Address& from,
                                                            std::span<const std::uint8_t> bytes,
                                                            std::string_view time) {
  const Message message = TRY(decode<Message>(bytes));
  return std::vector<std::string>{
      options_.json ? line_json(time, from, "", message)
                    : fmt::format("{} {}{}\n", time, from.text(), fields_text(message))};
}

Result<std::vector<std::string>> ChannelLines::lines_of(const Address& from,
                                                        std::span<const std::uint8_t> bytes,
                                                        std::string_view time) {
  if (channel_ == "stat") return row_lines<TargetStat>(from, bytes, time);
  if (channel_ == "pace") return row_lines<TargetPace>(from, bytes, time);
  if (channel_ == "feedback") return row_lines<TargetFeedback>(from, bytes, time);
  if (channel_ == "grant") return message_line<Grant>(from, bytes, time);
  if (channel_ == "publication") return message_line<PublicationReport>(from, bytes, time);
  return message_line<ElectionMessage>(from, bytes, time);
}

}  // namespace paceline::pacelinectl
