// The centre's invitations: what a publication allows goes out, and is answered.
#include "common/base/check.h"
#include "services/simulator/centre.h"

namespace paceline::simulator {
namespace {

enum Outcome : std::uint32_t { accepted, rejected, timed_out };

}  // namespace

void Centre::offer(std::uint32_t target, const Allowance& allowance) {
  CHECK(allowance.allowance >= 0 && allowance.max_pending >= 0);
  targets_[target].allowance = allowance;
  send_allowed(target);
}

std::int32_t Centre::allowance(std::uint32_t target) const {
  const Allowance& allowance = targets_[target].allowance;
  return now_ < allowance.until ? allowance.allowance : 0;
}

void Centre::invite(std::uint32_t target) {
  auto& state = targets_[target];
  if (allowance(target) <= 0 || state.counts.pending >= state.allowance.max_pending) return;
  mark_changed(target);
  --state.allowance.allowance;
  ++state.counts.sent;
  ++state.counts.pending;
  const GroupKind& kind = kind_of(target);
  const Duration delay = random_.draw(kind.answer_delay);
  const bool accepts = random_.chance(drift_.acceptance.value_or(kind.acceptance));
  const bool refuses = random_.chance(kind.rejection);
  if (delay >= kind.invitation_life || (!accepts && !refuses))
    schedule(now_ + kind.invitation_life, EventKind::answer, target, timed_out);
  else
    schedule(now_ + delay, EventKind::answer, target, accepts ? accepted : rejected);
}

void Centre::send_allowed(std::uint32_t target) {
  if (kind_of(target).visitors_per_hour >= 0) return;  // They go out as visitors come.
  const auto& state = targets_[target];
  while (allowance(target) > 0 && state.counts.pending < state.allowance.max_pending)
    invite(target);
}

void Centre::answer(std::uint32_t target, std::uint32_t outcome) {
  mark_changed(target);
  auto& counts = targets_[target].counts;
  --counts.pending;
  switch (static_cast<Outcome>(outcome)) {
    case accepted:
      ++counts.accepted;
      enter(target, true, Duration{-1}, random_.draw(kind_of(target).patience));
      break;
    case rejected:
      ++counts.rejected;
      break;
    case timed_out:
      ++counts.timed_out;
      break;
  }
  send_allowed(target);
}

}  // namespace paceline::simulator
