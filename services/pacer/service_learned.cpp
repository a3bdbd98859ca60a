// A cold pacer asks those of other nodes what they learned; a warm one answers.
#include <fmt/format.h>

#include <algorithm>

#include "common/wire/codec.h"
#include "services/pacer/service.h"

namespace paceline::pacer {
namespace {

constexpr Duration answer_within = 5s;  // It may be many megabytes.
// Several peers that start together are given the same bytes: encoding takes time from pacing.
constexpr Duration answer_good_for = 10s;
constexpr std::size_t most_bytes = max_frame_bytes - 4096;  // Leaves room for the frame's rest.

}  // namespace

Result<Bytes> Pacer::learned_answer() {
  const Instant now = world_.clock.now();
  if (!answer_ || now - answer_made_ > answer_good_for) {
    Checkpoint checkpoint{.saved = world_.clock.wall(), .targets = {}};
    for (std::uint32_t i = 0; i < size(); ++i)
      if (paced_[i].pacing.answers_ever() > 0)
        checkpoint.targets.emplace_back(ids_[i], paced_[i].pacing.learned());
    answer_ = encode_checkpoint(checkpoint);
    answer_made_ = now;
  }
  if (answer_->size() > most_bytes)
    return fail(Errc::too_large, fmt::format("what was learned has {} bytes", answer_->size()));
  return Bytes{answer_->begin(), answer_->end()};
}

// At the start, when our own checkpoint left targets cold.
void Pacer::begin_asking_peers() {
  if (config_.peers.empty() || totals_.cold() == 0) return;
  peers_.emplace(config_.peers, world_.clock.now());
  ask_peers();
}

void Pacer::ask_peers() {
  const Instant now = world_.clock.now();
  if (answer_ && now - answer_made_ > answer_good_for) answer_.reset();
  if (!peers_) return;
  if (peers_->is_over(now)) return end_asking_peers();
  const auto peer = peers_->next(now);
  if (!peer) return;
  world_.bus.ask({peer->node, "pacer", peer->index}, encode(request_of(Question::learned)),
                 answer_within, [this, peer = *peer](Result<Bytes> answer) {
                   const Instant then = world_.clock.now();
                   if (!answer) return peers_->silent(then);
                   peers_->answered(then);
                   learn_from(peer, *answer);
                   if (totals_.cold() == 0) end_asking_peers();
                 });
}

void Pacer::end_asking_peers() {
  const std::size_t silent = peers_->unanswered();
  const std::uint32_t cold = totals_.cold();
  peers_.reset();
  if (cold > 0 && silent > 0)
    world_.log.warn("peers_silent", {{"pacers", silent}, {"cold", cold}});
  else
    world_.log.info("peers_asked", {{"cold", cold}});
}

// The peer's words are checked as a file is. Only targets that are still cold take anything up, and
// only from whom has more experience; what they did meanwhile was little.
void Pacer::learn_from(const PeerPacer& peer, const Bytes& answer) {
  const auto from = fmt::format("{}/pacer/{}", peer.node, peer.index);
  const auto usable = [&]() -> Result<AgedCheckpoint> {
    const auto reply = TRY(decode<ControlReply>(answer));
    if (!reply.ok) return fail(Errc::refused, reply.error);
    return usable_checkpoint(reply.body);
  }();
  if (!usable) {
    world_.log.warn("learned_refused", {{"from", from}, {"why", usable.error().detail}});
    return;
  }
  std::size_t count = 0;
  for (const auto& [id, learned] : usable->checkpoint.targets) {
    const auto known = index_of_.find(id);
    if (known == index_of_.end()) continue;
    Paced& paced = paced_[known->second];
    if (!paced.pacing.cold() || learned.answers_ever <= paced.pacing.answers_ever()) continue;
    paced.pacing = TargetPacing{tuning_};
    paced.pacing.restore(learned, world_s(usable->age));
    due_.changed(known->second);
    add_to_totals(known->second);
    ++count;
  }
  if (count > 0)
    world_.log.info("learned_from",
                    {{"node", peer.node}, {"targets", count}, {"age_s", to_seconds(usable->age)}});
}

}  // namespace paceline::pacer
