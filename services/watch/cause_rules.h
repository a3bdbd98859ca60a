// The rules that causes.cpp applies: each adds what it finds, and what is told already it leaves out.
//
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/watch/causes.h"

namespace paceline::watch {

/// What the rules look at, and what they found so far.
struct Findings {
  const StatusAnswer& status;
  const TotalsAnswer& totals;
  const Surroundings& around;
  std::vector<Finding> found{};

  struct Told {
    CauseId id;
    CauseWeight weight;
    std::string node;  // "" = the cluster.
    std::string cause;
    std::string remedy;
    bool unfit = false;
  };
  void add(Told told);

  /// Of something that keeps this node from publishing well: worst if it is master, and nothing but
  /// a word while it is in maintenance.
  CauseWeight weight_at(const NodeAnswer& node) const;
  bool is_own(const NodeAnswer& node) const { return node.name == status.node; }
  bool is_told(CauseId id, std::string_view node) const;
};

/// For how long a master may go without an accepted publication [s].
double acceptance_bound_s(const PublicationReport& report);

/// The reason in a node's `why` for which it counts as less fit; "" = none is told.
std::string unfit_reason(const NodeAnswer& node);

// cause_rules_nodes.cpp: who is heard, by whom; what nodes say of each other.
void find_election_causes(Findings& out);
void find_silence(Findings& out);
void find_link_causes(Findings& out);
void find_disagreement(Findings& out);
void find_fitness_causes(Findings& out);

// cause_rules_publishing.cpp: the endpoint and the way to it.
void find_publishing_causes(Findings& out);

// cause_rules_statistics.cpp: what decisions are made of.
void find_statistics_causes(Findings& out);
void find_feedback_causes(Findings& out);

}  // namespace paceline::watch
