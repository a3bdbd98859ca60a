#include "services/pacer/peer_round.h"

#include <utility>

#include "common/base/check.h"

namespace paceline::pacer {

std::optional<PeerPacer> PeerRound::next(Instant now) {
  if (asking_ || now < from_ || is_over(now)) return std::nullopt;
  asking_ = true;
  return left_[at_];
}

void PeerRound::answered(Instant now) {
  CHECK(asking_);
  asking_ = false;
  ++at_;
  end_round(now);
}

void PeerRound::silent(Instant now) {
  CHECK(asking_);
  asking_ = false;
  again_.push_back(left_[at_++]);
  end_round(now);
}

bool PeerRound::is_over(Instant now) const {
  return !asking_ && (at_ == left_.size() || round_ == most_rounds || now >= until_);
}

void PeerRound::end_round(Instant now) {
  if (at_ < left_.size() || again_.empty()) return;
  left_ = std::exchange(again_, {});
  at_ = 0;
  Duration pause = first_pause;
  for (int i = 0; i < round_; ++i) pause *= 4;
  from_ = now + pause;
  ++round_;
}

}  // namespace paceline::pacer
