// A topology file that is to take the place of --topology: from a file, standard input or an editor; here, or on all hosts.
#pragma once

#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/topology_change.h"

namespace paceline::pacelinectl {

struct OfferedTopology {
  std::string text;
  std::string replaces;  // The text of --topology.
  std::vector<SettingChange> changes;
};

/// Reads and checks it.
///   file     "-" = standard input
///   errors   what the command ends with: a file that cannot be read, or mistakes in it
tl::expected<OfferedTopology, Outcome> open_offered(const Request& request, const std::string& file,
                                                    Environment& environment);

/// What it changes, a line a setting, secrets hidden; as JSON for the pacelinectl that rolls it out.
Outcome told(const Request& request, const OfferedTopology& offered, Environment& environment);

/// It takes its place, on all hosts with --cluster, and what was there is kept.
Outcome import_offered(const Request& request, const OfferedTopology& offered,
                       Environment& environment);

}  // namespace paceline::pacelinectl
