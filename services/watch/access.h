// May this request be answered? A host that is ours, a bearer token where one is set, and a bounded rate
// for each peer.
//
// Pure. Invariants:
//   1  At most `max_peers` peers are remembered; of more, the one that asked longest ago is forgotten.
//   2  Monitoring (`/metrics`, `/readyz`) has shares of its own: no page behind the same address can
//      take them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/time.h"
#include "services/watch/web.h"

namespace paceline::watch {

struct AccessRules {
  std::string read_token;           // "" = everyone may read.
  std::string operate_token;        // "" = nobody may operate. Reads too.
  double requests_per_second = 50;  // [> 0] of one peer in the long run; ten times that at once.
  // Names under which people may reach us, in lower case, besides addresses and localhost;
  // "*.example.com" = each that has one label more.
  std::vector<std::string> hosts{};
};

class AccessControl {
 public:
  static constexpr std::size_t max_peers = 1024;

  explicit AccessControl(AccessRules rules) : rules_{std::move(rules)} {}

  /// The refusal (421) of a request that was meant for another host, or nothing. A page of anybody's can
  /// make a browser ask us under a name of its own (DNS rebinding), and would read the answer.
  std::optional<WebAnswer> for_another_host(const WebRequest& request) const;

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
  std::map<std::pair<std::string, std::string>, Peer> peers_;  // Address, and which share of it.
};

/// Whether both are equal, in a time that does not tell where they differ.
bool equal_secret(std::string_view given, std::string_view expected);

}  // namespace paceline::watch
