// Channel `feedback`: publisher of the master -> pacers of every node, watch. What became of the invitations.
#pragma once

#include <string>

#include "common/wire/state_frame.h"

namespace paceline {

/// Which answer of the engagement endpoint the rows come from.
struct FeedbackHead {
  std::string epoch;
  std::uint64_t term = 0;
  std::uint64_t sequence = 0;

  static constexpr About about{"feedback_head",
                               "Which answer of the engagement endpoint the rows come from."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&FeedbackHead::epoch, "epoch",
              "names the life of the endpoint's counters; another one = they restarted"},
        Field{&FeedbackHead::term, "term", "", 0, largest_term,
              "of the publication that was answered"},
        Field{&FeedbackHead::sequence, "sequence", "", "of the publication that was answered"},
    };
  }
  bool operator==(const FeedbackHead&) const = default;
};
static_assert(lists_every_member<FeedbackHead>());

/// What became of one target's invitations: counters since the endpoint's epoch, never falling in it.
struct TargetFeedback {
  using Head = FeedbackHead;

  std::uint64_t sent = 0;
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
  std::uint64_t timed_out = 0;
  std::uint64_t answered = 0;
  std::uint64_t abandoned = 0;
  std::int32_t pending = 0;

  static constexpr About about{
      "feedback", "What became of one target's invitations, since the endpoint's epoch."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&TargetFeedback::sent, "sent", "invitations", "sent"},
        Field{&TargetFeedback::accepted, "accepted", "invitations", "accepted"},
        Field{&TargetFeedback::rejected, "rejected", "invitations", "rejected"},
        Field{&TargetFeedback::timed_out, "timed_out", "invitations", "that nobody answered"},
        Field{&TargetFeedback::answered, "answered", "interactions",
              "accepted, and an agent took them"},
        Field{&TargetFeedback::abandoned, "abandoned", "interactions",
              "accepted, and left the queue before"},
        Field{&TargetFeedback::pending, "pending", "invitations", 0, INT32_MAX,
              "sent and not yet accepted, rejected or timed out"},
    };
  }
  bool operator==(const TargetFeedback&) const = default;
};
static_assert(lists_every_member<TargetFeedback>());

}  // namespace paceline
