#include "services/simulator/publication_endpoint.h"

#include <algorithm>

namespace paceline::simulator {
namespace {

constexpr double longest_validity_s = 86'400;  // Of the centre's time.

}  // namespace

TargetFeedback feedback_of(const TargetCounts& counts) {
  return {.sent = counts.sent,
          .accepted = counts.accepted,
          .rejected = counts.rejected,
          .timed_out = counts.timed_out,
          .answered = counts.proactive.answered,
          .abandoned = counts.proactive.abandoned + counts.proactive.turned_away,
          .pending = counts.pending};
}

PublicationEndpoint::PublicationEndpoint(Centre& centre, Options options)
    : centre_{centre},
      options_{std::move(options)},
      allowed_(centre.size()),
      owner_(centre.size(), nobody) {
  for (std::uint32_t target = 0; target < centre.size(); ++target)
    index_of_.emplace(centre.model().targets[target].id, target);
}

PublicationEndpoint::Verdict PublicationEndpoint::receive(const PublicationRequest& request,
                                                          std::int64_t now_ms, double scale) {
  Verdict verdict;
  const auto refuse = [&](int status, std::string why) {
    ++(status == 409 ? fenced_ : refused_);
    verdict.status = status;
    verdict.why = std::move(why);
    return verdict;
  };
  if (request.cluster.empty() || request.term == 0 || request.sequence == 0)
    return refuse(400, "cluster, term and sequence are needed");
  if (!clusters_.contains(request.cluster) && clusters_.size() >= options_.max_clusters)
    return refuse(400, "too many clusters");
  Cluster& cluster = clusters_[request.cluster];  // One that is new holds term 0, sequence 0.
  verdict.fence = {.term = cluster.term,
                   .sequence = cluster.sequence,
                   .incarnation = cluster.incarnation,
                   .node = cluster.node};
  if (request.term < cluster.term) return refuse(409, "older term");
  if (request.term == cluster.term && request.sequence <= cluster.sequence)
    return refuse(409, "sequence not larger");
  if (!request.full && (request.term != cluster.term || request.sequence != cluster.sequence + 1))
    return refuse(409, "a delta with nothing to stand on");

  if (cluster.last_ms > 0) longest_gap_ms_ = std::max(longest_gap_ms_, now_ms - cluster.last_ms);
  cluster.term = request.term;
  cluster.sequence = request.sequence;
  cluster.incarnation = request.incarnation;
  cluster.node = request.node;
  cluster.last_ms = now_ms;
  if (cluster.number == nobody) cluster.number = static_cast<std::uint32_t>(clusters_.size());
  cluster.named.resize(centre_.size());
  if (request.full) cluster.named.assign(centre_.size(), false);
  ++accepted_;
  if (by_node_.size() < 1000 || by_node_.contains(request.node)) ++by_node_[request.node];

  const std::int64_t valid_ms =
      request.valid_for_ms > 0 ? request.valid_for_ms : request.valid_until_ms - now_ms;
  const double valid_s = static_cast<double>(valid_ms) / 1000 * scale;
  const Duration until = centre_.now() + from_seconds(std::clamp(valid_s, 0.0, longest_validity_s));
  carry_on(cluster, request.full, until);
  for (const auto& [id, channel, offer] : request.targets) {
    const auto known = index_of_.find(id);
    if (known == index_of_.end()) {
      verdict.answer.rejected.push_back({id, "unknown_target"});
      continue;
    }
    ++verdict.answer.accepted;
    const bool open =
        options_.invite && offer.state != PaceState::stale && offer.state != PaceState::disabled;
    cluster.named[known->second] = true;
    const Allowance allowed{.allowance = open ? std::max(0, offer.proactive) : 0,
                            .max_pending = open ? std::max(0, offer.max_pending) : 0,
                            .until = until};
    if (take(known->second, cluster, allowed, open)) ++verdict.contested;
  }
  for (std::uint32_t target = 0; target < centre_.size(); ++target)
    centre_.offer(target, allowed_[target]);

  verdict.answer.term = cluster.term;
  verdict.answer.sequence = cluster.sequence;
  verdict.answer.epoch = options_.epoch;
  verdict.answer.feedback = feedback(cluster, request.full);
  return verdict;
}

// What it does not name: nothing of that is allowed after a full publication; after a delta what was left, for as long as this one
// is valid. Others' targets keep what is left of theirs.
void PublicationEndpoint::carry_on(const Cluster& cluster, bool full, Duration until) {
  for (std::uint32_t target = 0; target < centre_.size(); ++target) {
    Allowance& allowed = allowed_[target];
    allowed.allowance = centre_.allowance(target);
    if (owner_[target] != cluster.number) continue;
    if (full) {
      allowed = {};
      owner_[target] = nobody;
    } else {
      allowed.until = until;
    }
  }
}

bool PublicationEndpoint::take(std::uint32_t target, const Cluster& cluster, const Allowance& offer,
                               bool open) {
  const std::uint32_t before = owner_[target];
  const bool is_others = before != nobody && before != cluster.number;
  if (is_others && !open) return false;  // It has nothing to withdraw.
  const bool was_valid = is_others && allowed_[target].until > centre_.now();
  owner_[target] = open ? cluster.number : nobody;
  allowed_[target] = open ? offer : Allowance{};
  return was_valid;
}

// A delta stands on the publication before it, so its sender has read that one's answer: what it
// was told there need not be told again. Whoever lost an answer sends a full publication.
std::vector<OfferFeedback> PublicationEndpoint::feedback(Cluster& cluster, bool full) {
  cluster.told.resize(centre_.size());
  std::vector<OfferFeedback> rows;
  for (std::uint32_t target = 0; target < centre_.size(); ++target) {
    auto& told = cluster.told[target];
    if (!cluster.named[target]) {
      told.reset();
      continue;
    }
    const TargetFeedback now = feedback_of(centre_.latest_counts(target));
    if (full || now != told) rows.push_back({centre_.model().targets[target].id, now});
    told = now;
  }
  return rows;
}

}  // namespace paceline::simulator
