// In which order the addresses of a server are tried (RFC 8305, 4): as the system has them, families
// taking turns, and those that just failed last. Pure; runtime/connector.h tries them.
#pragma once

#include <map>
#include <string>

#include "common/base/name_cache.h"
#include "common/base/time.h"

namespace paceline {

class AddressOrder {
 public:
  static constexpr Duration remembered = 1min;        // That an address failed.
  static constexpr std::size_t most_addresses = 256;  // That failed; more are not remembered.

  /// An address refused, was silent, or was much slower than another one.
  void failed(const std::string& address, Instant now);
  void answered(const std::string& address) { failed_at_.erase(address); }

  /// The same addresses, those to be tried first in front.
  Addresses order(Addresses addresses, Instant now) const;

 private:
  bool is_good(const std::string& address, Instant now) const;

  std::map<std::string, Instant> failed_at_;
};

}  // namespace paceline
