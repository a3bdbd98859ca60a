// The pacer's decision engine as a stream: one JSON line of a target's statistics in, one JSON line
// of its decision out. Pure: what comes and goes is text.
//
//   DecideStream stream{settings};
//   out << stream.answer(line) << '\n';
//
// Invariants: every line has one answer; a bad line changes nothing; a target's answers depend on
// the seed, the settings, its own lines and, where others share its media channel or its agents, on
// theirs.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/random.h"
#include "services/pacelinectl/decide_line.h"
#include "services/pacelinectl/decide_pools.h"
#include "services/pacelinectl/decide_settings.h"
#include "services/pacer/pacing.h"

namespace paceline::pacelinectl {

inline constexpr std::size_t longest_decide_line = 1 << 20;  // [bytes]
inline constexpr std::size_t most_decide_targets = 1'000'000;

/// The draws that a target's decisions are dithered by, from the seed and its id.
SplitMix64 decide_draws(std::uint64_t seed, std::string_view target);

class DecideStream {
 public:
  explicit DecideStream(const DecideSettings& settings)
      : settings_{settings}, shared_{settings.tuning} {}

  /// The answer to the next line, without line break; valid until the next call.
  std::string_view answer(std::string_view line);

  /// The answer to a line that was longer than longest_decide_line and is thrown away.
  std::string_view refuse_long();

  std::uint64_t lines() const { return lines_; }
  std::uint64_t refused() const { return refused_; }
  std::size_t targets() const { return targets_.size(); }

 private:
  struct Target {
    pacer::TargetPacing pacing;
    PacingOptions options;
    SplitMix64 draws;
    std::uint32_t channel = 0;
    double time_s = 0;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  template <class Value>
  using ByName = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

  std::string_view refuse(const LineMistake& mistake, std::string_view target);
  std::string_view enlist(const DecideLine& line);
  pacer::Decision decide(Target& target, const DecideLine& line, std::string& goal_of);
  std::uint32_t channel_of(std::string_view name);
  void pool(double now_s);
  void write(const DecideLine& line, const pacer::Decision& decision, std::string_view goal_of);

  DecideSettings settings_;
  DecideLineReader reader_;
  DecidePools shared_;
  ByName<Target> targets_;
  ByName<std::uint32_t> channels_;
  std::vector<pacer::ChannelPool> pools_;
  double pooled_s_ = 0;
  bool pooled_ = false;
  std::string out_;
  std::uint64_t lines_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace paceline::pacelinectl
