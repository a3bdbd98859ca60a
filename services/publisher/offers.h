// What goes into a publication: all targets, or those that differ from what the endpoint holds.
//
//   offers.set(index, offer_of(pace));              // what holds now, from the rows of all shards
//   offers.fill(request, full, limit);              // the targets of the next publication
//   offers.record_feedback(index, sent, pending);   // from its answer
//   offers.is_urgent(index)                         // worth a publication before its time
//
// The endpoint holds what the last publication said, provided that it was accepted; after anything
// but an acceptance the caller asks for a full one, so a lost answer can never leave the two apart.
//
// Invariants:
//   - A full publication, with the deltas that follow it because of the limit, names every target
//     exactly once.
//   - A delta names every target whose offer differs from what the endpoint has: what was published
//     last, less what was used of its allowance (`proactive` is a new allowance each time).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/wire/engagement.h"

namespace paceline::publisher {

/// A pacer's row as an offer: in range whatever the row says, rounded to what a receiver can use
/// (`reactive_state` in steps of 0.01, `predicted_wait_s` in steps of 0.1).
Offer offer_of(const TargetPace& pace);

/// Nothing is allowed, and why.
Offer nothing(PaceState state, PaceReason reason);

class Offers {
 public:
  /// ids, channels   of the targets by dense index, equally many; all start with nothing allowed
  Offers(std::vector<std::string> ids, std::vector<std::string> channels);

  void set(std::uint32_t index, const Offer& offer) { now_[index] = offer; }
  const Offer& now(std::uint32_t index) const { return now_[index]; }

  /// What the answer to the last publication says of a target.
  ///   sent      [invitations] since the answer before
  ///   pending   [invitations, >= 0] outstanding now
  void record_feedback(std::uint32_t index, std::uint64_t sent, std::int32_t pending);

  /// Whether the endpoint would do otherwise at once if it knew what holds now: send more
  /// invitations, or not send those that it has left.
  bool is_urgent(std::uint32_t index) const;

  /// Fills request.targets and request.full.
  ///   full      all targets, whatever the endpoint holds
  ///   limit     [>= 1] targets in one request
  ///   returns   whether some are left for the next batch, a delta that follows at once
  ///   cost      O(n)
  bool fill(PublicationRequest& request, bool full, std::size_t limit);

  /// The next batch: goes on where the last one ended, so that every target is named once at most.
  bool fill_next(PublicationRequest& request, std::size_t limit);

  std::size_t size() const { return ids_.size(); }

 private:
  struct Row {
    Offer published;          // The last time.
    bool included = false;    // Since the last full publication began.
    std::uint32_t batch = 0;  // The one that named it.
    // What is left of published.proactive. Two bounds: whether the endpoint sent what an answer
    // counts before or after it took the publication that it answers is not known.
    std::int32_t least_left = 0;
    std::int32_t most_left = 0;
    std::int32_t pending = 0;  // By the last answer.
  };
  bool must_be_included(std::uint32_t index) const;
  bool fill_from(std::uint32_t first, PublicationRequest& request, std::size_t limit);

  std::vector<std::string> ids_;
  std::vector<std::string> channels_;
  std::vector<Offer> now_;
  std::vector<Row> rows_;
  std::uint32_t next_ = 0;   // Where the next batch begins.
  std::uint32_t batch_ = 0;  // The last one filled.
};

}  // namespace paceline::publisher
