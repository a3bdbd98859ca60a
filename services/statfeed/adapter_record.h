// Writes down what sources say (feed_file.h), for as long as an operator asks for.
//
//   FeedRecorder recorder{statfeed, world};
//   recorder.begin("/var/lib/day.feed", 24h);
//
// It observes statfeed only while it records. A recording begins with all that is known at that
// moment, so that it can be played from its start whenever it was begun.
#pragma once

#include <fstream>
#include <optional>
#include <string>

#include "common/ports/world.h"
#include "services/statfeed/feed_file.h"
#include "services/statfeed/service.h"

namespace paceline::statfeed {

/// A file that cannot be written any more, or has grown to `max_bytes`, ends the recording with a
/// line in the log; the feed goes on. Answers the control question "record".
class FeedRecorder final : public SourceListener {
 public:
  FeedRecorder(Statfeed& statfeed, World& world, std::size_t max_bytes = std::size_t{8} << 30);
  ~FeedRecorder() override;
  FeedRecorder(const FeedRecorder&) = delete;
  FeedRecorder& operator=(const FeedRecorder&) = delete;

  /// Begins a recording.
  ///
  ///   length   until it ends by itself; nothing: until it is stopped
  ///   replace  an older file of that name is overwritten
  ///   errors   refused: a recording is under way, or the file exists
  ///            unavailable: it cannot be made
  Result<void> begin(const std::string& file, std::optional<Duration> length, bool replace);
  void end(std::string_view why);
  bool recording() const { return file_.is_open(); }

  /// The targets index has changed.
  void targets_changed();

  void began(int server) override;
  void updated(int server, std::span<const StatisticUpdate> updates) override;
  void heard(int server) override;
  void became(int server, const SourceState& state) override;

 private:
  Result<Bytes> answer(const ControlServer::Arguments& arguments);
  void fill_status(StatusReply& reply) const;
  void write(FeedRecord record);
  void write_all_known();
  void flush();
  void close();

  Statfeed& statfeed_;
  World& world_;
  std::size_t max_bytes_;
  std::string name_;
  std::ofstream file_;
  std::size_t written_ = 0;
  std::string buffer_;
  Instant started_{};
  std::optional<Instant> ends_;
  TimerId timer_;
};

}  // namespace paceline::statfeed
