// May this node publish now? The elector's grants in, a yes or no out; any doubt is a no.
//
//   Gate gate{{.node = "a", .boot = boot_id, .incarnation = world.incarnation, .guard = 20ms}};
//   change = gate.receive(grant, now);   // opened, closed or none
//   change = gate.tick(now);             // time passed
//   if (gate.may_send(now)) ...          // asked again right before the request is handed over
//
// Invariants:
//   - Open only under a grant for this node, boot and start of the publisher, of a term above 0,
//     until `guard` before it expires; nobody need be alive to shut it.
//   - Grants count in the elector's order: one that was delayed, repeated or overtaken changes
//     nothing. An elector that started with a wrong clock has a higher incarnation than those after
//     it: it is forgotten when it was silent for longer than any grant lasts. That is safe: all that
//     it granted has run out by then, whatever is still good was granted after its last word, and
//     terms that were stopped stay so, whoever grants them.
//   - A term that was stopped, and any below, never opens it again.
//   - After a fence only the fence's term or a higher one opens it.
#pragma once

#include <string>

#include "common/wire/messages.h"

namespace paceline::publisher {

class Gate {
 public:
  struct Policy {
    std::string node;
    std::string boot;               // This host's boot id.
    std::uint64_t incarnation = 0;  // Of this publisher; a grant for one before it does not count.
    Duration guard = 20ms;          // [>= 0] Shut that long before the grant expires.
  };
  /// opened   something may be sent: the gate was closed before, or the term is another
  /// closed   nothing may be sent any more
  enum class Change : std::uint8_t { none, opened, closed };

  explicit Gate(Policy policy) : policy_{std::move(policy)} {}

  Change receive(const Grant& grant, Instant now);
  Change tick(Instant now);

  /// The endpoint knows a higher term: nothing more goes out under ours.
  ///   by   [> term()] that term
  Change fence(std::uint64_t by);

  /// Somebody else publishes under our term: nothing more goes out under it.
  Change give_up_term(std::string why) { return stop(std::move(why)); }

  /// Nothing more goes out at all: the process was asked to stop.
  Change shut();

  bool may_send(Instant now) const { return open_ && now + policy_.guard < expires_; }

  /// After shut(): the elector went on renewing the same term instead of revoking it, so nobody
  /// takes over, and a last publication may still go out under it.
  bool may_send_last(Instant now) const {
    return shut_ && renewed_since_shut_ && now + policy_.guard < expires_;
  }

  /// Whether the grant was taken back or ran out after shut(): there is nothing to wait for.
  bool is_over(Instant now) const { return now + policy_.guard >= expires_; }

  bool open() const { return open_; }
  /// Of the grant held, or of the last one; 0 = never had one.
  std::uint64_t term() const { return term_; }
  /// The last term under which nothing more will be sent; 0 = none.
  std::uint64_t stopped_term() const { return stopped_term_; }
  /// The higher term that the endpoint named, until it or a higher one is granted; 0 = none.
  std::uint64_t fenced_by() const { return fenced_by_; }
  /// When an open gate closes by itself.
  Instant closes_at() const { return expires_ - policy_.guard; }
  /// Why it closed last, for people.
  const std::string& why() const { return why_; }
  /// Grants that counted for nothing: foreign, repeated, overtaken, beyond all bounds.
  std::uint64_t ignored() const { return ignored_; }

 private:
  Change close(std::string why);
  Change refuse(std::string why);
  Change stop(std::string why);

  Policy policy_;
  bool open_ = false;
  bool shut_ = false;
  bool renewed_since_shut_ = false;
  std::uint64_t elector_ = 0;   // Incarnation of the elector that granted last.
  std::uint64_t sequence_ = 0;  // Of its last grant.
  Instant heard_{};             // ... when it came.
  std::uint64_t term_ = 0;
  std::uint64_t stopped_term_ = 0;
  std::uint64_t fenced_by_ = 0;
  Instant expires_{};
  std::string why_ = "no grant yet";
  std::uint64_t ignored_ = 0;
};

}  // namespace paceline::publisher
