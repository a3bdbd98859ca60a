#include "services/publisher/contract.h"

#include "common/base/url.h"
#include "common/wire/json_writer.h"

namespace paceline::publisher {
namespace {

void encode_webhook(const WebhookNames& names, const PublicationRequest& request,
                    std::string& out) {
  JsonWriter json{JsonWriter::all};
  const auto member = [&json](const std::string& name, const auto& value) {
    if (!name.empty()) json.member(name, value);
  };
  json.begin();
  member(names.term, request.term);
  member(names.sequence, request.sequence);
  member(names.valid_until, request.valid_until_ms);
  if (!names.targets.empty()) {
    json.list(names.targets.c_str());
    for (const auto& [id, channel, offer] : request.targets) {
      json.begin();
      member(names.id, id);
      member(names.proactive, offer.proactive);
      member(names.reactive, offer.reactive);
      member(names.reactive_state, offer.reactive_state);
      member(names.reason, to_string(offer.reason));
      json.end();
    }
    json.end_list();
  }
  json.end();
  json.write_to(out);
}

Result<PublicationAnswer> accept_all(std::string_view, const PublicationRequest& sent) {
  PublicationAnswer answer;
  answer.term = sent.term;
  answer.sequence = sent.sequence;
  answer.accepted = sent.targets.size();
  return answer;
}

// A body that cannot be read, or names a lower term, is about the sequence and does not say which.
Conflict conflict_of(std::string_view body, const PublicationRequest& sent) {
  const auto fence = decode_fence(body);
  if (!fence || fence->term < sent.term) return {};
  if (fence->term > sent.term) return {.fenced_by = fence->term};
  return {.sequence_held = fence->sequence};
}

}  // namespace

Contract paceline_contract(std::string_view cluster) {
  return {.path = "v2/pacing/clusters/" + percent_encoded(cluster) + "/publications",
          .deltas = true,
          .encode = encode_publication,
          .decode = [](std::string_view body,
                       const PublicationRequest&) { return decode_publication_answer(body); },
          .decode_conflict = conflict_of};
}

Contract webhook_contract(WebhookNames names) {
  std::string path = names.path;
  return {.path = std::move(path),
          .deltas = false,
          .encode = [names = std::move(names)](
                        const PublicationRequest& request,
                        std::string& out) { encode_webhook(names, request, out); },
          .decode = accept_all,
          .decode_conflict = conflict_of};
}

}  // namespace paceline::publisher
