#include "services/statfeed/mapping.h"

#include <algorithm>

#include "common/base/ascii.h"
#include "common/base/check.h"

namespace paceline::statfeed {
namespace {

constexpr std::size_t id_length = 36;
constexpr std::size_t salt_length = 24;  // "xxxxxxxx-xxxx-4xxx-axxx-": the rest is the number.

MappedStatistic of_group(std::string name, bool needed = true) {
  return {.of_queue = false,
          .object_type = "GroupAgents",
          .name = std::move(name),
          .definition = {},
          .needed = needed};
}

MappedStatistic of_queue(std::string name, bool needed = true) {
  return {.of_queue = true,
          .object_type = "Queue",
          .name = std::move(name),
          .definition = {},
          .needed = needed};
}

// Lower case, `width` digits.
void write_hex(char* out, std::uint64_t value, int width) {
  for (int i = width - 1; i >= 0; --i, value >>= 4) out[i] = "0123456789abcdef"[value & 15];
}

std::optional<std::uint64_t> read_hex(std::string_view text) {
  std::uint64_t value = 0;
  for (const char written : text) {
    const char c = ascii_lower(written);
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return std::nullopt;
    value = value << 4 | static_cast<std::uint64_t>(digit);
  }
  return value;
}

// The first 24 characters of a version 4 UUID: 60 bits of the salt.
void write_salt(char* out, std::uint64_t salt) {
  write_hex(out, salt >> 32, 8);
  out[8] = '-';
  write_hex(out + 9, salt >> 16, 4);
  out[13] = '-';
  out[14] = '4';
  write_hex(out + 15, salt >> 4, 3);
  out[18] = '-';
  out[19] = 'a';
  write_hex(out + 20, salt, 3);
  out[23] = '-';
}

}  // namespace

const char* to_string(StatisticKind kind) {
  switch (kind) {
    case StatisticKind::logged_in:
      return "logged_in";
    case StatisticKind::ready:
      return "ready";
    case StatisticKind::busy:
      return "busy";
    case StatisticKind::after_call_work:
      return "after_call_work";
    case StatisticKind::not_ready:
      return "not_ready";
    case StatisticKind::in_queue:
      return "in_queue";
    case StatisticKind::entered:
      return "entered";
    case StatisticKind::answered:
      return "answered";
    case StatisticKind::abandoned:
      return "abandoned";
    case StatisticKind::handling_time:
      return "handling_time";
    case StatisticKind::waiting_time:
      return "waiting_time";
    case StatisticKind::in_handling:
      return "in_handling";
    case StatisticKind::slots:
      return "slots";
  }
  return "unknown";
}

Mapping default_mapping() {
  Mapping mapping;
  mapping[StatisticKind::logged_in] = of_group("LoggedInAgents");
  mapping[StatisticKind::ready] = of_group("CurrentReadyAgents");
  mapping[StatisticKind::busy] = of_group("BusyAgents");
  mapping[StatisticKind::after_call_work] = of_group("AfterCallWorkAgents", false);
  mapping[StatisticKind::not_ready] = of_group("NotReadyAgents", false);
  mapping[StatisticKind::in_queue] = of_queue("Current_In_Queue");
  mapping[StatisticKind::entered] = of_queue("Total_Entered");
  mapping[StatisticKind::answered] = of_queue("Total_Answered");
  mapping[StatisticKind::abandoned] = of_queue("Total_Abandoned");
  mapping[StatisticKind::handling_time] = of_group("AverageHandlingTime", false);
  mapping[StatisticKind::waiting_time] = of_queue("AverageWaitingTime", false);
  for (const auto kind : {StatisticKind::in_handling, StatisticKind::slots}) {
    mapping[kind] = of_group("", false);
    mapping[kind].asked = false;
  }
  return mapping;
}

std::uint32_t asked_kinds(const Mapping& mapping) {
  std::uint32_t asked = 0;
  for (std::uint32_t i = 0; i < statistic_kind_count; ++i)
    if (mapping.statistics[i].asked) asked |= 1u << i;
  return asked;
}

Result<std::string> filled(std::string_view pattern, const TargetObjects& target) {
  std::string out;
  while (!pattern.empty()) {
    const auto open = pattern.find('{');
    out += pattern.substr(0, open);
    if (open == pattern.npos) break;
    const auto close = pattern.find('}', open);
    if (close == pattern.npos) return fail("a { without its }");
    const auto word = pattern.substr(open + 1, close - open - 1);
    if (word == "id")
      out += target.id;
    else if (word == "channel")
      out += target.media_channel;
    else if (word == "group")
      out += target.group;
    else if (word == "queue")
      out += target.queue;
    else
      return fail("{" + std::string{word} + "} is not one of {id}, {channel}, {group}, {queue}");
    pattern.remove_prefix(close + 1);
  }
  return out;
}

StatisticRequest request_for(const Mapping& mapping, const TargetObjects& target,
                             StatisticKind kind) {
  const auto& mapped = mapping[kind];
  const auto good = [&](std::string_view pattern) {
    auto text = filled(pattern, target);
    CHECK(text.has_value());  // The settings' reader tried it.
    return *std::move(text);
  };
  return {.statistic_id = {},
          .object_id = !mapped.object.empty() ? good(mapped.object)
                       : mapped.of_queue      ? target.queue
                                              : target.group,
          .object_type = mapped.object_type,
          .name = mapped.definition ? std::string{} : good(mapped.name),
          .definition = mapped.definition};
}

std::string statistic_id(std::uint64_t salt, std::uint16_t generation, Statistic statistic) {
  std::string id(id_length, '0');
  write_salt(id.data(), salt);
  write_hex(id.data() + salt_length, generation, 4);
  write_hex(id.data() + salt_length + 4, statistic, 8);
  return id;
}

std::optional<StatisticId> read_statistic_id(std::string_view id, std::uint64_t salt) {
  char prefix[salt_length];
  write_salt(prefix, salt);
  if (id.size() != id_length ||
      !std::equal(prefix, prefix + salt_length, id.begin(),
                  [](char ours, char theirs) { return ours == ascii_lower(theirs); }))
    return std::nullopt;
  const auto number = read_hex(id.substr(salt_length));
  if (!number) return std::nullopt;
  return StatisticId{.generation = static_cast<std::uint16_t>(*number >> 32),
                     .statistic = static_cast<Statistic>(*number)};
}

}  // namespace paceline::statfeed
