#include "services/watch/cluster_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <tuple>
#include <utility>

#include "services/watch/standing.h"

namespace paceline::watch {
namespace {

constexpr Duration targets_may_differ = 10s;  // While one node after the other is reloaded.
constexpr double clocks_agree_s = 2;

double seconds_since(bool ever, Instant then, Instant now) {
  return ever ? std::max(0.0, to_seconds(now - then)) : -1;
}

HeardPublication heard_publication(const PublicationReport& report, double heard_s) {
  HeardPublication heard{
      .report = report,
      .round_trip_share = report.period_ms > 0 ? report.round_trip_ms / report.period_ms : 0.0,
      .heard_s = heard_s};
  if (report.since_accepted_s >= 0)
    heard.report.since_accepted_s += heard_s;  // Of a silent one too.
  return heard;
}

}  // namespace

const NodeAnswer* find_node(const StatusAnswer& status, std::string_view name) {
  for (const auto& each : status.nodes)
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
// An incarnation falls if a node lost its run folder and its clock was set back: then it is heard
// again after some silence.
void ClusterView::hear(const ElectionMessage& message, Instant now, WallTime wall) {
  if (message.cluster != options_.cluster) return;
  if (message.kind != ElectionMessageKind::presence &&
      message.kind != ElectionMessageKind::heartbeat &&
      message.kind != ElectionMessageKind::release)
    return;
  const auto found = electors_.find(message.node);
  if (found == electors_.end()) return;
  auto& elector = found->second;
  if (elector.said && now - elector.heard <= 2 * options_.heartbeat_stale &&
      (message.incarnation < elector.said->incarnation ||
       (message.incarnation == elector.said->incarnation &&
        message.sequence < elector.said->sequence)))
    return;  // Overtaken on its way.
  if (message.wall_ms > 0)
    elector.clock_ahead_s =
        static_cast<double>(static_cast<std::int64_t>(message.wall_ms) - ms_since_1970(wall)) /
        1000;
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
  const bool silent = now - publisher.heard > 2 * options_.publication_stale;
  if (publisher.said && !silent && report.incarnation < publisher.said->incarnation) return;
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

NodeAnswer ClusterView::node_answer(const ClusterNode& node, Instant now) const {
  NodeAnswer answer{.name = node.name,
                    .publisher = node.witness ? "none" : "down",
                    .elector = "silent",
                    .priority = node.priority};
  const auto& elector = electors_.find(node.name)->second;
  if (elector.said) {
    const auto& said = *elector.said;
    answer.heard_s = seconds_since(true, elector.heard, now);
    answer.term = said.term;
    answer.tier = said.tier;
    answer.believes_master = said.master;
    answer.why = plain_words(said.why);
    answer.clock_ahead_s = elector.clock_ahead_s;
    answer.targets = said.targets;
    answer.maintenance = said.maintenance;  // Of one that is down too: that is why it may be.
    answer.targets_differ =
        elector.differs_since && now - *elector.differs_since > targets_may_differ;
    if (now - elector.heard <= options_.heartbeat_stale) {
      answer.elector = to_string(said.role);
      for (const auto& peer : said.seen)
        answer.hears.push_back({peer.node, peer.ms < 0 ? -1 : static_cast<double>(peer.ms) / 1000});
      answer.role = node.witness ? NodeRole::witness
                    : said.role == ElectorRole::master && said.kind != ElectionMessageKind::release
                        ? NodeRole::master
                        : NodeRole::standby;
    }
  }
  if (node.witness) return answer;
  const auto& publisher = publishers_.find(node.name)->second;
  if (!publisher.said) return answer;
  answer.publication =
      heard_publication(*publisher.said, seconds_since(true, publisher.heard, now));
  if (now - publisher.heard <= options_.publication_stale)
    answer.publisher = publisher.said->open ? "open" : "shut";
  return answer;
}

// By most of the electors that are heard, its own among them.
bool ClusterView::is_held_for_master(const StatusAnswer& status, const std::string& node) const {
  std::size_t heard = 0;
  std::size_t hold = 0;
  for (const auto& each : status.nodes) {
    if (each.role == NodeRole::down) continue;
    ++heard;
    hold += each.believes_master == node ? 1u : 0u;
  }
  return hold * 2 > heard;
}

void ClusterView::find_master(StatusAnswer& status) const {
  for (auto& each : status.nodes) {
    if (each.role != NodeRole::master) continue;
    ++status.claims;
    if (!is_held_for_master(status, each.name)) continue;
    status.master = each.name;
    status.term = each.term;
    status.master_since = utc_time(
        static_cast<std::int64_t>(electors_.find(each.name)->second.said->master_since_ms));
    status.master_why = each.why;
  }
  for (auto& each : status.nodes) {
    if (each.role != NodeRole::master || each.name == status.master) continue;
    each.role = NodeRole::standby;
    each.why = fmt::format("says it is master of term {}; the electors hold {}", each.term,
                           status.master.empty() ? "nobody" : status.master);
  }
  if (status.master_why.empty() && status.master == last_master_.node &&
      status.term == last_master_.term)
    status.master_why = cause_;
  if (status.master.empty())
    for (const auto& each : status.nodes) status.term = std::max(status.term, each.term);
}

// The master's word, since it is what goes out; without one the latest that is heard.
void ClusterView::find_pause(StatusAnswer& status) const {
  const auto order = [](const ElectionMessage& m) {
    return std::tuple{m.pause_ms, !m.pause.empty(), std::string_view{m.pause}};
  };
  const ElectionMessage* word = nullptr;
  for (const auto& node : status.nodes) {
    if (node.role == NodeRole::down) continue;
    if (!status.master.empty() && node.name != status.master) continue;
    const auto& said = *electors_.find(node.name)->second.said;
    if (word == nullptr || order(said) > order(*word)) word = &said;
  }
  if (word == nullptr || word->pause_ms == 0) return;
  status.paused = word->pause;
  status.paused_since = utc_time(static_cast<std::int64_t>(word->pause_ms));
}

// Channels with rows, and what their senders told of themselves.
void ClusterView::add_row_channels(StatusAnswer& status, Instant now) const {
  const auto keep_youngest = [](double& seconds, double other) {
    if (other >= 0 && (seconds < 0 || other < seconds)) seconds = other;
  };
  for (const auto& each : streams_) {
    const auto& channel = status.channels.emplace_back(
        ChannelAnswer{.channel = each.sender.channel,
                      .sender = each.sender.sender,
                      .shard = each.sender.shard,
                      .fresh = each.ever && now - each.heard <= each.sender.stale,
                      .heard_s = seconds_since(each.ever, each.heard, now),
                      .content_s = seconds_since(each.ever, each.content, now),
                      .stale_s = to_seconds(each.sender.stale)});
    if (channel.channel == "stat") {
      keep_youngest(status.statistics.heard_s, channel.heard_s);
      status.statistics.fresh = status.statistics.fresh || channel.fresh;
    } else if (channel.channel == "feedback") {
      keep_youngest(status.feedback.heard_s, channel.heard_s);
    } else if (channel.channel == "pace") {
      status.pacers.push_back({.shard = channel.shard,
                               .fresh = channel.fresh,
                               .cycle = cycles_.find(channel.shard)->second,
                               .heard_s = channel.heard_s});
    }
  }
}

// Channels on which every node says something of itself: its age is that of what it says.
void ClusterView::add_node_channels(StatusAnswer& status) const {
  const auto add = [&](const char* channel, std::string sender, double heard_s, Duration stale,
                       bool fresh) {
    status.channels.push_back({.channel = channel,
                               .sender = std::move(sender),
                               .fresh = fresh,
                               .heard_s = heard_s,
                               .content_s = heard_s,
                               .stale_s = to_seconds(stale)});
  };
  for (const auto& [name, elector] : electors_)
    if (const auto* node = find_node(status, name); node && elector.said)
      add("heartbeat", name + "/elector/0", node->heard_s, options_.heartbeat_stale,
          node->role != NodeRole::down);
  for (const auto& node : status.nodes)
    if (node.publication)
      add("publication", node.name + "/publisher/0", node.publication->heard_s,
          options_.publication_stale, node.publisher != "down");
}

StatusAnswer ClusterView::status(Instant now, WallTime wall) const {
  StatusAnswer status{
      .cluster = options_.cluster, .node = options_.self, .time = utc_time(ms_since_1970(wall))};
  for (const auto& node : options_.nodes) status.nodes.push_back(node_answer(node, now));
  find_master(status);
  find_pause(status);
  status.statistics.source = statistics_;
  status.feedback.head = feedback_;
  add_row_channels(status, now);
  add_node_channels(status);
  if (grant_) {
    const Instant expires{Duration{grant_->expires_ns}};
    status.grant = {.term = grant_->term,
                    .left_s = grant_->term == 0 ? 0 : std::max(0.0, to_seconds(expires - now)),
                    .why = grant_->why};
  }
  return status;
}

ClockAgreement ClusterView::peer_clocks(Instant now) const {
  int agree = 0;
  int differ = 0;
  for (const auto& [name, elector] : electors_) {
    if (name == options_.self || !elector.said || elector.said->wall_ms == 0) continue;
    if (now - elector.heard > options_.heartbeat_stale) continue;
    ++(std::abs(elector.clock_ahead_s) <= clocks_agree_s ? agree : differ);
  }
  if (agree + differ == 0) return ClockAgreement::unknown;
  return agree > differ ? ClockAgreement::agree : ClockAgreement::differ;
}

// A witness paces nothing.
void ClusterView::compare_targets(Instant now) {
  const auto own = electors_.find(options_.self);
  const std::string ours =
      own == electors_.end() || !own->second.said ? "" : own->second.said->targets;
  for (auto& [name, elector] : electors_) {
    const bool known = !ours.empty() && elector.said && !elector.said->targets.empty() &&
                       now - elector.heard <= options_.heartbeat_stale;
    if (!known || elector.said->targets == ours)
      elector.differs_since.reset();
    else if (!elector.differs_since)
      elector.differs_since = now;
  }
}

bool ClusterView::has_candidate(std::string_view node) const {
  return std::ranges::any_of(
      options_.nodes, [&](const ClusterNode& each) { return each.name == node && !each.witness; });
}

// Why another is master now, as far as we saw it: what became of the one before.
bool ClusterView::note_master(const StatusAnswer& current) {
  if (current.master.empty() ||
      (current.master == last_master_.node && current.term == last_master_.term))
    return false;
  const Mastership before =
      std::exchange(last_master_, {.node = current.master, .term = current.term});
  const auto* fallen = find_node(current, before.node);
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
  compare_targets(now);
  StatusAnswer current = status(now, wall);
  if (note_master(current)) current = status(now, wall);
  std::vector<Event> events;
  if (before_) {
    events = transitions(*before_, current, ms_since_1970(wall));
    for (auto& event : target_transitions(targets, ms_since_1970(wall)))
      events.push_back(std::move(event));
  }
  if (!current.master.empty()) held_ = current.master;
  before_ = std::move(current);
  return events;
}

}  // namespace paceline::watch
