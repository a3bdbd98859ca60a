// What each message of another elector does to us (election.h).
#include <algorithm>

#include "services/elector/election.h"

namespace paceline::elector {

using Kind = ElectionMessageKind;
using Role = ElectorRole;

Election::Outcome Election::hear(std::string_view from, const ElectionMessage& message,
                                 Instant now) {
  begin(now);
  const bool forged = from != message.node && policy_.omitted != SafetyRule::sender_is_key;
  out_.refused = forged ? Refusal::forged_sender : peers_.record(message, now);
  if (out_.refused != Refusal::none) return finish(now);
  switch (message.kind) {
    case Kind::presence:
      break;
    case Kind::heartbeat:
      on_heartbeat(message, now);
      break;
    case Kind::release:
      on_release(message, now);
      break;
    case Kind::acknowledge:
      on_acknowledge(message, now);
      break;
    case Kind::pre_vote:
      on_pre_vote(message, now);
      break;
    case Kind::pre_vote_answer:
      on_pre_vote_answer(message, now);
      break;
    case Kind::vote_request:
      on_vote_request(message, now);
      break;
    case Kind::vote:
      on_vote(message, now);
      break;
    case Kind::hand_over:
      on_hand_over(message, now);
      break;
  }
  return finish(now);
}

void Election::on_heartbeat(const ElectionMessage& message, Instant now) {
  if (term_lost_) return;
  if (message.term >= term_) {
    if (role_ == Role::master || role_ == Role::grace) damping_.lost_mastership(now);
    term_ = message.term;
    if (!idle()) step_down("heartbeat of " + message.node, now);
    master_ = message.node;
    rounds_ = 0;
    skip_stagger_ = false;
    if (message.extends) lock_ = {message.node, now + policy_.lock()};
  }
  auto& answer = say(Kind::acknowledge, now);
  answer.to = message.node;
  const bool locks = message.term == term_ && message.extends;
  answer.timestamp_ns = locks ? message.timestamp_ns : 0;
  if (!idle()) return;
  // Presence goes along with the answer, which wakes everybody anyway; by itself only if no
  // heartbeat comes. Not where it has just gone by itself. Timeouts are checked as in tick(), which
  // heartbeats put off.
  if (announce_at_ - now <= policy_.heartbeat * 3 / 4) {
    if (now >= timeouts_from_) check_timeouts(now);
    announce_at_ = now;
    announce(now);
  }
  announce_at_ = now + policy_.heartbeat * 5 / 4;
}

void Election::on_acknowledge(const ElectionMessage& message, Instant now) {
  if (!leads()) return;
  if (message.term > term_) {
    if (!peers_.may_depose(message.node, now)) return;
    // A voter that missed our election is in a higher term; our voters are still locked for us.
    step_down(message.node + " is in a higher term", now);
    skip_stagger_ = true;
  } else if (message.term == term_ && message.timestamp_ns == 0 && role_ == Role::grace) {
    votes_.insert(policy_.number(message.node));
    if (votes_.size() >= policy_.quorum()) lead(now);
  } else if (message.term == term_ && message.timestamp_ns != 0) {
    const Instant sent = policy_.omitted == SafetyRule::lease_from_send
                             ? now
                             : Instant{Duration{message.timestamp_ns}};
    if (sent <= now && peers_.acknowledged(message.node, sent)) renew_lease(now);
  }
}

void Election::on_pre_vote(const ElectionMessage& message, Instant now) {
  if (term_lost_) return;
  auto& answer = say(Kind::pre_vote_answer, now);
  answer.to = message.node;
  answer.timestamp_ns = message.timestamp_ns;
  answer.why = vote_refusal(message.node, now);
  answer.ok = answer.why.empty();
}

void Election::on_pre_vote_answer(const ElectionMessage& message, Instant now) {
  if (message.timestamp_ns != round_id_) return;
  if (term_lost_) {
    learned_ = std::max(learned_, message.term);
    votes_.insert(policy_.number(message.node));
    if (votes_.size() < std::min(policy_.voters.size() / 2 + 1, policy_.voters.size() - 1)) return;
    recover_term(now);
  } else if (role_ == Role::candidate && !voting_ && message.ok) {
    votes_.insert(policy_.number(message.node));
    if (votes_.size() >= votes_needed(now)) start_vote(now);
  }
}

void Election::on_vote_request(const ElectionMessage& message, Instant now) {
  if (term_lost_ || message.term <= term_ || !vote_refusal(message.node, now).empty()) return;
  term_ = message.term;
  if (!idle()) step_down("voted for " + message.node, now);
  // Time to use the vote. If we are locked for the asker, its lease may last as long as that lock.
  lock_ = {message.node, std::max(lock_.until, now + policy_.stagger * 2)};
  say(Kind::vote, now).to = message.node;
}

void Election::on_vote(const ElectionMessage& message, Instant now) {
  if (role_ != Role::candidate || !voting_ || message.term != term_ || now >= round_until_) return;
  votes_.insert(policy_.number(message.node));
  if (votes_.size() >= votes_needed(now)) lead(now);
}

void Election::on_release(const ElectionMessage& message, Instant now) {
  if (message.term < term_ || term_lost_) return;
  if (master_ == message.node) master_.clear();
  if (lock_.node == message.node) lock_ = {};
  why_ = message.node + " released: " + message.why;
  no_candidacy_until_ = std::max(no_candidacy_until_, now);  // The stagger counts from here.
  if (role_ != Role::follower) return;
  if (message.target == self_) {
    skip_stagger_ = true;
  } else if (!message.target.empty() && now >= lock_.until) {
    lock_ = {message.target, now + policy_.stagger * 3};  // It is the first candidate.
  }
  if (now >= candidacy_at(now) && eligible(now)) start_pre_vote(now, why_);
}

void Election::on_hand_over(const ElectionMessage& message, Instant now) {
  if (role_ != Role::master) return;
  const Peer* next = successor(message.target, now);
  if (next && peers_.may_hand_over(message.node, now))
    drain(next->said.node, message.why + " (asked by " + message.node + ")", now);
}

std::string_view Election::vote_refusal(const std::string& asker, Instant now) const {
  if (now < quiet_until_) return "quiet after its start";
  const bool locked = !lock_.node.empty() && lock_.node != asker && now < lock_.until;
  if (locked && policy_.omitted != SafetyRule::locks_hold) return "locked for another";
  if (now < granted_until_) return "its own grant is not over";
  return "";
}

}  // namespace paceline::elector
