// statfeed's shell: what sources tell goes into one ledger for each server; what the server in use
// knows of a target goes out on `stat`, to the pacer of its shard.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "common/ports/control.h"
#include "common/ports/state_channel.h"
#include "common/ports/world.h"
#include "services/statfeed/config.h"
#include "services/statfeed/source.h"
#include "services/statfeed/visibility.h"

namespace paceline::statfeed {

class Statfeed final : public SourceListener {
 public:
  Statfeed(const StatfeedConfig& config, World& world);
  ~Statfeed() override;
  Statfeed(const Statfeed&) = delete;
  Statfeed& operator=(const Statfeed&) = delete;

  /// A source for `server` [0, 1]; it must outlive this object, or stop before.
  void attach(int server, Source& source);

  /// What the targets file holds now; says what that changes.
  std::string take_targets(const Targets& targets);

  /// All sources take leave of their servers.
  void stop();

  /// From now on `observer` is told all that sources tell, before it counts here; null ends that.
  void observe(SourceListener* observer) { observer_ = observer; }

  const TargetsIndex& targets_index() const { return targets_index_; }
  const Mapping& mapping() const { return config_.mapping; }
  const Ledger& ledger(int server) const {
    return servers_[static_cast<std::size_t>(server)].ledger;
  }
  /// As last told; nothing if no such server is attached.
  std::optional<SourceState> state(int server) const;
  ControlServer& control() { return control_; }
  const Failover& failover() const { return failover_; }
  const Totals& totals() const { return totals_; }
  const StateWriter<TargetStat>& writer(int shard) const {
    return *shards_[static_cast<std::size_t>(shard)].writer;
  }

  void began(int server) override;
  void updated(int server, std::span<const StatisticUpdate> updates) override;
  void heard(int server) override;
  void became(int server, const SourceState& state) override;

 private:
  struct Shard {
    std::vector<std::uint32_t> slots;  // Of each row.
    std::unique_ptr<StateWriter<TargetStat>> writer;
  };
  struct Server {
    Source* source = nullptr;
    Ledger ledger;
    ServerView view{};
    SourceState state{};
    std::optional<Instant> polled_since{};  // While it is polled.
    // Null for a server that the site does not have: nothing is said of it.
    Gauge* up = nullptr;
    Counter* updates = nullptr;
    Counter* late = nullptr;
    Gauge* lag = nullptr;
    std::optional<double>
        lag_s{};  // Least of our clock less a timestamp, heard since the last tick.
    std::optional<double> told_lag_s{};  // The same, of the last second in which values came.
  };
  struct Row {  // Where a slot is published.
    std::uint32_t shard = 0;
    std::uint32_t row = 0;
  };

  static std::size_t at(int server);
  void apply(const Targets& targets);
  void assign_rows(const std::vector<int>& shards);
  void register_questions();
  void tick();
  void mark_totals(Instant now);
  void look_at_ages(Instant now);
  void publish_soon();
  void publish();
  void follow(const Failover::Outcome& outcome);
  void mark_dirty(std::uint32_t slot);
  void mark_all_dirty();
  TargetStat row(std::uint32_t slot, Instant now) const;
  StatSource head(Instant now);
  std::string trouble(const Server& server, Instant now) const;
  /// [>= 0] since the server in use was heard; since the start of statfeed if none is.
  Duration age(Instant now) const;
  /// Of one target's numbers, where they have an age of their own.
  Duration own_age(const Server& server, std::uint32_t slot, Instant now) const;
  StatQuality condition(Instant now) const;
  void report_visibility();
  void mark_provisional(std::uint32_t slot, Instant now);
  void end_provisional(Instant now);
  void fill_status(StatusReply& reply);
  void fill_status(StatusReply& reply, int server, Instant now) const;
  Result<Bytes> switch_server();
  void count(int server, const StatisticUpdate& update, Instant now);
  void measure_lag(Server& server, std::span<const StatisticUpdate> updates) const;
  void tell_lags();

  StatfeedConfig config_;
  World& world_;
  SourceListener* observer_ = nullptr;
  TargetsIndex targets_index_;
  Totals totals_;
  Failover failover_;
  std::array<Server, server_count> servers_;
  Instant started_;

  std::vector<Shard> shards_;
  std::vector<Row> row_of_;  // By slot.
  std::vector<std::uint32_t> dirty_;
  std::vector<bool> is_dirty_;
  std::string targets_version_;
  bool publishing_soon_ = false;

  // As last published for all: when one of them changes, every row does.
  StatQuality condition_ = StatQuality::not_visible;
  std::int64_t age_s_ = 0;

  std::uint64_t updates_ = 0;  // Since `rate_since_`.
  Instant rate_since_;
  double updates_per_second_ = 0;
  std::array<bool, server_count> heard_since_mark_{};
  Instant ticked_;
  std::optional<Instant> stood_still_{};  // Until when: nothing was heard, for we did not run.
  VisibilityReport visibility_report_;
  FaultLog statistics_old_;

  // Targets whose counters restarted or jumped are provisional for a while.
  std::vector<Instant> provisional_until_;                          // By slot.
  std::deque<std::pair<Instant, std::uint32_t>> provisional_ends_;  // In the order of their ends.
  Failover::Why last_why_ = Failover::Why::none;
  std::optional<Instant> switched_at_;

  ControlServer control_;
  Counter& resets_;
  Counter& jumps_;
  Counter& switches_;
  Counter& published_;
  Gauge& targets_gauge_;
  Gauge& unseen_gauge_;
  Gauge& age_gauge_;
  Gauge& in_use_gauge_;
  TimerId tick_timer_;
};

}  // namespace paceline::statfeed
