// One election in the hands of a test, which makes every message of its peers.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "services/elector/election.h"
#include "tests/support/catch.h"
#include "tests/support/start.h"

namespace paceline::test {
using namespace elector;

using Kind = ElectionMessageKind;
using Role = ElectorRole;

inline ElectionPolicy three() {
  return {.cluster = "test", .voters = {{"a", 100}, {"b", 90}, {"w", 0}}};
}

/// A term by its counter and the number of its candidate: 1 = a, 2 = b, ...
inline std::uint64_t term_of(std::uint64_t counter, std::uint64_t number) {
  return counter << 8 | number;
}

inline ElectionPolicy three_and_witness() {
  return {.cluster = "test", .voters = {{"a", 100}, {"b", 90}, {"c", 80}, {"w", 0}}};
}

/// Election "a" of a, b and the witness w, whose messages are made by hand.
struct Fixture {
  ElectionPolicy policy;
  Instant now = start;
  Election a;
  Election::Outcome outcome{};
  std::uint64_t sequence = 0;
  bool disk_works = true;

  explicit Fixture(DurableState durable = {.incarnation = 1}, ElectionPolicy chosen = three())
      : policy{std::move(chosen)}, a{"a", policy, durable, 1, start} {
    fit();
  }

  void take(Election::Outcome next) {
    outcome = std::move(next);
    if (outcome.store && disk_works) a.stored(*outcome.store, now);
  }
  void fit(PublisherState state = {.tier = Tier::fit}) { take(a.publisher_said(state, now)); }
  void tick() { take(a.tick(now)); }

  ElectionMessage message(const std::string& from, Kind kind, std::uint64_t term) {
    ElectionMessage message;
    message.cluster = policy.cluster;
    message.config = policy.fingerprint();
    message.node = from;
    message.incarnation = 7;
    message.sequence = ++sequence;
    message.kind = kind;
    message.term = term;
    message.role = from == "w" ? Role::observer : Role::follower;
    message.priority = from == "w" ? 0 : 90;
    return message;
  }
  void hear(const ElectionMessage& message) { hear_from(message.node, message); }
  void hear_from(const std::string& key, const ElectionMessage& message) {
    take(a.hear(key, message, now));
  }
  void hear(const std::string& from, Kind kind, std::uint64_t term) {
    hear(message(from, kind, term));
  }

  const ElectionMessage* said(Kind kind) const {
    for (const auto& message : outcome.messages)
      if (message.kind == kind) return &message;
    return nullptr;
  }

  // Punctual for so long.
  void pass(Duration duration, Duration step = 10ms) {
    for (const Instant until = now + duration; now < until;) {
      now = std::min(now + step, until);
      tick();
    }
  }

  // What it would answer to a request for a vote; "" = yes.
  std::string refusal_of(const std::string& asker) {
    hear(message(asker, Kind::pre_vote, 0));
    const auto* answer = said(Kind::pre_vote_answer);
    REQUIRE(answer != nullptr);
    CHECK(answer->ok == answer->why.empty());
    return answer->why;
  }

  void quiet_over() {
    while (now < start + policy.lock()) {
      now += policy.heartbeat / 4;
      tick();
    }
  }

  // Until it asks for votes.
  std::uint64_t become_candidate() {
    for (int turn = 0; turn < 300 && said(Kind::pre_vote) == nullptr; ++turn) pass(10ms);
    REQUIRE(said(Kind::pre_vote) != nullptr);
    answer_pre_vote(*said(Kind::pre_vote));
    REQUIRE(said(Kind::vote_request) != nullptr);
    return said(Kind::vote_request)->term;
  }
  void answer_pre_vote(const ElectionMessage& asked, bool ok = true) {
    auto answer = message("w", Kind::pre_vote_answer, 0);
    answer.timestamp_ns = asked.timestamp_ns;
    answer.ok = ok;
    hear(answer);
  }

  // Through a whole election, with the witness's help.
  void become_master() {
    for (int turn = 0; turn < 300 && a.role() != Role::master; ++turn) {
      now += 10ms;
      tick();
      if (const auto* asked = said(Kind::pre_vote)) answer_pre_vote(*asked);
      if (const auto* asked = said(Kind::vote_request)) hear("w", Kind::vote, asked->term);
      if (const auto* asked = said(Kind::heartbeat)) acknowledge(*asked);
    }
    REQUIRE(a.role() == Role::master);
  }
  void acknowledge(const ElectionMessage& heartbeat) {
    auto yes = message("w", Kind::acknowledge, heartbeat.term);
    yes.timestamp_ns = heartbeat.timestamp_ns;
    hear(yes);
  }
};

}  // namespace paceline::test
