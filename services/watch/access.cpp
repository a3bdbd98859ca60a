#include "services/watch/access.h"

#include <algorithm>

namespace paceline::watch {
namespace {

constexpr double burst_seconds = 10;

bool bears(const WebRequest& request, std::string_view token) {
  constexpr std::string_view scheme = "Bearer ";
  const std::string_view given = request.header("authorization");
  return !token.empty() && given.starts_with(scheme) &&
         equal_secret(given.substr(scheme.size()), token);
}

WebAnswer refusal(std::string_view detail) {
  auto answer = problem(401, detail);
  answer.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"paceline\"");
  return answer;
}

}  // namespace

std::optional<WebAnswer> AccessControl::over_rate(const WebRequest& request, Instant now) {
  const double most = rules_.requests_per_second * burst_seconds;
  auto found = peers_.find(request.peer);
  if (found == peers_.end()) {
    if (peers_.size() >= max_peers)
      peers_.erase(std::ranges::min_element(peers_, {},
                                            [](const auto& peer) { return peer.second.filled; }));
    found = peers_.emplace(request.peer, Peer{.tokens = most, .filled = now}).first;
  }
  auto& peer = found->second;
  const double earned = to_seconds(now - peer.filled) * rules_.requests_per_second;
  peer.tokens = std::min(most, peer.tokens + std::max(0.0, earned));
  peer.filled = now;
  if (peer.tokens < 1) {
    auto refusal = problem(429, "too many requests from this address");
    refusal.headers.emplace_back("Retry-After", "1");
    return refusal;
  }
  peer.tokens -= 1;
  return std::nullopt;
}

std::optional<WebAnswer> AccessControl::may_not_read(const WebRequest& request) const {
  if (rules_.read_token.empty() || bears(request, rules_.read_token) ||
      bears(request, rules_.operate_token))
    return std::nullopt;
  return refusal("a bearer token is needed (read_token in the settings of watch)");
}

std::optional<WebAnswer> AccessControl::may_not_operate(const WebRequest& request) const {
  if (rules_.operate_token.empty())
    return problem(403, "watch only shows: no operate_token is in its settings");
  if (bears(request, rules_.operate_token)) return std::nullopt;
  return refusal("a bearer token is needed (operate_token in the settings of watch)");
}

bool equal_secret(std::string_view given, std::string_view expected) {
  unsigned difference = given.size() == expected.size() ? 0 : 1;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const char other = given.empty() ? '\0' : given[i % given.size()];
    difference |= static_cast<unsigned>(static_cast<unsigned char>(other) ^
                                        static_cast<unsigned char>(expected[i]));
  }
  return difference == 0;
}

}  // namespace paceline::watch
