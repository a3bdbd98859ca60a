// May this request be answered? A bearer token where one is set, and a bounded rate for each peer.
//
// Pure. Invariant: at most `max_peers` peers are remembered; of more, the one that asked longest
// ago is forgotten.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/time.h"
#include "services/watch/web.h"

namespace paceline::watch {

struct AccessRules {
  std::string read_token;           // "" = everyone may read.
  std::string operate_token;        // "" = nobody may operate. Reads too.
  double requests_per_second = 50;  // [> 0] of one peer in the long run; ten times that at once.
};

class AccessControl {
 public:
  static constexpr std::size_t max_peers = 1024;

  explicit AccessControl(AccessRules rules) : rules_{std::move(rules)} {}

  /// The refusal (429 with Retry-After), or nothing.
  std::optional<WebAnswer> over_rate(const WebRequest& request, Instant now);

  /// The refusal of a look (401), or nothing.
  std::optional<WebAnswer> may_not_read(const WebRequest& request) const;

  /// The refusal of an operation (401; 403 while there are none), or nothing.
  std::optional<WebAnswer> may_not_operate(const WebRequest& request) const;

  std::size_t peers() const { return peers_.size(); }

 private:
  struct Peer {
    double tokens = 0;
    Instant filled{};
  };

  AccessRules rules_;
  std::map<std::string, Peer, std::less<>> peers_;
};

/// Whether both are equal, in a time that does not tell where they differ.
bool equal_secret(std::string_view given, std::string_view expected);

}  // namespace paceline::watch
