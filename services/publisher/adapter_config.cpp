#include "services/publisher/adapter_config.h"

#include <unistd.h>

#include <cstdlib>

#include "common/runtime/file_modes.h"
#include "common/runtime/files.h"
#include "common/runtime/pems.h"
#include "common/runtime/secret_file.h"
#include "topology/process/load_targets.h"
#include "topology/shared_agents.h"

namespace paceline::publisher {
namespace {

constexpr const char* boot_id_file = "/proc/sys/kernel/random/boot_id";

std::string first_line(const std::string& text) {
  return text.substr(0, text.find_first_of("\r\n"));
}

// Of a file, if that is named, or of an environment variable.
Result<std::string> read_secret(const std::string& file, const std::string& variable) {
  if (!file.empty()) return read_secret_file(file, "client secret");
  const char* value = std::getenv(variable.c_str());
  if (!value || !*value)
    return fail(Errc::not_found, "environment variable " + variable + ": no client secret in it");
  return std::string{value};
}

}  // namespace

Result<PublisherConfig> read_publisher_config(Place& place) {
  PublisherConfig config = TRY(parse_publisher_config(place));
  const Targets targets = TRY(load_targets(place.topology));
  config.ids.reserve(targets.all.size());
  config.channels.reserve(targets.all.size());
  for (const Target& target : targets.all) {
    config.ids.push_back(target.id);
    config.channels.push_back(target.media_channel);
  }
  config.shards = shards_of(targets, config.pacers);
  config.targets_version = targets.version();
  config.read_secret = [file = config.client_secret_file, variable = config.client_secret_env] {
    return read_secret(file, variable);
  };
  config.client_secret = TRY(config.read_secret());
  // Curl would find out with the first request, hours after --check.
  config.pems =
      TRY(read_pems(config.ca_file, config.client_certificate_file, config.client_key_file));
  config.exposed =
      exposures_of({{config.client_secret_file, "the client secret"},
                    {config.client_key_file, "the key of the client certificate"},
                    {config.proxy.find('@') == config.proxy.npos ? "" : place.topology.file,
                     "the topology file with the password of the proxy"}});
  config.boot = first_line(TRY(read_file(boot_id_file)));
  config.pid = getpid();
  return config;
}

}  // namespace paceline::publisher
