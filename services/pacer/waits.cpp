#include "services/pacer/waits.h"
#include "services/pacer/rise.h"

#include <algorithm>
#include <cmath>

namespace paceline::pacer {
namespace {

constexpr double nobody = 1e-3;       // [interactions] less is rounding.
constexpr double keep_recent = 0.95;  // Of what was known, for each one who ends.

// Share of those who are `age_s` old at the end of a look of `dt_s`, and ended within it, who were
// older than the limit then.
double share_older(double age_s, double limit_s, double dt_s) {
  return dt_s > 0 ? std::clamp((age_s - limit_s) / dt_s, 0.0, 1.0) : (age_s > limit_s ? 1 : 0);
}

void smooth(double& recent, double share, double events) {
  if (events <= 0) return;
  const double keep = std::pow(keep_recent, std::min(events, 100.0));
  recent = recent * keep + share * (1 - keep);
}

}  // namespace

double QueueWaits::waiting() const {
  double all = 0;
  for (std::size_t i = 0; i < size_; ++i) all += groups_[i].count;
  return all;
}

// Without room for a group more, the newest two become one.
void QueueWaits::add(double age_s, double count) {
  if (count < nobody) return;
  if (size_ == most) {
    Group& last = groups_[size_ - 1];
    const double both = last.count + count;
    last.age_s = static_cast<float>((last.age_s * last.count + age_s * count) / both);
    last.count = static_cast<float>(both);
    return;
  }
  groups_[size_++] = {static_cast<float>(age_s), static_cast<float>(count)};
}

void QueueWaits::forget_empty() {
  const auto end = groups_.begin() + static_cast<std::ptrdiff_t>(size_);
  const auto kept =
      std::remove_if(groups_.begin(), end, [](const Group& group) { return group.count < nobody; });
  size_ = static_cast<std::size_t>(kept - groups_.begin());
}

// [interactions] of the `count` oldest that waited longer than the limit.
double QueueWaits::serve(double count, double limit_s, double dt_s) {
  double late = 0;
  for (std::size_t i = 0; i < size_ && count > 0; ++i) {
    Group& group = groups_[i];
    const double taken = std::min<double>(count, group.count);
    late += taken * share_older(group.age_s, limit_s, dt_s);
    group.count = static_cast<float>(group.count - taken);
    count -= taken;
  }
  return late;
}

// [interactions] of the `count` who leave that waited less than the limit.
double QueueWaits::leave(double count, double limit_s, double dt_s) {
  const double all = waiting();
  const double share = all > 0 ? std::min(1.0, count / all) : 0;
  double brief = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    Group& group = groups_[i];
    const double taken = share * group.count;
    if (limit_s > 0) brief += taken * (1 - share_older(group.age_s, limit_s, dt_s));
    group.count = static_cast<float>(group.count - taken);
  }
  return brief;
}

WaitShares QueueWaits::follow(const QueueCounts& counts, const WaitLimits& limits,
                              double passed_s) {
  const double dt_s = std::max(0.0, passed_s);
  const double queue = std::max(0, counts.queue);
  const bool anew = !started_ || counts.epoch != last_.epoch || dt_s > longest_gap_s ||
                    counts.answered < last_.answered || counts.abandoned < last_.abandoned;
  const double answered = anew ? 0 : rise(last_.answered, counts.answered);
  const double abandoned = anew ? 0 : rise(last_.abandoned, counts.abandoned);
  started_ = true;
  last_ = counts;
  if (anew) {
    size_ = 0;
    add(0, queue);
    return recent_;
  }
  for (std::size_t i = 0; i < size_; ++i) groups_[i].age_s += static_cast<float>(dt_s);
  const double before = waiting();
  const double entered = std::max(0.0, queue - before + answered + abandoned);
  const double of_waiting = std::min(answered, before);  // The others did not wait.
  WaitShares now = recent_;
  if (abandoned > 0) {
    const double known = std::min(abandoned, before);
    const double unknown = limits.after_s > 0 ? abandoned - known : 0;  // Came and left meanwhile.
    const double brief = leave(known, limits.after_s, dt_s) +
                         unknown * (1 - share_older(dt_s / 2, limits.after_s, dt_s));
    now.brief = std::clamp(brief / abandoned, 0.0, 1.0);
  }
  if (answered > 0)
    now.late = std::clamp(serve(of_waiting, limits.within_s, dt_s) / answered, 0.0, 1.0);
  forget_empty();
  const double through = answered - of_waiting + std::max(0.0, abandoned - before);
  add(dt_s / 2, std::max(0.0, entered - through));
  if (const double over = waiting() - queue; over > nobody) serve(over, 0, dt_s);
  forget_empty();
  smooth(recent_.late, now.late, answered);
  smooth(recent_.brief, now.brief, abandoned);
  return now;
}

}  // namespace paceline::pacer
