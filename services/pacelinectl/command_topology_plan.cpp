// `topology plan FILE`, `keys plan [NODE]`: the steps to another topology, or another pair of keys, on a running cluster, as a
// script to be read and run.
#include <fmt/format.h>

#include <algorithm>

#include "common/wire/json_writer.h"
#include "services/pacelinectl/check_context.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/input.h"
#include "services/pacelinectl/key_check.h"
#include "services/pacelinectl/offered_topology.h"
#include "services/pacelinectl/order.h"
#include "services/pacelinectl/rollout.h"
#include "services/pacelinectl/topology_plan.h"

namespace paceline::pacelinectl {
namespace {

constexpr std::string_view default_service = "systemctl {verb} paceline";
constexpr const char* service_user = "paceline";

std::string_view lost_by(Needed::Kind kind) {
  switch (kind) {
    case Needed::Kind::reload:
    case Needed::Kind::pacers:
      return "a hand-over, which loses no publication";
    case Needed::Kind::add:
    case Needed::Kind::remove:
    case Needed::Kind::move:
      return "1.2 s without a publication, once, with the default heartbeat; the spare, meanwhile";
    case Needed::Kind::keys:
      return "a hand-over; the spare, meanwhile";
    case Needed::Kind::outage:
      return "publications, until most of the nodes work by it";
  }
  return "";
}

/// What a node that paces needs beside the topology, as far as it is here. A watch's certificate is of its own host.
std::vector<std::string> files_of(const ClusterFile& cluster, Environment& environment) {
  const std::string& topology = cluster.topology.file;
  const std::string folder = topology.substr(0, topology.rfind('/') + 1);
  std::vector<std::string> files = {cluster.topology.targets_file,
                                    cluster.topology.membership_file};
  const auto settings = diff_settings("", cluster.text).value_or(std::vector<SettingChange>{});
  for (const SettingChange& setting : settings) {
    const bool is_own = setting.key == "watch.certificate_file" || setting.key == "watch.key_file";
    if (!setting.key.ends_with("_file") || is_own || setting.after.size() < 3) continue;
    const std::string name = setting.after.substr(1, setting.after.size() - 2);
    files.push_back(environment.absolute(name.starts_with('/') ? name : folder + name));
  }
  for (std::string& file : files)
    if (!file.empty()) file = environment.absolute(file);
  std::ranges::sort(files);
  const auto twice = std::ranges::unique(files);
  files.erase(twice.begin(), twice.end());
  std::erase_if(files, [&](const std::string& file) { return !environment.exists(file); });
  return files;
}

PlanFacts facts_of(const Request& request, const ClusterFile& cluster, const Needed& needed,
                   Environment& environment) {
  const auto view = election_view(cluster, environment);
  const ElectionMessage* master = view ? master_of(*view) : nullptr;
  const std::string service = given(request, "service");
  ClusterFile there = cluster;
  if (cluster.topology.node(needed.node) != nullptr) there.node = needed.node;
  const auto elector = node_settings(there).elector;
  return {.our_host = cluster.self().host,
          .master = master ? master->node : "",
          .topology = environment.absolute(request.topology),
          .owner = environment.host().has_user(service_user) ? service_user : "",
          .files = files_of(cluster, environment),
          .term_file = environment.absolute(fmt::format(
              "{}/term-{}", elector ? elector->state_dir : "", cluster.topology.cluster)),
          .keys = environment.absolute(keys_folder(cluster.topology)),
          .run_dir = environment.absolute(cluster.topology.run_dir),
          .shell = request.shell.empty() ? std::string{default_shell} : request.shell,
          .service = service.empty() ? std::string{default_service} : service};
}

std::string head_of(std::string_view what, const Needed& needed, const ClusterFile& cluster,
                    const PlanFacts& facts) {
  return fmt::format(
      "{}# Lost: {}. {} Run it on the host of {}; it ends at the first step that "
      "fails, and may be run again.\n",
      what, lost_by(needed.kind),
      facts.master.empty() ? "Nobody was master when this was made."
                           : facts.master + " was master when this was made.",
      cluster.node);
}

std::string steps_json(const std::vector<PlanStep>& steps) {
  JsonWriter json;
  json.begin();
  write_steps(json, "steps", steps);
  json.end();
  return json.text() + "\n";
}

/// What the person sees, of any plan.
Outcome planned(const Request& request, const ClusterFile& cluster, const Topology& after,
                const Needed& needed, std::string_view what, std::string_view next,
                Environment& environment) {
  const auto facts = facts_of(request, cluster, needed, environment);
  const auto steps = plan_steps(cluster.topology, after, needed, facts);
  if (!steps) return failed(exit_usage, steps.error().detail);
  if (request.json) return {.out = steps_json(*steps)};
  return {.out = plan_script(*steps, head_of(what, needed, cluster, facts), next)};
}

}  // namespace

Outcome command_topology_plan(const Request& request, Environment& environment) {
  const auto offered = open_offered(request, request.arguments[0], environment);
  if (!offered) return offered.error();
  if (offered->changes.empty()) return {.out = "# no setting differs: nothing to do\n"};
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  const auto after = parse_topology(offered->text, environment.absolute(request.topology));
  if (!after) return failed(exit_mistakes, after.error().detail);
  const auto needed = needed_for(cluster->topology, *after, offered->changes);
  if (!needed) return failed(exit_usage, needed.error().detail);
  if (cluster->node == needed->node)
    return failed(exit_usage, needed->node +
                                  ": run this on another node, as it is the one that "
                                  "comes, goes or moves");
  std::string what = fmt::format("# From {} as it is now to:\n", request.topology);
  for (const SettingChange& change : offered->changes) what += "#   " + shown(change) + "\n";
  return planned(request, *cluster, *after, *needed, what, offered->text, environment);
}

Outcome command_keys_plan(const Request& request, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  const std::string name = request.arguments.empty() ? cluster->node : request.arguments[0];
  if (cluster->topology.node(name) == nullptr) return failed(exit_usage, name + ": no such node");
  if (!cluster->topology.encrypted)
    return failed(exit_usage, "the bus is not encrypted: no process reads a key");
  return planned(request, *cluster, cluster->topology, {Needed::Kind::keys, name},
                 fmt::format("# Another pair of keys for node {}.\n", name), "", environment);
}

}  // namespace paceline::pacelinectl
