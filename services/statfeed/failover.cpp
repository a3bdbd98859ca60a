#include "services/statfeed/failover.h"

namespace paceline::statfeed {

const char* to_string(Failover::Why why) {
  switch (why) {
    case Failover::Why::none:
      return "none";
    case Failover::Why::first:
      return "first";
    case Failover::Why::silent:
      return "silent";
    case Failover::Why::lost:
      return "lost";
    case Failover::Why::unavailable:
      return "unavailable";
    case Failover::Why::lagging:
      return "lagging";
    case Failover::Why::blind:
      return "blind";
    case Failover::Why::asked:
      return "asked";
  }
  return "unknown";
}

bool Failover::usable(const ServerView& server, Instant now) const {
  return server.configured && server.complete && server.available && !server.lost && server.heard &&
         now - *server.heard <= policy_.silence;
}

// Differences beyond an hour are clocks that disagree, not statistics that come late.
bool Failover::lags(const ServerView& mine, const ServerView& other) const {
  using std::chrono::milliseconds;
  if (mine.newest_ms <= 0 || other.newest_ms <= mine.newest_ms) return false;
  const auto behind_ms = other.newest_ms - mine.newest_ms;
  return behind_ms > std::chrono::duration_cast<milliseconds>(policy_.lag).count() &&
         behind_ms < milliseconds{1h}.count();
}

Failover::Outcome Failover::step(const Servers& servers, Instant now) {
  const std::array<bool, 2> usable_now{usable(servers[0], now), usable(servers[1], now)};
  Outcome outcome;
  if (!in_use_) {
    const bool wait = servers[0].configured && now - started_ < policy_.start_wait;
    if (usable_now[0])
      in_use_ = 0;
    else if (usable_now[1] && !wait)
      in_use_ = 1;
    if (!in_use_) return outcome;
    outcome.switched = true;
    outcome.why = Why::first;
  } else {
    const auto mine = static_cast<std::size_t>(*in_use_);
    const auto other = 1 - mine;
    const bool blind = usable_now[mine] && usable_now[other] &&
                       2 * std::uint64_t{servers[mine].visible} < servers[other].visible;
    if (!blind)
      blind_since_.reset();
    else if (!blind_since_)
      blind_since_ = now;
    if (usable_now[other]) {
      if (!usable_now[mine])
        outcome.why = !servers[mine].available ? Why::unavailable
                      : servers[mine].lost     ? Why::lost
                                               : Why::silent;
      else if (now < asked_until_)
        outcome.why = Why::asked;
      else if (lags(servers[mine], servers[other]))
        outcome.why = Why::lagging;
      else if (blind_since_ && now - *blind_since_ >= policy_.silence)
        outcome.why = Why::blind;
      if (outcome.why != Why::none) {
        in_use_ = static_cast<int>(other);
        outcome.switched = true;
        asked_until_ = {};
        blind_since_.reset();
        provisional_until_ = now + policy_.grace;
        ++switches_;
      }
    }
  }
  const bool live = usable_now[static_cast<std::size_t>(*in_use_)];
  outcome.lost = live_ && !live;
  outcome.found = !live_ && live;
  if (outcome.found && ever_live_) provisional_until_ = now + policy_.grace;
  live_ = live;
  ever_live_ = ever_live_ || live;
  return outcome;
}

}  // namespace paceline::statfeed
