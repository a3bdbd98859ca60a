// Causes that lie with nodes, their processes and the network between them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "services/watch/cause_rules.h"

namespace paceline::watch {
namespace {

constexpr double clocks_differ_s = 3;
constexpr std::size_t most_pairs = 6;  // Of one-way links that are told one by one.

using Names = std::vector<std::string>;

// "a, b and c"
std::string listed(const Names& names) {
  if (names.empty()) return "none";
  if (names.size() == 1) return names[0];
  return fmt::format("{} and {}", fmt::join(names.begin(), names.end() - 1, ", "), names.back());
}

std::string ago(double seconds) {
  return seconds < 0 ? "it was never heard" : fmt::format("last heard {:.0f} s ago", seconds);
}

std::string heartbeat_place(const Findings& out, const std::string& node) {
  const auto found = out.around.heartbeats.find(node);
  return found == out.around.heartbeats.end() ? "the heartbeat port of " + node
                                              : "tcp " + found->second + " of " + node;
}

std::string log_remedy(const Findings& out, const std::string& node) {
  const Starter& starter = out.around.starter;
  return fmt::format("{} on {}: {}", status_command(starter), node, states_of(starter));
}

// [s] Since the listener heard it, as it said last; -1 = never.
double age_at(const NodeAnswer& listener, const std::string& speaker) {
  const auto found = std::ranges::find(listener.hears, speaker, &PeerAnswer::node);
  return found == listener.hears.end() ? -1 : found->age_s;
}

bool hears(const Findings& out, const NodeAnswer& listener, const std::string& speaker) {
  const double age_s = age_at(listener, speaker);
  return age_s >= 0 && age_s <= out.around.heartbeat_stale_s;
}

bool others_hear(const Findings& out, const std::string& speaker) {
  return std::ranges::any_of(out.status.nodes, [&](const NodeAnswer& other) {
    return !out.is_own(other) && other.role != NodeRole::down && hears(out, other, speaker);
  });
}

// Long enough that whoever just died is not taken for one who is not heard.
bool is_deaf(const Findings& out, double age_s) {
  return age_s < 0 || age_s > 2 * out.around.heartbeat_stale_s;
}

// Silent processes of our own node, of which every channel is heard here.
Names own_silent(const Findings& out, const NodeAnswer& self) {
  Names silent;
  if (self.role == NodeRole::down) silent.push_back("elector");
  if (!out.status.statistics.fresh) silent.push_back("statfeed");
  for (const auto& shard : out.status.pacers)
    if (!shard.fresh) silent.push_back(fmt::format("pacer {}", shard.shard));
  if (self.publisher == "down") silent.push_back("publisher");
  return silent;
}

void tell_one_way(Findings& out, const NodeAnswer& speaker, const std::string& deaf) {
  const std::string& name = speaker.name;
  out.add({.id = CauseId::one_way,
           .weight = CauseWeight::endangers,
           .node = deaf,
           .cause = speaker.role == NodeRole::down
                        ? fmt::format("{} does not hear {}, others do", deaf, name)
                        : fmt::format("{} hears {}, {} does not hear {}", name, deaf, deaf, name),
           .remedy = fmt::format("check {} from {} (firewalls, routes); if it is open, the keys of "
                                 "both (pacelinectl keys check)",
                                 heartbeat_place(out, name), deaf)});
}

}  // namespace

std::string unfit_reason(const NodeAnswer& node) {
  constexpr std::string_view mark = "(less fit: ";
  const auto begin = node.why.find(mark);
  if (begin == std::string::npos) return {};
  auto reason = node.why.substr(begin + mark.size());
  if (reason.ends_with(')')) reason.pop_back();
  return reason;
}

std::string unfit_remedy(const Findings& out, const NodeAnswer& node) {
  constexpr int without_pace = 1;  // Its elector's grade: it hears no pacer there, or old ones.
  if (node.tier == without_pace)
    return fmt::format("ask there, where its pacers and statfeed are known: pacelinectl status; {}",
                       log_remedy(out, node.name));
  return "it is forgotten once a publication of it is accepted, or another master has "
         "served for some periods; pacelinectl election says more";
}

void find_election_causes(Findings& out) {
  const StatusAnswer& status = out.status;
  Names heard;
  Names silent;
  for (const auto& node : status.nodes) {
    (node.role == NodeRole::down ? silent : heard).push_back(node.name);
    if (node.elector == "master" && node.name != status.master)
      out.add({.id = CauseId::false_master,
               .weight = CauseWeight::endangers,
               .node = node.name,
               .cause = fmt::format("{} {}", node.name, node.why),
               .remedy = "if it is no hand-over: is its key in other hands?",
               .unfit = !out.is_own(node)});
  }
  if (!status.master.empty()) return;
  const bool too_few = out.around.quorum > 0 && heard.size() < out.around.quorum;
  if (too_few)
    return out.add({.id = CauseId::no_quorum,
                    .weight = CauseWeight::stops,
                    .node = "",
                    .cause = fmt::format("nobody is master: of {} nodes {} must agree, and node {} "
                                         "hears {}",
                                         status.nodes.size(), out.around.quorum, status.node,
                                         heard.empty() ? "none" : "only " + listed(heard)),
                    .remedy = fmt::format("bring {} back, or mend the network to {}",
                                          listed(silent), silent.size() == 1 ? "it" : "them"),
                    .unfit = true});
  out.add({.id = CauseId::no_master,
           .weight = CauseWeight::stops,
           .node = "",
           .cause = "nobody is master",
           .remedy = "an election takes some seconds; if it stays, pacelinectl election says what "
                     "each node waits for",
           .unfit = true});
}

void find_silence(Findings& out) {
  for (const auto& node : out.status.nodes) {
    Names silent;
    if (out.is_own(node)) {
      silent = own_silent(out, node);
    } else {
      const bool is_down = node.role == NodeRole::down;
      // Whom others hear is not down: find_link_causes() tells it.
      if (is_down && others_hear(out, node.name)) continue;
      if (is_down && node.publisher != "open" && node.publisher != "shut") {
        out.add({.id = CauseId::node_silent,
                 .weight = out.weight_at(node) == CauseWeight::tells ? CauseWeight::tells
                                                                     : CauseWeight::endangers,
                 .node = node.name,
                 .cause = fmt::format("node {} is silent: {}", node.name, ago(node.heard_s)),
                 .remedy = fmt::format("does its host run, and can this one reach {}? On it: {}",
                                       heartbeat_place(out, node.name),
                                       status_command(out.around.starter))});
        continue;
      }
      if (is_down) silent.push_back("elector");
      if (node.publisher == "down") silent.push_back("publisher");
    }
    if (silent.empty()) continue;
    const bool is_master = node.name == out.status.master;
    out.add({.id = CauseId::process_silent,
             .weight = out.weight_at(node),
             .node = node.name,
             .cause = fmt::format("{} of node {}{} {} not heard", listed(silent), node.name,
                                  is_master ? ", which is master," : "",
                                  silent.size() == 1 ? "is" : "are"),
             .remedy = log_remedy(out, node.name),
             .unfit = out.is_own(node) || is_master});
  }
}

void find_link_causes(Findings& out) {
  const auto& nodes = out.status.nodes;
  const auto tell_key = [&](std::string cause, const std::string& of, const std::string& on) {
    out.add({.id = CauseId::key_refused,
             .weight = CauseWeight::endangers,
             .node = on,
             .cause = std::move(cause),
             .remedy = fmt::format(
                 "keys/{0}.public on {1} must be the one of {0}, and keys/{1}.public on "
                 "{0} that of {1} (pacelinectl keys check on both): copy the one that "
                 "is not, then restart both nodes' processes",
                 of, on)});
  };
  const std::string& self = out.status.node;
  for (const auto& node : out.around.refuse_our_key)
    tell_key(fmt::format("node {} refuses the key of node {}", node, self), self, node);
  for (const auto& node : out.around.refused_here)
    tell_key(fmt::format("node {} refuses the key of node {}", self, node), node, self);
  std::size_t told = 0;
  for (const auto& listener : nodes) {
    if (listener.role == NodeRole::down || listener.elector == "starting") continue;
    for (const auto& speaker : nodes) {
      if (speaker.name == listener.name || speaker.elector == "starting") continue;
      // Whom we do not hear says nothing to us of whom it hears.
      const bool is_ours = listener.name == self && speaker.role == NodeRole::down;
      const double age_s = is_ours ? speaker.heard_s : age_at(listener, speaker.name);
      const bool speaks =
          is_ours ? others_hear(out, speaker.name)
                  : speaker.role != NodeRole::down && hears(out, speaker, listener.name);
      if (!speaks || !is_deaf(out, age_s)) continue;
      if (++told <= most_pairs) tell_one_way(out, speaker, listener.name);
    }
  }
  if (told > most_pairs)
    out.add({.id = CauseId::one_way,
             .weight = CauseWeight::endangers,
             .node = "",
             .cause = fmt::format("{} more pairs of nodes hear each other in one direction only",
                                  told - most_pairs),
             .remedy = "pacelinectl election shows who hears whom"});
}

void find_disagreement(Findings& out) {
  Names differ;
  std::size_t agree = 0;
  for (const auto& node : out.status.nodes) {
    if (out.is_own(node) || node.role == NodeRole::down) continue;
    if (node.targets_differ)
      out.add({.id = CauseId::targets_differ,
               .weight = CauseWeight::stops,
               .node = node.name,
               .cause = fmt::format("node {} paces by another targets file than {} (version {})",
                                    node.name, out.status.node, node.targets),
               .remedy = "pacelinectl targets diff shows the difference; copy the right file to "
                         "every node, then pacelinectl reload",
               .unfit = true});
    if (std::abs(node.clock_ahead_s) > clocks_differ_s)
      differ.push_back(fmt::format("{} ({:+.1f} s)", node.name, node.clock_ahead_s));
    else
      ++agree;
  }
  if (differ.size() > agree)
    out.add({.id = CauseId::clock_differs,
             .weight = CauseWeight::endangers,
             .node = out.status.node,
             .cause = fmt::format("the clock of node {} differs from those of {}", out.status.node,
                                  fmt::join(differ, ", ")),
             .remedy = "check its time synchronisation (chronyc tracking, timedatectl)",
             .unfit = true});
}

void find_fitness_causes(Findings& out) {
  const auto& status = out.status;
  for (const auto& node : status.nodes) {
    if (node.role == NodeRole::down || node.role == NodeRole::witness || node.tier == 0) continue;
    const bool is_explained = std::ranges::any_of(out.found, [&](const Finding& each) {
      return each.cause.node == node.name && (each.unfit || !out.is_own(node)) &&
             each.cause.weight != CauseWeight::tells && each.id != CauseId::one_way &&
             each.id != CauseId::key_refused && each.id != CauseId::false_master;
    });
    if (is_explained) continue;
    const auto reason = unfit_reason(node);
    out.add({.id = CauseId::less_fit,
             .weight = out.weight_at(node),
             .node = node.name,
             .cause = fmt::format("node {} counts as unfit to be master{}{}", node.name,
                                  reason.empty() ? "" : ": ", reason),
             .remedy = unfit_remedy(out, node),
             .unfit = out.is_own(node)});
  }
  std::size_t candidates = 0;
  Names unable;
  for (const auto& node : status.nodes) {
    if (node.priority == 0 || node.role == NodeRole::witness) continue;
    ++candidates;
    if (node.name == status.master) continue;
    const bool able = node.role == NodeRole::standby && node.tier == 0 &&
                      node.publisher != "down" && node.maintenance.empty();
    if (!able)
      unable.push_back(fmt::format("{} {}", node.name,
                                   !node.maintenance.empty()     ? "is in maintenance"
                                   : node.role == NodeRole::down ? "is silent"
                                   : node.publisher == "down"    ? "has no publisher"
                                                                 : "is not fit"));
  }
  if (!status.master.empty() && candidates > 1 && unable.size() + 1 == candidates)
    out.add({.id = CauseId::no_spare,
             .weight = CauseWeight::endangers,
             .node = "",
             .cause = fmt::format("if {} fails, nobody can be master: {}", status.master,
                                  listed(unable)),
             .remedy = "bring one of them back"});
}

}  // namespace paceline::watch
