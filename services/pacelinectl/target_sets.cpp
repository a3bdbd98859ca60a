#include "services/pacelinectl/target_sets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/input.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/table.h"
#include "topology/findings.h"
#include "topology/target_fields.h"
#include "topology/targets_diff.h"

namespace paceline::pacelinectl {
namespace {

constexpr std::size_t most_targets_bytes = 256u << 20;  // A million targets with all their options.

std::string version_of(const Result<Bytes>& body) {
  if (!body) return "";
  const auto status = decode<StatusReply>(*body);
  if (!status) return "";
  for (const auto& [name, value] : status->fields)
    if (name == "targets_version") return value;
  return "";
}

// The version that processes would show: with the agents of the topology's membership file. "" where that cannot be told.
std::string running_version(const Request& request, Targets targets, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return "";
  return add_own_membership(targets, cluster->topology, environment) ? targets.version() : "";
}

}  // namespace

std::size_t max_targets(const Request& request, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  return cluster ? cluster->topology.max_targets : default_max_targets;
}

TargetsFile read_targets_file(const std::string& file, const Request& request,
                              Environment& environment) {
  const auto text =
      file == "-" ? read_whole_input(environment, most_targets_bytes) : environment.read(file);
  if (!text) return {{}, failed(exit_usage, text.error().detail)};
  const auto limit = max_targets(request, environment);
  auto targets = parse_targets(*text, file, limit);
  if (targets) return {*std::move(targets), {}};
  const auto mistakes = check_targets(*text, file, limit);
  Outcome outcome = mistakes_outcome(request, file, mistakes);
  if (!request.json && mistakes.size() == Findings::max_findings)
    outcome.out += fmt::format("{}: the first {} mistakes are told, there may be more\n", file,
                               mistakes.size());
  return {{}, std::move(outcome)};
}

Result<RunningTargets> ask_running_targets(const ClusterFile& cluster, Environment& environment) {
  const auto body =
      TRY(ask_own_process(cluster, "watch", 0, request_of(Question::targets), environment));
  RunningTargets running;
  running.targets = TRY(
      parse_targets({reinterpret_cast<const char*>(body.data()), body.size()}, "watch", max_rows));
  const auto version = running.targets.version();
  for (const auto& [process, count] : cluster.topology.processes(cluster.self())) {
    if (process == "watch" || process == "elector") continue;
    for (int index = 0; index < count; ++index)
      if (version_of(ask_own_process(cluster, process, index, request_of(Question::status),
                                     environment)) != version)
        running.others.push_back(count > 1 ? fmt::format("{}-{}", process, index) : process);
  }
  return running;
}

std::string disagreement(const RunningTargets& running) {
  if (running.others.empty()) return "";
  return fmt::format("not the same targets as watch's: {}; try pacelinectl reload",
                     fmt::join(running.others, ", "));
}

std::string nodes_apart(const ElectionView& view) {
  std::string text;
  for (const ElectionMessage& peer : view.peers)
    if (!peer.targets.empty() && !view.self.targets.empty() && peer.priority > 0 &&
        peer.targets != view.self.targets)
      text +=
          fmt::format("targets_differ: {} paces by {}, {} by {}\n", printable(view.self.node),
                      printable(view.self.targets), printable(peer.node), printable(peer.targets));
  return text;
}

std::string ask_nodes_apart(const ClusterFile& cluster, Environment& environment) {
  const auto body =
      ask_own_process(cluster, "elector", 0, request_of(Question::election), environment);
  if (!body) return "";
  const auto view = decode<ElectionView>(*body);
  return view ? nodes_apart(*view) : "";
}

Result<std::string> targets_file_of(const Request& request, std::size_t argument,
                                    Environment& environment) {
  if (request.arguments.size() > argument) return request.arguments[argument];
  const auto cluster = TRY(load_cluster(request, environment));
  return cluster.topology.targets_file;
}

std::string replaced_name(const std::string& file) {
  const auto dot = file.rfind('.');
  const auto slash = file.rfind('/');
  if (dot == file.npos || (slash != file.npos && dot < slash)) return file + ".before";
  return file.substr(0, dot) + ".before" + file.substr(dot);
}

std::string text_state(std::string_view text, Environment& environment) {
  std::string word = environment.fingerprint(text);
  std::erase(word, ' ');
  return word;
}

std::string file_state(const std::string& file, Environment& environment) {
  const auto text = environment.read(file);
  return text ? text_state(*text, environment) : "none";
}

FileDifference difference_to(const std::string& file, const Targets& next,
                             Environment& environment) {
  const auto text = environment.read(file);
  if (!text) return {.words = "there was no such file", .state = "none"};
  std::string state = text_state(*text, environment);
  const auto before = parse_targets(*text, file, max_rows);
  if (!before) return {.words = "what was there had mistakes", .state = std::move(state)};
  const auto differs = diff_targets(before->all, next.all);
  const bool same_agents = before->agents == next.agents;
  return {differs.summary() + (same_agents ? "" : ", other [[agents]]"),
          !differs.empty() || !same_agents, std::move(state)};
}

Outcome replaced_outcome(const Request& request, const std::string& file, const Targets& targets,
                         const FileDifference& was, Environment& environment) {
  const auto count = targets.all.size();
  if (request.json)
    return {.out = texts_json({{{"file", file},
                                {"targets", std::to_string(count)},
                                {"difference", was.words},
                                {"changes", was.any ? "yes" : "no"},
                                {"was", was.state},
                                {"version", running_version(request, targets, environment)}}})};
  return {.out = fmt::format("{}: {} targets, {}{}\n", file, count, was.words,
                             request.dry_run ? "; nothing was written"
                             : !given(request, "reload").empty()
                                 ? ""
                                 : "; pacelinectl reload puts them to work")};
}

Outcome put_to_work(Outcome written, const Request& request, Environment& environment) {
  if (given(request, "reload").empty()) return written;
  Request asked = request;
  asked.arguments.clear();
  Outcome said = command_reload(asked, environment);
  if (!request.json) written.out += said.out;
  written.exit = said.exit;
  written.error = std::move(said.error);
  return written;
}

std::string targets_as(const std::string& file, const Targets& targets) {
  return csv_by_name(file).value_or(false) ? targets_as_csv(targets) : targets_as_toml(targets);
}

}  // namespace paceline::pacelinectl
