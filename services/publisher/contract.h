// The adapter boundary: how one engagement endpoint wants to be told, and what it answers.
//
// paceline_contract() speaks ours (README.md, openapi.yaml). Another site's contract is one more
// function that returns a Contract; webhook_contract() is the smallest example: a JSON list under
// names of its own.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/wire/engagement.h"

namespace paceline::publisher {

struct Contract {
  std::string path;     // Appended to base_service_url.
  bool deltas = false;  // Whether the endpoint keeps targets that a publication leaves out.
  /// Writes the body of a publication, replacing what was there.
  std::function<void(const PublicationRequest& request, std::string& out)> encode;
  /// Reads the body of a 200.
  std::function<Result<PublicationAnswer>(std::string_view body, const PublicationRequest& sent)>
      decode;
};

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
  std::string valid_until = "validUntil";

  bool operator==(const WebhookNames&) const = default;
};

/// A plain receiver: always full, any 200 accepts everything, no feedback.
Contract webhook_contract(WebhookNames names);

}  // namespace paceline::publisher
