// What a support bundle of this node is made of: files of this host, and what commands of this program answer. A part
// that cannot be got is named with the reason, and the others are packed all the same.
#pragma once

#include <optional>
#include <utility>

#include "services/pacelinectl/check_context.h"
#include "services/pacelinectl/support_archive.h"

namespace paceline::pacelinectl {

inline constexpr std::size_t most_log_bytes = 256u << 10;  // Of each log, its end.
inline constexpr std::size_t most_logs = 60;

class SupportParts {
 public:
  ///   cluster   nothing if the topology file has a mistake
  SupportParts(const Request& request, Environment& environment, SecretMask& mask,
               SupportArchive& archive, std::optional<ClusterFile> cluster)
      : request_{request},
        environment_{environment},
        mask_{mask},
        archive_{archive},
        cluster_{std::move(cluster)} {}

  /// Its secrets, and those in the files that it names, are hidden in all texts.
  void remember_secrets();
  /// Topology, targets, membership, the node's environment, supervisord's groups, systemd's units.
  void take_settings(const std::string& topology_text);
  /// What `check` and, of a running node, the other questions answer.
  void take_states();
  /// The last decision and the last hour of the targets that were named.
  void take_targets();
  /// The ends of the logs of the node's processes.
  void take_logs();

 private:
  /// What a command answers, as a file.
  void take_answer(const std::string& path, Request asked);
  bool take_file(const std::string& file, std::string_view kind);
  void take_log(const std::string& file);
  std::vector<std::string> group_files();
  std::vector<std::string> log_files();
  Request question(const std::string& command, std::vector<std::string> words = {}) const;

  const Request& request_;
  Environment& environment_;
  SecretMask& mask_;
  SupportArchive& archive_;
  std::optional<ClusterFile> cluster_;
  std::vector<std::string> secret_names_{};  // Variables of the environment.
};

}  // namespace paceline::pacelinectl
