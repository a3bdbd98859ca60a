// The publisher's shell: grants, pacers' rows and the clock in; publications, feedback and reports
// out.
//
//   Publisher publisher{config, world, http};
//   publisher.stop([&] { loop.stop(); });     // SIGTERM: calls back when the process may end
//
// Everything happens in step(), called when time passed or something arrived: it acts on what is
// due and sets one timer for what is due next. One publication is in flight at most.
//
//   service.cpp               decides what is due
//   service_publication.cpp   makes a publication
//   service_answer.cpp        takes its answer
//   service_report.cpp        says what others may know
//   service_access.*          has tokens and probes
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/ports/control.h"
#include "common/ports/http.h"
#include "common/ports/state_channel.h"
#include "common/ports/token.h"
#include "common/ports/world.h"
#include "services/publisher/batch_limit.h"
#include "services/publisher/capacity.h"
#include "services/publisher/clock_skew.h"
#include "services/publisher/compress.h"
#include "services/publisher/config.h"
#include "services/publisher/cycle.h"
#include "services/publisher/dispute.h"
#include "services/publisher/gate.h"
#include "services/publisher/metrics.h"
#include "services/publisher/offers.h"
#include "services/publisher/publication_result.h"
#include "services/publisher/request_timeout.h"
#include "services/publisher/service_access.h"

namespace paceline::publisher {

class Publisher {
 public:
  Publisher(const PublisherConfig& config, World& world, Http& http);
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  /// Sends nothing more, tells the elector and waits for it to take the grant back. If it goes on
  /// renewing it instead, nobody takes over: one last publication allows nothing.
  ///   done   called once, when there is nothing more to wait for
  void stop(std::function<void()> done);

  /// Publishes for these targets from now on. The next publication is a full one, by which the
  /// endpoint allows nothing for those that left.
  ///   returns   how many there are, came and left, for people
  std::string take_targets(std::vector<std::string> ids, std::vector<std::string> channels,
                           std::vector<int> shards, std::string version);

  /// As it would be reported now.
  PublicationReport report() const;
  const Gate& gate() const { return gate_; }

 private:
  struct InFlight {
    HttpCall call = 0;
    Instant sent_at{};
    std::string token;  // That it was sent with.
    Encoding encoding = Encoding::identity;
    std::uint64_t sent_bytes = 0;
    Duration timeout{};
    bool last = false;  // The final publication of a stop, which allows nothing.
  };

  void number_targets();
  void step();
  void schedule(Instant now);
  void on_grant(Payload bytes);
  void on_change(Gate::Change change);
  void take_pause(const std::string& why);
  bool paused() const { return !pause_.empty(); }

  /// Why a publication goes out.
  ///   period       its period has come
  ///   prompt       something cannot wait for that
  ///   next_batch   the last one had no room for all targets
  enum class Occasion { period, prompt, next_batch };
  void publish(Instant now, Occasion occasion);
  void on_pace(const std::vector<std::uint32_t>& changed);
  void publish_last();
  void refresh_offers(Instant now);
  void make_request(bool full, bool continued);
  void send(bool last);
  HttpRequest http_request(Duration timeout) const;
  void record_sent(std::size_t sent_bytes);
  PublicationResult result_of(const Result<HttpAnswer>& answer);
  void on_answer(Result<HttpAnswer> answer);
  void record_times(const HttpAnswer& answer);
  void observe_clock(const HttpAnswer& answer, Duration round_trip);
  void on_accepted(const PublicationResult& result, double round_trip_s);
  void on_refused(const PublicationResult& result, const InFlight& sent, double round_trip_s);
  void on_dispute(const PublicationResult& result);
  void back_off(Duration at_least);
  void note_rejections(const PublicationAnswer& answer);
  void apply_feedback(const PublicationAnswer& answer);
  void cancel_publication();
  void check_round_trip(double round_trip_s);

  void step_stop(Instant now);
  void finish_stop();

  /// What the pacers say of themselves.
  struct Pacers {
    double pace_age_s = -1;  // [s] Since the rows of the most silent shard; -1 = one had none yet.
    double stat_age_s = -1;  // [s] Of what the oldest shard decided on; -1 = one has no statistics.
    std::uint64_t awaiting = 0;  // Targets that wait for what a peer has learned.
  };
  Pacers pacers(Instant now) const;
  void send_report();
  void fill_status(StatusReply& reply) const;

  PublisherConfig config_;  // Only its targets ever change.
  World& world_;
  Http& http_;
  const Contract contract_;
  const std::string publication_url_;
  PublisherMetrics metrics_;

  Gate gate_;
  // Why the elector has nothing allowed to anybody; "" = what the pacers say goes out.
  std::string pause_;
  Access access_;
  Cycle cycle_;
  Backoff backoff_;
  Capacity capacity_;
  Offers offers_;
  PublicationRequest request_;  // The last one made; reused.
  std::string body_;
  std::string compressed_;  // body_ in body_encoding_; empty if that is identity.
  Encoding body_encoding_ = Encoding::identity;
  Encodings encodings_;
  Compressor compressor_;

  std::unordered_map<std::string, std::uint32_t> index_of_;
  std::set<std::string> rejected_;  // Ids that the endpoint rejected when they were published last.
  StateReader<TargetPace> pace_;
  StateWriter<TargetFeedback> feedback_;
  std::string epoch_;
  bool feedback_of_term_ = false;  // An answer came under this term: all rows are true.

  std::uint64_t sequence_ = 0;
  bool full_due_ = true;
  bool has_more_ = false;  // The last publication had room for some targets only.
  int since_full_ = 0;
  BatchLimit batch_limit_;
  RequestTimeout timeout_;
  Dispute dispute_;
  std::uint64_t disputed_term_ = 0;
  Instant disputed_at_{};
  std::string sent_version_;      // Of the targets file, of the last publication,
  std::string accepted_version_;  // and of the last one that was accepted since the gate opened.
  ClockSkew skew_;
  std::optional<InFlight> publication_;
  std::optional<Instant> accepted_at_;
  std::function<void()> stopped_;
  std::optional<Instant> stop_until_;
  bool sent_last_ = false;
  int slow_in_a_row_ = 0;
  TimerId wake_ = 0;
  std::uint64_t reports_ = 0;
  PublicationReport last_;  // What the last publication came to.

  FaultLog publishing_;
  FaultLog round_trips_;
  FaultLog pacing_;
  FaultLog rejections_;
  FaultLog grants_;
  FaultLog clocks_;
  ControlServer control_;
  TimerId report_timer_;
};

}  // namespace paceline::publisher
