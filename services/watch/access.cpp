#include "services/watch/access.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "common/base/ascii.h"
#include "common/base/utf8.h"

namespace paceline::watch {
namespace {

constexpr double burst_seconds = 10;
constexpr std::size_t most_shown_bytes = 100;

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

/// Of "HOST", "HOST:PORT" or "[ADDRESS]:PORT", in lower case, without the dot of the root.
std::string host_name(std::string_view host) {
  if (host.starts_with('['))
    host = host.substr(1, host.find(']') - 1);
  else if (const auto colon = host.find(':'); colon == host.rfind(':'))
    host = host.substr(0, colon);
  if (host.ends_with('.')) host.remove_suffix(1);
  return ascii_lower(host);
}

// Nobody can make such a name lead elsewhere than it says (RFC 6761 for localhost).
bool is_nobodys(const std::string& name) {
  in_addr four{};
  in6_addr six{};
  return name == "localhost" || name.ends_with(".localhost") ||
         inet_pton(AF_INET, name.c_str(), &four) == 1 ||
         inet_pton(AF_INET6, name.c_str(), &six) == 1;
}

bool is_named_by(std::string_view name, std::string_view allowed) {
  if (!allowed.starts_with("*.")) return name == allowed;
  const auto dot = name.find('.');
  return dot != std::string_view::npos && dot > 0 && name.substr(dot) == allowed.substr(1);
}

/// Which share of its address's rate a request takes.
std::string_view share_of(const WebRequest& request) {
  const bool is_monitoring = request.path == "/metrics" || request.path == "/readyz";
  return is_monitoring ? std::string_view{request.path} : std::string_view{};
}

}  // namespace

std::optional<WebAnswer> AccessControl::for_another_host(const WebRequest& request) const {
  const auto host = request.header("host");
  if (host.empty()) return std::nullopt;  // HTTP/1.0: a probe, no browser.
  const auto name = host_name(host);
  if (is_nobodys(name) || std::ranges::any_of(rules_.hosts, [&](const auto& allowed) {
        return is_named_by(name, allowed);
      }))
    return std::nullopt;
  return problem(421,
                 fmt::format("watch is not known as '{}' here; if people may reach it under that "
                             "name, list it in allowed_hosts of [watch] in the topology file",
                             printable_ascii(name, most_shown_bytes)));
}

std::optional<WebAnswer> AccessControl::over_rate(const WebRequest& request, Instant now) {
  const double most = rules_.requests_per_second * burst_seconds;
  const std::pair<std::string, std::string> who{request.peer, share_of(request)};
  auto found = peers_.find(who);
  if (found == peers_.end()) {
    if (peers_.size() >= max_peers)
      peers_.erase(std::ranges::min_element(peers_, {},
                                            [](const auto& peer) { return peer.second.filled; }));
    found = peers_.emplace(who, Peer{.tokens = most, .filled = now}).first;
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
