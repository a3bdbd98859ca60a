// What the name servers said: addresses of names, how long they are good for, and what is done when
// no server answers any more (RFC 8767). Pure; runtime/resolver.h asks.
//
//   now < told + ttl            use them
//   ... + a minute              use them, and ask anew beside
//   later                       ask first; if nobody answers in time, use them nonetheless
//   no server answered          use them, and ask again after half a minute
//
// "There is no such name" is an answer, and ends what was known.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"

namespace paceline {

/// Numeric addresses, IPv4 or IPv6, the best one first.
using Addresses = std::vector<std::string>;

class NameCache {
 public:
  enum class Ask {
    no,      // What is known is good.
    beside,  // It is used while it is asked for anew.
    first,   // It is too old, or there is nothing: somebody has to be asked.
  };

  static constexpr Duration shortest_ttl = 1s;
  static constexpr Duration longest_ttl = 1h;
  static constexpr Duration grace = 1min;
  static constexpr Duration recheck = 30s;
  static constexpr std::size_t most_names = 64;  // The one that was told first goes.

  Ask ask(const std::string& name, Instant now) const;
  /// What was told last, however old; empty if nothing.
  Addresses known(const std::string& name) const;

  /// addresses   [1..]
  void told(const std::string& name, Addresses addresses, Duration ttl, Instant now);
  void no_such_name(const std::string& name) { names_.erase(name); }
  void silent(const std::string& name, Instant now);

 private:
  struct Known {
    Addresses addresses;
    Instant told_at;
    Instant good_until;
    std::optional<Instant> silent_until;  // Nobody is asked before.
  };
  std::map<std::string, Known> names_;
};

}  // namespace paceline
