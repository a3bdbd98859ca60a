// How a mastership ends, planned or not: the term is released after the publisher has stopped.
#include <algorithm>

#include "services/elector/election.h"

namespace paceline::elector {

using Kind = ElectionMessageKind;
using Role = ElectorRole;

Election::Outcome Election::publisher_said(const PublisherState& publisher, Instant now) {
  begin(now);
  publisher_ = publisher;
  const bool fenced =
      publisher.fenced_by > term_ && (is_possible_fence(publisher.fenced_by, term_) ||
                                      policy_.omitted == SafetyRule::possible_fence);
  const bool cloned = publisher.disputed_term == term_ && term_ != 0 &&
                      policy_.omitted != SafetyRule::clone_is_noticed;
  if (leads() && fenced) {
    fence_ = publisher.fenced_by;
    damping_.lost_mastership(now);
    drain("", "the endpoint has accepted a higher term", now);
  } else if (leads() && cloned) {
    damping_.lost_mastership(now);
    drain("", "another cluster publishes under this name", now);
  } else if (leads() && publisher.tier == Tier::no_publisher) {
    damping_.lost_mastership(now);
    drain("", "the publisher is silent", now);
  }
  const bool stopped = publisher.stopped_term >= term_;
  const Peer* next = peers_.fittest(now);
  if (role_ == Role::master && stopped && next) drain(next->said.node, "the publisher stops", now);
  if (role_ == Role::draining && stopped) release(now);
  return finish(now);
}

Election::Outcome Election::publisher_died(Instant now) {
  begin(now);
  publisher_ = {.why_unfit = "its publisher died"};
  granted_until_ = std::min(granted_until_, now);  // A grant names its publisher: void by now.
  if (leads()) {
    damping_.lost_mastership(now);
    drain("", "the publisher died", now);
  } else if (role_ == Role::draining && now >= granted_until_) {
    release(now);
  }
  return finish(now);
}

Result<Election::Outcome> Election::hand_over(const std::string& target, const std::string& why,
                                              Instant now) {
  if (!target.empty() && policy_.number(target) == 0)
    return fail(Errc::not_found, "no voter is called " + target);
  if (role_ == Role::master) {
    if (target == self_) return fail(Errc::refused, self_ + " is master already");
    const Peer* next = successor(target, now);
    if (next == nullptr)
      return fail(Errc::unavailable, (target.empty() ? "nobody" : target) + " could not take over");
    begin(now);
    drain(next->said.node, why, now);
    return finish(now);
  }
  const Peer* master = peers_.find(master_);
  if (master == nullptr || !peers_.is_alive(*master, now))
    return fail(Errc::unavailable, "there is no master that could hand over");
  begin(now);
  auto& message = say(Kind::hand_over, now);
  message.to = master_;
  message.target = target;
  message.why = why;
  return finish(now);
}

const Peer* Election::successor(const std::string& target, Instant now) const {
  const Peer* next = target.empty() ? peers_.fittest(now) : peers_.find(target);
  return next != nullptr && peers_.is_eligible(*next, now) ? next : nullptr;
}

Result<Election::Outcome> Election::begin_maintenance(const std::string& why, bool anyway,
                                                      Instant now) {
  if (priority_ == 0) return fail(Errc::refused, self_ + " is a witness: it is never master");
  const Peer* next = peers_.fittest(now);
  anyway = anyway || !maintenance_.empty();  // Nothing changes then but the reason.
  if (!anyway && next == nullptr) return fail(Errc::unavailable, "no other node could take over");
  const bool would_fail = next != nullptr &&
                          next->said.tier >= static_cast<std::int32_t>(Tier::cannot_publish) &&
                          next->said.tier > static_cast<std::int32_t>(publisher_.tier);
  if (!anyway && would_fail)
    return fail(Errc::unavailable,
                next->said.node + " is the next, but could not publish: " + next->said.why);
  begin(now);
  maintenance_ = why;
  if (leads())
    drain(next != nullptr ? next->said.node : "", maintenance_words(), now);
  else if (role_ == Role::candidate)
    step_down(maintenance_words(), now);
  else if (role_ == Role::follower || role_ == Role::observer)
    become(Role::observer, maintenance_words());
  return finish(now);
}

Election::Outcome Election::end_maintenance(Instant now) {
  begin(now);
  maintenance_.clear();
  if (role_ == Role::observer)
    become(eligible(now) ? Role::follower : Role::observer, "back in service");
  return finish(now);
}

Election::Outcome Election::stop(Instant now) {
  begin(now);
  const Peer* next = peers_.fittest(now);
  if (leads()) drain(next ? next->said.node : "", "this elector stops", now);
  return finish(now);
}

void Election::drain(const std::string& target, const std::string& why, Instant now) {
  target_ = target;
  drain_why_ = why;
  become(Role::draining, why);
  grant(now, why);
  if (policy_.omitted == SafetyRule::publisher_stops_first || now >= granted_until_) release(now);
}

void Election::release(Instant now) {
  granted_until_ = std::min(granted_until_, now);
  no_candidacy_until_ = now + policy_.lock() + 500ms;
  auto& message = say(Kind::release, now);
  message.target = target_;
  message.why = drain_why_;
  step_down("released: " + drain_why_, now);
  if (!target_.empty()) lock_ = {target_, now + policy_.stagger * 3};  // It is the first candidate.
}

void Election::step_down(const std::string& why, Instant now) {
  const bool led = leads() || role_ == Role::draining;
  become(eligible(now) ? Role::follower : Role::observer, why);
  if (lock_.node == self_) lock_ = {};
  if (!led) return;
  lease_until_ = std::min(lease_until_, now);
  master_.clear();
  grant(now, why);
}

// A master makes way for a fitter node; a follower may ask for mastership (preempt).
void Election::look_for_better(Instant now) {
  const Peer* next = nullptr;
  Duration delay = policy_.better_for;
  if (role_ == Role::master) {
    next = peers_.fittest(now);
    if (next && next->said.tier >= static_cast<int>(publisher_.tier)) next = nullptr;
  } else if (const Peer* master = peers_.find(master_); policy_.preempt && master != nullptr) {
    const bool better = peers_.is_alive(*master, now) && master->said.priority < priority_ &&
                        static_cast<int>(publisher_.tier) <= master->said.tier;
    if (better) next = master;
    delay = policy_.preempt_delay;
  }
  if (next == nullptr) return better_since_.reset();
  if (!better_since_) better_since_ = now;
  if (now - *better_since_ < delay) return;
  better_since_.reset();
  if (role_ == Role::master) return drain(next->said.node, next->said.node + " is fitter", now);
  auto& message = say(Kind::hand_over, now);
  message.to = master_;
  message.target = self_;
  message.why = self_ + " has the higher priority";
}

}  // namespace paceline::elector
