#include "common/wire/engagement.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "common/base/utf8.h"
#include "common/wire/json_writer.h"

namespace paceline {
namespace {

namespace dom = simdjson::dom;

constexpr std::int64_t max_token_life_s = 172'800;
constexpr std::int64_t default_token_life_s = 300;
constexpr std::size_t longest_word = 80;          // [bytes] Of a refusal.
constexpr std::size_t longest_description = 300;  // The same.
constexpr int deepest_refusal = 2;                // Objects in which it is looked for.

// ---- Out

// What the contract has no null for goes out as 0.
double finite(double value) {
  return std::isfinite(value) ? value : 0;
}

// ---- In

// One JSON object whose members are asked for by name; errors name the member and where it stands.
class BodyMembers {
 public:
  BodyMembers(dom::object object, std::string where) : object_{object}, where_{std::move(where)} {}

  bool has(std::string_view name) const {
    return object_.at_key(name).error() == simdjson::SUCCESS;
  }

  /// Of a member that may be absent; null is as good as that.
  bool says(std::string_view name) const {
    dom::element value;
    return object_.at_key(name).get(value) == simdjson::SUCCESS && !value.is_null();
  }

  Result<std::string> text(std::string_view name) const {
    std::string_view value;
    if (object_.at_key(name).get(value)) return wrong(name, "a text");
    if (value.size() > max_text_bytes) return wrong(name, "a text of at most 64 KiB");
    return std::string{value};
  }

  Result<bool> truth(std::string_view name) const {
    bool value = false;
    if (object_.at_key(name).get(value)) return wrong(name, "true or false");
    return value;
  }

  Result<std::uint64_t> count(std::string_view name) const {
    const auto said = whole<std::uint64_t>(name);
    if (!said) return wrong(name, "a whole number from 0");
    const std::uint64_t value = *said;
    if (value > largest_contract_number)
      return wrong(name, fmt::format("at most {}", largest_contract_number));
    return value;
  }

  /// A term; an error shows what was said instead, since people must know how wrong it is.
  Result<std::uint64_t> term() const {
    std::uint64_t above = 0;
    if (!object_.at_key("term").get(above) && above > largest_term)
      return fail(Errc::too_large, fmt::format("term: {} is not in [0, {}]", above, largest_term));
    return count("term");
  }

  Result<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max) const {
    const auto value = whole<std::int64_t>(name);
    if (!value || *value < min || *value > max)
      return wrong(name, fmt::format("a whole number in [{}, {}]", min, max));
    return *value;
  }

  Result<std::int32_t> small(std::string_view name) const {
    return static_cast<std::int32_t>(
        TRY(integer(name, 0, std::numeric_limits<std::int32_t>::max())));
  }

  /// A number, also as a text of one ("3600"); nothing if it is neither, or not finite.
  std::optional<double> loose_number(std::string_view name) const {
    double value = 0;
    if (!object_.at_key(name).get(value)) return value;
    std::string_view text;
    if (object_.at_key(name).get(text)) return std::nullopt;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_whole_text = read.ec == std::errc{} && read.ptr == text.data() + text.size();
    return is_whole_text && std::isfinite(value) ? std::optional{value} : std::nullopt;
  }

  Result<double> real(std::string_view name, double min, double max) const {
    double value = 0;
    if (object_.at_key(name).get(value) || !(value >= min && value <= max))
      return wrong(name, fmt::format("a number in [{}, {}]", min, max));
    return value;
  }

  /// One of the words of an enumeration.
  template <class Enum>
  Result<Enum> word(std::string_view name) const {
    std::string_view value;
    if (object_.at_key(name).get(value)) return wrong(name, "a text");
    for (std::size_t i = 0; i < words_of<Enum>.size(); ++i)
      if (value == to_string(static_cast<Enum>(i))) return static_cast<Enum>(i);
    return wrong(name, "one of the contract's words");
  }

  /// Every object of the list as `read` reads it; a list that is absent is empty if it may be.
  template <class Item>
  Result<std::vector<Item>> list(std::string_view name, bool may_be_absent,
                                 Result<Item> (*read)(const BodyMembers&)) const {
    std::vector<Item> items;
    if (may_be_absent && !says(name)) return items;
    dom::array array;
    if (object_.at_key(name).get(array)) return wrong(name, "a list");
    for (const dom::element element : array) {
      if (items.size() == max_rows)
        return fail(Errc::too_large, fmt::format("{}{}: over {} items", where_, name, max_rows));
      dom::object object;
      if (element.get(object)) return wrong(fmt::format("{}[{}]", name, items.size()), "an object");
      // Only an error needs to know which item it was; naming each would cost more than reading it.
      auto item = read(BodyMembers{object, {}});
      if (!item)
        return fail(item.error().code,
                    fmt::format("{}{}[{}].{}", where_, name, items.size(), item.error().detail));
      items.push_back(*std::move(item));
    }
    return items;
  }

  /// The object of that name, or the first of a list of them.
  std::optional<BodyMembers> object(std::string_view name) const {
    dom::element value;
    dom::array array;
    if (object_.at_key(name).get(value)) return std::nullopt;
    if (!value.get(array) && array.at(0).get(value)) return std::nullopt;
    dom::object object;
    if (value.get(object)) return std::nullopt;
    return BodyMembers{object, {}};
  }

 private:
  /// A whole number, also where its writer keeps all numbers as 257.0.
  template <class Int>
  std::optional<Int> whole(std::string_view name) const {
    Int value = 0;
    if (!object_.at_key(name).get(value)) return value;
    double real = 0;
    constexpr double most = 9007199254740992;  // 2^53: beyond, a double has lost what was counted.
    const double least = std::is_signed_v<Int> ? -most : 0;
    if (object_.at_key(name).get(real) || real != std::floor(real) || real < least || real > most)
      return std::nullopt;
    return static_cast<Int>(real);
  }

  tl::unexpected<Error> wrong(std::string_view name, std::string_view expected) const {
    return fail(fmt::format(
        "{}{}: {}", where_, name,
        has(name) ? fmt::format("not {}", expected) : "missing; it is " + std::string{expected}));
  }

  dom::object object_;
  std::string where_;
};

// Parses a whole text whose root is an object and reads it.
template <class Read>
auto read_object(std::string_view json, Read read) -> decltype(read(std::declval<BodyMembers&>())) {
  if (json.size() > max_frame_bytes)
    return fail(Errc::too_large, fmt::format("{} bytes of JSON", json.size()));
  json = without_byte_order_mark(json);
  dom::parser parser;
  dom::element root;
  if (const auto error = parser.parse(json.data(), json.size()).get(root))
    return fail(fmt::format("not JSON: {}", simdjson::error_message(error)));
  dom::object object;
  if (root.get(object)) return fail("not a JSON object");
  BodyMembers members{object, {}};
  return read(members);
}

void write_target(JsonWriter& json, const TargetOffer& target) {
  const Offer& offer = target.offer;
  json.begin();
  json.member("id", target.id);
  json.member("channel", target.channel);
  json.member("state", to_string(offer.state));
  json.member("proactive", offer.proactive);
  json.member("maxPending", offer.max_pending);
  json.member("reactive", offer.reactive);
  json.member("reactiveState", finite(offer.reactive_state));
  json.member("predictedWaitS", finite(offer.predicted_wait_s));
  json.member("reason", to_string(offer.reason));
  json.end();
}

Result<TargetOffer> read_target(const BodyMembers& members) {
  TargetOffer target;
  target.id = TRY(members.text("id"));
  target.channel = TRY(members.text("channel"));
  Offer& offer = target.offer;
  offer.state = TRY(members.word<PaceState>("state"));
  offer.proactive = TRY(members.small("proactive"));
  offer.max_pending = TRY(members.small("maxPending"));
  offer.reactive = TRY(members.small("reactive"));
  offer.reactive_state = TRY(members.real("reactiveState", 0, 1));
  offer.predicted_wait_s =
      TRY(members.real("predictedWaitS", 0, std::numeric_limits<double>::max()));
  offer.reason = TRY(members.word<PaceReason>("reason"));
  return target;
}

Result<RejectedTarget> read_rejection(const BodyMembers& members) {
  RejectedTarget target;
  target.id = TRY(members.text("id"));
  target.code = TRY(members.text("code"));
  return target;
}

Result<OfferFeedback> read_feedback(const BodyMembers& members) {
  OfferFeedback feedback;
  feedback.id = TRY(members.text("id"));
  feedback.counts.sent = TRY(members.count("sent"));
  feedback.counts.accepted = TRY(members.count("accepted"));
  feedback.counts.rejected = TRY(members.count("rejected"));
  feedback.counts.timed_out = TRY(members.count("timedOut"));
  feedback.counts.answered = TRY(members.count("answered"));
  feedback.counts.abandoned = TRY(members.count("abandoned"));
  feedback.counts.pending = TRY(members.small("pending"));
  return feedback;
}

// What may stand in an Authorization header: a line break in a token could forge other headers.
bool is_header_safe(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

// Also "BearerToken", as Apigee says.
bool is_bearer(std::string_view word) {
  constexpr std::string_view bearer = "bearer";
  return word.size() >= bearer.size() && std::equal(bearer.begin(), bearer.end(), word.begin(),
                                                    [](char a, char b) { return a == (b | 0x20); });
}

// ---- Refusals, for people

// Line breaks and tabs, which some services put between their sentences, are blanks.
std::string shown(std::string text, std::size_t most) {
  std::ranges::replace_if(
      text, [](char c) { return c == '\r' || c == '\n' || c == '\t'; }, ' ');
  const auto is_second = [](char a, char b) { return a == ' ' && b == ' '; };
  text.erase(std::unique(text.begin(), text.end(), is_second), text.end());
  return printable_ascii(text, most);
}

std::string first_text(const BodyMembers& members, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (auto said = members.text(name); said && !said->empty()) return *std::move(said);
  return {};
}

// The form of RFC 6749, and what services that are older, or know better, call its members.
std::string error_words(const BodyMembers& members) {
  std::string words = shown(first_text(members, {"error", "errorCode", "ErrorCode"}), longest_word);
  if (words.empty()) return {};
  const std::string more =
      shown(first_text(members, {"error_description", "description", "errorSummary", "message",
                                 "detail", "Error"}),
            longest_description);
  if (!more.empty() && more != words) words += ": " + more;
  return words;
}

std::string refusal_words(const BodyMembers& members, int depth) {
  std::string words = error_words(members);
  if (words.empty())
    words = shown(first_text(members, {"detail", "message", "Message", "title", "description",
                                       "error_description", "errorSummary", "faultstring"}),
                  longest_description);
  if (depth == 0) return words;
  for (const char* name : {"error", "errors", "fault", "status"})
    if (const auto inner = members.object(name); inner && words.empty())
      words = refusal_words(*inner, depth - 1);
  return words;
}

}  // namespace

void encode_publication(const PublicationRequest& request, std::string& out) {
  JsonWriter json{JsonWriter::all};
  json.begin();
  json.member("version", request.version);
  json.member("cluster", request.cluster);
  json.member("node", request.node);
  json.member("term", request.term);
  json.member("incarnation", request.incarnation);
  json.member("sequence", request.sequence);
  json.member("timestamp", request.timestamp_ms);
  json.member("validForMs", request.valid_for_ms);
  json.member("validUntil", request.valid_until_ms);
  json.member("refreshPeriodMs", request.refresh_period_ms);
  json.member("mode", request.full ? "full" : "delta");
  json.list("targets");
  for (const TargetOffer& target : request.targets) write_target(json, target);
  json.end_list();
  json.end();
  json.write_to(out);
}

Result<PublicationRequest> decode_publication(std::string_view text) {
  return read_object(text, [](const BodyMembers& members) -> Result<PublicationRequest> {
    constexpr auto forever = largest_contract_number;
    PublicationRequest request;
    request.version = TRY(members.small("version"));
    if (request.version != engagement_version)
      return fail(Errc::unsupported, fmt::format("version: {}", request.version));
    request.cluster = TRY(members.text("cluster"));
    request.node = TRY(members.text("node"));
    request.term = TRY(members.term());
    if (members.has("incarnation")) request.incarnation = TRY(members.count("incarnation"));
    request.sequence = TRY(members.count("sequence"));
    request.timestamp_ms = TRY(members.integer("timestamp", 0, forever));
    if (members.has("validForMs"))
      request.valid_for_ms = TRY(members.integer("validForMs", 0, forever));
    request.valid_until_ms = TRY(members.integer("validUntil", 0, forever));
    request.refresh_period_ms = TRY(members.integer("refreshPeriodMs", 0, forever));
    const std::string mode = TRY(members.text("mode"));
    if (mode != "full" && mode != "delta") return fail("mode: " + mode + ": not full or delta");
    request.full = mode == "full";
    request.targets = TRY(members.list("targets", false, read_target));
    return request;
  });
}

void encode_publication_answer(const PublicationAnswer& answer, std::string& out) {
  JsonWriter json{JsonWriter::all};
  json.begin();
  json.member("term", answer.term);
  json.member("sequence", answer.sequence);
  json.member("accepted", answer.accepted);
  json.member("epoch", answer.epoch);
  json.list("rejected");
  for (const RejectedTarget& target : answer.rejected) {
    json.begin();
    json.member("id", target.id);
    json.member("code", target.code);
    json.end();
  }
  json.end_list();
  json.list("feedback");
  for (const auto& [id, counts] : answer.feedback) {
    json.begin();
    json.member("id", id);
    json.member("sent", counts.sent);
    json.member("accepted", counts.accepted);
    json.member("rejected", counts.rejected);
    json.member("timedOut", counts.timed_out);
    json.member("answered", counts.answered);
    json.member("abandoned", counts.abandoned);
    json.member("pending", counts.pending);
    json.end();
  }
  json.end_list();
  if (answer.full_wanted) json.member("fullWanted", true);
  json.end();
  json.write_to(out);
}

Result<PublicationAnswer> decode_publication_answer(std::string_view text) {
  return read_object(text, [](const BodyMembers& members) -> Result<PublicationAnswer> {
    PublicationAnswer answer;
    answer.term = TRY(members.term());
    answer.sequence = TRY(members.count("sequence"));
    answer.accepted = TRY(members.count("accepted"));
    answer.epoch = TRY(members.text("epoch"));
    answer.rejected = TRY(members.list("rejected", true, read_rejection));
    answer.feedback = TRY(members.list("feedback", true, read_feedback));
    if (members.says("fullWanted")) answer.full_wanted = TRY(members.truth("fullWanted"));
    return answer;
  });
}

Result<TokenAnswer> decode_token_answer(std::string_view text) {
  return read_object(text, [](const BodyMembers& members) -> Result<TokenAnswer> {
    TokenAnswer answer;
    answer.access_token = TRY(members.text("access_token"));
    if (!is_header_safe(answer.access_token))
      return fail("access_token: empty, or with characters that no header may have");
    if (members.says("token_type") && !is_bearer(TRY(members.text("token_type"))))
      return fail("token_type: not bearer");
    // RFC 6749 lets a server leave the life out; then the shortest that the vendor allows is taken. So it
    // is for what is no life (0, a date): a token that came is worth trying.
    answer.expires_in_s = default_token_life_s;
    if (const auto life_s = members.loose_number("expires_in"); life_s && *life_s >= 1)
      answer.expires_in_s =
          static_cast<std::int64_t>(std::min(*life_s, static_cast<double>(max_token_life_s)));
    return answer;
  });
}

std::string token_refusal(std::string_view text) {
  return read_object(
             text,
             [](const BodyMembers& members) -> Result<std::string> { return error_words(members); })
      .value_or("");
}

std::string refusal_text(std::string_view text) {
  return read_object(text,
                     [](const BodyMembers& members) -> Result<std::string> {
                       return refusal_words(members, deepest_refusal);
                     })
      .value_or("");
}

Result<Fence> decode_fence(std::string_view text) {
  return read_object(text, [](const BodyMembers& members) -> Result<Fence> {
    if (!members.has("term")) return fail(Errc::not_found, "term: missing");
    Fence fence;
    fence.term = TRY(members.term());
    if (members.has("sequence")) fence.sequence = TRY(members.count("sequence"));
    if (members.has("incarnation")) fence.incarnation = TRY(members.count("incarnation"));
    if (members.has("node")) fence.node = TRY(members.text("node"));
    return fence;
  });
}

}  // namespace paceline
