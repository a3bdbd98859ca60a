#include "services/elector/policy.h"

#include "common/base/hash.h"

namespace paceline::elector {

Duration ElectionPolicy::lease() const {
  if (omitted == SafetyRule::lease_within_lock) return lock() * 3 / 2;
  constexpr std::int64_t million = 1'000'000;
  return lock() * (million - rho_ppm) / (million + rho_ppm) - guard;
}

std::size_t ElectionPolicy::quorum() const {
  if (pair || omitted == SafetyRule::quorum) return 1;
  return voters.size() / 2 + 1;
}

std::uint8_t ElectionPolicy::number(std::string_view name) const {
  for (std::size_t i = 0; i < voters.size(); ++i)
    if (voters[i].name == name) return static_cast<std::uint8_t>(i + 1);
  return 0;
}

std::uint32_t ElectionPolicy::fingerprint() const {
  std::string text = cluster + '\n';
  for (const auto& voter : voters) text += voter.name + '\n';
  text += std::to_string(pair) + ' ' + std::to_string(heartbeat.count()) + ' ' +
          std::to_string(missed) + ' ' + std::to_string(rho_ppm);
  const auto hash = fnv1a(text);
  return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

}  // namespace paceline::elector
