#include "services/pacer/absent_agents.h"
#include "services/pacer/rise.h"

#include <algorithm>
#include <cmath>

namespace paceline::pacer {
namespace {

constexpr double longest_ring_s = 30;  // Beyond it nobody rings: an absent agent came back.
constexpr double new_weight = 0.1;     // Of one more in r.
constexpr double enough_taken = 5;     // Before, r is taken for `cautious_s`.
constexpr double cautious_s = 10;
constexpr double least_limit_s = 3;
constexpr double limit_share = 3;
constexpr double least_left_s = 0.5;
constexpr double left_share = 1.2;
constexpr double least_hold_s = 600;
constexpr double most_hold_s = 4 * 3600;
constexpr double most_taken = 100;

double in(double value, double low, double high, double otherwise) {
  return std::isfinite(value) ? std::clamp(value, low, high) : otherwise;
}

}  // namespace

double AbsentAgents::follow(const Look& look) {
  const double passed_s = look.true_s - last_.true_s;
  if (!has_last_ || passed_s > longest_gap_s || look.answered < last_.answered ||
      look.abandoned < last_.abandoned) {
    begin(look);
    return learned.slots;
  }
  const double true_s = std::max(look.true_s, last_.true_s);
  const double stood_s = runs_ ? true_s - since_s_ : 0;
  const bool left = look.abandoned > last_.abandoned;
  const bool same = look.idle == last_.idle;

  // Taken; or the queue's figure came late, if it falls while nobody was answered or gave up.
  if (look.idle < last_.idle ||
      (runs_ && same && look.queue < last_.queue && !left && look.answered == last_.answered))
    learn_usual(stood_s);
  const double usual_s = learned.taken < enough_taken ? cautious_s : learned.usual_s;
  const bool emptied = runs_ && left && look.queue == 0 && same;
  if (emptied && stood_s >= std::max(least_left_s, left_share * usual_s))
    believe(look.idle, true_s);

  if (look.queue <= 0 || look.idle <= 0) {
    runs_ = false;
  } else if (!runs_ || !same) {
    runs_ = true;
    since_s_ = true_s;
  } else if (stood_s >= std::max(least_limit_s, limit_share * usual_s)) {
    believe(look.idle, true_s);
  }

  if (look.idle < learned.slots) {
    learned.slots = std::max(0, look.idle);
    learned.hold_s = least_hold_s;
    doubted_ = false;
  }
  if (learned.slots > 0 && true_s - believed_s_ > learned.hold_s) doubt(true_s);
  last_ = look;
  last_.true_s = true_s;
  return learned.slots;
}

void AbsentAgents::begin(const Look& look) {
  if (!has_last_) believed_s_ = look.true_s;  // What a checkpoint told is as good as seen.
  has_last_ = true;
  last_ = look;
  runs_ = look.queue > 0 && look.idle > 0;
  since_s_ = look.true_s;
  learned.slots = std::clamp<double>(learned.slots, 0, std::max(0, look.idle));
}

void AbsentAgents::learn_usual(double seconds) {
  if (seconds > longest_ring_s) return;
  learned.taken = std::min(learned.taken + 1, most_taken);
  learned.usual_s += std::max(new_weight, 1 / learned.taken) * (seconds - learned.usual_s);
}

void AbsentAgents::believe(std::int32_t idle, double true_s) {
  if (doubted_ && idle > learned.slots) learned.hold_s = std::min(2 * learned.hold_s, most_hold_s);
  learned.slots = idle;
  believed_s_ = true_s;
  doubted_ = false;
}

void AbsentAgents::doubt(double true_s) {
  learned.slots = std::max(0.0, learned.slots - 1);
  believed_s_ = true_s;
  doubted_ = true;
}

AbsentLearned sanitised(const AbsentLearned& learned) {
  return {.slots = in(learned.slots, 0, 1e5, 0),
          .usual_s = in(learned.usual_s, 0, longest_ring_s, 0),
          .taken = in(learned.taken, 0, most_taken, 0),
          .hold_s = in(learned.hold_s, least_hold_s, most_hold_s, least_hold_s)};
}

}  // namespace paceline::pacer
