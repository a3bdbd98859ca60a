// The elector's shell: decodes, steps the election; then stores, grants, sends, logs what it says.
//
//   Elector elector{config, world, store, processes};
//   elector.stop([&] { loop.stop(); });       // SIGTERM: hands over first
//
//   service.cpp            start, stop, time; what goes out
//   service_messages.cpp   what comes in
//   service_orders.cpp     pause and maintenance
//   service_view.cpp       answers to people
//   service_peers.*        what is odd about other nodes
//
//   reads    channels heartbeat and vote (of all nodes), publication (of our own node)
//   writes   channels heartbeat, vote, grant
#pragma once

#include <deque>
#include <map>

#include "common/ports/control.h"
#include "services/elector/config.h"
#include "services/elector/election.h"
#include "services/elector/host.h"
#include "services/elector/metrics.h"
#include "services/elector/service_peers.h"

namespace paceline::elector {

class Elector {
 public:
  Elector(const ElectorConfig& config, World& world, TermStore& store, ProcessWatch& processes);
  ~Elector();
  Elector(const Elector&) = delete;
  Elector& operator=(const Elector&) = delete;

  /// Hands over if we are master, lets the release get away, then calls `done`, once.
  void stop(std::function<void()> done);

  const Election& election() const { return election_; }
  ElectionView view() const;

 private:
  void wake();
  void on_message(const std::string& from, Payload bytes);
  void on_publication(const std::string& from, Payload bytes);
  void watch_publisher(const PublicationReport& report);
  void tell_dispute(const PublicationReport& report);

  void apply(Election::Outcome outcome);
  bool store_term(std::uint64_t term);
  void publish_grant(const Election::GrantOrder& order);
  void send(ElectionMessage& message);
  void publish(ElectionMessage& message, std::string_view channel);
  void tell(const Election::Outcome& outcome);
  void look(Instant now);
  void refuse(Refusal refusal, const std::string& from, const ElectionMessage& message);
  void count_lost(const ElectionMessage& message);

  void begin_orders();
  void hear_pause(const ElectionMessage& message);
  void keep_orders();
  void say_orders(ElectionMessage& message) const;
  Result<Bytes> answer_order(const std::string& order, const std::string& why);
  Result<void> pause(std::string why, const std::string& said_by);
  Result<void> drain(const std::string& why, bool anyway);
  void undrain(const std::string& said_by);
  std::string obstacle(const std::string& node) const;

  Result<Bytes> answer_handover(const ControlServer::Arguments& arguments);
  void fill_status(StatusReply& reply) const;

  const ElectorConfig config_;
  World& world_;
  TermStore& store_;
  ProcessWatch& processes_;
  ElectorMetrics metrics_;
  DurableState durable_;
  Orders orders_;
  std::optional<Instant> word_heard_;  // The last of another node that counted.
  Election election_;

  std::uint64_t grants_ = 0;  // Sequence of channel grant.
  std::string master_;        // As told last.
  std::uint64_t master_since_ms_ = 0;
  std::deque<ElectionTransition> transitions_;
  struct Order {
    std::uint64_t incarnation = 0;
    std::uint64_t sequence = 0;
  };
  std::map<std::string, Order> heard_;  // The last on channel heartbeat, by node.

  std::int64_t publisher_pid_ = 0;
  std::uint64_t publisher_incarnation_ = 0;
  std::optional<Instant> publisher_heard_;
  Instant publisher_spoke_{};  // The same, also after it fell silent.
  std::uint64_t disputed_term_ = 0;
  std::string targets_version_;
  Health health_;
  Tier tier_ = Tier::no_publisher;  // As told last.

  std::function<void()> stopped_;
  bool stop_told_ = false;
  bool was_late_ = false;
  TimerId timer_ = 0;
  Instant wake_at_{};  // When it rings.
  Instant looked_at_{};
  Bytes bytes_;  // Reused.
  OddPeers odd_peers_;
  FaultLog undecodable_;
  FaultLog misconfigured_;
  FaultLog storing_;
  FaultLog publisher_silent_;
  FaultLog terms_;
  FaultLog keeping_orders_;
  ControlServer control_;
};

}  // namespace paceline::elector
