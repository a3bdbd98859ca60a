// What watch answers over HTTP about the present: written by watch (json_fields.h), read by pacelinectl
// (json_reader.h), described in the OpenAPI document, all by these tables. A number of seconds that is -1 here is null
// there: never.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/wire/cause.h"
#include "common/wire/messages.h"

namespace paceline {

enum class NodeRole : std::uint8_t { master, standby, witness, down };

/// What a node is to people.
template <>
inline constexpr std::array words_of<NodeRole>{
    Word{"master", "its publisher is open"},
    Word{"standby", "as warm as the master, its publisher shut"},
    Word{"witness", "an elector only: votes, is never master"},
    Word{"down", "not heard within the bound"},
};
static_assert(words_match<NodeRole>());

/// How lately a node heard a peer.
struct PeerAnswer {
  std::string node;
  double age_s = -1;

  static constexpr About about{"peer", "How lately a node heard a peer."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&PeerAnswer::node, "node", "the peer"},
        Field{&PeerAnswer::age_s, "age_s", "s", -1, max_seconds,
              "since it was heard; null = never"},
    };
  }
  bool operator==(const PeerAnswer&) const = default;
};
static_assert(lists_every_member<PeerAnswer>());

/// A publisher's last report, as it was heard.
struct HeardPublication {
  PublicationReport report;
  double round_trip_share = 0;
  double heard_s = -1;

  static constexpr About about{"publication_heard", "A publisher's last report, as it was heard."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&HeardPublication::report, "", "what it said"},
        Field{&HeardPublication::round_trip_share, "round_trip_share", "", 0, 1e12,
              "round trip of the period"},
        Field{&HeardPublication::heard_s, "heard_s", "s", -1, max_seconds, "since it was heard"},
    };
  }
  bool operator==(const HeardPublication&) const = default;
};
static_assert(lists_every_member<HeardPublication>());

/// A node as this one hears it.
struct NodeAnswer {
  std::string name;
  NodeRole role = NodeRole::down;
  std::uint64_t term = 0;
  std::string publisher;
  std::string elector;
  std::int32_t priority = 0;
  std::int32_t tier = 0;
  std::string believes_master;
  std::string why;
  double heard_s = -1;
  std::vector<PeerAnswer> hears;
  std::optional<HeardPublication> publication;
  double clock_ahead_s = 0;
  std::string targets;
  bool targets_differ = false;
  std::string maintenance;

  static constexpr About about{"node", "A node as this one hears it."};
  static constexpr auto schema() {
    using N = NodeAnswer;
    return std::tuple{
        Field{&N::name, "name", "its name in the topology"},
        Field{&N::role, "role", "what it is to people"},
        Field{&N::term, "term", "", "that its elector holds"},
        Field{&N::publisher, "publisher", "open, shut, down, or none (a witness has none)"},
        Field{&N::elector, "elector", "its own word for its role"},
        Field{&N::priority, "priority", "", 0, 255, "0 = witness"},
        Field{&N::tier, "tier", "", 0, 255, "health, 0 = fit; larger = worse"},
        Field{&N::believes_master, "believes_master", "whom it holds to be master; empty = nobody"},
        Field{&N::why, "why", "its role, for people"},
        Field{&N::heard_s, "heard_s", "s", -1, max_seconds,
              "since its elector was heard; null = never"},
        Field{&N::hears, "hears", "how lately it heard its peers"},
        Field{&N::publication, "publication", "its publisher's last report; null = never heard"},
        Field{&N::clock_ahead_s, "clock_ahead_s", "s", -max_seconds, max_seconds,
              "its clock minus ours when its elector was heard last; 0 = not known"},
        Field{&N::targets, "targets",
              "version of the targets file that it paces by; empty = not known"},
        Field{&N::targets_differ, "targets_differ",
              "for some time that version has been another than ours"},
        Field{&N::maintenance, "maintenance",
              "why an operator drained it; empty = it is in service"}
            .added(),
    };
  }
  bool operator==(const NodeAnswer&) const = default;
};
static_assert(lists_every_member<NodeAnswer>());

/// The Stat Server pair, as this node's statfeed says.
struct StatisticsAnswer {
  StatSource source;
  bool fresh = false;
  double heard_s = -1;

  static constexpr About about{"statistics", "The Stat Server pair, as this node's statfeed says."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&StatisticsAnswer::source, "", "what statfeed said"},
        Field{&StatisticsAnswer::fresh, "fresh", "statfeed was heard within the bound"},
        Field{&StatisticsAnswer::heard_s, "heard_s", "s", -1, max_seconds,
              "since it was heard; null = never"},
    };
  }
  bool operator==(const StatisticsAnswer&) const = default;
};
static_assert(lists_every_member<StatisticsAnswer>());

/// A pacer shard of this node.
struct PacerAnswer {
  std::int32_t shard = 0;
  bool fresh = false;
  PaceCycle cycle;
  double heard_s = -1;

  static constexpr About about{"pacer", "A pacer shard of this node."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&PacerAnswer::shard, "shard", "", 0, 1'023, "its number"},
        Field{&PacerAnswer::fresh, "fresh", "it was heard within the bound"},
        Field{&PacerAnswer::cycle, "", "its last refresh"},
        Field{&PacerAnswer::heard_s, "heard_s", "s", -1, max_seconds,
              "since it was heard; null = never"},
    };
  }
  bool operator==(const PacerAnswer&) const = default;
};
static_assert(lists_every_member<PacerAnswer>());

/// The last answer of the engagement endpoint that was heard.
struct FeedbackAnswer {
  FeedbackHead head;
  double heard_s = -1;

  static constexpr About about{"feedback_heard",
                               "The last answer of the engagement endpoint that was heard."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&FeedbackAnswer::head, "", "which answer it was"},
        Field{&FeedbackAnswer::heard_s, "heard_s", "s", -1, max_seconds,
              "since it was heard; null = never"},
    };
  }
  bool operator==(const FeedbackAnswer&) const = default;
};
static_assert(lists_every_member<FeedbackAnswer>());

/// The leave to publish that this node holds.
struct GrantAnswer {
  std::uint64_t term = 0;
  double left_s = 0;
  std::string why;

  static constexpr About about{"grant_held", "The leave to publish that this node holds."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&GrantAnswer::term, "term", "", "to publish under; 0 = no grant"},
        Field{&GrantAnswer::left_s, "left_s", "s", 0, max_seconds, "until it ends"},
        Field{&GrantAnswer::why, "why", "for people, when revoked"},
    };
  }
  bool operator==(const GrantAnswer&) const = default;
};
static_assert(lists_every_member<GrantAnswer>());

/// Sums over all targets.
struct TotalsAnswer {
  std::uint64_t targets = 0;
  std::uint64_t paced = 0;
  Counts<PaceState> by_state;
  Counts<PaceReason> by_reason;
  Counts<StatQuality> by_quality;
  std::int64_t logged_in = 0;
  std::int64_t ready = 0;
  std::int64_t busy = 0;
  std::int64_t after_call_work = 0;
  std::int64_t in_queue = 0;
  std::int64_t pending = 0;
  std::int64_t proactive = 0;
  std::int64_t max_pending = 0;
  std::uint64_t sent = 0;
  std::uint64_t accepted = 0;
  std::uint64_t answered = 0;
  std::uint64_t abandoned = 0;
  std::int64_t slots = 0;
  std::int64_t in_handling = 0;

  static constexpr About about{"totals", "Sums over all targets."};
  static constexpr auto schema() {
    using T = TotalsAnswer;
    return std::tuple{
        Field{&T::targets, "targets", "targets", "that the targets file has"},
        Field{&T::paced, "paced", "targets", "whose pace was ever heard"},
        Field{&T::by_state, "by_state", "targets of each state"},
        Field{&T::by_reason, "by_reason", "targets of each reason"},
        Field{&T::by_quality, "by_quality", "targets of each quality of statistics"},
        Field{&T::logged_in, "logged_in", "agents", 0, 1e15, "logged in"},
        Field{&T::ready, "ready", "agents", 0, 1e15, "waiting for the next interaction"},
        Field{&T::busy, "busy", "agents", 0, 1e15, "handling an interaction"},
        Field{&T::after_call_work, "after_call_work", "agents", 0, 1e15, "in wrap-up"},
        Field{&T::in_queue, "in_queue", "interactions", 0, 1e15, "waiting now"},
        Field{&T::pending, "pending", "invitations", 0, 1e15, "outstanding"},
        Field{&T::proactive, "proactive", "invitations", 0, 1e15, "that may go out now"},
        Field{&T::max_pending, "max_pending", "invitations", 0, 1e15,
              "that may be outstanding at once"},
        Field{&T::sent, "sent", "invitations", "sent since the endpoint's epoch"},
        Field{&T::accepted, "accepted", "invitations", "accepted since then"},
        Field{&T::answered, "answered", "interactions", "of those, that an agent took"},
        Field{&T::abandoned, "abandoned", "interactions", "of those, that left the queue before"},
        Field{&T::slots, "slots", "interactions", 0, 1e15,
              "that the agents may hold at once; one each where nobody tells"},
        Field{&T::in_handling, "in_handling", "interactions", 0, 1e15,
              "of those, that are held, in wrap-up too"},
    };
  }
  bool operator==(const TotalsAnswer&) const = default;
};
static_assert(lists_every_member<TotalsAnswer>());

/// One sender of a bus channel, as this node hears it.
struct ChannelAnswer {
  std::string channel;
  std::string sender;
  std::int32_t shard = -1;
  bool fresh = false;
  double heard_s = -1;
  double content_s = -1;
  double stale_s = 0;

  static constexpr About about{"channel", "One sender of a bus channel, as this node hears it."};
  static constexpr auto schema() {
    using C = ChannelAnswer;
    return std::tuple{
        Field{&C::channel, "channel", "the channel's name"},
        Field{&C::sender, "sender", "node, process and index"},
        Field{&C::shard, "shard", "", -1, 1'023, "null = the channel is not sharded"},
        Field{&C::fresh, "fresh", "heard within the bound, and complete"},
        Field{&C::heard_s, "heard_s", "s", -1, max_seconds, "since its last message; null = never"},
        Field{&C::content_s, "content_s", "s", -1, max_seconds,
              "age of what it said; null = never"},
        Field{&C::stale_s, "stale_s", "s", 0, max_seconds, "silent for longer, it counts as gone"},
    };
  }
  bool operator==(const ChannelAnswer&) const = default;
};
static_assert(lists_every_member<ChannelAnswer>());

/// The whole picture: GET /api/v1/status.
struct StatusAnswer {
  std::string cluster;
  std::string node;
  std::optional<std::string> time;
  std::uint64_t term = 0;
  std::string master;
  std::optional<std::string> master_since;
  std::string master_why;
  std::int32_t claims = 0;
  std::uint64_t targets = 0;
  std::string watch_url;
  bool ready = false;
  std::vector<std::string> not_ready_because;
  std::optional<std::string> history_off;
  std::vector<NodeAnswer> nodes;
  StatisticsAnswer statistics;
  std::vector<PacerAnswer> pacers;
  FeedbackAnswer feedback;
  GrantAnswer grant;
  TotalsAnswer totals;
  std::vector<ChannelAnswer> channels;
  std::string paused;
  std::optional<std::string> paused_since;
  std::vector<CauseAnswer> causes;

  static constexpr About about{"status", "The whole picture, as one node hears it."};
  static constexpr auto schema() {
    using S = StatusAnswer;
    return std::tuple{
        Field{&S::cluster, "cluster", "its name"},
        Field{&S::node, "node", "whose watch this is"},
        Field{&S::time, "time", "when, in UTC"},
        Field{&S::term, "term", "", "the master's; without one the highest heard"},
        Field{&S::master, "master", "empty = nobody"},
        Field{&S::master_since, "master_since", "when that began, in UTC"},
        Field{&S::master_why, "master_why", "how it came to be master"},
        Field{&S::claims, "claims", "nodes", 0, 1'000,
              "that say they are master; more than one is a fault or a hand-over"},
        Field{&S::targets, "targets", "targets", "that the targets file has"},
        Field{&S::watch_url, "watch_url", "where people find the page"},
        Field{&S::ready, "ready", "this node is fit for its role"},
        Field{&S::not_ready_because, "not_ready_because", "why not, a sentence each"},
        Field{&S::history_off, "history_off",
              "why this watch keeps no history on disk, although it should; null = it does"},
        Field{&S::nodes, "nodes", "all nodes of the topology, in its order"},
        Field{&S::statistics, "statistics", "the Stat Server pair"},
        Field{&S::pacers, "pacers", "the pacer shards of this node"},
        Field{&S::feedback, "feedback", "the last answer of the endpoint"},
        Field{&S::grant, "grant", "the leave to publish that this node holds"},
        Field{&S::totals, "totals", "sums over all targets"},
        Field{&S::channels, "channels", "every bus channel that is heard"},
        Field{&S::paused, "paused",
              "why an operator stopped all invitations; empty = they may go out"}
            .added(),
        Field{&S::paused_since, "paused_since", "when that was said, in UTC; null = never"}.added(),
        Field{&S::causes, "causes", "what is wrong and what to do, worst first"}.added(),
    };
  }
  bool operator==(const StatusAnswer&) const = default;
};
static_assert(lists_every_member<StatusAnswer>());

/// One pacing target: its name, its pace, then statistics and feedback as they are heard. Where the pace was decided
/// on counts of agents, those of the statistics are shown.
struct TargetAnswer {
  std::string id;
  std::string channel;
  std::string group;
  std::string queue;
  std::string algorithm;
  std::string optimization_target;
  TargetPace pace;
  StatQuality quality = StatQuality::not_visible;
  std::int32_t not_ready = 0;
  double handling_time_s = 0;
  double waiting_time_s = 0;
  double statistics_age_s = 0;
  std::uint64_t entered = 0;
  std::uint64_t served = 0;
  std::uint64_t lost = 0;
  std::uint64_t sent = 0;
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
  std::uint64_t timed_out = 0;
  std::uint64_t answered = 0;
  std::uint64_t abandoned = 0;
  std::int32_t outstanding = 0;
  std::string pool;
  std::int32_t pool_targets = 1;
  std::int32_t slots = 0;
  std::int32_t in_handling = -1;

  static constexpr About about{"target", "One pacing target as it is now."};
  static constexpr auto schema() {
    using T = TargetAnswer;
    return std::tuple{
        Field{&T::id, "id", "its name"},
        Field{&T::channel, "channel", "the medium: chat, callback, webrtc"},
        Field{&T::group, "group", "the agent group"},
        Field{&T::queue, "queue", "the group's queue"},
        Field{&T::algorithm, "algorithm", "in force"},
        Field{&T::optimization_target, "optimization_target", "what the goal is about"},
        Field{&T::pace, "", "what it is granted"},
        Field{&T::quality, "quality", "how far the statistics may be trusted"},
        Field{&T::not_ready, "not_ready", "agents", 0, max_count, "logged in and away"},
        Field{&T::handling_time_s, "handling_time_s", "s", 0, max_seconds,
              "AverageHandlingTime; 0 = unknown"},
        Field{&T::waiting_time_s, "waiting_time_s", "s", 0, max_seconds,
              "AverageWaitingTime; 0 = unknown"},
        Field{&T::statistics_age_s, "statistics_age_s", "s", 0, max_seconds,
              "since the server last confirmed the numbers"},
        Field{&T::entered, "entered", "interactions",
              "that came into the queue since the start of statfeed"},
        Field{&T::served, "served", "interactions",
              "that an agent took since then, proactive and reactive"},
        Field{&T::lost, "lost", "interactions",
              "that left the queue unanswered since then, proactive and reactive"},
        Field{&T::sent, "sent", "invitations", "sent since the endpoint's epoch"},
        Field{&T::accepted, "accepted", "invitations", "accepted since then"},
        Field{&T::rejected, "rejected", "invitations", "rejected since then"},
        Field{&T::timed_out, "timed_out", "invitations", "that nobody answered since then"},
        Field{&T::answered, "answered", "interactions", "accepted, and an agent took them"},
        Field{&T::abandoned, "abandoned", "interactions", "accepted, and left the queue before"},
        Field{&T::outstanding, "outstanding", "invitations", 0, INT32_MAX,
              "as the endpoint counts them"},
        Field{&T::pool, "pool",
              "the first of the targets with which it shares agents; empty = with none"},
        Field{&T::pool_targets, "pool_targets", "targets", 1, max_count,
              "that share agents, directly or through others, it among them"},
        Field{&T::slots, "slots", "interactions", 0, max_count,
              "that the agents who are logged in may hold at once; 0 = unknown"},
        Field{&T::in_handling, "in_handling", "interactions", -1, max_count,
              "that agents hold now, those in wrap-up too; -1 = unknown"},
    };
  }
  bool operator==(const TargetAnswer&) const = default;
};
static_assert(lists_every_member<TargetAnswer>());

/// A page of targets: GET /api/v1/targets.
struct TargetsAnswer {
  std::uint64_t total = 0;
  std::uint64_t matching = 0;
  std::uint64_t offset = 0;
  std::uint64_t limit = 0;
  std::vector<TargetAnswer> targets;

  static constexpr About about{"targets", "A page of targets."};
  static constexpr auto schema() {
    using T = TargetsAnswer;
    return std::tuple{
        Field{&T::total, "total", "targets", "that the targets file has"},
        Field{&T::matching, "matching", "targets", "that fit the question"},
        Field{&T::offset, "offset", "targets", "of those, left out before the first"},
        Field{&T::limit, "limit", "targets", "at most on this page"},
        Field{&T::targets, "targets", "in the order asked for"},
    };
  }
  bool operator==(const TargetsAnswer&) const = default;
};
static_assert(lists_every_member<TargetsAnswer>());

/// Why a question is not answered (RFC 9457).
struct ProblemAnswer {
  std::string type;
  std::string title;
  std::int32_t status = 0;
  std::string detail;

  static constexpr About about{"problem", "Why a question is not answered (RFC 9457)."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&ProblemAnswer::type, "type", "about:blank: the status says it all"},
        Field{&ProblemAnswer::title, "title", "the status in words"},
        Field{&ProblemAnswer::status, "status", "", 0, 999, "of HTTP"},
        Field{&ProblemAnswer::detail, "detail", "what was wrong with this question"},
    };
  }
  bool operator==(const ProblemAnswer&) const = default;
};
static_assert(lists_every_member<ProblemAnswer>());

/// GET /readyz.
struct ReadinessAnswer {
  bool ready = false;
  NodeRole role = NodeRole::down;
  std::vector<std::string> reasons;

  static constexpr About about{"readiness", "Whether this node is fit for its role."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&ReadinessAnswer::ready, "ready", "it is"},
        Field{&ReadinessAnswer::role, "role", "of this node"},
        Field{&ReadinessAnswer::reasons, "reasons", "why not, a sentence each"},
    };
  }
  bool operator==(const ReadinessAnswer&) const = default;
};
static_assert(lists_every_member<ReadinessAnswer>());

}  // namespace paceline
