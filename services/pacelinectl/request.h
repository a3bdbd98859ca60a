// What a person asked of pacelinectl, and what comes of it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "services/pacelinectl/decide_settings.h"

namespace paceline::pacelinectl {

/// The command line after parsing. Options that a command does not have stay at their defaults.
struct Request {
  std::string command;  // "status", "topology check", ...: a name of commands().
  std::string topology = "/etc/paceline/topology.toml";
  std::string node;  // "" = the node that runs here, see cluster_file.h.
  std::string url;   // Of a watch, in place of the topology: from any host; "" = none. Then also:
  std::vector<std::string> topologies;  // All that were named, the first in `topology`: cells.h.
  std::vector<std::string> urls;
  bool is_one_of_several = false;  // One of those: `node` may be another one's.
  std::string ca_file;             // The authorities that may vouch for it; "" = the system's.
  std::string token_file;          // With its read token; "" = `token`.
  std::string token;               // "" = none.
  bool by_watch = false;  // `explain`: as watch tells it, since the pacer is on another host.
  bool json = false;
  bool colour = false;                 // Standard output is a terminal.
  std::vector<std::string> arguments;  // What follows the command.

  // `targets`, `history`: parameters of watch's query; `what-if`: the changes; `init`: the answers; of others options that are
  // seldom given, by their names (given()).
  std::vector<std::pair<std::string, std::string>> filters;

  std::string why;              // `pause`, `drain`: for people; "" = none is given.
  bool force = false;           // `drain`: also if nobody could take over.
  double timeout_s = 15;        // Orders: [s] waits so long for what comes of it; 0 = not at all.
  std::string length;           // `record`: how long, as "1h".
  bool stop = false;            // `record`: end it.
  bool asks = false;            // `init`: a person is there to be asked.
  bool pair = false;            // `init`: two nodes without a witness are accepted.
  bool tar = false;             // `init`: packed, too.
  bool csv = false;             // `targets export`: whatever the file is called; `history`.
  std::string bin_dir;          // `topology supervisor`, `units`: "" = where pacelinectl itself is.
  std::string log_dir;          // `topology supervisor`: "" = {run}/NODE/log.
  std::string user;             // ... and `units`: "" = supervisord's own.
  bool folders = false;         // `topology supervisor`: make those of the logs.
  std::string supervisor_file;  // `topology check`, `check`: to compare with; "" = none.
  bool plugin = false;          // `check`: as monitoring systems want it.
  bool offline = false;         // `check`: nobody is asked.
  bool replace = false;         // `keys import`: another key of the same node, too.
  bool ids = false;             // `targets`: the ids alone.
  bool add = false;             // `targets import`: beside those that are there.
  bool held = false;            // ...: those that are new are switched off.
  bool published = false;       // `wait`: for what the targets file says.
  bool follow = false;          // `events`
  bool all = false;             // `explain`, `what-if`: every figure.
  bool markdown = false;        // `schema`: as it stands in the documentation.
  bool cluster = false;         // `targets import`: on all nodes, or on none.
  bool dry_run = false;         // ...: tell what it would change.
  bool yes = false;             // ...: nobody is asked.
  std::string shell;            // ...: what leads to the other hosts; "" = rollout.h's.
  std::string output;           // `support-bundle`: the archive; "" = a name with node and time.
  std::vector<std::string> targets;  // `support-bundle`: whose decisions are told; `wait`: to see.
  std::string only;                  // `watch`: the target; `man`, `topology units`: the folder.
  std::uint64_t limit = 0;           // `watch`, `events`: at most so many lines; 0 = no limit.
  double seconds = 0;                // `bench`: to measure for; `top`: between two refreshes.
  DecideSettings decide;
};

// Exit codes.
inline constexpr int exit_fine = 0;
inline constexpr int exit_not_answered = 1;  // Nobody answered, or the answer was no.
inline constexpr int exit_usage = 2;         // The command line, or a file that cannot be read.
inline constexpr int exit_mistakes = 3;      // A check found mistakes.

struct Outcome {
  int exit = exit_fine;
  std::string out;    // For standard output, with its last line break.
  std::string error;  // For standard error, without.
};

/// What a command says when it cannot go on.
inline Outcome failed(int exit, std::string why) {
  return {exit, {}, std::move(why)};
}

}  // namespace paceline::pacelinectl
