#include "services/pacelinectl/check_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "services/pacelinectl/check_group.h"
#include "services/pacelinectl/key_check.h"
#include "services/pacelinectl/process_tables.h"

namespace paceline::pacelinectl {
namespace {

constexpr const char* groups_folder = "/etc/supervisor/conf.d";
constexpr std::uint64_t least_free_bytes = 200u << 20;  // Of the disk with terms and history.
constexpr std::uint64_t least_open_files = 4096;
constexpr const char* as_its_user = "ask as the user that runs Paceline";

/// Certificates with their keys, and authorities, which have none.
struct PemFile {
  std::string file;
  std::string key_file;  // "" = authorities.
  std::string what;
};

std::vector<PemFile> pem_files(const NodeSettings& settings) {
  std::vector<PemFile> files;
  const auto add = [&](const std::string& file, const std::string& key_file, std::string what) {
    if (!file.empty()) files.push_back({file, key_file, std::move(what)});
  };
  if (const auto& statfeed = settings.statfeed) {
    add(statfeed->access.ca_file, "", "authorities for the Stat Servers");
    add(statfeed->access.client_certificate_file, statfeed->access.client_key_file,
        "our certificate for the Stat Servers");
  }
  if (const auto& publisher = settings.publisher) {
    add(publisher->ca_file, "", "authorities for the endpoint");
    add(publisher->client_certificate_file, publisher->client_key_file,
        "our certificate for the endpoint");
  }
  if (const auto& watch = settings.watch) {
    add(watch->certificate_file, watch->key_file, "the certificate of watch");
    add(watch->ca_file, "", "authorities for watch");
  }
  return files;
}

/// A file that is there, but not for us, is not known; one that is not there is missing.
std::optional<std::string> read_or_tell(CheckContext& context, std::string_view area,
                                        const std::string& file, const std::string& what) {
  auto text = context.environment.read(file);
  if (text) return *std::move(text);
  if (context.environment.exists(file))
    context.list.unknown(area, fmt::format("{}, {}: {}", file, what, text.error().detail),
                         as_its_user);
  else
    context.list.critical(area, fmt::format("{}, {}, is not there", file, what),
                          "bring it, or mend the topology file");
  return std::nullopt;
}

/// Whether others may read or change the file.
bool tell_exposure(CheckContext& context, const std::string& file, const std::string& what) {
  const auto open = context.environment.host().exposure(file, what);
  if (open) context.list.critical("secrets", open->is, open->remedy);
  return open.has_value();
}

void check_key(CheckContext& context, const PemFile& file, const std::string& pem) {
  const auto key = read_or_tell(context, "certificates", file.key_file, "its key");
  if (!key) return;
  if (const auto belongs = context.environment.host().key_belongs(pem, *key); !belongs)
    context.list.critical(
        "certificates",
        fmt::format("{}, the key of {}: {}", file.key_file, file.file, belongs.error().detail),
        "bring the key that the certificate was made with, as PEM without a password");
  tell_exposure(context, file.key_file, "a private key");
}

void check_pem(CheckContext& context, const PemFile& file) {
  const auto pem = read_or_tell(context, "certificates", file.file, file.what);
  if (!pem) return;
  const auto all = context.environment.host().certificates(*pem);
  if (!all)
    return context.list.critical(
        "certificates", fmt::format("{}, {}: {}", file.file, file.what, all.error().detail),
        "bring it as PEM");
  // Of authorities one that is good is enough; of a chain it is the first that is ours.
  const auto& counts = file.key_file.empty()
                           ? *std::ranges::max_element(*all, {}, &CertificateFacts::ends)
                           : all->front();
  const auto days =
      std::chrono::floor<std::chrono::days>(counts.ends - context.environment.wall()).count();
  const std::string is = fmt::format("{}, {} ({})", file.file, file.what, counts.subject);
  if (days < 0)
    context.list.critical("certificates",
                          fmt::format("{} ended on {}", is, format_utc(counts.ends)),
                          "bring a new one, then pacelinectl reload");
  else if (counts.begins > context.environment.wall())
    context.list.critical("certificates",
                          fmt::format("{} begins on {}", is, format_utc(counts.begins)),
                          "look at this host's clock, else bring the one that is good now");
  else if (days < 30)
    context.list.warning("certificates", fmt::format("{} ends in {} days", is, days),
                         "bring a new one, then pacelinectl reload");
  else
    context.list.ok("certificates", fmt::format("{} ends in {} days", is, days));
  if (!file.key_file.empty()) check_key(context, file, *pem);
}

}  // namespace

void check_settings(CheckContext& context) {
  const auto mistakes = check_process_tables(context.cluster.text, context.topology().file);
  for (const Mistake& mistake : mistakes)
    context.list.critical("settings", mistake.text(), "mend the topology file");
  if (mistakes.empty())
    context.list.ok("settings", "every process of every node would start with its table");
}

void check_targets_file(CheckContext& context) {
  if (context.self().witness()) return context.list.ok("targets", "a witness has none");
  const auto targets = load_targets(context.cluster, context.environment);
  if (!targets)
    return context.list.critical("targets", targets.error().detail,
                                 "pacelinectl targets check FILE");
  context.list.ok("targets",
                  fmt::format("{}: {} targets, version {}", context.topology().targets_file,
                              targets->all.size(), targets->version()));
}

void check_key_files(CheckContext& context) {
  if (!context.topology().encrypted)
    return context.list.ok("keys", "none are needed: the topology says encrypted = false");
  const KeyFindings found = check_keys(context.topology(), &context.self(), context.environment);
  for (const std::string& mistake : found.mistakes)
    context.list.critical("keys", mistake,
                          "pacelinectl keys check; keys export there, keys import here");
  if (!found.mistakes.empty()) return;
  std::string fingerprints;
  for (const NodeKeys& keys : found.keys)
    fingerprints +=
        fmt::format("{}{} {}", fingerprints.empty() ? "" : ", ", keys.node, keys.fingerprint);
  context.list.ok("keys", "all are here and whole; compare between hosts: " + fingerprints);
}

void check_secrets(CheckContext& context) {
  const auto files = secret_files(context.settings, context.topology().file);
  std::size_t good = 0;
  for (const auto& [file, what] : files) {
    if (tell_exposure(context, file, what)) continue;
    if (file == context.topology().file) {
      ++good;
      continue;
    }
    if (!read_or_tell(context, "secrets", file, what)) continue;
    if (const auto secret = secret_of("", file, context.environment); !secret)
      context.list.critical("secrets", secret.error().detail,
                            "write the secret into its first line");
    else
      ++good;
  }
  if (const auto& publisher = context.settings.publisher;
      publisher && !publisher->client_secret_env.empty())
    context.list.unknown("secrets",
                         fmt::format("the client secret stands in the variable {} of the publisher",
                                     publisher->client_secret_env),
                         "client_secret_file in its place can be checked");
  if (good == files.size())
    context.list.ok("secrets", files.empty()
                                   ? "none in files"
                                   : fmt::format("{} in files, for their owner's eyes", good));
}

void check_certificates(CheckContext& context) {
  std::set<std::string> seen;
  for (const PemFile& file : pem_files(context.settings))
    if (seen.insert(file.file).second) check_pem(context, file);
  if (seen.empty())
    context.list.ok("certificates", "none in files: the system's authorities are trusted");
}

void check_state(CheckContext& context) {
  std::vector<std::string> folders = {context.topology().run_dir};
  if (const auto& elector = context.settings.elector)
    if (!elector->state_dir.starts_with(folders[0] + "/")) folders.push_back(elector->state_dir);
  for (const std::string& folder : folders) {
    const auto facts = context.environment.host().folder(folder);
    if (!facts)
      context.list.unknown("state", facts.error().detail, as_its_user);
    else if (facts->is_in_memory)
      context.list.warning("state",
                           folder + " is in memory: the next boot loses keys, terms and history",
                           "let run_dir be a folder on a disk, and carry its content there");
    else if (facts->free_bytes < least_free_bytes)
      context.list.critical("state",
                            fmt::format("{} has {} MB left: terms and history cannot be kept soon",
                                        folder, facts->free_bytes >> 20),
                            "make room on its disk");
    else
      context.list.ok("state", fmt::format("{} is on a disk, with {} GB left", folder,
                                           facts->free_bytes >> 30));
  }
}

void check_group(CheckContext& context) {
  std::vector<std::string> files;
  if (!context.request.supervisor_file.empty())
    files.push_back(context.request.supervisor_file);
  else
    for (const std::string& file : context.environment.host().files_in(groups_folder))
      if (file.ends_with(".conf")) files.push_back(file);
  bool is_found = false;
  for (const std::string& file : files) {
    const auto text = context.environment.read(file);
    if (!text) {
      context.list.unknown("supervisor", text.error().detail, as_its_user);
      continue;
    }
    const bool is_ours = has_group(*text, context.cluster.node);
    if (!is_ours && context.request.supervisor_file.empty()) continue;
    is_found = true;
    if (!is_ours) {
      context.list.critical(
          "supervisor", fmt::format("{} has no [group:{}]", file, context.cluster.node),
          fmt::format("pacelinectl topology supervisor --node {}", context.cluster.node));
      continue;
    }
    const GroupFacts group = read_group(*text, context.topology(), context.cluster.node);
    if (!group.difference.empty())
      context.list.critical(
          "supervisor", fmt::format("{}:{}", file, group.difference),
          fmt::format("make it anew with pacelinectl topology supervisor --node {}, "
                      "then supervisorctl update",
                      context.cluster.node));
    else
      context.list.ok("supervisor", file + " is as the topology has it");
    if (group.user.empty())
      context.list.warning(
          "supervisor",
          file + " has no user=: the processes run as supervisord does, as root mostly",
          "pacelinectl topology supervisor --user paceline");
    else if (!context.environment.host().has_user(group.user))
      context.list.critical(
          "supervisor",
          fmt::format("{} names the user '{}', whom this host does not have", file, group.user),
          fmt::format("make that user, as by adduser --system {}", group.user));
  }
  if (!is_found && files.empty())
    context.list.ok("supervisor",
                    fmt::format("no group is in {}: systemd's units, or a group elsewhere "
                                "(--supervisor CONF)",
                                groups_folder));
  else if (!is_found)
    context.list.ok("supervisor", fmt::format("no file of {} has a group of node {}", groups_folder,
                                              context.cluster.node));
}

void check_limits(CheckContext& context) {
  const std::uint64_t most = context.environment.host().most_open_files();
  if (most < least_open_files)
    context.list.warning("limits", fmt::format("a process may open {} files", most),
                         fmt::format("let it open {} at least (ulimit -Hn, minfds of supervisord, "
                                     "LimitNOFILE of systemd)",
                                     least_open_files));
  else
    context.list.ok("limits", fmt::format("a process may open {} files", most));
}

}  // namespace paceline::pacelinectl
