#include "common/wire/messages.h"

namespace paceline {

const char* to_string(StatQuality quality) {
  switch (quality) {
    case StatQuality::not_visible:
      return "not_visible";
    case StatQuality::stale:
      return "stale";
    case StatQuality::provisional:
      return "provisional";
    case StatQuality::good:
      return "good";
  }
  return "unknown";
}

const char* to_string(PaceState state) {
  switch (state) {
    case PaceState::ok:
      return "ok";
    case PaceState::degraded:
      return "degraded";
    case PaceState::stale:
      return "stale";
    case PaceState::disabled:
      return "disabled";
  }
  return "unknown";
}

const char* to_string(PaceReason reason) {
  switch (reason) {
    case PaceReason::granted:
      return "granted";
    case PaceReason::no_agents:
      return "no_agents";
    case PaceReason::no_idle_expected:
      return "no_idle_expected";
    case PaceReason::pending_enough:
      return "pending_enough";
    case PaceReason::goal_guard:
      return "goal_guard";
    case PaceReason::ratio_cap:
      return "ratio_cap";
    case PaceReason::warm_up:
      return "warm_up";
    case PaceReason::ceiling:
      return "ceiling";
    case PaceReason::growth_cap:
      return "growth_cap";
    case PaceReason::fast_cut:
      return "fast_cut";
    case PaceReason::stale_statistics:
      return "stale_statistics";
    case PaceReason::not_visible:
      return "not_visible";
    case PaceReason::disabled:
      return "disabled";
  }
  return "unknown";
}

const char* to_string(ElectionMessageKind kind) {
  switch (kind) {
    case ElectionMessageKind::presence:
      return "presence";
    case ElectionMessageKind::heartbeat:
      return "heartbeat";
    case ElectionMessageKind::release:
      return "release";
    case ElectionMessageKind::acknowledge:
      return "acknowledge";
    case ElectionMessageKind::pre_vote:
      return "pre_vote";
    case ElectionMessageKind::pre_vote_answer:
      return "pre_vote_answer";
    case ElectionMessageKind::vote_request:
      return "vote_request";
    case ElectionMessageKind::vote:
      return "vote";
    case ElectionMessageKind::hand_over:
      return "hand_over";
  }
  return "unknown";
}

const char* to_string(ElectorRole role) {
  switch (role) {
    case ElectorRole::starting:
      return "starting";
    case ElectorRole::observer:
      return "observer";
    case ElectorRole::follower:
      return "follower";
    case ElectorRole::candidate:
      return "candidate";
    case ElectorRole::leader:
      return "leader";
    case ElectorRole::master:
      return "master";
    case ElectorRole::grace:
      return "grace";
    case ElectorRole::draining:
      return "draining";
  }
  return "unknown";
}

const char* to_string(PublicationOutcome outcome) {
  switch (outcome) {
    case PublicationOutcome::none:
      return "none";
    case PublicationOutcome::accepted:
      return "accepted";
    case PublicationOutcome::rejected:
      return "rejected";
    case PublicationOutcome::fenced:
      return "fenced";
    case PublicationOutcome::unauthorised:
      return "unauthorised";
    case PublicationOutcome::throttled:
      return "throttled";
    case PublicationOutcome::failed:
      return "failed";
  }
  return "unknown";
}

}  // namespace paceline
