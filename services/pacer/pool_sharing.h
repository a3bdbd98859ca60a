// Which targets share agents, and how much of what one target claims falls on another's agents.
//
// Two weights for targets i and j, over the agents that are in both:
//
//   W_ij = agents of both / agents of j                      what j's interactions came to, for i
//   w_ij = v summed over agents of both / over agents of j   what j claims now, for i
//
// v = 1 for an idle agent, and for one who works the chance that he is free before an invitation is
// answered, min(1, answer delay / service time). Both are 1 where i and j have the same agents, and
// 0 where they share none.
//
// Only counts of each target are known, not who is idle. Agents with the same targets are one
// class; how many of each class are idle, at work and absent is estimated from the targets' counts
// by iterative proportional fitting, which begins at the last estimate.
//   source   Deming and Stephan 1940: the table nearest to the first one that has the given sums
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace paceline::pacer {

/// So many agents who serve exactly these targets.
struct AgentClass {
  std::vector<std::uint32_t> targets;  // Members of the pool, without doubles.
  double agents = 0;                   // [agents, > 0]
};

/// That two members share agents, where it is not known which.
struct SharedPair {
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  double of_a = 0;  // [0..1] of a's agents that are b's as well.
  double of_b = 0;  // [0..1]
};

/// What a member's statistics say of its agents.
struct MemberAgents {
  bool told = true;      // False: nothing is known of them now.
  double idle = 0;       // [agents, >= 0]
  double working = 0;    // [agents, >= 0] busy or in wrap-up.
  double soon_free = 0;  // [0..1] v of one who works.
};

/// Another member as one member sees it.
struct PoolNeighbour {
  std::uint32_t member = 0;
  float claim = 0;         // [0..1] w: of its queue and invitations, on the agents of both.
  float outcome = 0;       // [0..1] W: of what its interactions came to.
  float outcome_back = 0;  // [0..1] W the other way round: what this member's are for that one.
};

class PoolSharing {
 public:
  /// All members have the same agents.
  static PoolSharing everybody(std::size_t members);

  /// By membership. A target in no class has agents of its own.
  ///   cost     O(sum over classes of targets^2)
  ///   errors   a target that is no member is a bug (CHECK)
  static PoolSharing of_agents(std::size_t members, std::span<const AgentClass> classes);

  /// By pairs, as detection finds them; their weights do not follow who is idle.
  static PoolSharing of_pairs(std::size_t members, std::span<const SharedPair> pairs);

  /// Fits the classes to the members' counts, then the weights to the classes.
  ///   agents   one for each member
  ///   cost     O(sum over classes of targets^2); nothing unless of_agents()
  void estimate(std::span<const MemberAgents> agents);

  std::size_t members() const { return first_.size() - 1; }
  std::span<const PoolNeighbour> neighbours(std::size_t member) const {
    return {neighbours_.data() + first_[member], first_[member + 1] - first_[member]};
  }
  /// [0..1] of the member's agents that another member has as well.
  double shared(std::size_t member) const { return shared_[member]; }
  /// [agents, > 0] that the member would have if each agent were divided among his targets.
  double own_agents(std::size_t member) const { return own_agents_[member]; }
  /// [agents] of that class that are taken to be idle now.
  double idle_of_class(std::size_t at) const { return classes_[at].idle; }

 private:
  struct Class {
    std::uint32_t begin = 0;  // Of its targets in targets_.
    std::uint32_t end = 0;
    double agents = 0;
    double idle = 0;
    double working = 0;
  };
  struct Overlap {         // Of one class in one pair: where its weights are added.
    std::uint32_t at = 0;  // Index in neighbours_.
  };

  explicit PoolSharing(std::size_t members);
  void link(std::vector<std::vector<std::uint32_t>> linked);
  PoolNeighbour* find(std::uint32_t member, std::uint32_t other);
  void fit_member(std::size_t member, const MemberAgents& told);
  void weigh(std::span<const MemberAgents> agents);

  std::vector<std::uint32_t> first_;  // Of each member's neighbours, and one beyond.
  std::vector<PoolNeighbour> neighbours_;
  std::vector<double> shared_;
  std::vector<double> own_agents_;

  // Of of_agents().
  std::vector<Class> classes_;
  std::vector<std::uint32_t> targets_;      // Of all classes.
  std::vector<std::uint32_t> places_;       // Neighbour of targets_ a for b, class by class.
  std::vector<std::uint32_t> class_first_;  // Of each member's classes in class_of_.
  std::vector<std::uint32_t> class_of_;
  std::vector<double> enlisted_;  // [agents] of each member.
  struct Sums {
    double claims = 0;
    double agents = 0;
  };
  std::vector<Sums> sums_;  // Of each member, in the making.
};

}  // namespace paceline::pacer
