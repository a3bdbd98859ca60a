// Where history and events outlive the process: the port before a database (adapter_store).
//
// Every call may fail, and then changes nothing; the caller goes on with what it has in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "services/watch/events.h"

namespace paceline::watch {

/// All targets at one instant, as points whose key is the number of the series.
struct StoredSample {
  std::int64_t step = 0;  // Wall time / the finest step.
  std::string points{};
};

/// A stretch of one series in one resolution, as points whose key is the step of time.
struct StoredChunk {
  int tier = 0;
  std::int64_t first = 0;  // Its first step could be that; a multiple of the tier's chunk.
  std::uint32_t series = 0;
  std::string points{};
};

/// A day of a target that is over (compliance_day.h).
struct StoredDay {
  std::uint32_t series = 0;
  std::int32_t date = 0;
  std::string body{};
  std::string digest{};
};

/// The day of a target that is open.
struct StoredOpenDay {
  std::uint32_t series = 0;
  std::string body{};
};

/// The days of a target, oldest first, and the digest of the last one that was forgotten.
struct StoredChain {
  std::string before{};
  std::vector<StoredDay> days{};
};

/// What is written in one transaction.
struct StoreBatch {
  std::vector<StoredSample> samples{};
  std::vector<StoredChunk> chunks{};
  std::vector<Event> events{};
  std::optional<std::int64_t> forget_samples_before{};
  struct Forget {
    int tier = 0;
    std::int64_t before = 0;
  };
  std::vector<Forget> forget_chunks{};
  std::optional<std::uint64_t> forget_events_before{};
  std::vector<StoredDay> days{};
  int keep_days = 0;  // Of each target that has one of `days`; older ones are forgotten.
  std::vector<StoredOpenDay> open_days{};

  bool empty() const {
    return samples.empty() && chunks.empty() && events.empty() && !forget_samples_before &&
           forget_chunks.empty() && !forget_events_before && days.empty() && open_days.empty();
  }
};

/// Which events of the past are wanted. Empty words = any.
struct EventQuery {
  std::int64_t from_ms = 0;
  std::int64_t to_ms = INT64_MAX;
  std::string kind{};
  std::string severity{};
  std::string subject{};
  std::uint64_t after = 0;   // Numbers above this.
  std::size_t limit = 1000;  // The newest of them.
};

class Store {
 public:
  virtual ~Store() = default;

  /// The number of each id, the same for ever; new ids get new numbers.
  virtual Result<std::vector<std::uint32_t>> numbers(const std::vector<std::string>& ids) = 0;

  virtual Result<void> write(const StoreBatch& batch) = 0;

  /// Oldest first.
  virtual Result<std::vector<StoredSample>> samples() = 0;
  /// "" if there is none.
  virtual Result<std::string> chunk(int tier, std::int64_t first, std::uint32_t series) = 0;
  /// The first step of the oldest chunk; nothing if there is none.
  virtual Result<std::optional<std::int64_t>> oldest(int tier) = 0;
  /// Oldest first.
  virtual Result<std::vector<Event>> events(const EventQuery& query) = 0;

  /// Every open day.
  virtual Result<std::vector<StoredOpenDay>> open_days() = 0;
  virtual Result<StoredChain> days(std::uint32_t series) = 0;

  /// [bytes] in use.
  virtual std::uint64_t bytes() = 0;

  /// What a person must know, once: a file was unreadable and is set aside.
  virtual std::optional<std::string> take_notice() = 0;
};

}  // namespace paceline::watch
