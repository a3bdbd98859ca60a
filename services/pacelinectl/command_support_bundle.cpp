// `support-bundle`: all that who helps needs to know of this node, with its secrets hidden, in one archive.
#include <fmt/format.h>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/support_parts.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

/// "20261130T080211Z"
std::string compact_utc(WallTime time) {
  std::string text = format_utc(time).substr(0, 19);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text + "Z";
}

std::string head_of(const std::optional<ClusterFile>& cluster, const std::string& topology,
                    WallTime now) {
  const std::string of =
      cluster ? fmt::format("node {} of cluster {}", cluster->node, cluster->topology.cluster)
              : topology + ", which has a mistake";
  return fmt::format("Paceline's support bundle of {}, made at {} by pacelinectl " PACELINE_VERSION,
                     of, format_utc(now));
}

}  // namespace

Outcome command_support_bundle(const Request& request, Environment& environment) {
  const auto text = environment.read(request.topology);
  if (!text)
    return failed(exit_usage,
                  fmt::format("{}; name the topology with --topology FILE or PACELINE_TOPOLOGY",
                              text.error().detail));
  SecretMask mask;
  SupportArchive archive{mask};
  std::optional<ClusterFile> cluster;
  if (auto loaded = load_cluster(request, environment))
    cluster = *std::move(loaded);
  else if (loaded.error().code == Errc::not_found)
    return failed(exit_usage, loaded.error().detail);  // --node
  else
    archive.lack("states, targets, logs", loaded.error().detail);

  const WallTime now = environment.wall();
  const std::string head = head_of(cluster, request.topology, now);
  const std::string file = !request.output.empty()
                               ? request.output
                               : fmt::format("paceline-support-{}-{}.tar.gz",
                                             cluster ? cluster->node : "unknown", compact_utc(now));
  if (environment.exists(file))
    return failed(exit_usage, file + " is there already, and is not written over");
  SupportParts parts{request, environment, mask, archive, std::move(cluster)};
  parts.remember_secrets();
  parts.take_settings(*text);
  parts.take_states();
  parts.take_targets();
  parts.take_logs();
  const auto packed = archive.packed(head);
  if (!packed) return failed(exit_not_answered, packed.error().detail);
  if (const auto written = environment.write(file, *packed, 0600); !written)
    return failed(exit_not_answered, written.error().detail);
  if (request.json)
    return {.out = texts_json(std::vector<std::pair<std::string, std::string>>{
                {"file", file},
                {"files", std::to_string(archive.files())},
                {"lacking", std::to_string(archive.lacking())}})};
  const std::string lacking =
      archive.lacking() == 0
          ? std::string{"nothing is missing"}
          : fmt::format("{} {} not be got: MANIFEST in it says which, and why", archive.lacking(),
                        archive.lacking() == 1 ? "part could" : "parts could");
  return {
      .out = fmt::format(
          "{}: {} files, {} KiB; {}\n"
          "Secrets are hidden; look through it before it leaves your house: names of hosts, groups "
          "and queues, and figures are in it.\n",
          printable(file), archive.files(), (packed->size() + 1023) / 1024, lacking)};
}

}  // namespace paceline::pacelinectl
