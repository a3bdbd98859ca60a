// The pacer's checkpoints: taken up at the start,
// written from time to time and at a controlled stop.
#include <fmt/format.h>

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

// Targets that came with a reload: we may have had them until lately, or another cell, and what that has learned of them lies
// beside our checkpoint then.
void Pacer::restore_new(const std::vector<bool>& is_new) {
  if (std::ranges::find(is_new, true) == is_new.end()) return;
  std::vector<bool> taken = is_new;
  taken.flip();
  if (const auto bytes = store_.load()) take_up(*bytes, "others_checkpoint_taken_up", taken);
  for (const auto& other : store_.others()) take_up(other, "others_checkpoint_taken_up", taken);
}

/// errors   as decode_checkpoint; unavailable: too old
Result<Pacer::AgedCheckpoint> Pacer::usable_checkpoint(std::string_view bytes) const {
  AgedCheckpoint usable;
  usable.checkpoint = TRY(decode_checkpoint(bytes));
  usable.age = std::max<Duration>(world_.clock.wall() - usable.checkpoint.saved, Duration::zero());
  if (usable.age > config_.checkpoint_max_age)
    return fail(Errc::unavailable, fmt::format("too old: {:.0f} s", to_seconds(usable.age)));
  return usable;
}

void Pacer::take_up(std::string_view bytes, const char* event, std::vector<bool>& taken) {
  const auto usable = usable_checkpoint(bytes);
  if (!usable) {
    world_.log.warn("checkpoint_refused", {{"why", usable.error().detail}});
    return;
  }
  std::size_t count = 0;
  for (const auto& [id, learned] : usable->checkpoint.targets) {
    const auto known = index_of_.find(id);
    if (known == index_of_.end() || taken[known->second]) continue;
    paced_[known->second].pacing.restore(learned, world_s(usable->age));
    taken[known->second] = true;
    ++count;
  }
  if (count > 0 || std::string_view{event} == "checkpoint_taken_up")
    world_.log.info(event, {{"targets", count}, {"age_s", to_seconds(usable->age)}});
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
