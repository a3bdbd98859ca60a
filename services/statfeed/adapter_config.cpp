#include "services/statfeed/adapter_config.h"

#include <tuple>

#include "common/runtime/file_modes.h"
#include "common/runtime/pems.h"
#include "common/runtime/secret_file.h"
#include "topology/process/load_targets.h"

namespace paceline::statfeed {

Result<StatfeedConfig> read_statfeed_config(Place& place) {
  StatfeedConfig config = TRY(parse_statfeed_config(place));
  config.targets = TRY(load_targets(place.topology));
  config.targets.all.shrink_to_fit();  // They stay; what reading them took on top does not.
  StatServerAccess& access = config.access;
  GmsPolicy& gms = config.gms_policy;
  const bool is_inline = !(access.api_key + access.bearer + access.client_secret + access.password +
                           gms.tenant_password)
                              .empty() ||
                         access.proxy.find('@') != access.proxy.npos;
  std::vector<SecretFile> files = {
      {is_inline ? place.topology.file : "", "the topology file with a secret of the Stat Servers"},
      {access.client_key_file, "the key of the client certificate"}};
  for (const auto& [file, what, text] :
       {std::tuple{&access.api_key_file, "API key of the Stat Servers", &access.api_key},
        {&access.bearer_file, "access token of the Stat Servers", &access.bearer},
        {&access.client_secret_file, "client secret of the Stat Servers", &access.client_secret},
        {&access.password_file, "password of the Stat Servers", &access.password},
        {&gms.tenant_password_file, "password of the tenant", &gms.tenant_password}}) {
    if (auto done = take_secret_file(*file, what, *text); !done)
      return tl::unexpected(std::move(done).error());
    files.push_back({*file, std::string{"the "} + what});
  }
  access.pems =
      TRY(read_pems(access.ca_file, access.client_certificate_file, access.client_key_file));
  config.exposed = exposures_of(files);
  return config;
}

}  // namespace paceline::statfeed
