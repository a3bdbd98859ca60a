#include "services/elector/clocks.h"

#include <algorithm>

namespace paceline::elector {

namespace {
constexpr std::size_t remembered = 5;
}  // namespace

void PeerClocks::heard(const std::string& node, Duration difference) {
  auto& last = last_[node];
  last.push_back(difference);
  if (last.size() > remembered) last.pop_front();
}

std::optional<Duration> PeerClocks::difference(const std::string& node) const {
  const auto found = last_.find(node);
  if (found == last_.end()) return {};
  return std::ranges::min(found->second, {}, [](Duration d) { return std::chrono::abs(d); });
}

}  // namespace paceline::elector
