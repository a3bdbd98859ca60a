#include "services/publisher/contract.h"

#include <fmt/format.h>

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
  member(names.valid_for, request.valid_for_ms);
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

// A body that is no JSON object, or has no term or a lower one, is about the sequence and does not
// say which.
Conflict conflict_of(std::string_view body, const PublicationRequest& sent) {
  Conflict conflict;
  const auto first = body.find_first_not_of(" \t\r\n");
  if (first == body.npos || body[first] != '{') return conflict;
  const auto fence = decode_fence(body);
  if (!fence) {
    if (fence.error().code != Errc::not_found)
      conflict.unreadable = damaged_fence(fence.error().detail);
  } else if (is_absurd(fence->term, sent.term)) {
    conflict.unreadable = damaged_fence(fmt::format("term {}", fence->term));
  } else if (fence->term > sent.term) {
    conflict.fenced_by = fence->term;
  } else if (fence->term == sent.term) {
    conflict.sequence_held = fence->sequence;
    conflict.held_from = fence->incarnation;
    conflict.held_node = fence->node;
  }
  return conflict;
}

}  // namespace

bool is_absurd(std::uint64_t term, std::uint64_t ours) {
  constexpr int node_bits = 8;  // Below the counter of elections.
  return term > largest_term || (term >> node_bits) > (ours >> node_bits) + most_elections_apart;
}

std::string damaged_fence(std::string_view what) {
  return fmt::format(
      "{}: no cluster of this name elects that often: the endpoint's fence is damaged; "
      "`pacelinectl "
      "topology rename` gives the cluster another name",
      what);
}

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
