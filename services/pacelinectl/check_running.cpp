#include "services/pacelinectl/check_running.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "services/pacelinectl/answers.h"

namespace paceline::pacelinectl {
namespace {

constexpr double late_s = 2;  // Electors speak five times a second.

std::string_view label_of(const MetricSample& sample, std::string_view name) {
  for (const auto& [key, value] : sample.labels)
    if (key == name) return value;
  return {};
}

void take_metrics(const Result<Bytes>& body, ProcessFacts& process) {
  const auto reply = body ? decode<MetricsReply>(*body) : tl::unexpected{body.error()};
  if (!reply) return;
  for (const MetricFamily& family : reply->families)
    for (const MetricSample& sample : family.samples) {
      if (family.name == "paceline_build_info") process.version = label_of(sample, "version");
      if (family.name == "process_max_fds") process.most_open_files = sample.value;
    }
}

void take_status(const Result<Bytes>& body, ProcessFacts& process) {
  const auto reply = body ? decode<StatusReply>(*body) : tl::unexpected{body.error()};
  process.answers = reply.has_value();
  if (!reply) {
    process.why = reply.error().detail;
    return;
  }
  for (const auto& [name, value] : reply->fields) process.status[name] = value;
}

std::string status_of(const ProcessFacts& process, const std::string& field) {
  const auto found = process.status.find(field);
  return found == process.status.end() ? std::string{} : found->second;
}

std::string names_of(const std::vector<const ProcessFacts*>& processes) {
  std::vector<std::string> names;
  for (const ProcessFacts* process : processes) names.push_back(process->address.text());
  return fmt::format("{}", fmt::join(names, ", "));
}

void check_versions(CheckContext& context, const RunningFacts& running) {
  std::vector<const ProcessFacts*> others;
  for (const ProcessFacts& process : running.processes)
    if (!process.version.empty() && process.version != PACELINE_VERSION) others.push_back(&process);
  if (!others.empty())
    context.list.warning("processes",
                         fmt::format("{} run version {}, and this is {}", names_of(others),
                                     others.front()->version, PACELINE_VERSION),
                         "start them anew, the master's node last");
}

void check_versions_of_targets(CheckContext& context, const RunningFacts& running) {
  const auto targets = load_targets(context.cluster, context.environment);
  if (!targets) return;  // check_targets_file() tells why.
  std::vector<const ProcessFacts*> others;
  for (const ProcessFacts& process : running.processes)
    if (const std::string version = status_of(process, "targets_version");
        !version.empty() && version != targets->version())
      others.push_back(&process);
  if (!others.empty())
    context.list.warning(
        "targets",
        fmt::format("{} work by another targets file than the one that is here", names_of(others)),
        "pacelinectl targets diff, then pacelinectl reload");
}

void check_refused_keys(CheckContext& context, const RunningFacts& running) {
  for (const ProcessFacts& process : running.processes) {
    if (const std::string here = status_of(process, "keys_refused_here"); !here.empty())
      context.list.critical(
          "keys", fmt::format("{} refuses the key of {}", process.address.text(), here),
          fmt::format("bring the public key of {}: pacelinectl keys export there, keys import here",
                      here));
    if (const std::string there = status_of(process, "our_key_refused_by"); !there.empty())
      context.list.critical(
          "keys", fmt::format("{} refuses the key of {}", there, process.address.text()),
          fmt::format(
              "bring our public key to {0}: pacelinectl keys export here, keys import there",
              there));
  }
}

/// "a hears b, and b does not hear a".
void check_hearing(CheckContext& context, const StatusAnswer& cluster) {
  const std::string& self = context.cluster.node;
  const int port = context.self().port;
  for (const NodeAnswer& node : cluster.nodes) {
    if (node.name == self || node.role == NodeRole::down) continue;
    const auto us = std::ranges::find(node.hears, self, &PeerAnswer::node);
    if (us == node.hears.end() || (us->age_s >= 0 && us->age_s < late_s)) continue;
    context.list.critical("peers",
                          fmt::format("{0} hears {1}, and {1} does not hear {0}", self, node.name),
                          fmt::format("let tcp {} of {} through from {}: a firewall, or a route",
                                      port, context.self().host, node.name));
  }
}

}  // namespace

bool RunningFacts::any_answers() const {
  return std::ranges::any_of(processes, &ProcessFacts::answers);
}

const ProcessFacts* RunningFacts::find(std::string_view process, int index) const {
  const auto found = std::ranges::find_if(processes, [&](const ProcessFacts& facts) {
    return facts.address.process == process && facts.address.index == index;
  });
  return found == processes.end() ? nullptr : &*found;
}

RunningFacts ask_running(CheckContext& context) {
  RunningFacts running;
  std::vector<Asked> questions;
  for (const auto& [process, count] : context.topology().processes(context.self()))
    for (int index = 0; index < count; ++index) {
      ProcessFacts facts;
      facts.address = {context.cluster.node, process, index};
      questions.push_back({facts.address, request_of(Question::status)});
      questions.push_back({facts.address, request_of(Question::metrics)});
      running.processes.push_back(std::move(facts));
    }
  const bool has_watch = running.find("watch") != nullptr;
  if (has_watch)
    questions.push_back({{context.cluster.node, "watch", 0}, request_of(Question::cluster)});
  const auto answers = context.environment.ask_all(context.topology(), questions);
  for (std::size_t i = 0; i < running.processes.size(); ++i) {
    take_status(answers[2 * i], running.processes[i]);
    take_metrics(answers[2 * i + 1], running.processes[i]);
  }
  if (has_watch && answers.back())
    if (auto status = parse_status(
            {reinterpret_cast<const char*>(answers.back()->data()), answers.back()->size()}))
      running.cluster = *std::move(status);
  return running;
}

void check_processes(CheckContext& context, const RunningFacts& running) {
  if (!running.any_answers())
    return context.list.unknown(
        "processes",
        fmt::format("no process of node {} answers: {}", context.cluster.node,
                    running.processes.empty() ? "there is none" : running.processes.front().why),
        "start the node, and ask as its user");
  for (const ProcessFacts& process : running.processes)
    if (!process.answers)
      context.list.critical(
          "processes", fmt::format("{} does not answer: {}", process.address.text(), process.why),
          status_of_starter(context.environment) + ", then its log");
  const auto answering = std::ranges::count_if(running.processes, &ProcessFacts::answers);
  if (static_cast<std::size_t>(answering) == running.processes.size())
    context.list.ok("processes",
                    fmt::format("all {} of node {} answer", answering, context.cluster.node));
  check_versions(context, running);
  check_versions_of_targets(context, running);
  check_refused_keys(context, running);
}

void check_nodes(CheckContext& context, const RunningFacts& running) {
  if (context.topology().nodes.size() < 2) return context.list.ok("nodes", "there is one");
  if (!running.cluster)
    return context.list.unknown("nodes", "no watch of this node tells how the others do",
                                context.self().witness()
                                    ? "a witness has none: check on a node that has"
                                    : "start the node, then check again");
  const StatusAnswer& cluster = *running.cluster;
  std::vector<std::string> heard;
  for (const NodeAnswer& node : cluster.nodes) {
    if (node.name == context.cluster.node) continue;
    if (node.role == NodeRole::down) {
      context.list.critical(
          "nodes", fmt::format("{} is not heard", node.name),
          fmt::format("on its host: {}; the lines on peers tell whether its ports "
                      "can be reached",
                      status_of_starter(context.environment)));
      continue;
    }
    heard.push_back(node.name);
    if (node.targets_differ)
      context.list.critical(
          "nodes", fmt::format("{} paces by another targets file", node.name),
          "pacelinectl targets diff, bring the right one to both, pacelinectl reload");
  }
  for (const Node& node : context.topology().nodes)
    if (std::ranges::find(cluster.nodes, node.name, &NodeAnswer::name) == cluster.nodes.end())
      context.list.warning(
          "nodes", fmt::format("{} is in the topology file, and watch does not know it", node.name),
          "pacelinectl reload");
  if (!heard.empty())
    context.list.ok("nodes", fmt::format("{} {} heard", fmt::join(heard, ", "),
                                         heard.size() == 1 ? "is" : "are"));
  check_hearing(context, cluster);
}

std::vector<std::size_t> check_statfeed(CheckContext& context, const RunningFacts& running) {
  std::vector<std::size_t> unsaid;
  const auto& settings = context.settings.statfeed;
  const ProcessFacts* statfeed = running.find("statfeed");
  if (!settings || !statfeed) return unsaid;
  for (std::size_t i = 0; i < settings->servers.size(); ++i) {
    if (settings->servers[i].empty()) continue;
    const std::string name = i == 0 ? "primary" : "backup";
    if (statfeed->answers && status_of(*statfeed, name + "_up") == "true")
      context.list.ok("statserver",
                      fmt::format("the {}, {}, is heard ({})", name, settings->servers[i],
                                  status_of(*statfeed, name + "_mode")));
    else
      unsaid.push_back(i);
  }
  const std::string unseen = status_of(*statfeed, "targets_not_visible");
  if (unseen.empty())
    context.list.unknown("statserver",
                         "whether it shows every target, only a running statfeed knows",
                         "start the node, then check again");
  else if (unseen != "0")
    context.list.warning(
        "statserver",
        fmt::format("{} of {} targets are not visible", unseen, status_of(*statfeed, "targets")),
        "pacelinectl statserver unseen");
  else
    context.list.ok("statserver",
                    fmt::format("all {} targets are visible", status_of(*statfeed, "targets")));
  if (!unseen.empty()) context.list.figure("targets_unseen", unseen);
  return unsaid;
}

}  // namespace paceline::pacelinectl
