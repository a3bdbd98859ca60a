// The adapter boundary: what one engagement endpoint is sent, and what its answers mean.
//
// paceline_contract() is ours (CONTRACT.md, openapi.yaml). Another site's contract is one more
// function that returns a Contract; webhook_contract() is the smallest example: a JSON list under
// names of its own.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/wire/engagement.h"

namespace paceline::publisher {

/// What a 409 says: either a higher term is known, or our sequence does not follow the last one.
struct Conflict {
  std::uint64_t fenced_by = 0;      // The higher term; 0 = it is about the sequence.
  std::uint64_t sequence_held = 0;  // The last sequence of our term; 0 = not said.
  std::uint64_t held_from = 0;      // Incarnation of the publisher it came from; 0 = not said.
  std::string held_node;            // ... and its node; "" = not said.
  std::string unreadable;  // Why it says nothing that may be believed; "" = it is readable.

  bool operator==(const Conflict&) const = default;
};

struct Contract {
  std::string path;     // Appended to base_service_url.
  bool deltas = false;  // Whether the endpoint keeps targets that a publication leaves out.

  /// Writes the body of a publication, replacing what was there.
  std::function<void(const PublicationRequest& request, std::string& out)> encode;
  /// Reads the body of a 200.
  std::function<Result<PublicationAnswer>(std::string_view body, const PublicationRequest& sent)>
      decode;
  /// Reads the body of a 409.
  std::function<Conflict(std::string_view body, const PublicationRequest& sent)> decode_conflict;
};

/// Whether a term that the endpoint names was never reached by electing from `ours`: what is so far
/// above (state_frame.h, most_elections_apart) is a damaged fence, and must be no fence of ours.
bool is_absurd(std::uint64_t term, std::uint64_t ours);
/// What to tell people about it.
///   what   names the term
std::string damaged_fence(std::string_view what);

/// Ours, version 1: POST v2/pacing/clusters/CLUSTER/publications, full and delta, fenced by term.
Contract paceline_contract(std::string_view cluster);

/// Names of a webhook's members; an empty one is left out of the body.
struct WebhookNames {
  std::string path = "pacing";
  std::string targets = "targets";
  std::string id = "id";
  std::string proactive = "proactive";
  std::string reactive = "";
  std::string reactive_state = "";
  std::string reason = "";
  std::string term = "term";
  std::string sequence = "sequence";
  std::string valid_for = "validForMs";
  std::string valid_until = "validUntil";

  bool operator==(const WebhookNames&) const = default;
};

/// A plain receiver: always full, any 200 accepts everything, no feedback. A receiver that fences
/// does so by the same 409 as ours.
Contract webhook_contract(WebhookNames names);

}  // namespace paceline::publisher
