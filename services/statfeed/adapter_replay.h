// A recorded feed in place of the Stat Servers, and the recorder that writes such a file
// (feed_file.h).
#pragma once

#include <fstream>
#include <string>
#include <unordered_map>

#include "common/ports/world.h"
#include "services/statfeed/feed_file.h"
#include "services/statfeed/source.h"

namespace paceline {

/// Plays a file once, at `speed` times its own pace. What belongs to targets that are not in the
/// roster is passed over. A damaged file is played up to the damage; when it ends, its numbers grow
/// old.
class ReplayAdapter final : public Source {
 public:
  struct Options {
    std::string file;
    double speed = 1;  // [> 0]
  };

  /// Throws std::runtime_error if the file cannot be read or is no feed.
  ReplayAdapter(Options options, SourceListener& listener, const Roster& roster, World& world);
  ~ReplayAdapter() override;
  ReplayAdapter(const ReplayAdapter&) = delete;
  ReplayAdapter& operator=(const ReplayAdapter&) = delete;

  void start() override;
  void targets_changed(const Roster::Change& change) override;
  void stop() override;

 private:
  void play();
  void say(const FeedRecord& record);
  void meet(const FeedRecord& record);

  Options options_;
  SourceListener& listener_;
  const Roster& roster_;
  World& world_;
  std::string bytes_;
  FeedReader reader_;
  std::optional<FeedRecord> ahead_;  // Read, and not due yet.
  std::vector<FeedTarget> recorded_;
  std::unordered_map<std::uint32_t, std::uint32_t> slots_;  // The file's to ours.
  std::vector<Reading> readings_;
  Instant started_{};
  TimerId timer_ = 0;
};

/// Stands between the sources and their listener and writes down what passes. A file that cannot be
/// written any more, or has grown to `max_bytes`, ends the recording with a line in the log; the
/// feed goes on.
class FeedRecorder final : public SourceListener {
 public:
  /// Throws std::runtime_error if the file cannot be made. An older file of that name is replaced.
  FeedRecorder(std::string file, SourceListener& listener, const Roster& roster, World& world,
               std::size_t max_bytes = std::size_t{1} << 30);
  ~FeedRecorder() override;
  FeedRecorder(const FeedRecorder&) = delete;
  FeedRecorder& operator=(const FeedRecorder&) = delete;

  /// The roster is another one from here on.
  void targets_changed();

  void began(int server) override;
  void read(int server, std::span<const Reading> readings) override;
  void heard(int server) override;
  void became(int server, const SourceState& state) override { listener_.became(server, state); }

 private:
  void write(FeedRecord record);
  void flush();

  SourceListener& listener_;
  const Roster& roster_;
  World& world_;
  std::ofstream file_;
  std::size_t max_bytes_;
  std::size_t written_ = 0;
  std::string buffer_;
  Instant started_;
  TimerId timer_;
};

}  // namespace paceline
