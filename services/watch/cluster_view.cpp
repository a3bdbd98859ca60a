#include "services/watch/cluster_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace paceline::watch {
namespace {

double seconds_since(bool ever, Instant then, Instant now) {
  return ever ? std::max(0.0, to_seconds(now - then)) : -1;
}

}  // namespace

const NodeStatus* ClusterStatus::find(std::string_view name) const {
  for (const auto& each : nodes)
    if (each.name == name) return &each;
  return nullptr;
}

ClusterView::ClusterView(ClusterViewOptions options) : options_{std::move(options)} {
  for (const auto& node : options_.nodes) {
    electors_[node.name];
    publishers_[node.name];
  }
  for (const auto& sender : options_.senders) {
    streams_.emplace_back().sender = sender;
    if (sender.channel == "pace") cycles_[sender.shard];
  }
}

// Votes and acknowledgements are the electors' own talk; the others say what a node is.
void ClusterView::hear(const ElectionMessage& message, Instant now) {
  if (message.cluster != options_.cluster) return;
  if (message.kind != ElectionMessageKind::presence &&
      message.kind != ElectionMessageKind::heartbeat &&
      message.kind != ElectionMessageKind::release)
    return;
  const auto found = electors_.find(message.node);
  if (found == electors_.end()) return;
  auto& elector = found->second;
  if (elector.said && (message.incarnation < elector.said->incarnation ||
                       (message.incarnation == elector.said->incarnation &&
                        message.sequence < elector.said->sequence)))
    return;  // Overtaken on its way.
  if (message.kind == ElectionMessageKind::release)
    last_release_ = {.node = message.node, .term = message.term};
  elector.said = message;
  elector.heard = now;
}

void ClusterView::hear(const Grant& grant, Instant) {
  if (grant.node == options_.self) grant_ = grant;
}

void ClusterView::hear(const PublicationReport& report, Instant now) {
  const auto found = publishers_.find(report.node);
  if (found == publishers_.end()) return;
  auto& publisher = found->second;
  if (publisher.said && report.incarnation < publisher.said->incarnation) return;
  publisher.said = report;
  publisher.heard = now;
}

void ClusterView::hear(int shard, const PaceCycle& cycle) {
  if (const auto found = cycles_.find(shard); found != cycles_.end()) found->second = cycle;
}

ClusterView::Stream* ClusterView::stream(std::string_view channel, std::string_view sender,
                                         int shard) {
  for (auto& each : streams_)
    if (each.sender.channel == channel && each.sender.sender == sender &&
        (each.sender.shard == shard || each.sender.shard < 0 || shard < 0))
      return &each;
  return nullptr;
}

void ClusterView::hear_rows(std::string_view channel, std::string_view sender, int shard,
                            Instant heard, Instant content) {
  auto* found = stream(channel, sender, shard);
  if (!found) return;
  found->ever = true;
  found->heard = heard;
  found->content = content;
}

NodeStatus ClusterView::node_status(const ClusterNode& node, Instant now) const {
  NodeStatus status{.name = node.name, .priority = node.priority};
  const auto& elector = electors_.find(node.name)->second;
  if (elector.said) {
    const auto& said = *elector.said;
    status.heard_s = seconds_since(true, elector.heard, now);
    status.term = said.term;
    status.tier = said.tier;
    status.believes_master = said.master;
    status.master_since_ms = said.master_since_ms;
    status.why = said.why;
    if (now - elector.heard <= options_.heartbeat_stale) {
      status.elector = to_string(said.role);
      status.seen = said.seen;
      status.role = node.witness ? NodeRole::witness
                    : said.role == ElectorRole::master && said.kind != ElectionMessageKind::release
                        ? NodeRole::master
                        : NodeRole::standby;
    }
  }
  if (node.witness) {
    status.publisher = "none";
    return status;
  }
  const auto& publisher = publishers_.find(node.name)->second;
  if (!publisher.said) return status;
  status.publication = publisher.said;
  status.publication_heard_s = seconds_since(true, publisher.heard, now);
  if (now - publisher.heard <= options_.publication_stale)
    status.publisher = publisher.said->open ? "open" : "shut";
  return status;
}

// Of the nodes that claim to be master, the one of the highest term is.
void ClusterView::find_master(ClusterStatus& status) const {
  for (const auto& each : status.nodes) {
    if (each.role != NodeRole::master) continue;
    ++status.claims;
    if (!status.master.empty() && each.term <= status.term) continue;
    status.master = each.name;
    status.term = each.term;
    status.master_since_ms = each.master_since_ms;
    status.master_why = each.why;
  }
  if (status.master_why.empty() && status.master == last_master_.node &&
      status.term == last_master_.term)
    status.master_why = cause_;
  if (status.master.empty())
    for (const auto& each : status.nodes) status.term = std::max(status.term, each.term);
}

// Channels with rows, and what their senders told of themselves.
void ClusterView::add_row_channels(ClusterStatus& status, Instant now) const {
  const auto keep_youngest = [](double& seconds, double other) {
    if (other >= 0 && (seconds < 0 || other < seconds)) seconds = other;
  };
  for (const auto& each : streams_) {
    const auto& channel = status.channels.emplace_back(
        ChannelStatus{.channel = each.sender.channel,
                      .sender = each.sender.sender,
                      .shard = each.sender.shard,
                      .heard_s = seconds_since(each.ever, each.heard, now),
                      .content_s = seconds_since(each.ever, each.content, now),
                      .stale_s = to_seconds(each.sender.stale),
                      .fresh = each.ever && now - each.heard <= each.sender.stale});
    if (channel.channel == "stat") {
      keep_youngest(status.statistics_heard_s, channel.heard_s);
      status.statistics_fresh = status.statistics_fresh || channel.fresh;
    } else if (channel.channel == "feedback") {
      keep_youngest(status.feedback_heard_s, channel.heard_s);
    } else if (channel.channel == "pace") {
      status.shards.push_back({.shard = channel.shard,
                               .cycle = cycles_.find(channel.shard)->second,
                               .heard_s = channel.heard_s,
                               .fresh = channel.fresh});
    }
  }
}

// Channels on which every node says something of itself: its age is that of what it says.
void ClusterView::add_node_channels(ClusterStatus& status) const {
  const auto add = [&](const char* channel, std::string sender, double heard_s, Duration stale,
                       bool fresh) {
    status.channels.push_back({.channel = channel,
                               .sender = std::move(sender),
                               .heard_s = heard_s,
                               .content_s = heard_s,
                               .stale_s = to_seconds(stale),
                               .fresh = fresh});
  };
  for (const auto& [name, elector] : electors_)
    if (const auto* node = status.find(name); node && elector.said)
      add("heartbeat", name + "/elector/0", node->heard_s, options_.heartbeat_stale,
          node->role != NodeRole::down);
  for (const auto& node : status.nodes)
    if (node.publication)
      add("publication", node.name + "/publisher/0", node.publication_heard_s,
          options_.publication_stale, node.publisher != "down");
}

ClusterStatus ClusterView::status(Instant now, WallTime wall) const {
  ClusterStatus status{
      .cluster = options_.cluster, .node = options_.self, .wall_ms = wall_milliseconds(wall)};
  for (const auto& node : options_.nodes) status.nodes.push_back(node_status(node, now));
  find_master(status);
  status.statistics = statistics_;
  status.feedback = feedback_;
  add_row_channels(status, now);
  add_node_channels(status);
  if (grant_) {
    status.grant = *grant_;
    const Instant expires{Duration{grant_->expires_ns}};
    status.grant_left_s = grant_->term == 0 ? 0 : std::max(0.0, to_seconds(expires - now));
  }
  return status;
}

bool ClusterView::has_candidate(std::string_view node) const {
  return std::ranges::any_of(
      options_.nodes, [&](const ClusterNode& each) { return each.name == node && !each.witness; });
}

// Why another is master now, as far as we saw it: what became of the one before.
bool ClusterView::note_master(const ClusterStatus& current) {
  if (current.master.empty() ||
      (current.master == last_master_.node && current.term == last_master_.term))
    return false;
  const Mastership before =
      std::exchange(last_master_, {.node = current.master, .term = current.term});
  const auto* fallen = current.find(before.node);
  cause_.clear();
  if (!fallen) return true;  // The first that we hear of.
  if (last_release_.node == before.node && last_release_.term == before.term)
    cause_ = fmt::format("{} gave up term {}", before.node, before.term);
  else if (fallen->role == NodeRole::down)
    cause_ = fmt::format("{} was not heard any more in term {}", before.node, before.term);
  else
    cause_ = fmt::format("{} lost its lease of term {}", before.node, before.term);
  return true;
}

std::vector<Event> ClusterView::step(const TargetTable& targets, Instant now, WallTime wall) {
  ClusterStatus current = status(now, wall);
  if (note_master(current)) current = status(now, wall);
  std::vector<Event> events;
  if (before_) {
    events = transitions(*before_, current);
    for (auto& event : target_transitions(targets, current.wall_ms))
      events.push_back(std::move(event));
  }
  before_ = std::move(current);
  return events;
}

}  // namespace paceline::watch
