// Every structure that crosses a process boundary on the bus, each with "from -> to".
//
// On the wire (codec.h) a structure is a MessagePack array of its fields in the order of
// PACELINE_FIELDS. A receiver ignores fields beyond those it knows, so a structure grows at its end
// only; anything else raises wire_version, and a receiver refuses a version that it does not know.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/metrics.h"
#include "common/base/time.h"

namespace paceline {

inline constexpr std::uint8_t wire_version = 1;

// Bounds that every decoder enforces.
inline constexpr std::size_t max_frame_bytes = 64u << 20;
inline constexpr std::size_t max_rows = 1'000'000;
inline constexpr std::size_t max_text_bytes = 64u << 10;

/// Gives a structure its field list once, for encoding, decoding and comparing.
#define PACELINE_FIELDS(...)                                    \
  template <class Self, class Visit>                            \
  static void visit_fields(Self& self, Visit&& visit) {         \
    [&](auto&&... field) { (visit(field), ...); }(__VA_ARGS__); \
  }

// ---- State channels: keyframes and changed rows (ports/state_channel.h)
// ---------------------------

/// Opens every message of a state channel. Any sender -> its subscribers.
struct FrameHeader {
  std::uint8_t version = wire_version;
  std::string sender;             // "a/pacer/0": node, process, index.
  std::int32_t shard = -1;        // A sender's streams are apart by shard; -1 = it has only one.
  std::uint64_t incarnation = 0;  // Larger at each start of the sender (its wall time in ns).
  std::uint64_t sequence = 0;     // +1 a message, from 1 in each incarnation.
  bool keyframe = false;          // All rows and the dictionary; otherwise only changed rows.
  std::uint64_t dictionary = 0;   // Hash of the ids that the indices mean.
  std::int64_t age_ns = 0;        // Age of the content when it was sent, by the sender's clock.

  PACELINE_FIELDS(self.version, self.sender, self.shard, self.incarnation, self.sequence,
                  self.keyframe, self.dictionary, self.age_ns)
  bool operator==(const FrameHeader&) const = default;
};

/// One message of a state channel whose rows are of type Row; Row::Head says what holds for all
/// rows.
template <class Row>
struct StateFrame {
  FrameHeader header;
  typename Row::Head head;
  std::vector<std::string> ids;        // Keyframe: the id of every index, in order. Delta: empty.
  std::vector<std::uint32_t> indices;  // Which rows follow; as many as `rows`. Keyframe: 0..n-1.
  std::vector<Row> rows;

  PACELINE_FIELDS(self.header, self.head, self.ids, self.indices, self.rows)
  bool operator==(const StateFrame&) const = default;
};

// ---- stat: statfeed -> pacer (its shard), watch
// ---------------------------------------------------

/// How far a target's statistics may be trusted.
enum class StatQuality : std::uint8_t {
  not_visible,  // The Stat Server does not know the target or one of its needed statistics.
  stale,        // Known once, but not heard within the bound.
  provisional,  // Within the grace period after a switch of servers.
  good,
};

/// The Stat Server pair as statfeed sees it.
struct StatSource {
  std::string in_use;       // "primary", "backup", "replay" or "" while neither answers.
  bool primary_up = false;  // Session open and Available.
  bool backup_up = false;
  std::uint32_t switches = 0;  // Since the start of statfeed.
  std::uint32_t targets_visible = 0;
  std::uint32_t targets_unseen = 0;  // not_visible.
  double updates_per_second = 0;

  PACELINE_FIELDS(self.in_use, self.primary_up, self.backup_up, self.switches, self.targets_visible,
                  self.targets_unseen, self.updates_per_second)
  bool operator==(const StatSource&) const = default;
};

/// The live statistics of one pacing target.
struct TargetStat {
  using Head = StatSource;

  StatQuality quality = StatQuality::not_visible;
  std::int32_t logged_in = 0;        // [agents, >= 0]
  std::int32_t ready = 0;            // [agents] waiting for the next interaction.
  std::int32_t busy = 0;             // [agents] handling one.
  std::int32_t after_call_work = 0;  // [agents] wrap-up.
  std::int32_t not_ready = 0;        // [agents]
  std::int32_t in_queue = 0;         // [interactions] waiting now, proactive and reactive.
  // Since the start of statfeed, proactive and reactive together; made from the server's counters
  // by differences, so that a counter reset or a switch of servers never makes them jump or fall.
  std::uint64_t entered = 0;
  std::uint64_t answered = 0;
  std::uint64_t abandoned = 0;
  double handling_time_s = 0;  // [s, >= 0] AverageHandlingTime; 0 = unknown.
  double waiting_time_s = 0;   // [s, >= 0] AverageWaitingTime; 0 = unknown.
  double age_s = 0;            // [s, >= 0] since the server last confirmed the current numbers.

  PACELINE_FIELDS(self.quality, self.logged_in, self.ready, self.busy, self.after_call_work,
                  self.not_ready, self.in_queue, self.entered, self.answered, self.abandoned,
                  self.handling_time_s, self.waiting_time_s, self.age_s)
  bool operator==(const TargetStat&) const = default;
};

// ---- pace: pacer -> publisher, watch
// ---------------------------------------------------------------

enum class PaceState : std::uint8_t { ok, degraded, stale, disabled };

/// Why a target was granted what it was: the binding constraint of its last decision. A closed
/// list.
enum class PaceReason : std::uint8_t {
  granted,           // Invitations go out: nothing withheld but what the goal asks for.
  no_agents,         // Nobody is logged in.
  no_idle_expected,  // No agent is free or expected to be within the answer delay.
  pending_enough,    // Those already outstanding are as many as may be.
  goal_guard,        // The closed loop holds back to keep the abandonment goal.
  ratio_cap,         // proactiveRatio (_DUAL) binds.
  warm_up,           // Progressive 1:1 until enough answers are known.
  ceiling,           // The hard ceiling of outstanding invitations per agent.
  growth_cap,        // The number may not grow faster in one refresh.
  fast_cut,          // A burst of abandonment halved it.
  stale_statistics,  // The statistics are older than the bound.
  not_visible,       // The Stat Server does not see the target.
  disabled,          // Switched off by an option.
};

const char* to_string(StatQuality quality);
const char* to_string(PaceState state);
const char* to_string(PaceReason reason);

/// A pacer shard's last refresh.
struct PaceCycle {
  std::uint64_t cycle = 0;    // Refreshes since the start of this pacer.
  std::uint32_t decided = 0;  // Targets decided in it.
  double decide_us = 0;       // [us] the time that took.
  double stat_age_s = 0;      // [s] age of the last `stat` message; -1 = none yet.
  double feedback_age_s = 0;  // [s] age of the last `feedback` message; -1 = none yet.

  PACELINE_FIELDS(self.cycle, self.decided, self.decide_us, self.stat_age_s, self.feedback_age_s)
  bool operator==(const PaceCycle&) const = default;
};

/// What one pacing target is granted now, and why.
struct TargetPace {
  using Head = PaceCycle;

  PaceState state = PaceState::stale;
  PaceReason reason = PaceReason::stale_statistics;
  std::int32_t proactive = 0;  // [invitations, >= 0] new ones that may go out now.
  std::int32_t max_pending =
      0;                        // [invitations, >= 0] that may be outstanding at once: the stock m.
  std::int32_t reactive = 0;    // [interactions, >= 0] capacity set aside for reactive traffic.
  double reactive_state = 1;    // [0..1] probability that a new reactive engagement be allowed.
  double predicted_wait_s = 0;  // [s, >= 0] of a visitor who accepts now.
  // What it was decided from, for people.
  std::int32_t logged_in = 0;
  std::int32_t ready = 0;
  std::int32_t busy = 0;
  std::int32_t after_call_work = 0;
  std::int32_t in_queue = 0;
  std::int32_t pending = 0;  // [invitations] outstanding, as believed now.
  double acceptance = 0;     // [0..1] learned acceptance rate.
  double abandonment = 0;    // [0..1] of proactive interactions, over the accounting window.
  double busy_factor = 0;    // [0..1] busy / logged in, smoothed.
  std::int32_t goal = 0;     // [percent] optimizationGoal in force.

  PACELINE_FIELDS(self.state, self.reason, self.proactive, self.max_pending, self.reactive,
                  self.reactive_state, self.predicted_wait_s, self.logged_in, self.ready, self.busy,
                  self.after_call_work, self.in_queue, self.pending, self.acceptance,
                  self.abandonment, self.busy_factor, self.goal)
  bool operator==(const TargetPace&) const = default;
};

// ---- feedback: publisher of the master -> pacers of every node, watch
// ------------------------------

/// Which answer of the engagement endpoint the rows come from.
struct FeedbackHead {
  std::string epoch;  // Names the life of the endpoint's counters; another one = they restarted.
  std::uint64_t term = 0;
  std::uint64_t sequence = 0;  // Of the publication that was answered.

  PACELINE_FIELDS(self.epoch, self.term, self.sequence)
  bool operator==(const FeedbackHead&) const = default;
};

/// What became of one target's invitations: counters since the endpoint's epoch, never falling in
/// it.
struct TargetFeedback {
  using Head = FeedbackHead;

  std::uint64_t sent = 0;
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
  std::uint64_t timed_out = 0;
  std::uint64_t answered = 0;   // Accepted ones that an agent took.
  std::uint64_t abandoned = 0;  // Accepted ones that left the queue before.
  std::int32_t pending = 0;     // Sent and not yet accepted, rejected or timed out.

  PACELINE_FIELDS(self.sent, self.accepted, self.rejected, self.timed_out, self.answered,
                  self.abandoned, self.pending)
  bool operator==(const TargetFeedback&) const = default;
};

// ---- heartbeat, vote: elector -> electors of all nodes, watch
// --------------------------------------

enum class ElectionMessageKind : std::uint8_t {
  presence,     // heartbeat channel: everyone, every H.
  heartbeat,    // heartbeat channel: the master, every H; asks for acknowledgements.
  release,      // heartbeat channel: a master gives up its term, its publisher being shut.
  acknowledge,  // heartbeat channel, to the master: echoes its timestamp; 0 = refused, term is
                // higher.
  pre_vote,     // vote channel: would you vote for me?
  pre_vote_answer,
  vote_request,
  vote,
  hand_over,  // vote channel, to the master: please hand over to `target`.
};

enum class ElectorRole : std::uint8_t {
  starting,  // Quiet after a start: no votes.
  observer,  // Votes, never stands.
  follower,
  candidate,  // Pre-candidate or candidate.
  leader,     // Elected, without a lease yet.
  master,     // Holds the lease: its publisher is open.
  grace,      // Lease over, asking the others whether it may go on; publisher shut.
  draining,   // Handing over: waits for its publisher to stop.
};

const char* to_string(ElectionMessageKind kind);
const char* to_string(ElectorRole role);

/// How lately the sender heard a peer.
struct PeerSeen {
  std::string node;
  std::int64_t ms = -1;  // [ms] since it was heard; -1 = never.

  PACELINE_FIELDS(self.node, self.ms)
  bool operator==(const PeerSeen&) const = default;
};

/// What electors say to each other; fields that a kind does not need stay at their defaults.
struct ElectionMessage {
  std::uint8_t version = wire_version;
  std::string cluster;
  std::uint32_t config = 0;  // Hash of the voters and timings; a voter refuses another's.
  std::string node;          // The sender.
  std::uint64_t incarnation = 0;
  std::uint64_t sequence = 0;
  ElectionMessageKind kind = ElectionMessageKind::presence;
  std::uint64_t term = 0;  // counter << 8 | node number.
  std::string to;          // Addressee of an answer; "" = everyone.
  std::int64_t timestamp_ns =
      0;                // The master's own clock, opaque to others, echoed in acknowledge.
  bool extends = true;  // heartbeat: false = does not extend locks (grace).
  bool ok = false;      // pre_vote_answer.
  std::string target;   // release, hand_over: who should stand.
  std::string why;      // For people: reason of a refusal, a release, a role.
  ElectorRole role = ElectorRole::starting;
  std::int32_t priority = 0;  // [0..255] 0 = witness.
  std::int32_t tier = 0;      // Health, 0 = fit; larger = worse.
  std::string master;         // Whom the sender holds to be master; "" = nobody.
  std::uint64_t master_since_ms =
      0;  // [ms since 1970] when that began, by the sender's wall clock.
  std::vector<PeerSeen> seen;

  PACELINE_FIELDS(self.version, self.cluster, self.config, self.node, self.incarnation,
                  self.sequence, self.kind, self.term, self.to, self.timestamp_ns, self.extends,
                  self.ok, self.target, self.why, self.role, self.priority, self.tier, self.master,
                  self.master_since_ms, self.seen)
  bool operator==(const ElectionMessage&) const = default;
};

// ---- grant: elector -> publisher, watch of its own node
// ---------------------------------------------

/// "Publish under this term until then." Sent on every renewal and every heartbeat period.
struct Grant {
  std::uint8_t version = wire_version;
  std::string node;
  std::uint64_t incarnation = 0;  // Of the elector.
  std::uint64_t sequence = 0;
  std::uint64_t term = 0;       // 0 = no grant.
  std::int64_t expires_ns = 0;  // Instant of this host's BootClock (common/base/time.h).
  std::string boot;             // The host's boot id; a grant of another boot is void.
  std::string why;              // For people, when revoked.
  std::uint64_t publisher = 0;  // Incarnation of the publisher that it is for; no other may use it.

  PACELINE_FIELDS(self.version, self.node, self.incarnation, self.sequence, self.term,
                  self.expires_ns, self.boot, self.why, self.publisher)
  bool operator==(const Grant&) const = default;
};

// ---- publication: publisher -> elector of its node, watch of every node
// -----------------------------

enum class PublicationOutcome : std::uint8_t {
  none,  // Nothing was sent yet.
  accepted,
  rejected,  // 4xx other than those below.
  fenced,    // 409: the endpoint knows a higher term.
  unauthorised,
  throttled,  // 429 or 503.
  failed,     // No usable answer: refused, reset, timed out, TLS, malformed.
};

const char* to_string(PublicationOutcome outcome);

/// The publisher's life sign and the report of its last cycle.
struct PublicationReport {
  std::uint8_t version = wire_version;
  std::string node;
  std::uint64_t incarnation = 0;
  std::uint64_t report = 0;  // +1 a report.
  std::int64_t pid = 0;
  bool open = false;               // The gate: a valid grant is held.
  std::uint64_t term = 0;          // Of the grant held, or the last one.
  std::uint64_t stopped_term = 0;  // The last term under which nothing more will be sent.
  std::uint64_t fenced_by = 0;     // A higher term that the endpoint named; 0 = none.
  std::uint64_t sequence = 0;      // Of the last publication.
  PublicationOutcome outcome = PublicationOutcome::none;
  std::int32_t status = 0;  // [HTTP] 0 = no answer.
  std::string detail;       // For people: the error.
  double round_trip_ms = 0;
  double period_ms = 0;       // The refresh period it is measured against.
  std::uint64_t targets = 0;  // In the last publication.
  std::uint64_t rejected_targets = 0;
  std::uint64_t body_bytes = 0;      // Before compression.
  std::uint64_t sent_bytes = 0;      // On the wire, body only.
  std::uint64_t cycles = 0;          // Since start.
  std::uint64_t skipped_cycles = 0;  // A request was still in flight.
  double since_accepted_s = -1;      // [s] since the last accepted publication; -1 = never.
  double pace_age_s = -1;            // [s] age of the oldest shard's `pace`; -1 = one is missing.
  bool endpoint_reachable = false;   // As of the last publication, probe and token request.
  bool endpoint_tried = false;       // There was one of them.
  double capacity_targets = -1;      // That would fit into warn_share of the period; -1 = unknown.
  std::uint64_t prompts = 0;         // Publications between two cycles, since start.
  std::uint64_t requests = 0;        // Publications that were answered, since start.
  std::uint64_t wire_bytes = 0;      // Of those, both ways, heads included, before TLS.

  PACELINE_FIELDS(self.version, self.node, self.incarnation, self.report, self.pid, self.open,
                  self.term, self.stopped_term, self.fenced_by, self.sequence, self.outcome,
                  self.status, self.detail, self.round_trip_ms, self.period_ms, self.targets,
                  self.rejected_targets, self.body_bytes, self.sent_bytes, self.cycles,
                  self.skipped_cycles, self.since_accepted_s, self.pace_age_s,
                  self.endpoint_reachable, self.endpoint_tried, self.capacity_targets, self.prompts,
                  self.requests, self.wire_bytes)
  bool operator==(const PublicationReport&) const = default;
};

// ---- control: an operator or a late subscriber -> any process (REQ/REP)
// -----------------------------

/// Questions every process answers: "status", "metrics", "loglevel LEVEL", "reload",
/// "keyframe CHANNEL INDEX". Others are the service's own ("explain TARGET", "handover NODE"),
/// listed in its README.
struct ControlRequest {
  std::uint8_t version = wire_version;
  std::string question;
  std::vector<std::string> arguments;

  PACELINE_FIELDS(self.version, self.question, self.arguments)
  bool operator==(const ControlRequest&) const = default;
};

struct ControlReply {
  std::uint8_t version = wire_version;
  bool ok = true;
  std::string error;  // For people, when not ok.
  std::string body;   // The encoded answer: of the type that the question names.

  PACELINE_FIELDS(self.version, self.ok, self.error, self.body)
  bool operator==(const ControlReply&) const = default;
};

/// Answer to "status": what the process is and does, in order, for people.
struct StatusReply {
  std::vector<std::pair<std::string, std::string>> fields;

  PACELINE_FIELDS(self.fields)
  bool operator==(const StatusReply&) const = default;
};

/// Answer to "metrics".
struct MetricsReply {
  std::vector<MetricFamily> families;

  PACELINE_FIELDS(self.families)
  bool operator==(const MetricsReply&) const = default;
};

/// One figure of a decision.
struct ExplanationStep {
  std::string name;  // snake_case, as documented in services/pacer/README.md.
  double value = 0;
  std::string unit;   // "agents", "s", "1/s", "percent", "" = a pure number.
  std::string group;  // "input", "option", "estimate", "step", "result".
  std::string note;   // For people; may be empty.

  PACELINE_FIELDS(self.name, self.value, self.unit, self.group, self.note)
  bool operator==(const ExplanationStep&) const = default;
};

/// Answer to pacer's "explain TARGET".
struct Explanation {
  std::string target;
  PaceReason reason = PaceReason::stale_statistics;
  std::string sentence;  // The reason in words.
  std::vector<ExplanationStep> steps;

  PACELINE_FIELDS(self.target, self.reason, self.sentence, self.steps)
  bool operator==(const Explanation&) const = default;
};

/// Answer to elector's "election": one transition of the last ones, oldest first.
struct ElectionTransition {
  std::int64_t wall_ms = 0;  // [ms since 1970]
  ElectorRole role = ElectorRole::starting;
  std::uint64_t term = 0;
  std::string why;

  PACELINE_FIELDS(self.wall_ms, self.role, self.term, self.why)
  bool operator==(const ElectionTransition&) const = default;
};

struct ElectionView {
  ElectionMessage self;                // As this elector would say it now.
  std::vector<ElectionMessage> peers;  // The last presence or heartbeat of each.
  std::vector<double> peer_age_s;      // [s] since each was heard.
  double lease_left_s = 0;
  std::vector<ElectionTransition> transitions;

  PACELINE_FIELDS(self.self, self.peers, self.peer_age_s, self.lease_left_s, self.transitions)
  bool operator==(const ElectionView&) const = default;
};

}  // namespace paceline
