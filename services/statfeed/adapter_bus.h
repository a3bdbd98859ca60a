// Statistics that others send: a ZeroMQ socket that takes messages of rows from up to two senders, primary and backup, and
// answers each (feed_intake.h).
//
//   BusAdapter feed{options, statfeed, targets_index, world, loop};
//   statfeed.attach(0, feed);  statfeed.attach(1, feed);       // one source for both
//   feed.start();
//
// Over tcp:// a sender shows a CURVE key that bears its name, over ipc:// who may open the socket is believed what he says. A
// value's age counts from the row that told it last. A sender of which no row was taken for `silence` is lost.
//
// Nothing here waits: an answer that its sender does not take is dropped, and of those who wait to be heard each has its turn.
// Connections are bounded; which of them end for others is decided in feed_places.h.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "common/ports/world.h"
#include "common/runtime/loop.h"
#include "services/statfeed/config.h"
#include "services/statfeed/feed_intake.h"
#include "services/statfeed/feed_places.h"
#include "services/statfeed/source.h"
#include "topology/process/arrivals.h"
#include "topology/process/bound_paths.h"
#include "topology/process/key_gate.h"
#include "topology/process/zmq_sockets.h"

namespace paceline::statfeed {

class BusAdapter final : public Source {
 public:
  struct Options {
    BusPolicy policy;
    FeedIntake::Policy intake;
    Duration silence = 5s;
  };

  ///   throws   std::runtime_error: the endpoint is taken, or a key file is missing or holds no key
  BusAdapter(Options options, SourceListener& listener, const TargetsIndex& targets_index,
             World& world, Loop& loop);
  ~BusAdapter() override;
  BusAdapter(const BusAdapter&) = delete;
  BusAdapter& operator=(const BusAdapter&) = delete;

  void start() override;
  void targets_changed(const TargetsIndex::Change&) override {}  // It is read with every row.
  void stop() override;

 private:
  using Frames = std::vector<zmq::message_t>;
  struct Sender {
    bool open = false;
    Instant heard{};  // When a row was taken last.
    FaultLog session;
    FaultLog messages;
    FaultLog rows;
    Counter& messages_count;
    Counter& messages_refused;
    Counter& rows_refused;
  };

  std::unique_ptr<Sender> make_sender(int server) const;
  void hear();
  void take(Frames& frames);
  void answer(Frames& frames, std::size_t envelope, const std::vector<std::uint8_t>& reply);
  void tell_stranger(const FeedIntake::Outcome& outcome, const char* address);
  void tell_sender(int server, const FeedIntake::Outcome& outcome);
  void make_room();
  void look_for_silence();

  Options options_;
  SourceListener& listener_;
  const TargetsIndex& targets_index_;
  World& world_;
  Loop& loop_;
  FeedIntake intake_;
  ZmqSockets sockets_;  // Before every socket.
  std::optional<KeyGate> gate_;
  zmq::socket_t socket_;
  BoundPaths paths_;  // After what it looks after.
  std::array<std::unique_ptr<Sender>, 2> senders_;
  FaultLog strangers_;
  Instant stranger_heard_{};
  Counter& strangers_count_;
  FeedPlaces places_{FeedPlaces::Policy{}};
  FaultLog crowded_;
  Instant crowded_at_{};
  Counter& ended_count_;
  Gauge& connections_;
  Arrivals arrivals_;  // After what it watches.
  TimerId timer_ = 0;
  bool started_ = false;
};

}  // namespace paceline::statfeed
