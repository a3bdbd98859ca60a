// The pacer hears what became of invitations: from the publisher of whom its own node's elector
// holds for master, and from nobody else.
#include "common/wire/codec.h"
#include "services/pacer/service.h"

namespace paceline::pacer {

// Our own elector alone says who is master. The bus says who speaks; that its words name the same
// node is checked all the same, since what follows from them is whom to believe.
void Pacer::on_heartbeat(const Address& from, Payload bytes) {
  if (from.node != world_.self.node) return;
  const auto message = decode<ElectionMessage>(bytes);
  if (!message || message->node != from.node)
    return hearing_.bad(
        {{"why", message ? "claims to be " + message->node : message.error().detail}});
  hearing_.good();
  if (message->kind != ElectionMessageKind::presence &&
      message->kind != ElectionMessageKind::heartbeat)
    return;
  if (!masterships_.hold(message->master, world_.clock.now())) return;
  feedback_.ask({message->master, "publisher", 0});
}

// A publisher that never was master says nothing; one that was repeats what is older than the
// master's.
bool Pacer::counts(const Address& from, const FeedbackHead& head) const {
  if (head.epoch.empty() || head.term == 0) return false;
  return masterships_.verdict(from.node, {head.term, head.sequence}, world_.clock.now()) ==
         Verdict::counts;
}

void Pacer::pass_over(const Address& from, const FeedbackHead& head) {
  if (head.epoch.empty() || head.term == 0) return;  // The life sign of a standby.
  metrics_.feedback_ignored.add();
  const Instant now = world_.clock.now();
  if (masterships_.verdict(from.node, {head.term, head.sequence}, now) != Verdict::foreign) return;
  auto& unheeded = unheeded_.try_emplace(from.node, Unheeded{.since = now}).first->second;
  unheeded.last = now;
  ++unheeded.count;
}

// A new master may speak before our elector has named it, so that feedback which does not count is
// told when the elector has had its time to.
void Pacer::tell_unheeded(Instant now) {
  for (auto each = unheeded_.begin(); each != unheeded_.end();) {
    auto& [node, unheeded] = *each;
    const bool is_master = node == masterships_.master();
    if (!unheeded.told && !is_master && now - unheeded.since > config_.heartbeat_stale) {
      unheeded.told = true;
      world_.log.warn("feedback_of_no_master",
                      {{"node", node}, {"held_for_master", masterships_.master()}});
    }
    const bool silent = unheeded.told && now - unheeded.last > config_.feedback_stale;
    if (unheeded.told && (is_master || silent))
      world_.log.info("feedback_of_no_master_over", {{"node", node}, {"count", unheeded.count}});
    each = is_master || silent ? unheeded_.erase(each) : std::next(each);
  }
}

void Pacer::on_feedback(const Address& from, const FeedbackHead& head,
                        const std::vector<std::uint32_t>& changed) {
  if (head.epoch != epoch_) ++feedback_epoch_;
  epoch_ = head.epoch;
  if (masterships_.take(from.node, {head.term, head.sequence})) {
    const auto sender = feedback_.senders().find({from, -1});
    feedback_at_ = sender != feedback_.senders().end() ? sender->second.content  // Its own age.
                                                       : world_.clock.now();
  }
  for (const auto index : changed) {
    Paced& paced = paced_[index];
    if (paced.feedback != feedback_.row(index)) due_.changed(index);
    paced.feedback = feedback_.row(index);
    paced.has_feedback = true;
  }
}

}  // namespace paceline::pacer
