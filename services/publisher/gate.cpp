#include "services/publisher/gate.h"

#include <algorithm>

#include "common/base/check.h"

namespace paceline::publisher {
namespace {

// No lease is that long; an expiry further away is a mistake or a forgery.
constexpr Duration longest_grant = 60s;

}  // namespace

Gate::Change Gate::receive(const Grant& grant, Instant now) {
  const bool is_forgotten = now - heard_ > longest_grant;
  const bool older = (grant.incarnation < elector_ && !is_forgotten) ||
                     (grant.incarnation == elector_ && grant.sequence <= sequence_);
  const bool ours = grant.node == policy_.node && grant.boot == policy_.boot &&
                    grant.publisher == policy_.incarnation;
  if (!ours || older) {
    ++ignored_;
    return tick(now);
  }
  elector_ = grant.incarnation;
  sequence_ = grant.sequence;
  heard_ = now;

  const Instant expires{Duration{grant.expires_ns}};
  if (grant.term == 0) {
    // Taken back while it was good: the elector waits for us to say that the term is over. One that
    // ran out by itself may be renewed (the elector's grace).
    const bool was_good = now < expires_;
    expires_ = Instant{};
    const std::string why = grant.why.empty() ? "revoked" : "revoked: " + grant.why;
    return was_good ? stop(why) : close(why);
  }
  if (grant.term < term_) return refuse("granted a lower term");
  if (grant.term < fenced_by_) return refuse("granted a term that is fenced");
  if (expires > now + longest_grant) return refuse("granted for longer than any lease");
  if (shut_) {
    if (grant.term == term_) renewed_since_shut_ = true;
    expires_ = grant.term == term_ ? expires : Instant{};
    return Change::none;
  }
  if (grant.term <= stopped_term_) return refuse("granted a term that was stopped");

  const bool other_term = grant.term != term_;
  if (other_term) stopped_term_ = std::max(stopped_term_, term_);
  term_ = grant.term;
  fenced_by_ = 0;
  expires_ = expires;
  const bool was_open = open_;
  open_ = now + policy_.guard < expires_;
  if (open_) return was_open && !other_term ? Change::none : Change::opened;
  why_ = "the grant had expired when it came";
  return was_open ? Change::closed : Change::none;
}

Gate::Change Gate::tick(Instant now) {
  if (!open_ || may_send(now)) return Change::none;
  return close("the grant ran out");
}

Gate::Change Gate::fence(std::uint64_t by) {
  CHECK(by > term_);
  fenced_by_ = std::max(fenced_by_, by);
  return stop("fenced by term " + std::to_string(by));
}

Gate::Change Gate::shut() {
  if (shut_) return Change::none;
  shut_ = true;
  return stop("asked to stop");
}

Gate::Change Gate::stop(std::string why) {
  stopped_term_ = std::max(stopped_term_, term_);
  return close(std::move(why));
}

Gate::Change Gate::refuse(std::string why) {
  ++ignored_;
  expires_ = Instant{};
  return close(std::move(why));
}

Gate::Change Gate::close(std::string why) {
  const bool was_open = open_;
  open_ = false;
  if (!was_open) return Change::none;
  why_ = std::move(why);
  return Change::closed;
}

}  // namespace paceline::publisher
