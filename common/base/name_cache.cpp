#include "common/base/name_cache.h"

#include <algorithm>
#include <utility>

namespace paceline {

NameCache::Ask NameCache::ask(const std::string& name, Instant now) const {
  const auto found = names_.find(name);
  if (found == names_.end()) return Ask::first;
  const Known& known = found->second;
  if (now < known.good_until || (known.silent_until && now < *known.silent_until)) return Ask::no;
  // Who was silent is asked beside the requests, which need not wait for him again.
  return known.silent_until || now < known.good_until + grace ? Ask::beside : Ask::first;
}

Addresses NameCache::known(const std::string& name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? Addresses{} : found->second.addresses;
}

void NameCache::told(const std::string& name, Addresses addresses, Duration ttl, Instant now) {
  if (!names_.contains(name) && names_.size() >= most_names)
    names_.erase(std::ranges::min_element(names_, {},
                                          [](const auto& known) { return known.second.told_at; }));
  names_[name] = {.addresses = std::move(addresses),
                  .told_at = now,
                  .good_until = now + std::clamp(ttl, shortest_ttl, longest_ttl),
                  .silent_until = std::nullopt};
}

void NameCache::silent(const std::string& name, Instant now) {
  if (const auto found = names_.find(name); found != names_.end())
    found->second.silent_until = now + recheck;
}

}  // namespace paceline
