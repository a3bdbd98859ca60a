// The Statistics API v3 as Paceline speaks it: structures and their JSON, for statfeed and the
// simulator. Source: the vendor's published API (subscriptions, statistic values, CometD
// notifications).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace paceline {

/// A statistic asked for: either by `name` (defined at the server) or by definition.
struct StatisticDefinition {
  std::string notification_mode = "Immediate";  // Immediate, Periodical, Reset, NoNotification.
  int notification_frequency = 0;               // [s]
  int insensitivity = 0;
  std::string category;
  std::string subject;
  std::string main_mask;

  bool operator==(const StatisticDefinition&) const = default;
};

struct StatisticRequest {
  std::string statistic_id;
  std::string object_id;
  std::string object_type;  // GroupAgents, Queue, ...
  std::string name;         // Empty if `definition` is given.
  std::optional<StatisticDefinition> definition;

  bool operator==(const StatisticRequest&) const = default;
};

/// POST /subscriptions: {"operationId":..,"data":{"statistics":[..]}}
struct SubscriptionRequest {
  std::string operation_id;  // Becomes the subscription's id.
  std::vector<StatisticRequest> statistics;

  bool operator==(const SubscriptionRequest&) const = default;
};

/// One value, in answers and in pushed updates.
struct StatisticValue {
  std::string statistic_id;
  std::string subscription_id;
  std::string name;
  std::string object_id;
  std::string object_type;
  std::int64_t timestamp_ms = 0;  // [ms since 1970] by the server.
  double value = 0;               // intValue, the number in stringValue, or `value` itself.
  bool valid = true;              // False: the server has no value for it (StatInvalid).

  bool operator==(const StatisticValue&) const = default;
};

/// Entries of a list that could not be read. Each is left out, or invalid if it says which statistic
/// it is of; the others count.
struct Unreadable {
  std::uint32_t entries = 0;
  std::string first;  // "statistics[3] (id X): value: neither a number nor the text of one"

  bool operator==(const Unreadable&) const = default;
};

struct StatisticError {
  std::string statistic_id;  // May be empty: the whole operation.
  int code = 0;
  std::string message;

  bool operator==(const StatisticError&) const = default;
};

/// The answer to POST /subscriptions and GET /subscriptions/{id}/statistic-values.
struct SubscriptionAnswer {
  int code = 0;  // status.code: 0 = done.
  std::string message;
  std::string subscription_id;
  std::vector<StatisticValue> statistics;
  std::vector<StatisticError> errors;
  Unreadable unreadable{};

  bool operator==(const SubscriptionAnswer&) const = default;
};

void encode_subscription(const SubscriptionRequest& request, std::string& out);
Result<SubscriptionRequest> decode_subscription(std::string_view json);
/// POST /operations/get-statistic-ex, values without a subscription: {"data":{"statistics":[..]}},
/// whose statistics need no id.
Result<std::vector<StatisticRequest>> decode_statistics_question(std::string_view json);
void encode_subscription_answer(const SubscriptionAnswer& answer, std::string& out);
/// The answer to GET /statistic-values/{name}: {"status":..,"data":{"statistic":{..}}}
void encode_statistic_answer(const StatisticValue& value, std::string& out);
/// As servers are found to write: a value may be a number, a text, or an object with either; a
/// number may be a text; `null` is nothing; a byte order mark may come first. A timestamp that is
/// no number counts as not said.
///   errors   bad_value: no JSON object, or what is no entry of a list is of another type
///            too_large: a list or the whole beyond its bound
Result<SubscriptionAnswer> decode_subscription_answer(std::string_view json);

/// What a Bayeux message without content of ours is about.
enum class MetaChannel : std::uint8_t {
  none,  // Not a meta channel, or one that is unknown.
  handshake,
  connect,
  subscribe,
  unsubscribe,
  disconnect,
};

/// The channel's name, as "/meta/connect"; empty for none.
std::string_view channel_name(MetaChannel channel);
MetaChannel meta_channel(std::string_view name);

/// A Bayeux (CometD 1.0) message, either way.
struct BayeuxMessage {
  std::string channel;
  std::string id;
  std::string client_id;
  std::optional<bool> successful;
  std::string error;
  std::string subscription;
  std::vector<std::string> subscriptions;  // Where it is a list instead (Bayeux 1.0, 4.3).
  std::string connection_type;
  std::vector<std::string>
      connection_types;  // Of a handshake; encoded, none is long-polling alone.
  // advice
  std::string reconnect;         // "retry", "handshake", "none"; "" = no advice.
  std::int64_t timeout_ms = -1;  // -1 = not said.
  std::int64_t interval_ms = -1;
  // data of /statistics/v3/updates (bare or wrapped in `data`) and /statistics/v3/service
  std::vector<StatisticValue> statistics;
  std::string service_state;  // "Available", "Unavailable"; "" = not said.
  Unreadable unreadable{};

  bool operator==(const BayeuxMessage&) const = default;
};

/// A JSON array of messages (a single object is taken for an array of one).
void encode_bayeux(const std::vector<BayeuxMessage>& messages, std::string& out);
/// A message that cannot be read is left out and counted at the first that can.
///   errors   bad_value: no JSON, or no message that can be read
///            too_large: beyond a bound
Result<std::vector<BayeuxMessage>> decode_bayeux(std::string_view json);

inline constexpr std::string_view updates_channel = "/statistics/v3/updates";
inline constexpr std::string_view service_channel = "/statistics/v3/service";

}  // namespace paceline
