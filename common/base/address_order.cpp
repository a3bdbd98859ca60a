#include "common/base/address_order.h"

#include <algorithm>

namespace paceline {
namespace {

bool is_ipv6(const std::string& address) {
  return address.find(':') != address.npos;
}

}  // namespace

void AddressOrder::failed(const std::string& address, Instant now) {
  std::erase_if(failed_at_, [&](const auto& entry) { return now >= entry.second + remembered; });
  if (failed_at_.size() < most_addresses) failed_at_[address] = now;
}

bool AddressOrder::is_good(const std::string& address, Instant now) const {
  const auto found = failed_at_.find(address);
  return found == failed_at_.end() || now >= found->second + remembered;
}

Addresses AddressOrder::order(Addresses addresses, Instant now) const {
  Addresses ordered;
  bool six = !addresses.empty() && is_ipv6(addresses.front());
  while (!addresses.empty()) {
    auto next = std::ranges::find(addresses, six, is_ipv6);
    if (next == addresses.end()) next = addresses.begin();
    six = !is_ipv6(*next);
    ordered.push_back(std::move(*next));
    addresses.erase(next);
  }
  std::ranges::stable_partition(ordered,
                                [&](const std::string& address) { return is_good(address, now); });
  return ordered;
}

}  // namespace paceline
