#include "services/watch/restarts.h"

#include <algorithm>

#include "common/base/incarnation.h"

namespace paceline::watch {
namespace {

constexpr std::size_t most_starts = 100;  // That are counted of one process.

}  // namespace

void Restarts::note(std::string_view process, std::uint64_t incarnation, Instant now) {
  const auto known = lives_.find(process);
  if (known == lives_.end()) {
    if (lives_.size() < most_) lives_.emplace(process, Life{.incarnation = incarnation});
    return;
  }
  auto& life = known->second;
  if (incarnation <= life.incarnation) return;  // The same, or a message that was overtaken.
  life.incarnation = incarnation;
  if (began_as_asked(incarnation)) return;  // An operator reloads as often as he likes.
  life.starts.push_back(now);
  if (life.starts.size() > most_starts) life.starts.pop_front();
}

std::vector<ProcessStarts> Restarts::often(Instant now) const {
  std::vector<ProcessStarts> often;
  for (const auto& [process, life] : lives_) {
    const auto starts =
        std::ranges::count_if(life.starts, [&](Instant start) { return now - start <= window; });
    if (starts >= often_at) often.push_back({process, static_cast<int>(starts)});
  }
  return often;
}

}  // namespace paceline::watch
