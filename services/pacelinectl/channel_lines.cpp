#include "services/pacelinectl/channel_lines.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/wire/codec.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

using Fields = std::vector<LogField>;

Fields fields_of(const TargetStat& row) {
  return {{"quality", to_string(row.quality)},
          {"logged_in", row.logged_in},
          {"ready", row.ready},
          {"busy", row.busy},
          {"after_call_work", row.after_call_work},
          {"not_ready", row.not_ready},
          {"in_queue", row.in_queue},
          {"entered", row.entered},
          {"answered", row.answered},
          {"abandoned", row.abandoned},
          {"handling_time_s", row.handling_time_s},
          {"waiting_time_s", row.waiting_time_s},
          {"age_s", row.age_s}};
}

Fields fields_of(const TargetPace& row) {
  return {{"state", to_string(row.state)},
          {"reason", to_string(row.reason)},
          {"proactive", row.proactive},
          {"max_pending", row.max_pending},
          {"pending", row.pending},
          {"reactive", row.reactive},
          {"reactive_state", row.reactive_state},
          {"predicted_wait_s", row.predicted_wait_s},
          {"logged_in", row.logged_in},
          {"ready", row.ready},
          {"busy", row.busy},
          {"after_call_work", row.after_call_work},
          {"in_queue", row.in_queue},
          {"acceptance", row.acceptance},
          {"abandonment", row.abandonment},
          {"busy_factor", row.busy_factor},
          {"goal", row.goal}};
}

Fields fields_of(const TargetFeedback& row) {
  return {{"sent", row.sent},           {"accepted", row.accepted}, {"rejected", row.rejected},
          {"timed_out", row.timed_out}, {"answered", row.answered}, {"abandoned", row.abandoned},
          {"pending", row.pending}};
}

Fields fields_of(const ElectionMessage& message) {
  return {{"kind", to_string(message.kind)},
          {"role", to_string(message.role)},
          {"term", message.term},
          {"priority", message.priority},
          {"tier", message.tier},
          {"master", message.master},
          {"to", message.to},
          {"target", message.target},
          {"ok", message.ok},
          {"sequence", message.sequence},
          {"why", message.why}};
}

Fields fields_of(const Grant& grant) {
  return {{"term", grant.term},
          {"sequence", grant.sequence},
          {"expires_ns", grant.expires_ns},
          {"publisher", grant.publisher},
          {"why", grant.why}};
}

Fields fields_of(const PublicationReport& report) {
  return {{"open", report.open},
          {"term", report.term},
          {"sequence", report.sequence},
          {"outcome", to_string(report.outcome)},
          {"status", report.status},
          {"round_trip_ms", report.round_trip_ms},
          {"period_ms", report.period_ms},
          {"targets", report.targets},
          {"rejected_targets", report.rejected_targets},
          {"body_bytes", report.body_bytes},
          {"sent_bytes", report.sent_bytes},
          {"cycles", report.cycles},
          {"skipped_cycles", report.skipped_cycles},
          {"prompts", report.prompts},
          {"requests", report.requests},
          {"wire_bytes", report.wire_bytes},
          {"since_accepted_s", report.since_accepted_s},
          {"pace_age_s", report.pace_age_s},
          {"endpoint_reachable", report.endpoint_reachable},
          {"detail", report.detail}};
}

template <class Message>
Result<std::vector<ChannelLine>> message_line(const Address& from,
                                              std::span<const std::uint8_t> bytes) {
  const Message message = TRY(decode<Message>(bytes));
  return std::vector<ChannelLine>{{from.text(), "", fields_of(message)}};
}

std::string value_text(const LogField& field) {
  return std::visit(
      [](const auto& value) -> std::string {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, double>)
          return fmt::format("{:.4g}", value);
        else if constexpr (std::is_same_v<T, std::string>)
          return printable(value);
        else
          return fmt::format("{}", value);
      },
      field.value);
}

std::string fields_text(const Fields& fields) {
  std::string text;
  for (const LogField& field : fields) {
    const std::string value = value_text(field);
    if (value.empty()) continue;
    const bool quoted = value.find(' ') != value.npos;
    text += fmt::format(" {}={}{}{}", field.key, quoted ? "\"" : "", value, quoted ? "\"" : "");
  }
  return text;
}

}  // namespace

ChannelLines::ChannelLines(std::string channel, Options options)
    : channel_{std::move(channel)}, options_{std::move(options)} {
}

template <class Row>
Result<std::vector<ChannelLine>> ChannelLines::row_lines(const Address& from,
                                                         std::span<const std::uint8_t> bytes) {
  const auto frame = TRY(decode<StateFrame<Row>>(bytes));
  std::vector<ChannelLine> lines;
  if (frame.header.keyframe) dictionaries_[frame.header.dictionary] = frame.ids;
  const auto ids = dictionaries_.find(frame.header.dictionary);
  if (ids == dictionaries_.end()) return lines;  // The next keyframe names them.
  for (std::size_t i = 0; i < frame.rows.size(); ++i) {
    if (frame.indices[i] >= ids->second.size()) continue;
    const std::string& id = ids->second[frame.indices[i]];
    if (!options_.target.empty() && id != options_.target) continue;
    ChannelLine line{from.text(), id, fields_of(frame.rows[i])};
    std::string text = fields_text(line.fields);
    auto [last, first] = last_.try_emplace({line.from, id});
    const bool news = last->second != text;
    last->second = std::move(text);
    if (news && (!first || !frame.header.keyframe || !options_.target.empty()))
      lines.push_back(std::move(line));
  }
  return lines;
}

Result<std::vector<ChannelLine>> ChannelLines::lines_of(const Address& from,
                                                        std::span<const std::uint8_t> bytes) {
  if (channel_ == "stat") return row_lines<TargetStat>(from, bytes);
  if (channel_ == "pace") return row_lines<TargetPace>(from, bytes);
  if (channel_ == "feedback") return row_lines<TargetFeedback>(from, bytes);
  if (channel_ == "grant") return message_line<Grant>(from, bytes);
  if (channel_ == "publication") return message_line<PublicationReport>(from, bytes);
  return message_line<ElectionMessage>(from, bytes);
}

std::string line_text(const ChannelLine& line) {
  const std::string target = line.target.empty() ? "" : " " + printable(line.target);
  return line.from + target + fields_text(line.fields);
}

std::string line_json(const ChannelLine& line, std::string_view time) {
  using Json = nlohmann::ordered_json;
  Json json = {{"time", time}, {"from", line.from}};
  if (!line.target.empty()) json["target"] = line.target;
  for (const LogField& field : line.fields)
    std::visit([&](const auto& value) { json[std::string{field.key}] = value; }, field.value);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace paceline::pacelinectl
