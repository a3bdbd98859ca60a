#include "services/publisher/contract.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace paceline::publisher {
namespace {

// One path segment: everything that is not unreserved (RFC 3986) is escaped.
std::string segment(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain)
      out += c;
    else
      ((out += '%') += digits[byte >> 4]) += digits[byte & 15];
  }
  return out;
}

// Writes a member if the site has a name for it.
class NamedWriter {
 public:
  explicit NamedWriter(rapidjson::StringBuffer& buffer) : json{buffer} {}

  bool key(const std::string& name) {
    if (name.empty()) return false;
    return json.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
  }
  void text(const std::string& name, std::string_view value) {
    if (key(name)) json.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  }
  void number(const std::string& name, std::uint64_t value) {
    if (key(name)) json.Uint64(value);
  }
  void real(const std::string& name, double value) {
    if (key(name)) json.Double(value);
  }

  rapidjson::Writer<rapidjson::StringBuffer> json;
};

void encode_webhook(const WebhookNames& names, const PublicationRequest& request,
                    std::string& out) {
  rapidjson::StringBuffer buffer;
  NamedWriter writer{buffer};
  writer.json.StartObject();
  writer.number(names.term, request.term);
  writer.number(names.sequence, request.sequence);
  writer.number(names.valid_until, static_cast<std::uint64_t>(request.valid_until_ms));
  if (writer.key(names.targets)) {
    writer.json.StartArray();
    for (const TargetOffer& target : request.targets) {
      writer.json.StartObject();
      writer.text(names.id, target.id);
      writer.number(names.proactive, static_cast<std::uint64_t>(target.proactive));
      writer.number(names.reactive, static_cast<std::uint64_t>(target.reactive));
      writer.real(names.reactive_state, target.reactive_state);
      writer.text(names.reason, to_string(target.reason));
      writer.json.EndObject();
    }
    writer.json.EndArray();
  }
  writer.json.EndObject();
  out.assign(buffer.GetString(), buffer.GetSize());
}

}  // namespace

Contract paceline_contract(std::string_view cluster) {
  return {.path = "v2/pacing/clusters/" + segment(cluster) + "/publications",
          .deltas = true,
          .encode = [](const PublicationRequest& request,
                       std::string& out) { encode_publication(request, out); },
          .decode = [](std::string_view body,
                       const PublicationRequest&) { return decode_publication_answer(body); }};
}

Contract webhook_contract(WebhookNames names) {
  std::string path = names.path;
  return {
      .path = std::move(path),
      .deltas = false,
      .encode = [names = std::move(names)](
                    const PublicationRequest& request,
                    std::string& out) { encode_webhook(names, request, out); },
      .decode = [](std::string_view, const PublicationRequest& sent) -> Result<PublicationAnswer> {
        PublicationAnswer answer;
        answer.term = sent.term;
        answer.sequence = sent.sequence;
        answer.accepted = sent.targets.size();
        return answer;
      }};
}

}  // namespace paceline::publisher
