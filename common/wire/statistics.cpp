#include "common/wire/statistics.h"

#include <fmt/format.h>
#include <rapidjson/writer.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "common/base/utf8.h"
#include "common/wire/messages.h"

namespace paceline {
namespace {

namespace dom = simdjson::dom;

// Up to here a double holds every whole number.
constexpr double max_exact = 9007199254740992.0;
constexpr std::size_t max_texts = 1000;  // In a list of channels or of connection types.

// By MetaChannel.
constexpr std::array<std::string_view, 6> meta_channels = {"",
                                                           "/meta/handshake",
                                                           "/meta/connect",
                                                           "/meta/subscribe",
                                                           "/meta/unsubscribe",
                                                           "/meta/disconnect"};

// ---- Out

// Lets a std::string be written to by rapidjson::Writer.
struct TextSink {
  using Ch = char;
  std::string& out;
  void Put(char c) { out.push_back(c); }
  void Flush() {}
};

class Json {
 public:
  explicit Json(std::string& out) : sink_{out}, writer_{sink_} { out.clear(); }

  void open() { writer_.StartObject(); }
  void open(std::string_view name) {
    key(name);
    writer_.StartObject();
  }
  void close() { writer_.EndObject(); }
  void open_list() { writer_.StartArray(); }
  void open_list(std::string_view name) {
    key(name);
    writer_.StartArray();
  }
  void close_list() { writer_.EndArray(); }

  void text(std::string_view name, std::string_view value) {
    key(name);
    string(value);
  }
  void text_if_any(std::string_view name, std::string_view value) {
    if (!value.empty()) text(name, value);
  }
  void texts(std::string_view name, const std::vector<std::string>& values) {
    open_list(name);
    for (const auto& value : values) string(value);
    close_list();
  }
  void integer(std::string_view name, std::int64_t value) {
    key(name);
    writer_.Int64(value);
  }
  void boolean(std::string_view name, bool value) {
    key(name);
    writer_.Bool(value);
  }
  void null(std::string_view name) {
    key(name);
    writer_.Null();
  }
  void string(std::string_view value) {
    writer_.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  }

 private:
  void key(std::string_view name) {
    writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
  }

  TextSink sink_;
  rapidjson::Writer<TextSink> writer_;
};

void write_members(Json& json, const StatisticValue& value) {
  json.text_if_any("statisticId", value.statistic_id);
  json.text_if_any("subscriptionId", value.subscription_id);
  json.text_if_any("name", value.name);
  json.text_if_any("objectId", value.object_id);
  json.text_if_any("objectType", value.object_type);
  json.integer("timestamp", value.timestamp_ms);
  if (value.valid && std::isfinite(value.value)) {
    json.open("value");
    if (std::abs(value.value) <= max_exact)
      json.integer("intValue", static_cast<std::int64_t>(value.value));
    char digits[32];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), value.value).ptr;
    json.text("stringValue", {digits, static_cast<std::size_t>(end - digits)});
    json.integer("timestamp", value.timestamp_ms);
    json.integer("intervalLength", 0);
    json.integer("tag", -1);
    json.close();
  } else {
    json.null("value");
  }
}

void write_values(Json& json, const std::vector<StatisticValue>& values) {
  json.open_list("statistics");
  for (const auto& value : values) {
    json.open();
    write_members(json, value);
    json.close();
  }
  json.close_list();
}

void write_request(Json& json, const StatisticRequest& request) {
  json.open();
  json.text("statisticId", request.statistic_id);
  json.text("objectId", request.object_id);
  json.text("objectType", request.object_type);
  json.text_if_any("name", request.name);
  if (const auto& definition = request.definition) {
    json.open("definition");
    json.text("notificationMode", definition->notification_mode);
    json.integer("notificationFrequency", definition->notification_frequency);
    json.integer("insensitivity", definition->insensitivity);
    json.text("category", definition->category);
    json.text("subject", definition->subject);
    json.text("mainMask", definition->main_mask);
    json.close();
  }
  json.close();
}

void write_message(Json& json, const BayeuxMessage& message) {
  json.open();
  json.text("channel", message.channel);
  json.text_if_any("id", message.id);
  json.text_if_any("clientId", message.client_id);
  if (message.successful) json.boolean("successful", *message.successful);
  json.text_if_any("error", message.error);
  if (message.subscriptions.empty())
    json.text_if_any("subscription", message.subscription);
  else
    json.texts("subscription", message.subscriptions);
  json.text_if_any("connectionType", message.connection_type);
  if (meta_channel(message.channel) ==
      MetaChannel::handshake) {  // What every handshake says, either way.
    json.text("version", "1.0");
    json.text("minimumVersion", "1.0");
    if (message.connection_types.empty())
      json.texts("supportedConnectionTypes", {"long-polling"});
    else
      json.texts("supportedConnectionTypes", message.connection_types);
  }
  if (!message.reconnect.empty() || message.timeout_ms >= 0 || message.interval_ms >= 0) {
    json.open("advice");
    json.text_if_any("reconnect", message.reconnect);
    if (message.timeout_ms >= 0) json.integer("timeout", message.timeout_ms);
    if (message.interval_ms >= 0) json.integer("interval", message.interval_ms);
    json.close();
  }
  if (!message.statistics.empty() || !message.service_state.empty()) {
    json.open("data");
    if (!message.statistics.empty()) write_values(json, message.statistics);
    json.text_if_any("serviceState", message.service_state);
    json.close();
  }
  json.close();
}

// ---- In

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

// What one entry of a list gave: nothing if it cannot be used, and why it cannot be read.
template <class Item>
struct Entry {
  std::optional<Item> item;
  std::string odd;
};

void note(Unreadable& unreadable, std::string why) {
  if (unreadable.entries++ == 0) unreadable.first = std::move(why);
}

// One JSON object whose members are asked for by name. A member that is absent or null gives the
// fallback; one of another type is an error that names it.
class AnswerMembers {
 public:
  explicit AnswerMembers(dom::object object) : object_{object} {}

  Result<std::string> text(std::string_view name) const {
    const auto element = find(name);
    return element ? text_of(name, *element) : std::string{};
  }

  /// A text, or a number in its place.
  Result<std::string> word(std::string_view name) const {
    const auto element = find(name);
    if (!element) return std::string{};
    std::int64_t number = 0;
    if (!element->is_string() && !element->get(number)) return std::to_string(number);
    return text_of(name, *element);
  }

  /// A list of texts; none if it is anything else.
  std::vector<std::string> texts(std::string_view name) const {
    std::vector<std::string> values;
    const auto element = find(name);
    dom::array array;
    if (!element || element->get(array) || array.size() > max_texts) return values;
    for (const dom::element entry : array) {
      std::string_view value;
      if (entry.get(value) || value.size() > max_text_bytes) return {};
      values.emplace_back(value);
    }
    return values;
  }

  Result<std::int64_t> integer(std::string_view name, std::int64_t fallback) const {
    const auto element = find(name);
    if (!element) return fallback;
    std::int64_t whole = 0;
    if (!element->get(whole)) return whole;
    double real = 0;
    if (std::string_view text; !element->get(text)) {
      const auto written = number_in(text);
      if (!written) return wrong(name, "a whole number");
      real = *written;
    } else if (element->get(real)) {
      return wrong(name, "a whole number");
    }
    if (!(std::abs(real) <= max_exact)) return wrong(name, "a whole number");
    return static_cast<std::int64_t>(real);
  }

  Result<int> small(std::string_view name, int fallback) const {
    const auto value = TRY(integer(name, fallback));
    if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max())
      return wrong(name, "a whole number of 32 bits");
    return static_cast<int>(value);
  }

  Result<std::optional<bool>> boolean(std::string_view name) const {
    const auto element = find(name);
    if (!element) return std::optional<bool>{};
    bool value = false;
    if (element->get(value)) return wrong(name, "true or false");
    return std::optional{value};
  }

  Result<std::optional<AnswerMembers>> object(std::string_view name) const {
    const auto element = find(name);
    if (!element) return std::optional<AnswerMembers>{};
    dom::object value;
    if (element->get(value)) return wrong(name, "an object");
    return std::optional{AnswerMembers{value}};
  }

  /// Appends what `read` makes of every object of the list.
  template <class Item, class Read>
  Result<void> list(std::string_view name, std::vector<Item>& items, Read read) const {
    const auto element = find(name);
    if (!element) return {};
    dom::array array;
    if (element->get(array)) return wrong(name, "a list");
    for (const dom::element entry : array) {
      if (items.size() == max_rows)
        return fail(Errc::too_large, fmt::format("{}: over {} items", name, max_rows));
      dom::object object;
      if (entry.get(object)) return wrong(fmt::format("{}[{}]", name, items.size()), "an object");
      auto item = read(AnswerMembers{object});
      if (!item)
        return fail(item.error().code,
                    fmt::format("{}[{}].{}", name, items.size(), item.error().detail));
      items.push_back(*std::move(item));
    }
    return {};
  }

  /// The same, but an entry that cannot be read leaves the others alone; `read` gives an Entry.
  template <class Item, class Read>
  Result<void> entries(std::string_view name, std::vector<Item>& items, Unreadable& unreadable,
                       Read read) const {
    const auto element = find(name);
    if (!element) return {};
    dom::array array;
    if (element->get(array)) return wrong(name, "a list");
    constexpr std::size_t most_room = 65'536;  // Before any was read.
    items.reserve(items.size() + std::min(array.size(), most_room));
    std::size_t at = 0;
    for (const dom::element entry : array) {
      if (at == max_rows)
        return fail(Errc::too_large, fmt::format("{}: over {} items", name, max_rows));
      const auto place = at++;
      dom::object object;
      if (entry.get(object)) {
        note(unreadable, fmt::format("{}[{}]: not an object", name, place));
        continue;
      }
      Entry<Item> got = read(AnswerMembers{object});
      if (!got.odd.empty()) note(unreadable, fmt::format("{}[{}]{}", name, place, got.odd));
      if (got.item) items.push_back(*std::move(got.item));
    }
    return {};
  }

  std::optional<dom::element> find(std::string_view name) const {
    dom::element element;
    if (object_.at_key(name).get(element) || element.is_null()) return std::nullopt;
    return element;
  }

 private:
  static Result<std::string> text_of(std::string_view name, const dom::element& element) {
    std::string_view value;
    if (element.get(value)) return wrong(name, "a text");
    if (value.size() > max_text_bytes)
      return fail(Errc::too_large, fmt::format("{}: {} bytes of text", name, value.size()));
    return std::string{value};
  }

  static tl::unexpected<Error> wrong(std::string_view name, std::string_view expected) {
    return fail(fmt::format("{}: not {}", name, expected));
  }

  dom::object object_;
};

std::optional<double> number_of(const dom::element& element) {
  double number = 0;
  if (!element.get(number)) return number;
  std::string_view text;
  if (!element.get(text)) return number_in(text);
  return std::nullopt;
}

// The number of a `value` object: intValue, made finer by stringValue where that says the same
// number with its fraction; stringValue alone where there is no intValue. Nothing if neither is a
// number.
std::optional<double> number_of(const AnswerMembers& value) {
  const auto from = [&](std::string_view name) {
    const auto element = value.find(name);
    return element ? number_of(*element) : std::nullopt;
  };
  const auto whole = from("intValue");
  const auto written = from("stringValue");
  if (whole && written && std::abs(*written - *whole) < 1) return written;
  return whole ? whole : written;
}

bool is_plain(const std::optional<dom::element>& element) {
  return !element || element->is_number() || element->is_string();
}

// [ms since 1970]; 0 where nobody can tell: it only orders values.
std::int64_t timestamp_of(const AnswerMembers& members) {
  return members.integer("timestamp", 0).value_or(0);
}

// An entry is of use if it says which statistic it is of: by its id, or by object and name.
Entry<StatisticValue> read_value(const AnswerMembers& members) {
  const auto word = [&](std::string_view name) {
    return members.word(name).value_or(std::string{});
  };
  Entry<StatisticValue> read;
  StatisticValue value;
  value.valid = false;
  value.statistic_id = word("statisticId");
  value.subscription_id = word("subscriptionId");
  value.name = word("name");
  value.object_id = word("objectId");
  value.object_type = word("objectType");
  value.timestamp_ms = timestamp_of(members);
  if (value.statistic_id.empty() && (value.object_id.empty() || value.name.empty())) {
    read.odd = ": neither a statisticId nor an object and a name";
    return read;
  }
  const auto said = members.find("value");
  std::optional<double> number;
  if (dom::object object; said && !said->get(object)) {
    const AnswerMembers inner{object};
    if (value.timestamp_ms == 0) value.timestamp_ms = timestamp_of(inner);
    number = number_of(inner);
    if (!number && !(is_plain(inner.find("intValue")) && is_plain(inner.find("stringValue"))))
      read.odd = "value.intValue: neither a number nor the text of one";
  } else if (said) {
    number = number_of(*said);
    if (!number && !is_plain(said)) read.odd = "value: neither a number nor the text of one";
  }
  if (!read.odd.empty())
    read.odd = fmt::format(
        " ({}): {}", value.statistic_id.empty() ? value.object_id : value.statistic_id, read.odd);
  if (number) {
    value.value = *number;
    value.valid = true;
  }
  read.item = std::move(value);
  return read;
}

Result<StatisticRequest> read_request(const AnswerMembers& members) {
  StatisticRequest request;
  request.statistic_id = TRY(members.text("statisticId"));
  request.object_id = TRY(members.text("objectId"));
  request.object_type = TRY(members.text("objectType"));
  request.name = TRY(members.text("name"));
  if (const auto inner = TRY(members.object("definition"))) {
    StatisticDefinition definition;
    if (inner->find("notificationMode"))
      definition.notification_mode = TRY(inner->text("notificationMode"));
    definition.notification_frequency = TRY(inner->small("notificationFrequency", 0));
    definition.insensitivity = TRY(inner->small("insensitivity", 0));
    definition.category = TRY(inner->text("category"));
    definition.subject = TRY(inner->text("subject"));
    definition.main_mask = TRY(inner->text("mainMask"));
    request.definition = std::move(definition);
  }
  return request;
}

// Those of an operation's `data`.
Result<std::vector<StatisticRequest>> read_requests(const AnswerMembers& members) {
  std::vector<StatisticRequest> requests;
  const auto data = TRY(members.object("data"));
  if (!data || !data->find("statistics")) return fail("data.statistics: missing");
  TRY(data->list("statistics", requests, read_request).map([] { return 0; }));
  return requests;
}

// The published schema has only `status` with a free `detail`; which statistic it is stands in one
// of three places, or nowhere.
Entry<StatisticError> read_error(const AnswerMembers& members) {
  const auto word = [](const AnswerMembers& of, std::string_view name) {
    return of.word(name).value_or(std::string{});
  };
  StatisticError error;
  error.statistic_id = word(members, "statisticId");
  const auto status = members.object("status").value_or(std::nullopt);
  if (!status) return {.item = std::move(error), .odd = {}};
  error.code = status->small("code", 0).value_or(0);
  error.message = word(*status, "message");
  if (error.statistic_id.empty()) error.statistic_id = word(*status, "statisticId");
  dom::object detail;
  if (const auto element = status->find("detail");
      element && error.statistic_id.empty() && !element->get(detail))
    error.statistic_id = word(AnswerMembers{detail}, "statisticId");
  return {.item = std::move(error), .odd = {}};
}

Result<BayeuxMessage> read_message(const AnswerMembers& members) {
  BayeuxMessage message;
  message.channel = TRY(members.text("channel"));
  if (message.channel.empty()) return fail("channel: missing");
  message.id = TRY(members.word("id"));
  message.client_id = TRY(members.text("clientId"));
  message.successful = TRY(members.boolean("successful"));
  message.error = TRY(members.text("error"));
  if (const auto listed = members.find("subscription"); listed && listed->is_array())
    message.subscriptions = members.texts("subscription");
  else
    message.subscription = TRY(members.text("subscription"));
  message.connection_type = TRY(members.text("connectionType"));
  if (meta_channel(message.channel) == MetaChannel::handshake)
    message.connection_types = members.texts("supportedConnectionTypes");
  if (const auto advice = TRY(members.object("advice"))) {
    message.reconnect = TRY(advice->text("reconnect"));
    message.timeout_ms = TRY(advice->integer("timeout", -1));
    message.interval_ms = TRY(advice->integer("interval", -1));
  }
  // Other channels' data is nobody's business here, whatever its shape.
  if (message.channel != updates_channel && message.channel != service_channel) return message;
  auto data = TRY(members.object("data"));
  if (data && data->find("data")) data = TRY(data->object("data"));
  if (!data) return message;
  TRY(data->entries("statistics", message.statistics, message.unreadable, read_value).map([] {
    return 0;
  }));
  message.service_state = TRY(data->text("serviceState"));
  return message;
}

// The parser keeps its memory between calls, 14 bytes a byte: values of thousands of statistics come
// every second. What the first answers took, which tell of all at once, is given back once so many
// texts after them were far smaller.
Result<dom::element> parse(std::string_view json) {
  if (json.size() > max_frame_bytes)
    return fail(Errc::too_large, fmt::format("{} bytes of JSON", json.size()));
  thread_local dom::parser parser;
  thread_local std::uint32_t far_smaller = 0;      // Texts in a row.
  constexpr std::size_t always_kept = 256u << 10;  // [bytes] of JSON
  constexpr std::size_t too_large = 8;             // Times the text at hand.
  constexpr std::uint32_t most_far_smaller = 64;
  far_smaller =
      parser.capacity() > std::max(always_kept, too_large * json.size()) ? far_smaller + 1 : 0;
  if (far_smaller > most_far_smaller) {
    parser = dom::parser{};
    far_smaller = 0;
  }
  dom::element root;
  json = without_byte_order_mark(json);
  if (const auto error = parser.parse(json.data(), json.size()).get(root))
    return fail(fmt::format("not JSON: {}", simdjson::error_message(error)));
  return root;
}

Result<AnswerMembers> parse_object(std::string_view json) {
  dom::object object;
  if (TRY(parse(json)).get(object)) return fail("not a JSON object");
  return AnswerMembers{object};
}

}  // namespace

std::string_view channel_name(MetaChannel channel) {
  return meta_channels[static_cast<std::size_t>(channel)];
}

MetaChannel meta_channel(std::string_view name) {
  for (std::size_t i = 1; i < meta_channels.size(); ++i)
    if (name == meta_channels[i]) return static_cast<MetaChannel>(i);
  return MetaChannel::none;
}

void encode_subscription(const SubscriptionRequest& request, std::string& out) {
  Json json{out};
  json.open();
  json.text("operationId", request.operation_id);
  json.open("data");
  json.open_list("statistics");
  for (const auto& statistic : request.statistics) write_request(json, statistic);
  json.close_list();
  json.close();
  json.close();
}

Result<SubscriptionRequest> decode_subscription(std::string_view text) {
  const auto members = TRY(parse_object(text));
  SubscriptionRequest request;
  request.operation_id = TRY(members.text("operationId"));
  request.statistics = TRY(read_requests(members));
  for (std::size_t i = 0; i < request.statistics.size(); ++i)
    if (request.statistics[i].statistic_id.empty())
      return fail(fmt::format("statistics[{}].statisticId: missing", i));
  return request;
}

Result<std::vector<StatisticRequest>> decode_statistics_question(std::string_view text) {
  return read_requests(TRY(parse_object(text)));
}

void encode_subscription_answer(const SubscriptionAnswer& answer, std::string& out) {
  Json json{out};
  json.open();
  json.open("status");
  json.integer("code", answer.code);
  json.text_if_any("message", answer.message);
  json.close();
  json.open("data");
  if (!answer.subscription_id.empty()) {
    json.text("subscriptionId", answer.subscription_id);
    json.text("operationId", answer.subscription_id);
  }
  write_values(json, answer.statistics);
  json.close();
  if (!answer.errors.empty()) {
    json.open_list("errors");
    for (const auto& error : answer.errors) {
      json.open();
      json.open("status");
      json.integer("code", error.code);
      json.text("message", error.message);
      if (!error.statistic_id.empty()) {
        json.open("detail");
        json.text("statisticId", error.statistic_id);
        json.close();
      }
      json.close();
      json.close();
    }
    json.close_list();
  }
  json.close();
}

void encode_statistic_answer(const StatisticValue& value, std::string& out) {
  Json json{out};
  json.open();
  json.open("status");
  json.integer("code", 0);
  json.close();
  json.open("data");
  json.open("statistic");
  write_members(json, value);
  json.close();
  json.close();
  json.close();
}

Result<SubscriptionAnswer> decode_subscription_answer(std::string_view text) {
  const auto members = TRY(parse_object(text));
  SubscriptionAnswer answer;
  const auto status = TRY(members.object("status"));
  const auto data = TRY(members.object("data"));
  if (!status && !data && !members.find("errors")) return fail("neither status, data nor errors");
  if (status) {
    answer.code = TRY(status->small("code", 0));
    answer.message = TRY(status->text("message"));
  }
  if (data) {
    answer.subscription_id = TRY(data->text("subscriptionId"));
    TRY(data->entries("statistics", answer.statistics, answer.unreadable, read_value).map([] {
      return 0;
    }));
    TRY(data->entries("errors", answer.errors, answer.unreadable, read_error).map([] {
      return 0;
    }));
  }
  TRY(members.entries("errors", answer.errors, answer.unreadable, read_error).map([] {
    return 0;
  }));
  return answer;
}

void encode_bayeux(const std::vector<BayeuxMessage>& messages, std::string& out) {
  Json json{out};
  json.open_list();
  for (const auto& message : messages) write_message(json, message);
  json.close_list();
}

Result<std::vector<BayeuxMessage>> decode_bayeux(std::string_view text) {
  const auto root = TRY(parse(text));
  std::vector<BayeuxMessage> messages;
  dom::array array;
  if (dom::object single; !root.get(single)) {
    messages.push_back(TRY(read_message(AnswerMembers{single})));
    return messages;
  }
  if (root.get(array)) return fail("neither a message nor a list of messages");
  Unreadable unreadable;
  std::size_t at = 0;
  for (const dom::element entry : array) {
    if (at == max_rows) return fail(Errc::too_large, "over a million messages");
    const auto place = at++;
    dom::object object;
    if (entry.get(object)) {
      note(unreadable, fmt::format("message {}: not an object", place));
      continue;
    }
    auto message = read_message(AnswerMembers{object});
    if (message)
      messages.push_back(*std::move(message));
    else
      note(unreadable, fmt::format("message {}: {}", place, message.error().detail));
  }
  if (unreadable.entries > 0) {
    if (messages.empty()) return fail(unreadable.first);
    auto& first = messages.front().unreadable;
    if (first.entries == 0) first.first = std::move(unreadable.first);
    first.entries += unreadable.entries;
  }
  return messages;
}

}  // namespace paceline
