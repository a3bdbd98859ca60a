// What `pacelinectl check` knows of our node without asking anybody: files, their rights, the host's limits.
#pragma once

#include "services/pacelinectl/check_context.h"

namespace paceline::pacelinectl {

/// Every process's table of the topology file, of any node.
void check_settings(CheckContext& context);
void check_targets_file(CheckContext& context);
void check_key_files(CheckContext& context);
void check_secrets(CheckContext& context);
void check_certificates(CheckContext& context);
/// Where keys, terms and history are kept.
void check_state(CheckContext& context);
/// supervisord's group: that of --supervisor, or what /etc/supervisor/conf.d has of our node.
void check_group(CheckContext& context);
void check_limits(CheckContext& context);

}  // namespace paceline::pacelinectl
