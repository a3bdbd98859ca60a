#include "services/elector/adapter_config.h"

#include "common/runtime/files.h"

namespace paceline::elector {

Result<ElectorConfig> read_elector_config(Place& place) {
  ElectorConfig config = TRY(parse_elector_config(place));
  const std::string boot = TRY(read_file("/proc/sys/kernel/random/boot_id"));
  config.boot = boot.substr(0, boot.find('\n'));
  return config;
}

}  // namespace paceline::elector
