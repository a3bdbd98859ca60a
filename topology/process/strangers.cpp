#include "topology/process/strangers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>
#include <utility>

namespace paceline {
namespace {

constexpr Duration quiet_time = 1min;
constexpr std::size_t most_addresses = 64;

std::string named(const std::vector<std::string>& nodes) {
  return nodes.empty() ? "none of the cluster's" : fmt::format("{}", fmt::join(nodes, " or "));
}

}  // namespace

Strangers::Strangers(const Topology& topology, const std::string& self, Log& log) : log_{log} {
  for (const auto& node : topology.nodes)
    if (node.name != self) nodes_at_[node.host].push_back(node.name);
}

void Strangers::refuse(const std::string& address, std::string why, Instant now) {
  const bool room = strangers_.contains(address) || strangers_.size() < most_addresses;
  const std::string key = room ? address : "others";
  auto& stranger = strangers_[key];
  if (stranger.count == 0)
    if (const auto found = nodes_at_.find(key); found != nodes_at_.end())
      stranger.nodes = found->second;
  stranger.why = std::move(why);
  ++stranger.count;
  stranger.last = now;
  if (stranger.count == 1 || now - stranger.told >= quiet_time) tell(key, stranger, now);
}

void Strangers::tell(const std::string& address, Stranger& stranger, Instant now) {
  stranger.told = now;
  log_.warn("key_refused", {{"address", address},
                            {"node", named(stranger.nodes)},
                            {"why", stranger.why},
                            {"count", stranger.count}});
}

void Strangers::tick(Instant now) {
  for (auto at = strangers_.begin(); at != strangers_.end();) {
    const auto& [address, stranger] = *at;
    if (now - stranger.last < quiet_time) {
      ++at;
      continue;
    }
    log_.info("key_refused_over",
              {{"address", address}, {"node", named(stranger.nodes)}, {"count", stranger.count}});
    at = strangers_.erase(at);
  }
}

std::vector<std::string> Strangers::nodes() const {
  std::set<std::string> all;
  for (const auto& [address, stranger] : strangers_)
    all.insert(stranger.nodes.begin(), stranger.nodes.end());
  return {all.begin(), all.end()};
}

}  // namespace paceline
