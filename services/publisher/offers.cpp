#include "services/publisher/offers.h"

#include <algorithm>
#include <cmath>

#include "common/base/check.h"

namespace paceline::publisher {
namespace {

// A predicted wait is published again when it moved by more than both.
constexpr double least_wait_change_s = 0.5;
constexpr double least_wait_change_share = 0.1;
constexpr std::size_t least_kept = 128;  // [targets] room of a request that stays.

// To a multiple of 1 / steps, in [min, max]; what is not a number is `min`.
double rounded(double value, double steps, double min, double max) {
  if (!(value >= min)) return min;
  return std::round(std::min(value, max) * steps) / steps;
}

bool same_wait(double a, double b) {
  return std::abs(a - b) <= std::max(least_wait_change_s, least_wait_change_share * std::max(a, b));
}

// Whether `now` means something else than what was published, the allowance apart.
bool differs(const Offer& now, const Offer& published) {
  Offer compared = now;
  compared.proactive = published.proactive;
  if (same_wait(now.predicted_wait_s, published.predicted_wait_s))
    compared.predicted_wait_s = published.predicted_wait_s;
  return compared != published;
}

}  // namespace

Offer offer_of(const TargetPace& pace) {
  return {.state = pace.state,
          .reason = pace.reason,
          .proactive = std::max(pace.proactive, 0),
          .max_pending = std::max(pace.max_pending, 0),
          .reactive = std::max(pace.reactive, 0),
          .reactive_state = rounded(pace.reactive_state, 100, 0, 1),
          .predicted_wait_s = rounded(pace.predicted_wait_s, 10, 0, 1e6)};
}

Offer nothing(PaceState state, PaceReason reason) {
  Offer offer;
  offer.state = state;
  offer.reason = reason;
  return offer;
}

Offers::Offers(std::vector<std::string> ids, std::vector<std::string> channels)
    : ids_{std::move(ids)}, channels_{std::move(channels)}, now_(ids_.size()), rows_(ids_.size()) {
  CHECK(ids_.size() == channels_.size());
}

bool Offers::must_be_included(std::uint32_t index) const {
  const Row& row = rows_[index];
  const Offer& now = now_[index];
  return !row.included || now.proactive != row.least_left || now.proactive != row.most_left ||
         differs(now, row.published);
}

void Offers::record_feedback(std::uint32_t index, std::uint64_t sent, std::int32_t pending) {
  Row& row = rows_[index];
  const auto less = [sent](std::int32_t left) {
    return left - static_cast<std::int32_t>(
                      std::min<std::uint64_t>(sent, static_cast<std::uint64_t>(left)));
  };
  row.least_left = less(row.least_left);
  if (row.batch != batch_) row.most_left = less(row.most_left);
  row.pending = std::max(pending, 0);
}

bool Offers::is_urgent(std::uint32_t index) const {
  const Row& row = rows_[index];
  const Offer& now = now_[index];
  if (!row.included) return false;  // It is about to be.
  const auto room = [&](std::int32_t allowance, std::int32_t max_pending) {
    return std::clamp(max_pending - row.pending, 0, allowance);
  };
  const bool more =
      room(now.proactive, now.max_pending) > room(row.least_left, row.published.max_pending);
  const bool fewer = row.most_left > 0 && now.max_pending < row.published.max_pending;
  return more || fewer;
}

bool Offers::fill(PublicationRequest& request, bool full, std::size_t limit) {
  if (full)
    for (Row& row : rows_) row.included = false;
  request.full = full;
  return fill_from(0, request, limit);
}

bool Offers::fill_next(PublicationRequest& request, std::size_t limit) {
  request.full = false;
  return fill_from(next_, request, limit);
}

bool Offers::fill_from(std::uint32_t first, PublicationRequest& request, std::size_t limit) {
  CHECK(limit >= 1);
  ++batch_;
  std::size_t count = 0;
  std::uint32_t i = first;
  for (; i < ids_.size(); ++i) {
    if (!must_be_included(i)) continue;
    if (count == limit) break;
    if (count == request.targets.size()) request.targets.emplace_back();
    const Offer& offer = now_[i];
    TargetOffer& target = request.targets[count++];
    target.id = ids_[i];
    target.channel = channels_[i];
    target.offer = offer;
    rows_[i] = {.published = offer,
                .included = true,
                .batch = batch_,
                .least_left = offer.proactive,
                .most_left = offer.proactive,
                .pending = rows_[i].pending};
  }
  request.targets.resize(count);
  // What a full publication took is not wanted by the deltas that follow it.
  if (request.targets.capacity() > 8 * (count + least_kept)) request.targets.shrink_to_fit();
  next_ = i;
  return i < ids_.size();
}

}  // namespace paceline::publisher
