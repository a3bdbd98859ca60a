// What the running processes of our node say of themselves, and what our watch hears of the others.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/wire/answers.h"
#include "services/pacelinectl/check_context.h"

namespace paceline::pacelinectl {

struct ProcessFacts {
  Address address;
  bool answers = false;
  std::string why;                            // It does not.
  std::map<std::string, std::string> status;  // As it says.
  std::string version;                        // Of the program that runs; "" = it does not say.
  double most_open_files = 0;                 // 0 = it does not say.
};

struct RunningFacts {
  std::vector<ProcessFacts> processes;  // Of our node, all that the topology has.
  std::optional<StatusAnswer> cluster;  // As our watch hears it.

  bool any_answers() const;
  const ProcessFacts* find(std::string_view process, int index = 0) const;
};

/// Asks all of them at once, at their control sockets: no token is needed, the right to the sockets is.
RunningFacts ask_running(CheckContext& context);

/// Whether they answer, are of this program's version, and work by the files that are here.
void check_processes(CheckContext& context, const RunningFacts& running);
/// What differs between the nodes, and who does not hear whom.
void check_nodes(CheckContext& context, const RunningFacts& running);
/// Servers that statfeed hears, and what they do not show it.
///   returns  the servers of which a running statfeed does not say that it hears them: 0 primary, 1 backup
std::vector<std::size_t> check_statfeed(CheckContext& context, const RunningFacts& running);

}  // namespace paceline::pacelinectl
