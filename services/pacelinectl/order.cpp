#include "services/pacelinectl/order.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/cluster_bounds.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

constexpr Duration between_looks = 100ms;

constexpr const char* nobody_publishes =
    "nobody is master, so nothing is published; what was offered last ends by itself";

std::string not_heard_by(const std::string& master) {
  return printable(master) + ", the master, has not heard it: is this node cut off from it?";
}

// A peer that is silent is kept with what it said last.
bool is_silent(const ElectionView& view, const std::string& node) {
  constexpr double silent_after_s = 10;  // A heartbeat of 5 s makes a presence each 6.25 s.
  for (std::size_t i = 0; i < view.peers.size() && i < view.peer_age_s.size(); ++i)
    if (view.peers[i].node == node) return view.peer_age_s[i] > silent_after_s;
  return false;
}

}  // namespace

const ElectionMessage* said_by(const ElectionView& view, const std::string& node) {
  if (view.self.node == node) return &view.self;
  const auto found = std::ranges::find(view.peers, node, &ElectionMessage::node);
  return found == view.peers.end() ? nullptr : &*found;
}

ControlRequest order_of(std::string order, std::string why) {
  return request_of(Question::handover, {std::move(order), std::move(why)});
}

std::string reason_of(const std::string& why, Environment& environment) {
  const std::string person = environment.host().person();
  if (person.empty()) return why.empty() ? "an operator" : why;
  if (why.empty()) return ("by " + person).substr(0, max_why_bytes);
  std::string whole = fmt::format("{} (by {})", why, person);
  return whole.size() <= max_why_bytes ? whole : why;
}

Awaited await(double timeout_s, Environment& environment,
              const std::function<std::string()>& obstacle) {
  const Instant began = environment.now();
  while (true) {
    Awaited awaited{obstacle(), environment.now() - began};
    if (awaited.obstacle.empty() || to_seconds(awaited.after) >= timeout_s) return awaited;
    if (!environment.pause(between_looks)) return awaited;
  }
}

Result<ElectionView> election_view(const ClusterFile& cluster, Environment& environment) {
  auto view = decode<ElectionView>(
      TRY(ask_process(cluster, "elector", 0, request_of(Question::election), environment)));
  if (!view) return fail(Errc::unavailable, "elector answered, but " + view.error().detail);
  return view;
}

const ElectionMessage* master_of(const ElectionView& view) {
  const ElectionMessage* said = said_by(view, view.self.master);
  return said != nullptr && said->role == ElectorRole::master ? said : nullptr;
}

std::string mastership_text(const ElectionView& view) {
  const ElectionMessage* master = master_of(view);
  if (master == nullptr) return "nobody is master";
  return fmt::format("{} is master in term {}", printable(master->node), master->term);
}

std::string unable_text(const ElectionView& view, const std::string& node) {
  const ElectionMessage* said = said_by(view, node);
  if (said == nullptr || is_silent(view, node)) return printable(node) + " is not heard";
  if (!said->maintenance.empty())
    return fmt::format("{} is in maintenance ({})", printable(node), printable(said->maintenance));
  if (said->role == ElectorRole::observer || said->role == ElectorRole::starting)
    return fmt::format("{} does not stand ({})", printable(node), printable(said->why));
  return {};
}

std::string WellCheck::obstacle(const ClusterFile& cluster, const Node& node,
                                Environment& environment) {
  constexpr int looks = 20;
  if (std::exchange(node_, &node) != &node) well_ = 0;
  const auto not_well = [&]() -> std::string {
    const auto view = election_view(cluster, environment);
    if (!view) return view.error().detail;
    if (!node.witness()) return unable_text(*view, node.name);
    const ElectionMessage* said = said_by(*view, node.name);
    const bool is_heard = said != nullptr && said->role != ElectorRole::starting;
    return is_heard ? "" : node.name + " is not heard";
  }();
  well_ = not_well.empty() ? well_ + 1 : 0;
  return not_well.empty() && well_ < looks ? node.name + " has only just begun" : not_well;
}

std::string stored_text(const StatusReply& reply) {
  const bool is_stored =
      std::ranges::find(reply.fields, std::pair<std::string, std::string>{"stored", "true"}) !=
      reply.fields.end();
  return is_stored ? "" : "that elector could not store it: it holds there until it restarts\n";
}

std::string pause_obstacle(const StatusAnswer& status, bool wants_pause) {
  if (status.master.empty()) return nobody_publishes;
  const auto master = std::ranges::find(status.nodes, status.master, &NodeAnswer::name);
  if (master == status.nodes.end() || !master->publication)
    return fmt::format("the publisher of {}, the master, is not heard", printable(status.master));
  if (status.paused.empty() == wants_pause) return not_heard_by(status.master);
  const PublicationReport& report = master->publication->report;
  if (report.paused == wants_pause && report.outcome == PublicationOutcome::accepted) return {};
  if (report.outcome == PublicationOutcome::accepted || report.outcome == PublicationOutcome::none)
    return fmt::format("{}, the master, has not published it yet", printable(status.master));
  return fmt::format("the endpoint does not accept what {}, the master, publishes: {} {}",
                     printable(status.master), to_string(report.outcome), printable(report.detail));
}

std::string held_obstacle(const ElectionView& view, bool wants_pause) {
  const ElectionMessage* master = master_of(view);
  if (master == nullptr || is_silent(view, master->node)) return nobody_publishes;
  if (master->pause.empty() != wants_pause) return {};
  return not_heard_by(master->node);
}

tl::expected<ClusterFile, Outcome> node_to_order(const Request& request, ClusterFile cluster) {
  const std::string name = request.arguments.empty() ? cluster.node : request.arguments[0];
  const Node* node = cluster.topology.node(name);
  if (node == nullptr || node->witness())
    return tl::unexpected{failed(
        exit_usage,
        fmt::format("{}: {}", name, node ? "a witness, which is never master" : "no such node"))};
  if (node->host != cluster.self().host)
    return tl::unexpected{failed(
        exit_not_answered, fmt::format("{} is on host {}, and is asked there: pacelinectl {}", name,
                                       node->host, request.command))};
  cluster.node = name;
  return cluster;
}

}  // namespace paceline::pacelinectl
