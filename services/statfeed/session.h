// One session with one Stat Server by the Statistics API v3: what to ask next, and what its answers
// mean. A pure state machine: requests come out, answers and the time go in.
//
//   Session session{policy, mapping, targets_index, seed};
//   Session::Step step = session.start(now);
//   for (call : step.calls) send it, and give its answer to session.answered(call.id, reply, now);
//   call session.tick(now) at step.wake
//
//   waiting --> handshaking --> joining --> running (pushed: one /meta/connect always out)
//      ^  \________________________________ running (polled: no handshake, or it was refused)
//      |______________ lost: transport, 401, 403 ...
//
//   402, unknown client   a new handshake: at once the first time, then after growing pauses
//   advice "handshake"    likewise, and the old session is left
//   advice "none"         push counts as refused
//   the push leaves out what polls show (push_check.h)
//                         a new session; where that one does the same, push counts as refused
//
// Subscriptions are opened in the running state, a few at a time, and belong to the session: a new
// handshake opens all of them again. While pushed, every batch is still polled once in `reconcile`,
// the batches spread over it, and one statistic alone, another each time, whenever no values came
// for `liveness`. Only values are news: a server that answers connects with nothing, or a poll
// without what was asked for, confirms no number.
//
// Invariants
//   At most one handshake, join or connect is out.
//   At most `parallel` other calls are out.
//   Answers to calls of an older session are ignored.
//   Every failure leads to a later call, none to an end.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "common/base/backoff.h"
#include "common/base/random.h"
#include "common/base/result.h"
#include "services/statfeed/batches.h"
#include "services/statfeed/ledger.h"
#include "services/statfeed/push_check.h"
#include "services/statfeed/server_ids.h"
#include "services/statfeed/targets_index.h"

namespace paceline::statfeed {

inline constexpr Duration never = 365 * std::chrono::hours{24};  // A wake that does not come.

class Session {
 public:
  struct Policy {
    bool push = true;              // False: polls only, no handshake is tried.
    bool verbose = true;           // verbose=INFO: the answers carry values.
    int parallel = 2;              // [1..64] calls out at once beside the connect.
    Duration poll_period = 2s;     // Between polls of a batch while not pushed.
    Duration liveness = 2s;        // How often a live server must give a sign of life.
    Duration reconcile = 1min;     // Between polls of a batch while pushed; zero = never.
    Duration push_patience = 30s;  // How long the push may leave out what a poll showed.
    Duration request_timeout = 5s;
    Duration retry_min = 250ms;  // Pause before a lost session is tried again, doubling.
    Duration retry_max = 10s;
    Duration push_again = 5min;  // Until a handshake is tried again after push was refused.
    Batches::Policy batches{};
  };

  struct Call {
    enum class Kind : std::uint8_t { handshake, join, connect, open, poll, close, disconnect };
    std::uint64_t id = 0;
    Kind kind = Kind::handshake;
    std::string method;  // GET, POST, DELETE.
    std::string path;    // Below the base, with the query: "/subscriptions?verbose=INFO".
    std::string body;    // JSON, or empty.
    Duration timeout{};
  };

  /// An answer as it came over HTTP.
  struct Reply {
    int status = 0;
    std::string_view body;
    Duration retry_after{};  // Of the header; zero if there is none.
    std::string refusal;     // What it says if it is no success, for people (http_refusal.h).
  };

  /// Something worth telling a person, by its event's name.
  struct Note {
    std::string event;  // session_opened, push_refused, session_lost, request_failed,
                        // service_state, push_contradicted, push_trusted, values_refused
    std::string why;
  };

  struct Step {
    std::vector<Call> calls;
    std::vector<StatisticUpdate> updates;
    std::vector<Note> notes;
    bool heard = false;         // What was told last still holds.
    bool all_read = false;      // A whole batch was told, and nothing of it was refused.
    bool new_session = false;   // Timestamps of before count no more (Ledger::begin_session).
    std::uint32_t refused = 0;  // Answers or parts of them that could not be used.
    Instant wake{};             // When tick() is due.
  };

  Session(Policy policy, const Mapping& mapping, const TargetsIndex& targets_index,
          std::uint64_t seed);

  Step start(Instant now);
  Step answered(std::uint64_t call, const Result<Reply>& reply, Instant now);
  Step tick(Instant now);
  /// The targets index has changed already.
  Step targets_changed(const TargetsIndex::Change& change, Instant now);
  /// Says good-bye; afterwards nothing more is to be sent.
  Step stop(Instant now);

  bool started() const { return phase_ != Phase::stopped; }
  /// Nobody answers there now: two requests in a row were not answered, or only by 5xx, or the
  /// session ended and no other has begun.
  bool lost() const { return phase_ == Phase::waiting || misses_ >= 2; }
  bool complete() const { return complete_; }
  bool available() const { return available_; }
  bool pushing() const { return phase_ == Phase::running && pushed_; }
  bool polling() const { return phase_ == Phase::running && !pushed_; }
  /// What was found wrong with the push, until a session has pushed rightly for a whole `reconcile`;
  /// "" = nothing.
  const std::string& doubt() const { return doubt_; }
  /// Why the push cannot be checked: polls of subscriptions fail again and again; "" = it can.
  std::string unchecked() const;
  std::size_t unseen() const { return batches_.unseen(); }
  std::size_t subscriptions() const { return batches_.count(); }

 private:
  static constexpr Duration longest_retry_after = 5min;
  static constexpr Duration least_pause = 1s;  // After an answer that asks to wait.
  static constexpr std::size_t max_why = 200;
  static constexpr std::size_t max_to_close = 1000;
  static constexpr Duration calm = 1min;  // Without it no session begins anew at once again.

  enum class Phase : std::uint8_t { stopped, waiting, handshaking, joining, running };
  struct PendingCall {
    Call::Kind kind;
    Batches::Id batch;
    Instant sent;
    std::optional<Statistic> one;  // Of a poll of one statistic alone.
  };
  enum class How : std::uint8_t { pushed, opened, polled };

  void begin(Instant now, Step& step);
  void begin_anew(const std::string& why, Duration at_least, Instant now, Step& step);
  void leave(Instant now, Step& step);
  void lose(std::string why, Duration at_least, Instant now, Step& step);
  void pump(Instant now, Step& step);
  void pump_polls(Instant now, Step& step);
  Instant next_wake(Instant now) const;
  Instant probe_due() const;
  Duration pause();

  Call& send(Call::Kind kind, std::string method, std::string path, Duration timeout,
             Batches::Id batch, Instant now, Step& step);
  void send_handshake(Instant now, Step& step);
  void send_join(Instant now, Step& step);
  void send_connect(Instant now, Step& step);
  void send_open(Batches::Id id, Instant now, Step& step);
  void send_poll(Batches::Id id, std::optional<Statistic> one, Instant now, Step& step);
  void send_close(const std::string& subscription, Instant now, Step& step);

  void on_push_reply(const PendingCall& pending, const Result<Reply>& reply, Instant now,
                     Step& step);
  void on_messages(const PendingCall& pending, std::string_view body, Instant now, Step& step);
  void on_handshake(const BayeuxMessage& answer, Instant now, Step& step);
  void on_joined(const BayeuxMessage& answer, bool joined, Instant now, Step& step);
  void on_connected(const BayeuxMessage& answer, Instant now, Step& step);
  void keep_advice(const BayeuxMessage& answer);
  void on_open_reply(const PendingCall& pending, const Result<Reply>& reply, Instant now,
                     Step& step);
  void on_poll_reply(const PendingCall& pending, const Result<Reply>& reply, Instant now,
                     Step& step);
  bool on_common_failure(const PendingCall& pending, const Result<Reply>& reply, Instant now,
                         Step& step);
  void refuse_push(std::string why, Instant now, Step& step);
  void retry_connect(std::string why, Duration at_least, Instant now, Step& step);
  void take_first(Batches::Id id, const SubscriptionAnswer& answer, bool all, Instant now,
                  Step& step);
  void take_poll(const PendingCall& pending, const SubscriptionAnswer& answer, Instant now,
                 Step& step);
  Duration until_poll(bool all_valid) const;
  static std::string why_of(const Result<Reply>& reply);
  static bool ok(const Result<Reply>& reply);
  void hear(Step& step, Instant now);

  // What values say, and of which statistics (session_values.cpp).
  using Told = std::unordered_set<Statistic>;
  std::vector<Statistic> ours(std::string_view id) const;
  std::vector<Statistic> theirs(const StatisticValue& value);
  void take(const std::vector<StatisticValue>& values, How how, const PendingCall& pending,
            Instant now, Told* told, Step& step);
  void take_one(Statistic statistic, const StatisticValue& value, How how,
                const PendingCall& pending, Instant now, Step& step);
  void take_errors(const SubscriptionAnswer& answer, Told& told, Step& step);
  void refuse(const Unreadable& unreadable, Step& step);
  void contradict(const PushCheck::Contradiction& found, Instant now, Step& step);

  Policy policy_;
  const Mapping& mapping_;
  const TargetsIndex& targets_index_;
  SplitMix64 random_;
  std::uint64_t salt_ = 0;
  Phase phase_ = Phase::stopped;
  bool pushed_ = false;  // The current session pushes.
  bool complete_ = false;
  bool available_ = true;
  std::string client_;  // Of the handshake.
  Batches batches_;
  ServerIds server_ids_;
  PushCheck check_;
  std::string doubt_;
  std::optional<Instant> contradicted_at_;
  std::optional<PushCheck::Contradiction> contradiction_;  // Found in this step.
  Instant pushed_since_{};  // When the push first told a value in this session; zero = not yet.
  std::map<std::uint64_t, PendingCall> pending_;
  std::uint64_t last_call_ = 0;
  int others_out_ = 0;  // Calls out beside handshake, join and connect.
  bool connecting_ = false;
  Instant connect_at_{};
  Instant connect_sent_{};
  Duration connect_timeout_{};  // As the server advised.
  Duration interval_{};         // Between connects, as it advised.
  int connect_failures_ = 0;    // Refusals in a row.
  int misses_ = 0;              // Calls in a row without an answer, or answered 5xx.
  Instant retry_at_{};
  Backoff backoff_;
  Instant push_again_at_{};
  Instant paused_until_{};             // 429.
  Instant heard_{};                    // When values last came.
  Instant probed_{};                   // When a single one was last asked for.
  int failures_ = 0;                   // In a row, of polls and opens.
  std::string poll_failure_;           // Of the last poll that failed.
  std::optional<Instant> begun_anew_;  // When a handshake was last wanted of us.
  std::vector<std::string> to_close_;
};

}  // namespace paceline::statfeed
