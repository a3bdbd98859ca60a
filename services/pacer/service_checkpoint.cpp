// The pacer's checkpoints: taken up at the start,
// written from time to time and at a controlled stop.
#include <algorithm>

#include "services/pacer/service.h"

namespace paceline::pacer {

// Our own checkpoint first; targets that it does not know may have been another shard's.
void Pacer::restore() {
  std::vector<bool> taken(size());
  const auto bytes = store_.load();
  if (bytes)
    take_up(*bytes, "checkpoint_taken_up", taken);
  else
    world_.log.info("no_checkpoint", {{"why", bytes.error().detail}});
  if (std::ranges::find(taken, false) == taken.end()) return;
  for (const auto& other : store_.others())
    take_up(other, "other_shards_checkpoint_taken_up", taken);
}

void Pacer::take_up(std::string_view bytes, const char* event, std::vector<bool>& taken) {
  const auto checkpoint = decode_checkpoint(bytes);
  if (!checkpoint) {
    world_.log.warn("checkpoint_refused", {{"why", checkpoint.error().detail}});
    return;
  }
  const Duration age =
      std::max<Duration>(world_.clock.wall() - checkpoint->saved, Duration::zero());
  if (age > config_.checkpoint_max_age) {
    world_.log.warn("checkpoint_refused", {{"why", "too old"}, {"age_s", to_seconds(age)}});
    return;
  }
  std::size_t count = 0;
  for (const auto& [id, learned] : checkpoint->targets) {
    const auto known = index_of_.find(id);
    if (known == index_of_.end() || taken[known->second]) continue;
    paced_[known->second].pacing.restore(learned, world_s(age));
    taken[known->second] = true;
    ++count;
  }
  if (count > 0 || std::string_view{event} == "checkpoint_taken_up")
    world_.log.info(event, {{"targets", count}, {"age_s", to_seconds(age)}});
}

void Pacer::save() {
  Checkpoint checkpoint{.saved = world_.clock.wall(), .targets = {}};
  checkpoint.targets.reserve(size());
  for (std::uint32_t i = 0; i < size(); ++i)
    checkpoint.targets.emplace_back(ids_[i], paced_[i].pacing.learned());
  const auto done = store_.save(encode_checkpoint(checkpoint));
  if (done) return saving_.good();
  metrics_.save_failures.add();
  saving_.bad({{"why", done.error().detail}});
}

}  // namespace paceline::pacer
