#include "services/pacelinectl/support_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "services/pacelinectl/check_group.h"
#include "services/pacelinectl/check_running.h"
#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/key_check.h"

namespace paceline::pacelinectl {
namespace {

constexpr const char* supervisor_folder = "/etc/supervisor/conf.d";
constexpr const char* package_group = "/var/lib/paceline/supervisor/group.conf";
constexpr const char* package_logs = "/var/log/paceline";
constexpr auto unit_folders =
    std::to_array<const char*>({"/etc/systemd/system", "/etc/systemd/system/paceline.service.d",
                                "/etc/systemd/system/paceline-.service.d"});

std::string_view last_part(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == path.npos ? path : path.substr(slash + 1);
}

/// "settings/etc/paceline/topology.toml": no way out of the folder in which somebody unpacks it.
std::string place_of(std::string_view kind, std::string_view file) {
  std::string place{kind};
  while (!file.empty()) {
    const auto end = std::min(file.find('/'), file.size());
    const std::string_view part = file.substr(0, end);
    file.remove_prefix(std::min(end + 1, file.size()));
    if (!part.empty() && part != "." && part != "..") place += "/" + std::string{part};
  }
  return place;
}

void remember_inline(const NodeSettings& settings, SecretMask& mask) {
  if (const auto& statfeed = settings.statfeed) {
    const auto& access = statfeed->access;
    for (const std::string& secret :
         {access.api_key, access.bearer, statfeed->gms_policy.tenant_password})
      mask.remember(secret);
    mask.remember_basic(access.client_id, access.client_secret);
    mask.remember_basic(access.user, access.password);
  }
  if (const auto& watch = settings.watch)
    for (const std::string& secret : {watch->access.read_token, watch->access.operate_token})
      mask.remember(secret);
}

}  // namespace

Request SupportParts::question(const std::string& command, std::vector<std::string> words) const {
  Request asked;
  asked.command = command;
  asked.topology = request_.topology;
  asked.node = cluster_ ? cluster_->node : request_.node;
  asked.arguments = std::move(words);
  return asked;
}

void SupportParts::remember_secrets() {
  if (!cluster_) return;
  const NodeSettings settings = node_settings(*cluster_);
  remember_inline(settings, mask_);
  if (settings.publisher && !settings.publisher->client_secret_env.empty())
    secret_names_.push_back(settings.publisher->client_secret_env);
  auto files = secret_files(settings, "");
  const std::string folder = keys_folder(cluster_->topology);
  for (const Node& node : cluster_->topology.nodes) {
    const std::string file = fmt::format("{}/{}.secret", folder, node.name);
    if (environment_.exists(file)) files.push_back({file, "a private key of the bus"});
  }
  for (const auto& [file, what] : files) {
    if (file.empty()) continue;
    const auto secret = secret_of("", file, environment_);
    if (!secret) {
      archive_.note(fmt::format(
          "{}, {}, is not in it; it cannot be read here, so it is not looked for in the other "
          "files ({})",
          file, what, secret.error().detail));
      continue;
    }
    mask_.remember(*secret);
    if (settings.publisher && file == settings.publisher->client_secret_file)
      mask_.remember_basic(settings.publisher->client_id, *secret);
    if (settings.statfeed && file == settings.statfeed->access.client_secret_file)
      mask_.remember_basic(settings.statfeed->access.client_id, *secret);
    if (settings.statfeed && file == settings.statfeed->access.password_file)
      mask_.remember_basic(settings.statfeed->access.user, *secret);
    archive_.note(fmt::format("{}, {}, is not in it", file, what));
  }
}

bool SupportParts::take_file(const std::string& file, std::string_view kind) {
  const std::string place = place_of(kind, environment_.absolute(file));
  auto text = environment_.read(file);
  if (!text) {
    archive_.lack(place, text.error().detail);
    return false;
  }
  archive_.add(place, mask_.settings(*text, secret_names_), "the file of this host");
  return true;
}

std::vector<std::string> SupportParts::group_files() {
  std::vector<std::string> files;
  for (const std::string& file : environment_.host().files_in(supervisor_folder))
    if (const auto text = environment_.read(file);
        cluster_ && text && has_group(*text, cluster_->node))
      files.push_back(file);
  if (environment_.exists(package_group)) files.emplace_back(package_group);
  return files;
}

void SupportParts::take_settings(const std::string& topology_text) {
  const std::string topology = environment_.absolute(request_.topology);
  archive_.add(place_of("settings", topology), mask_.settings(topology_text, secret_names_),
               "the file of this host");
  const std::string node_env = folder_above(topology) + "/node.env";
  if (environment_.exists(node_env)) take_file(node_env, "settings");
  for (const std::string& file : group_files()) take_file(file, "settings");
  for (const char* folder : unit_folders)
    for (const std::string& file : environment_.host().files_in(folder))
      if (last_part(file).starts_with("paceline") || file.ends_with(".conf"))
        take_file(file, "settings");
  if (!cluster_ || cluster_->self().witness()) return;
  take_file(cluster_->topology.targets_file, "settings");
  if (!cluster_->topology.membership_file.empty())
    take_file(cluster_->topology.membership_file, "settings");
}

void SupportParts::take_answer(const std::string& path, Request asked) {
  const std::string command = asked.command;
  Outcome outcome = run_command(asked, environment_);
  const std::string what =
      fmt::format("pacelinectl {}{}{}", command, asked.json ? " --json" : "",
                  outcome.exit == exit_fine ? "" : fmt::format(", exit {}", outcome.exit));
  if (!outcome.out.empty()) {
    if (!outcome.error.empty()) outcome.out += outcome.error + "\n";
    archive_.add(path, std::move(outcome.out), what);
  } else {
    archive_.lack(path, outcome.error.empty() ? what + " says nothing" : outcome.error);
  }
}

void SupportParts::take_states() {
  take_answer("states/version.txt", question("version"));
  take_answer("states/check.txt", question("check"));
  for (const char* file : {"/etc/os-release", "/proc/version", "/proc/loadavg", "/proc/meminfo"})
    take_file(file, "host");
  if (!cluster_) return;
  take_answer("states/status.txt", question("status"));
  const bool is_witness = cluster_->self().witness();
  for (const char* command : {"status", "election", "events", "targets", "statserver"}) {
    const bool is_of_node = command == std::string_view{"statserver"};
    if (is_witness && is_of_node) continue;
    Request asked = question(command);
    asked.json = true;
    take_answer(fmt::format("states/{}.json", command), std::move(asked));
  }
  for (const auto& [process, count] : cluster_->topology.processes(cluster_->self()))
    for (int index = 0; index < count; ++index) {
      const std::string name = count == 1 ? process : fmt::format("{}-{}", process, index);
      take_answer(fmt::format("states/metrics/{}.prom", name), question("metrics", {name}));
    }
}

void SupportParts::take_targets() {
  for (std::size_t i = 0; i < request_.targets.size(); ++i) {
    const std::string& target = request_.targets[i];
    const std::string folder = fmt::format("targets/{}-{}", i + 1, file_word(target));
    Request explained = question("explain", {target});
    explained.all = true;
    take_answer(folder + "/explain.txt", explained);
    explained.json = true;
    take_answer(folder + "/explain.json", std::move(explained));
    Request past = question("history", {target});
    past.json = true;
    take_answer(folder + "/history.json", std::move(past));
  }
}

std::vector<std::string> SupportParts::log_files() {
  const std::string own = fmt::format("{}/{}/log", cluster_->topology.run_dir, cluster_->node);
  std::set<std::string> shared = {package_logs};
  for (const std::string& file : group_files())
    if (const auto text = environment_.read(file))
      for (const std::string& folder : log_folders(*text, cluster_->node)) shared.insert(folder);
  shared.erase(own);
  std::vector<std::string> files = environment_.host().files_in(own);
  for (const std::string& folder : shared)
    for (std::string& file : environment_.host().files_in(folder))
      if (last_part(file).starts_with(cluster_->node + "-")) files.push_back(std::move(file));
  std::erase_if(files, [](const std::string& file) {
    return last_part(file).find(".log") == std::string_view::npos;
  });
  return files;
}

void SupportParts::take_log(const std::string& file) {
  const std::string place = place_of("logs", environment_.absolute(file));
  const auto bytes = environment_.read_end(file, most_log_bytes + 1);
  if (!bytes) return archive_.lack(place, bytes.error().detail);
  const LogEnd end = log_end(*bytes, most_log_bytes);
  archive_.add(place, std::string{end.lines},
               end.is_whole ? std::string{"the whole log"}
                            : fmt::format("the last lines of the log, of {} KiB at most",
                                          most_log_bytes >> 10));
}

void SupportParts::take_logs() {
  if (!cluster_) return;
  const auto files = log_files();
  for (std::size_t i = 0; i < std::min(files.size(), most_logs); ++i) take_log(files[i]);
  if (files.size() > most_logs)
    archive_.lack("logs", fmt::format("{} more logs, as {} are the most", files.size() - most_logs,
                                      most_logs));
  if (files.empty())
    archive_.lack("logs", fmt::format("no log of node {0} in {1}/{0}/log or {2}; what systemd's "
                                      "units write is in the journal: "
                                      "journalctl -u 'paceline*' --since -2h",
                                      cluster_->node, cluster_->topology.run_dir, package_logs));
}

}  // namespace paceline::pacelinectl
