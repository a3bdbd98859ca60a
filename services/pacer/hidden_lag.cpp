#include "services/pacer/hidden_lag.h"
#include "services/pacer/rise.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace paceline::pacer {
namespace {

constexpr double longest_look_s = 1.25;  // The scatter's width, a little more than a second.
constexpr float related = 0.6f;   // Share of those who enter that acceptances are to explain.
constexpr float change = 0.005f;  // Chance, a weighed half second, that the lag is another.
constexpr float unrelated_before = 0.5f;  // Chance that there is no relation, before any is seen.
constexpr float known = 0.9f;             // The lag is known from this chance on,
constexpr float lost = 0.95f;             // and no longer where this is the chance of no relation.
constexpr double least_lag_s = 0.4;
// By how many half seconds a look may be off, and how likely.
// Looks at every second must not prefer even distances: both add up to a half.
constexpr std::array<float, 5> scatter{0.0625f, 0.25f, 0.375f, 0.25f, 0.0625f};

std::int64_t slot_of(double at_s) {
  return static_cast<std::int64_t>(std::floor(std::clamp(at_s, -1e15, 1e15) / HiddenLag::slot_s));
}

std::size_t place(std::int64_t slot, std::int64_t size) {
  return static_cast<std::size_t>(((slot % size) + size) % size);
}

}  // namespace

void HiddenLag::observe(const PacingInputs& in, double now_s) {
  observe({.causes = in.proactive.accepted,
           .cause_age_s = in.feedback_age_s,
           .cause_epoch = in.feedback_epoch,
           .effects = in.entered,
           .effect_age_s = in.stat_age_s,
           .effect_epoch = in.stat_epoch},
          now_s);
}

void HiddenLag::observe(const Look& look, double now_s) {
  const std::int64_t now = slot_of(now_s);
  const bool gap = !has_last_ || now_s - last_s_ > longest_gap_s;
  if (gap) {
    if (Evidence* known = evidence_.if_made()) known->accepted.fill(0);
    entered_.fill(false);
    newest_ = first_ = now;
  }
  advance(now);
  if (look.cause_age_s >= 0) {
    const std::int64_t at = slot_of(now_s - look.cause_age_s);
    if (!gap && has_causes_ && look.cause_epoch == cause_epoch_ && look.causes > last_causes_ &&
        at > newest_ - acceptance_slots) {
      auto& slot = evidence_.make().accepted[place(std::min(at, newest_), acceptance_slots)];
      slot = static_cast<std::uint8_t>(std::min<std::uint64_t>(
          255, slot + std::min<std::uint64_t>(255, look.causes - last_causes_)));
    }
    has_causes_ = true;
    cause_epoch_ = look.cause_epoch;
    last_causes_ = look.causes;
  }
  // Where both are looked at together, and seldom, all distances are multiples of the time between.
  const double since_s = now_s - last_s_;
  const bool together = since_s > longest_look_s && look.cause_age_s < since_s;
  if (!gap && !together && look.effect_epoch == effect_epoch_ && look.effects > last_effects_)
    enter(std::min(newest_, slot_of(now_s - look.effect_age_s)));
  effect_epoch_ = look.effect_epoch;
  last_effects_ = look.effects;
  has_last_ = true;
  last_s_ = now_s;
}

// What is told of the last seconds waits for acceptances that the feedback tells later.
void HiddenLag::enter(std::int64_t slot) {
  if (slot >= newest_ - ahead)
    entered_[place(slot, rise_slots)] = true;
  else
    weigh(slot);
}

void HiddenLag::advance(std::int64_t slot) {
  Evidence* known = evidence_.if_made();
  while (newest_ < slot) {
    ++newest_;
    if (known) known->accepted[place(newest_, acceptance_slots)] = 0;
    const std::int64_t complete = newest_ - ahead - 1;
    if (std::exchange(entered_[place(complete, rise_slots)], false)) weigh(complete);
  }
}

// Bayes: a visitor who enters came by an acceptance, `distance` ago and a little scatter, or by
// himself. Where each acceptance is as likely, those at one distance are told from the mean of all.
void HiddenLag::weigh(std::int64_t slot) {
  constexpr int width = distances + 2 * spread;
  Evidence* known = evidence_.if_made();
  if (!known) return;
  if (slot - reach < first_ || slot - reach <= newest_ - acceptance_slots) return;
  std::array<float, width> at;  // Acceptances by distance.
  const std::uint8_t* told = known->accepted.data();
  const auto newest = static_cast<int>(place(slot + ahead, acceptance_slots));
  const int until_wrap = std::min(newest + 1, width);
  int sum_at = 0;
  for (int d = 0; d < until_wrap; ++d) sum_at += told[newest - d];
  for (int d = until_wrap; d < width; ++d) sum_at += told[newest + acceptance_slots - d];
  if (sum_at == 0) return;
  for (int d = 0; d < until_wrap; ++d) at[static_cast<std::size_t>(d)] = told[newest - d];
  for (int d = until_wrap; d < width; ++d)
    at[static_cast<std::size_t>(d)] = told[newest + acceptance_slots - d];
  const auto all = static_cast<float>(sum_at);
  const float prior = (1 - unrelated_before) / distances;
  if (unrelated_ == 0) {
    unrelated_ = unrelated_before;
    known->likely.fill(prior);
  }
  const float scale = related * width / all;
  float sum = unrelated_;
  for (std::size_t k = 0; k < distances; ++k) {
    float mean = 0;
    for (std::size_t j = 0; j < scatter.size(); ++j) mean += scatter[j] * at[k + j];
    known->likely[k] *= 1 - related + scale * mean;
    sum += known->likely[k];
  }
  const float keep = (1 - change) / sum;
  unrelated_ = unrelated_ * keep + change * unrelated_before;
  for (float& each : known->likely) each = each * keep + change * prior;
  settle();
}

// The lag is the mean about the likeliest distance, once that is known; until another is.
void HiddenLag::settle() {
  if (unrelated_ > lost) lag_s_ = 0;
  const auto& all = evidence_->likely;
  const int top = static_cast<int>(std::max_element(all.begin(), all.end()) - all.begin());
  float mass = 0;
  float sum = 0;
  for (int k = std::max(0, top - spread); k <= std::min(distances - 1, top + spread); ++k) {
    const float likely = all[static_cast<std::size_t>(k)];
    mass += likely;
    sum += likely * static_cast<float>(k - before);
  }
  if (mass < known) return;
  const double lag_s = slot_s * sum / mass;
  lag_s_ = lag_s < least_lag_s ? 0 : static_cast<float>(lag_s);
}

double HiddenLag::accepted_since(double since_s) const {
  double sum = 0;
  const std::int64_t first =
      std::max(slot_of(since_s + slot_s / 2), newest_ - acceptance_slots + 1);
  for (std::int64_t slot = first; slot <= newest_; ++slot)
    sum += evidence_->accepted[place(slot, acceptance_slots)];
  return sum;
}

double reactive_counted(double lag_s, double s) {
  constexpr double none_above = -4;
  constexpr double all_below = -6;
  return lag_s > 0 ? std::clamp((none_above - s) / (none_above - all_below), 0.0, 1.0) : 0;
}

}  // namespace paceline::pacer
