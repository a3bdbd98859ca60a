// What operators order of electors, and what came of it: an order is carried out by processes of other nodes too, so a
// command that gives one looks until it is so, and says why if it is not in time.
#pragma once

#include <functional>
#include <string>

#include "common/wire/answers.h"
#include "common/wire/election.h"
#include "services/pacelinectl/cluster_file.h"

namespace paceline::pacelinectl {

/// The question by which an elector is given an order: pause, resume, drain, drain_anyway or undrain.
///   why   as reason_of(); of resume and undrain who gives it, for the elector's log
ControlRequest order_of(std::string order, std::string why);

/// The reason that goes round with an order, and who gave it: "new disks (by anna on acme-1)"; without a reason "by anna
/// on acme-1". Without who, where the reason leaves no room for that; "an operator" if nothing is known.
std::string reason_of(const std::string& why, Environment& environment);

/// What was waited for.
struct Awaited {
  std::string obstacle;  // "" = it is so.
  Duration after{};
};

/// Looks ten times a second until nothing is in the way, for so long, or until the person asks to stop.
///
///   obstacle   says what is in the way, a sentence; "" = nothing
Awaited await(double timeout_s, Environment& environment,
              const std::function<std::string()>& obstacle);

/// What an elector of this host believes: the first of local_nodes() that answers.
Result<ElectionView> election_view(const ClusterFile& cluster, Environment& environment);

/// What that node says of itself; null if the elector never heard it.
const ElectionMessage* said_by(const ElectionView& view, const std::string& node);

/// What the master says of itself; null if there is none that holds a lease, as far as that elector knows.
const ElectionMessage* master_of(const ElectionView& view);

/// "b is master in term 513"
std::string mastership_text(const ElectionView& view);

/// Why that node could not be master, as a half sentence: "b is not heard"; "" = it could.
std::string unable_text(const ElectionView& view, const std::string& node);

/// Whether a node that began anew is well: it could be master, or as a witness is heard, at twenty looks in a row.
class WellCheck {
 public:
  /// What is in the way, by what an elector of this host knows; "" = it is well. Looks at another node begin anew.
  std::string obstacle(const ClusterFile& cluster, const Node& node, Environment& environment);

 private:
  const Node* node_ = nullptr;
  int well_ = 0;  // Looks in a row.
};

/// A line for who has to know that an order would not survive a restart; "" = it would.
std::string stored_text(const StatusReply& reply);

/// What keeps a pause, or its end, from being what the endpoint goes by.
///
///   returns  a sentence; "" = the master's last accepted publication said so
std::string pause_obstacle(const StatusAnswer& status, bool wants_pause);

/// What keeps a pause, or its end, from being what the master goes by: all that is seen from a witness, whose host has no watch.
///
///   returns  a sentence; "" = the master says that it holds
std::string held_obstacle(const ElectionView& view, bool wants_pause);

/// The node of a command whose first argument it may be, ours otherwise: for what can only be asked on its host.
///   errors   what the command ends with: exit_usage, no such node, or a witness; exit_not_answered, it is on another host
tl::expected<ClusterFile, Outcome> node_to_order(const Request& request, ClusterFile cluster);

}  // namespace paceline::pacelinectl
