#include "services/publisher/adapter_config.h"

#include <unistd.h>

#include <cstdlib>

#include "common/runtime/files.h"
#include "topology/targets.h"

namespace paceline::publisher {
namespace {

constexpr std::size_t max_secret_bytes = 4096;
constexpr const char* boot_id_file = "/proc/sys/kernel/random/boot_id";

std::string first_line(const std::string& text) {
  return text.substr(0, text.find_first_of("\r\n"));
}

Result<std::string> read_secret(const PublisherConfig& config) {
  std::string secret;
  std::string from = config.client_secret_file;
  if (!config.client_secret_file.empty()) {
    secret = first_line(TRY(read_file(config.client_secret_file, max_secret_bytes)));
  } else {
    from = "environment variable " + config.client_secret_env;
    const char* value = std::getenv(config.client_secret_env.c_str());
    secret = value ? value : "";
  }
  if (secret.empty()) return fail(Errc::not_found, from + ": no client secret in it");
  return secret;
}

}  // namespace

Result<PublisherConfig> read_publisher_config(Place& place) {
  PublisherConfig config = TRY(parse_publisher_config(place));
  const auto text = TRY(read_file(config.targets_file));
  const Targets targets = TRY(parse_targets(text, config.targets_file, place.topology.max_targets));
  for (const Target& target : targets.all) {
    config.ids.push_back(target.id);
    config.channels.push_back(target.media_channel);
  }
  config.targets_version = targets.version();
  config.client_secret = TRY(read_secret(config));
  if (!config.ca_file.empty())  // Curl would find out with the first request, hours after --check.
    static_cast<void>(TRY(read_file(config.ca_file)));
  config.boot = first_line(TRY(read_file(boot_id_file)));
  config.pid = getpid();
  return config;
}

}  // namespace paceline::publisher
