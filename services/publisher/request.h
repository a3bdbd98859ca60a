// What goes into a publication: all targets, or those that differ from what the endpoint holds.
//
//   offers.set(index, offer_of(pace));          // what holds now, from the rows of all shards
//   offers.fill(request, full, limit);          // the targets of the next publication
//   offers.heard(index, sent, pending);         // from its answer
//   offers.urgent(index)                        // is worth a publication before its time
//
// The endpoint holds what the last publication said, provided that it was accepted; after anything
// but an acceptance the caller asks for a full one, so a lost answer can never leave the two apart.
//
// Invariants: a full publication, with those deltas that follow it because of the limit, names
// every target exactly once; a delta names every target whose offer differs from what the endpoint
// has: what was named last, and of its allowance what is left (`proactive` is new allowance each
// time it is named).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/wire/engagement.h"

namespace paceline::publisher {

/// The figures of one target's offer: a TargetOffer without its names.
struct Offer {
  PaceState state = PaceState::stale;
  PaceReason reason = PaceReason::stale_statistics;
  std::int32_t proactive = 0;    // [>= 0]
  std::int32_t max_pending = 0;  // [>= 0]
  std::int32_t reactive = 0;     // [>= 0]
  double reactive_state = 1;     // [0..1] in steps of 0.01.
  double predicted_wait_s = 0;   // [s, >= 0] in steps of 0.1.

  bool operator==(const Offer&) const = default;
};

/// A pacer's row as an offer: in range whatever the row says, rounded to what a receiver can use.
Offer offer_of(const TargetPace& pace);

/// Nothing is allowed, and why.
Offer nothing(PaceState state, PaceReason reason);

class Offers {
 public:
  /// `ids` and `channels`: of the targets by dense index, equally many. All start with nothing
  /// allowed.
  Offers(std::vector<std::string> ids, std::vector<std::string> channels);

  void set(std::uint32_t index, const Offer& offer) { now_[index] = offer; }
  const Offer& now(std::uint32_t index) const { return now_[index]; }

  /// What the answer to the last publication says of a target.
  ///   sent      [invitations] since the answer before
  ///   pending   [invitations, >= 0] outstanding now
  void heard(std::uint32_t index, std::uint64_t sent, std::int32_t pending);

  /// Whether the endpoint would do otherwise at once if it knew what holds now: send more
  /// invitations, or not send those that it has left.
  bool urgent(std::uint32_t index) const;

  /// Fills request.targets and request.full.
  ///   full    all targets, whatever the endpoint holds
  ///   limit   [>= 1] targets in one request
  ///   returns whether some are left for another request, a delta that follows at once
  ///   cost    O(n)
  bool fill(PublicationRequest& request, bool full, std::size_t limit);

  /// The next part: goes on where the last one stopped, so that every target is named once at most.
  bool fill_rest(PublicationRequest& request, std::size_t limit);

  std::size_t size() const { return ids_.size(); }

 private:
  struct Row {
    Offer told;              // As last named.
    bool named = false;      // Since the last full one began.
    std::uint32_t part = 0;  // The part that named it.
    // Of told.proactive: whether what an answer counts was sent before or after the endpoint took
    // the publication that it answers is not known.
    std::int32_t least_left = 0;
    std::int32_t most_left = 0;
    std::int32_t pending = 0;  // As last heard.
  };
  bool must_be_named(std::uint32_t index) const;
  bool fill_from(std::uint32_t first, PublicationRequest& request, std::size_t limit);

  std::vector<std::string> ids_;
  std::vector<std::string> channels_;
  std::vector<Offer> now_;
  std::vector<Row> rows_;
  std::uint32_t rest_ = 0;  // Where the next part starts.
  std::uint32_t part_ = 0;  // The last one filled.
};

}  // namespace paceline::publisher
