// Which targets of a `decide` stream share agents: by a pool's name in their lines, or by lines of
// membership.
//
//   pools.join("sales", "chat team");                      // {"target":"sales","pool":"chat team",...}
//   pools.enlist({{"agent 7", {"sales", "billing"}}});     // {"membership":{"agent 7":["sales",...]}}
//   if (auto place = pools.place_of("sales")) place->view->...
//
// Whatever changes who shares with whom makes the views concerned anew when they are next asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/pacer/pool_view.h"

namespace paceline::pacelinectl {

inline constexpr std::size_t most_decide_agents = 100'000;
inline constexpr std::size_t most_targets_of_agent = 256;
inline constexpr std::size_t most_targets_of_pool = 1'000;

/// Agents, each with the targets that he serves.
using Membership = std::vector<std::pair<std::string, std::vector<std::string>>>;

class DecidePools {
 public:
  explicit DecidePools(const pacer::PacingTuning& tuning) : tuning_{tuning} {}

  /// Where a target stands in what it shares.
  struct Place {
    pacer::PoolView* view;  // Never null; valid until the next call that is not const.
    std::uint32_t member;
    const std::vector<std::string>* names;  // Of the members.
  };

  /// From now on the target shares all its agents with all others of that pool.
  ///   returns  what is wrong: too many, or it is in the membership; "" = done
  std::string join(std::string_view target, std::string_view pool);

  /// From now on these agents serve these targets, and no others; none = he is gone.
  ///   returns  as above, of which agent; then nothing changed
  std::optional<std::pair<std::string, std::string>> enlist(const Membership& agents);

  /// Nothing for a target that shares no agents.
  std::optional<Place> place_of(std::string_view target);

  std::size_t agents() const { return agents_.size(); }

 private:
  struct Pool {
    std::vector<std::string> names;
    std::unique_ptr<pacer::PoolView> view;  // Null: to be made anew.
  };
  struct Seat {
    Pool* pool;
    std::uint32_t member;
  };

  void seat_by_membership();

  pacer::PacingTuning tuning_;
  std::map<std::string, Pool, std::less<>> named_;
  std::map<std::string, std::string, std::less<>> pool_of_;  // Target -> its pool's name.
  std::map<std::string, std::vector<std::string>, std::less<>> agents_;
  std::set<std::string, std::less<>> enlisted_;      // Targets of the membership.
  std::map<std::string, Pool, std::less<>> shared_;  // By the least name of its targets.
  std::map<std::string, Seat, std::less<>> seats_;   // Of the membership's targets.
  bool seated_ = true;
};

}  // namespace paceline::pacelinectl
