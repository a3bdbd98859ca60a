// The engagement endpoint's rules: is a publication from the present master, and what may go out?
//
//   verdict = endpoint.receive(request, now_ms, virtual_per_wall);
//   200: verdict.answer   409: verdict.fence   400: verdict.why
//
// Invariants:
//   - for each cluster the accepted (term, sequence) pairs only rise;
//   - a delta follows the publication before it by one, in one term, or is refused;
//   - what is allowed is what the last accepted publication of the target's cluster said;
//   - a target is of the cluster that offered for it last: what another one says or leaves out changes nothing of it, until that
//     one offers for it too;
//   - nothing is allowed from validForMs after its arrival on, by the endpoint's own clock; from
//     validUntil on, if the publication does not have that.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/wire/engagement.h"
#include "services/simulator/centre.h"

namespace paceline::simulator {

class PublicationEndpoint {
 public:
  struct Options {
    std::string epoch;   // Names the life of the counters: another one at each start.
    bool invite = true;  // false: publications are answered, but no invitation goes out.
    std::size_t max_clusters = 64;
  };

  PublicationEndpoint(Centre& centre, Options options);

  struct Verdict {
    int status = 200;  // 200, 400, 409.
    PublicationAnswer answer;
    Fence fence;      // 409: what is held.
    std::string why;  // For people, unless 200.
    std::size_t contested =
        0;  // Targets that this took from another cluster, whose offer was still valid.
  };

  /// Answers a publication and, if it is good, lets the centre's invitations follow it. The centre
  /// has been advanced to the present.
  ///
  ///   request  full: targets that it does not name get nothing; delta: they keep what is left of
  ///            theirs, as long as this one is valid
  ///   now_ms   [ms since 1970] by the endpoint's wall clock
  ///   scale    [> 0] seconds of the centre for each second of the wall
  ///   cost     O(targets)
  Verdict receive(const PublicationRequest& request, std::int64_t now_ms, double scale);

  std::uint64_t accepted() const { return accepted_; }
  std::uint64_t fenced() const { return fenced_; }
  std::uint64_t refused() const { return refused_; }
  /// [ms] the longest time between two accepted publications of one cluster; 0 before the second.
  std::int64_t longest_gap_ms() const { return longest_gap_ms_; }
  /// Accepted publications by node.
  const std::map<std::string, std::uint64_t>& by_node() const { return by_node_; }

 private:
  struct Cluster {
    std::uint64_t term = 0;
    std::uint64_t sequence = 0;
    std::uint64_t incarnation = 0;  // Of the publisher that it came from.
    std::string node;
    std::int64_t last_ms = 0;
    std::uint32_t number = 0;  // [1..] The order in which they came.
    std::vector<bool> named;   // Targets, since its last full publication and in it.
    std::vector<std::optional<TargetFeedback>>
        told;  // In its answers; whoever sends a delta has them all.
  };
  static constexpr std::uint32_t nobody = 0;

  void carry_on(const Cluster& cluster, bool full, Duration until);
  /// Whether it was another cluster's until now, and valid.
  bool take(std::uint32_t target, const Cluster& cluster, const Allowance& offer, bool open);
  std::vector<OfferFeedback> feedback(Cluster& cluster, bool full);

  Centre& centre_;
  Options options_;
  std::unordered_map<std::string, std::uint32_t> index_of_;
  std::map<std::string, Cluster> clusters_;
  std::vector<Allowance> allowed_;
  std::vector<std::uint32_t> owner_;  // Of each target the cluster whose offer holds.
  std::uint64_t accepted_ = 0;
  std::uint64_t fenced_ = 0;
  std::uint64_t refused_ = 0;
  std::int64_t longest_gap_ms_ = 0;
  std::map<std::string, std::uint64_t> by_node_;
};

TargetFeedback feedback_of(const TargetCounts& counts);

}  // namespace paceline::simulator
