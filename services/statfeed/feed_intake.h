// Messages of the senders of a pair (common/wire/feed.h), made into what a ledger takes: who speaks, how often he may, which
// rows count. Pure.
//
//   FeedIntake intake{{.senders = {"crm-a", "crm-b"}}};
//   auto outcome = intake.take(bytes, name_by_key, targets_index, now);
//   outcome.server, outcome.updates, outcome.reply
//
// A row says all that its sender knows of its target: a field without a number has no value now.
//
// Invariants
//   A message that is refused as a whole, and a row that is refused, change nothing.
//   Where keys say who speaks, a message counts for that sender or for nobody.
//   A message costs its sender no more than its bytes, however wrong it is.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/wire/feed.h"
#include "services/statfeed/ledger.h"
#include "services/statfeed/targets_index.h"

namespace paceline::statfeed {

class FeedIntake {
 public:
  /// Of one sender; two of the largest messages. Beyond it they are refused unread: what a message costs
  /// is its bytes.
  static constexpr std::size_t most_bytes_per_second = 2 * max_feed_bytes;

  struct Policy {
    std::array<std::string, 2> senders;         // Names of primary and backup; backup may be "".
    double per_second = 200;                    // [0.1..100000] messages of one sender.
    std::uint32_t kinds = all_statistic_kinds;  // Bits of those that are asked for.
  };

  struct Outcome {
    std::optional<int> server;             // Whose message it is; nothing: a stranger's.
    std::string claims;                    // A stranger's name, as he says it.
    std::vector<StatisticUpdate> updates;  // Of slots that are in use.
    FeedAnswer answer;
    std::vector<std::uint8_t> reply;  // The answer's bytes.
  };

  explicit FeedIntake(Policy policy) : policy_{std::move(policy)} {}

  ///   by_key   the name that the sender's key stands for; "" where there are no keys
  Outcome take(std::span<const std::uint8_t> bytes, std::string_view by_key,
               const TargetsIndex& targets_index, Instant now);

  /// What is answered to a message that is no feed's at all.
  static std::vector<std::uint8_t> refusal(std::span<const std::uint8_t> bytes, std::string why);

 private:
  struct Allowance {   // A token bucket.
    double left = -1;  // Negative: full.
    Instant at{};

    bool spend(double cost, double per_second, double most, Instant now);
  };
  struct Speaker {
    Allowance messages;
    Allowance bytes;
  };

  std::optional<int> server_of(std::string_view name) const;
  std::string may_speak(std::size_t who, std::size_t bytes, Instant now);
  std::string take_message(std::span<const std::uint8_t> bytes, std::string_view by_key,
                           const TargetsIndex& targets_index, Instant now, Outcome& outcome);
  void take_row(std::uint32_t slot, const FeedRow& row,
                std::vector<StatisticUpdate>& updates) const;

  Policy policy_;
  std::array<Speaker, 3> speakers_;  // Primary, backup, strangers.
};

}  // namespace paceline::statfeed
