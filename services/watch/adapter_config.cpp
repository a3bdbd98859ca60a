#include "services/watch/adapter_config.h"

#include <algorithm>
#include <iterator>

#include "common/runtime/file_modes.h"
#include "common/runtime/pems.h"
#include "common/runtime/secret_file.h"
#include "services/watch/adapter_host.h"
#include "topology/process/load_targets.h"

namespace paceline::watch {
Result<WatchConfig> read_watch_config(Place& place) {
  WatchConfig config = TRY(parse_watch_config(place));
  const bool is_inline =
      !(config.access.read_token + config.access.operate_token + config.cells_token).empty();
  config.exposed_secrets =
      exposures_of({{is_inline ? place.topology.file : "", "the topology file with a bearer token"},
                    {config.read_token_file, "the token that lets read"},
                    {config.operate_token_file, "the token that lets operate"},
                    {config.cells_token_file, "the token for other cells"},
                    {config.key_file, "the key of the certificate"}});
  config.exposed = exposures_of({{config.history_file, "the history of every target"}});
  config.exposed.insert(config.exposed.begin(), config.exposed_secrets.begin(),
                        config.exposed_secrets.end());
  if (auto done = take_secret_file(config.read_token_file, "token", config.access.read_token);
      !done)
    return tl::unexpected(std::move(done).error());
  if (auto done = take_secret_file(config.operate_token_file, "token", config.access.operate_token);
      !done)
    return tl::unexpected(std::move(done).error());
  if (auto done = take_secret_file(config.cells_token_file, "token", config.cells_token); !done)
    return tl::unexpected(std::move(done).error());
  if (!config.operate_token_file.empty() && config.access.operate_token == config.access.read_token)
    return fail(config.operate_token_file + ": its token is the read_token too: let them differ");
  if (auto name = name_of_host(); !name.empty()) config.access.hosts.push_back(std::move(name));
  config.pems = TRY(read_pems("", config.certificate_file, config.key_file));
  if (!config.pems.empty())  // Of the first certificate in it, which is ours.
    std::ranges::copy(names_of_certificate(config.pems), std::back_inserter(config.access.hosts));
  config.cells_pems = TRY(read_pems(config.cells_ca_file, "", ""));
  config.starter = starter_of_this_process();
  const auto targets = TRY(load_targets(place.topology));
  config.targets = target_names(targets, config.pacers);
  config.agents = targets.agents;
  config.targets_version = targets.version();
  return config;
}

}  // namespace paceline::watch
