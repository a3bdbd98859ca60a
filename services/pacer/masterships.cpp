#include "services/pacer/masterships.h"

namespace paceline::pacer {

bool Masterships::hold(const std::string& node, Instant now) {
  if (node == now_.node) return false;
  if (!now_.node.empty()) {
    former_ = std::move(now_);
    former_until_ = now + last_words_;
  }
  now_ = {.node = node, .newest = std::nullopt};
  return !node.empty();
}

Verdict Masterships::verdict(const std::string& node, FeedbackOrder order, Instant now) const {
  if (node.empty()) return Verdict::foreign;
  const bool is_master = node == now_.node;
  const bool was_master = node == former_.node && now <= former_until_;
  if (!is_master && !was_master) return Verdict::foreign;
  if (!is_master && now_.newest) return Verdict::older;
  const auto& newest = is_master ? now_.newest : former_.newest;
  return newest && order < *newest ? Verdict::older : Verdict::counts;
}

bool Masterships::take(const std::string& node, FeedbackOrder order) {
  auto& newest = node == now_.node ? now_.newest : former_.newest;
  const bool newer = !newest || *newest < order;
  if (newer) newest = order;
  return newer;
}

}  // namespace paceline::pacer
