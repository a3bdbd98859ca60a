// One Stat Server of the pair, without sockets: subscriptions, sessions, what to push to whom.
//
//   answer = server.subscribe(request, cookie, timestamp);
//   reply  = server.receive(bayeux_messages, cookie, timestamp);   // reply.hold: keep it open
//   for (client : server.refresh(timestamp)) send(server.take(client, timestamp))
//
// A push carries the value that holds when it is taken: many changes become one, nothing piles up.
//
// Invariants:
//   - a client hears a statistic only through its own session's subscriptions;
//   - a session that did not connect for `session_life` is gone with its subscriptions;
//   - only long polling is offered: whoever supports or uses nothing of that is refused;
//   - counts of everything are bounded.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "services/simulator/distribution.h"
#include "services/simulator/statistic.h"

namespace paceline::simulator {

/// A point in time by the server's own clock, and as people write it.
struct Timestamp {
  Instant now{};
  std::int64_t wall_ms = 0;  // [ms since 1970]
};

/// Codes of failed statistics, as they stand in `status` and `errors`.
inline constexpr int code_unknown_statistic = 30;
inline constexpr int code_unknown_object = 31;

class StatServer {
 public:
  struct Options {
    Duration session_life = 60s;        // Without a connect request.
    Duration subscription_life = 300s;  // Of one without a session, without being asked for.
    Duration connect_timeout = 30s;  // How long a connect request may be held: advice to clients.
    std::size_t max_sessions = 64;
    std::size_t max_subscriptions = 100'000;
    std::size_t max_statistics = 20'000'000;
    std::size_t max_push = 20'000;  // Values in one answer.
  };

  StatServer(const Centre& centre, Options options, std::uint64_t seed);

  SubscriptionAnswer subscribe(const SubscriptionRequest& request, std::string_view cookie,
                               Timestamp timestamp);

  /// The values of one subscription; `ids` empty = all of it.
  ///   errors   not_found: no such subscription
  Result<SubscriptionAnswer> values(std::string_view subscription,
                                    const std::vector<std::string>& ids, Timestamp timestamp);

  /// False: none of this client's, as far as the server knows that its requests reach.
  bool has(std::string_view subscription, std::string_view cookie) const;

  /// False if there is no such subscription.
  bool unsubscribe(std::string_view subscription);

  struct Reply {
    std::vector<BayeuxMessage> messages;  // To be answered now; with `hold` at the end of the wait.
    std::string new_cookie;               // To be set at the client; "" = none.
    std::string client;                   // Whose connect request this is; "" = none.
    std::string gone;                     // Whose session ended; "" = none.
    bool hold = false;                    // Nothing to tell yet: keep the request.
    bool news = false;  // There is something to take; what a client connects for first is no news.
    Duration wait{};    // For how long it may be kept: the client's advice, at most ours.
  };
  Reply receive(const std::vector<BayeuxMessage>& messages, std::string_view cookie,
                Timestamp timestamp);

  /// Compares every subscribed statistic that may have changed; drops what ran out.
  ///   returns  the clients for whom there is something to take
  ///   cost     O(statistics of changed targets + runs)
  std::vector<std::string> refresh(Timestamp timestamp);

  /// What there is to tell a client: its updates and service messages; at most max_push values.
  std::vector<BayeuxMessage> take(std::string_view client, Timestamp timestamp);

  /// All counters start at zero, as after a restart of the server's statistics.
  void reset_counters();

  /// False: every statistic is told as invalid from now on.
  void set_valid(bool valid);

  /// Tells every client on the service channel.
  void set_service_state(std::string state);

  /// What is told was true that long ago, with the timestamps of then; at first what is true now.
  void set_lag(Duration lag);

  /// Targets, by id with commas between, whose objects are unknown from now on.
  void set_hidden(std::string_view ids);

  /// [0..1] of pushed values are followed by an older one, or by the same again.
  void set_disorder(double share) { disorder_ = share; }

  /// As behind a load balancer with servers that know nothing of each other: what comes without the
  /// cookie of its session's handshake reaches another server.
  void set_sticky(bool sticky) { sticky_ = sticky; }

  /// As if restarted, but for the counters: every session and subscription is gone.
  void forget();

  /// One value without a subscription.
  ///   errors   not_found: no such object or statistic
  Result<StatisticValue> peek(const StatisticRequest& wanted, Timestamp timestamp);

  std::size_t sessions() const { return sessions_.size(); }
  std::size_t subscriptions() const { return subscriptions_.size(); }
  std::size_t statistics() const { return statistics_; }
  Duration connect_timeout() const { return options_.connect_timeout; }

 private:
  struct Entry {
    std::string statistic_id;
    std::uint32_t target = 0;
    Metric metric{};
    std::uint8_t name = 0;  // Index into names_.
    std::uint8_t object_type = 0;
    bool dirty = false;  // In the outbox of its session.
    bool told_valid = true;
    std::uint16_t every_s = 0;  // [s of virtual time] Periodical; 0 = on change.
    double told = 0;           // The value that the client knows, or will when its outbox is taken.
    std::int64_t told_ms = 0;  // Its timestamp.
    Duration due{};            // Periodical: not before.
  };
  struct Run {  // Neighbouring entries of one target.
    std::uint32_t first = 0;
    std::uint32_t end = 0;
    std::uint32_t target = 0;
    bool late = false;  // A periodical one changed and is not due.
  };
  struct Subscription {
    std::string cookie;  // Its session; "" = none, polled only.
    Instant used{};
    std::uint64_t seen = 0;  // Revision of the centre.
    std::vector<Entry> entries;
    std::vector<Run> runs;
    std::unordered_map<std::string_view, std::uint32_t> by_id;
  };
  struct Session {
    std::string client;
    Instant seen{};
    bool connected_once = false;
    bool updates = false;  // Subscribed to the channel.
    bool service = false;
    bool tell_service = false;
    std::vector<std::pair<std::string, std::uint32_t>> outbox;  // Subscription and entry.
  };

  std::string fresh_id();
  std::uint8_t interned(std::string_view text);
  StatisticValue value(const Subscription& subscription, const std::string& id, const Entry& entry,
                       Timestamp timestamp) const;
  BayeuxMessage handshake(const BayeuxMessage& message, std::string_view cookie,
                          std::string& new_cookie, Timestamp timestamp);
  Duration wait_of(const BayeuxMessage& connect) const;
  BayeuxMessage listen(const BayeuxMessage& message, Session& session, bool on);
  Session* session_of_client(std::string_view client, std::string* cookie = nullptr);
  void drop_session(const std::string& cookie);
  void drop_expired(Timestamp timestamp);
  void compare(const std::string& id, Subscription& subscription, Session& session);
  void follow(Timestamp timestamp);
  std::optional<std::uint32_t> target_of(const StatisticRequest& wanted) const;
  bool valid(std::uint32_t target) const { return valid_ && !hidden_[target]; }
  const TargetCounts& counts(std::uint32_t target) const {
    return lag_ > Duration::zero() ? past_[target] : centre_.latest_counts(target);
  }
  std::uint64_t changed(std::uint32_t target) const {
    return lag_ > Duration::zero() ? past_changed_[target] : centre_.changed(target);
  }
  std::uint64_t revision() const {
    return lag_ > Duration::zero() ? past_revision_ : centre_.revision();
  }

  const Centre& centre_;
  Options options_;
  Sampler random_;
  bool valid_ = true;
  std::vector<bool> hidden_;  // By target.
  double disorder_ = 0;
  bool sticky_ = false;
  // A server that lags: what it tells, and what it will.
  struct Later {
    Instant at;
    std::uint32_t target;
    TargetCounts counts;
  };
  Duration lag_{};
  std::vector<TargetCounts> past_;
  std::vector<std::uint64_t> past_changed_;
  std::uint64_t past_revision_ = 0;
  std::uint64_t noted_ = 0;  // Revision of the centre up to which changes are in later_.
  std::deque<Later> later_;
  bool compare_all_ = false;
  std::string service_state_ = "Available";
  std::vector<CounterBase> bases_;
  std::unordered_map<std::string, std::uint32_t> groups_;
  std::unordered_map<std::string, std::uint32_t> queues_;
  std::vector<std::string> names_;
  std::map<std::string, Subscription, std::less<>> subscriptions_;
  std::map<std::string, Session, std::less<>> sessions_;  // By cookie.
  std::size_t statistics_ = 0;
};

}  // namespace paceline::simulator
