#include "services/elector/election.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"

namespace paceline::elector {

using Kind = ElectionMessageKind;
using Role = ElectorRole;

Election::Election(std::string self, ElectionPolicy policy, DurableState durable,
                   std::uint64_t seed, Instant now)
    : self_{std::move(self)},
      policy_{std::move(policy)},
      number_{policy_.number(self_)},
      priority_{number_ ? policy_.voters[number_ - 1u].priority : 0},
      fingerprint_{policy_.fingerprint()},
      incarnation_{durable.incarnation},
      random_{seed},
      term_{durable.term},
      stored_term_{durable.term},
      term_lost_{durable.lost},
      peers_{policy_, number_, durable.term},
      started_{now},
      quiet_until_{now + policy_.lock() * (durable.lost ? 2 : 1)},
      announce_at_{now},
      wake_{now} {
  CHECK(number_ != 0 && policy_.voters.size() <= 255);
  CHECK(policy_.lease() > Duration::zero());
  if (policy_.omitted == SafetyRule::quiet_after_start) quiet_until_ = now;
}

Election::Outcome Election::tick(Instant now) {
  begin(now);
  if (now >= timeouts_from_) check_timeouts(now);
  if (now >= announce_at_) announce(now);
  auto outcome = finish(now);
  outcome.wake = wake_ = std::max(wake_, now + 1ms);
  return outcome;
}

void Election::stored(std::uint64_t term, Instant now) {
  stored_term_ = std::max(stored_term_, term);
  const bool waits = role_ == Role::candidate && voting_ && votes_.size() < votes_needed(now);
  if (waits) round_until_ = std::max(round_until_, now + round_length());
}

// After a pause, what was sent meanwhile is read before any timeout counts.
void Election::begin(Instant now) {
  out_ = {};
  if (now <= wake_ + std::min<Duration>(policy_.heartbeat / 2, 250ms)) return;
  timeouts_from_ = now + policy_.heartbeat / 4;
  late_ = std::min(late_ + 1, 3);
}

Election::Outcome Election::finish(Instant now) {
  peers_.hold(term_);
  if (term_ != stored_term_) out_.store = term_;
  out_.wake = wake_ = std::max(next_wake(now), now);
  return std::exchange(out_, {});
}

Instant Election::next_wake(Instant now) {
  Instant due = Instant::max();
  switch (role_) {
    case Role::starting:
      due = term_lost_ ? announce_at_ : quiet_until_;
      break;
    case Role::observer:
      break;
    case Role::follower:
      due = candidacy_at(now);
      break;
    case Role::candidate:
      due = round_until_;
      break;
    case Role::leader:
    case Role::grace:
      due = phase_until_;
      break;
    case Role::master:
      due = lease_until_;
      break;
    case Role::draining:
      due = granted_until_;
      break;
  }
  return std::min(announce_at_, std::max(due, timeouts_from_));
}

void Election::check_timeouts(Instant now) {
  switch (role_) {
    case Role::starting:
      if (now < quiet_until_) break;
      if (!term_lost_)
        follow_or_observe(now, "the quiet time is over");
      else if (policy_.pair && now >= started_ + policy_.wait_for_all)
        recover_term(now);
      break;
    case Role::observer:
    case Role::follower:
      check_lock(now);
      break;
    case Role::candidate:
      check_round(now);
      break;
    case Role::leader:
      if (now >= phase_until_) step_down("no quorum acknowledged the new term", now);
      break;
    case Role::master:
      check_lease(now);
      break;
    case Role::grace:
      if (now < phase_until_) break;
      damping_.lost_mastership(now);
      step_down("no quorum answered after the lease was over", now);
      break;
    case Role::draining:
      if (now >= granted_until_) release(now);
      break;
  }
}

void Election::check_lock(Instant now) {
  if (!lock_.node.empty() && now >= lock_.until && !master_.empty()) {
    why_ = "no heartbeat of " + std::exchange(master_, "");
    jitter_ = from_seconds(uniform() * to_seconds(policy_.stagger) / 4);
  }
  follow_or_observe(now, role_ == Role::follower ? "unfit to be master" : "fit to be master");
  if (role_ == Role::follower && now >= candidacy_at(now)) start_pre_vote(now, why_);
  if (role_ == Role::follower) look_for_better(now);
}

void Election::check_round(Instant now) {
  const bool won = voting_ && stored_term_ == term_ && votes_.size() >= votes_needed(now);
  if (won) return lead(now);
  if (now < round_until_) return;
  ++rounds_;
  skip_stagger_ = false;
  if (lock_.node == self_) lock_ = {};
  if (eligible(now) && now >= candidacy_at(now))
    start_pre_vote(now, why_);
  else
    step_down("the round was not won", now);
}

void Election::check_lease(Instant now) {
  if (now < lease_until_) return look_for_better(now);
  become(Role::grace, "the lease is over: no quorum was heard");
  phase_until_ = now + policy_.heartbeat;
  votes_ = {number_};
  announce_at_ = now;  // Asks at once.
}

void Election::announce(Instant now) {
  if (late_ > 0 && now >= timeouts_from_ + policy_.heartbeat) --late_;  // Punctual for a while.
  while (announce_at_ <= now)
    announce_at_ += policy_.heartbeat * ((now - announce_at_) / policy_.heartbeat + 1);
  auto& message = say(leads() ? Kind::heartbeat : Kind::presence, now);
  message.timestamp_ns = now.time_since_epoch().count();
  message.extends = role_ != Role::grace;
  if (leads() && role_ != Role::grace) renew_lease(now);
  grant(now);
  if (!term_lost_ || now < quiet_until_) return;
  round_id_ = now.time_since_epoch().count();
  say(Kind::pre_vote, now).timestamp_ns = round_id_;  // Only to learn the others' terms.
}

// The term that was lost is at most the highest that a quorum of the others knows (FAULTS.md).
void Election::recover_term(Instant now) {
  term_lost_ = false;
  term_ = std::max(term_, learned_);
  follow_or_observe(now, "learned the term that was lost");
}

void Election::follow_or_observe(Instant now, const char* why) {
  const Role fit = eligible(now) ? Role::follower : Role::observer;
  if (role_ != fit) become(fit, why);
}

void Election::start_pre_vote(Instant now, const std::string& why) {
  if (role_ != Role::candidate) become(Role::candidate, why);
  voting_ = false;
  votes_ = {number_};
  round_id_ = now.time_since_epoch().count();
  round_until_ = now + round_length();
  say(Kind::pre_vote, now).timestamp_ns = round_id_;
  if (votes_.size() >= votes_needed(now)) start_vote(now);
}

std::uint64_t Election::next_term() const {
  return elector::next_term(term_, std::max(peers_.terms().highest(), fence_), number_, bounded());
}

void Election::start_vote(Instant now) {
  const auto next = next_term();
  if (next == 0) return step_down("terms have run out", now);
  term_ = next;
  fence_ = 0;  // What is true of it, the endpoint says again.
  voting_ = true;
  votes_ = {number_};
  round_until_ = now + round_length() * 2;
  lock_ = {self_, round_until_};  // Our own vote.
  say(Kind::vote_request, now);
  if (votes_.size() >= votes_needed(now)) round_until_ = now;  // Alone: leads once it is stored.
}

// Also from grace: a quorum still follows the term, so the same term goes on.
void Election::lead(Instant now) {
  become(Role::leader, role_ == Role::grace ? "a quorum still follows" : "elected: " + why_);
  phase_until_ = now + policy_.lock();
  lease_until_ = Instant{};
  peers_.forget_acknowledgements();
  lock_ = {};
  master_ = self_;
  rounds_ = 0;
  skip_stagger_ = false;
  better_since_.reset();
  announce_at_ = now;
  announce(now);
}

// The lease counts from when the heartbeat was sent that a quorum has answered.
void Election::renew_lease(Instant now) {
  const auto since = peers_.followed_since(now);
  if (!since) return;
  const Instant until = *since + policy_.lease();
  if (until <= now || until <= lease_until_) return;
  lease_until_ = until;
  if (role_ != Role::master) become(Role::master, "a quorum acknowledged; " + why_);
  grant(now);
}

void Election::become(Role role, std::string why) {
  role_ = role;
  why_ = std::move(why);
  out_.became.push_back({role_, term_, why_});
}

void Election::grant(Instant now, const std::string& why) {
  if (role_ == Role::master) granted_until_ = std::max(granted_until_, lease_until_);
  // Without a lease the term is granted until an instant that has passed, not revoked: a publisher
  // never opens again under a term that was revoked, and grace may go on in its term.
  if (leads())
    out_.grant = {term_, lease_until_, ""};
  else
    out_.grant = {0, now, why.empty() ? std::string{"not master"} : why};
}

ElectionMessage Election::view(Instant now) const {
  ElectionMessage message;
  message.cluster = policy_.cluster;
  message.config = fingerprint_;
  message.node = self_;
  message.incarnation = incarnation_;
  message.sequence = sequence_;
  message.term = term_;
  message.role = role_;
  message.priority = priority_;
  message.tier = static_cast<std::int32_t>(publisher_.tier);
  message.master = master_;
  message.seen = peers_.seen(now);
  return message;
}

std::string Election::why_now() const {
  if (priority_ == 0 || publisher_.tier == Tier::fit || publisher_.why_unfit.empty()) return why_;
  return why_ + " (less fit: " + publisher_.why_unfit + ")";
}

ElectionMessage& Election::say(Kind kind, Instant now) {
  if (is_ordered(kind)) ++sequence_;
  auto message = view(now);
  message.kind = kind;
  if (kind == Kind::presence || kind == Kind::heartbeat) message.why = why_now();
  return out_.messages.emplace_back(std::move(message));
}

bool Election::leads() const {
  return role_ == Role::leader || role_ == Role::master || role_ == Role::grace;
}

bool Election::idle() const {
  return role_ == Role::starting || role_ == Role::observer || role_ == Role::follower;
}

bool Election::eligible(Instant now) {
  if (priority_ == 0 || !maintenance_.empty()) return false;
  if (publisher_.tier == Tier::no_publisher || next_term() == 0) return false;
  return !damping_.suppressed(now) || !peers_.any_eligible(now);
}

// A pair agrees while both are there; alone, one is enough.
std::size_t Election::votes_needed(Instant now) const {
  if (!policy_.pair) return policy_.quorum();
  return peers_.any_alive(now) ? 2 : 1;
}

Instant Election::candidacy_at(Instant now) const {
  Instant base = std::max({quiet_until_, no_candidacy_until_, timeouts_from_});
  if (!lock_.node.empty() && lock_.node != self_) base = std::max(base, lock_.until);
  if (policy_.pair && !peers_.any_known()) base = std::max(base, started_ + policy_.wait_for_all);
  if (skip_stagger_) return base;
  const int rank = peers_.rank(publisher_.tier, lock_.node, now);
  return base + policy_.lock() * late_ + policy_.stagger * rank + jitter_;
}

// Rounds get longer while they fail, up to one lock.
Duration Election::round_length() {
  const double longer = static_cast<double>(1 << std::min(rounds_, 6)) * (1 + uniform() / 2);
  return std::min(from_seconds(to_seconds(policy_.stagger) * longer), policy_.lock());
}

// Knuth's MMIX and not common/base/random.h: the transcripts in tests/elector are of its draws.
double Election::uniform() {
  random_ = random_ * 6364136223846793005ull + 1442695040888963407ull;
  return static_cast<double>(random_ >> 11) * 0x1.0p-53;
}

}  // namespace paceline::elector
