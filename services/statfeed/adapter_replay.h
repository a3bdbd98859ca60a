// A recorded feed (feed_file.h) in place of the Stat Servers.
#pragma once

#include <string>
#include <unordered_map>

#include "common/ports/world.h"
#include "common/runtime/files.h"
#include "services/statfeed/feed_file.h"
#include "services/statfeed/source.h"

namespace paceline::statfeed {

/// Plays a file once, at `speed` times its own pace. What belongs to targets that are not in the
/// targets index is passed over. A damaged file is played up to the damage. When it ends, its
/// numbers grow old.
class ReplayAdapter final : public Source {
 public:
  struct Options {
    std::string file;
    double speed = 1;  // [> 0]
  };

  /// Throws std::runtime_error if the file cannot be read or is no feed.
  ReplayAdapter(Options options, SourceListener& listener, const TargetsIndex& targets_index,
                World& world);
  ~ReplayAdapter() override;
  ReplayAdapter(const ReplayAdapter&) = delete;
  ReplayAdapter& operator=(const ReplayAdapter&) = delete;

  void start() override;
  void targets_changed(const TargetsIndex::Change& change) override;
  void stop() override;

 private:
  void play();
  void say(const FeedRecord& record);
  void meet(const FeedRecord& record);

  Options options_;
  SourceListener& listener_;
  const TargetsIndex& targets_index_;
  World& world_;
  FileView file_;
  FeedReader reader_;
  std::optional<FeedRecord> ahead_;  // Read, and not due yet.
  std::vector<FeedTarget> recorded_;
  std::unordered_map<std::uint32_t, std::uint32_t> slots_;  // The file's to ours.
  std::vector<StatisticUpdate> updates_;
  Instant started_{};
  TimerId timer_ = 0;
};

}  // namespace paceline::statfeed
