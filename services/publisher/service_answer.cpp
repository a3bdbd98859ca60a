#include <fmt/format.h>

#include <algorithm>

#include "common/base/check.h"
#include "common/ports/http_refusal.h"
#include "services/publisher/service.h"

namespace paceline::publisher {
namespace {

constexpr int slow_to_warn = 3;             // Round trips in a row; one may be slow for any reason.
constexpr Duration prompt_suspension = 1h;  // After a 429: what the period needs comes first.
constexpr double skew_to_warn_ms = 1000;    // Beyond what the comparison may be wrong by.

}  // namespace

void Publisher::on_answer(Result<HttpAnswer> answer) {
  CHECK(publication_);
  const InFlight sent = *std::exchange(publication_, std::nullopt);
  const Instant now = world_.clock.now();
  const double round_trip_s = to_seconds(now - sent.sent_at);
  const PublicationResult result = result_of(answer);
  last_.outcome = result.outcome;
  last_.status = answer ? answer->status : 0;
  last_.detail = result.detail;
  last_.round_trip_ms = round_trip_s * 1000;
  access_.published(last_.status);
  if (answer) {
    timeout_.answered(now - sent.sent_at);
    observe_clock(*answer, now - sent.sent_at);
  }
  cycle_.answered(now, now - sent.sent_at);
  metrics_.outcome(result.outcome).add();
  if (result.outcome == PublicationOutcome::accepted) {
    if (answer->times.tls_ms == 0 && answer->times.connect_ms == 0)  // A handshake is another line.
      capacity_.observe(static_cast<double>(sent.sent_bytes + answer->body.size()), round_trip_s);
    on_accepted(result, round_trip_s);
  } else {
    on_refused(result, sent, round_trip_s);
  }
  send_report();
  if (sent.last) return finish_stop();
  step();
}

// What the answer means; what it says of itself is counted.
PublicationResult Publisher::result_of(const Result<HttpAnswer>& answer) {
  if (!answer) return {.detail = answer.error().detail};
  metrics_.answer_bytes.add(static_cast<double>(answer->body.size()));
  metrics_.wire_bytes.add(static_cast<double>(answer->wire_bytes));
  ++last_.requests;
  last_.wire_bytes += answer->wire_bytes;
  record_times(*answer);
  encodings_.learn(answer->header("accept-encoding"));
  const std::string page = answered_page(*answer);
  const bool is_success = answer->status == 200;  // Its body is large, and says no reason.
  const std::string refusal = is_success ? "" : http_refusal(*answer, publication_url_);
  return interpret({.status = answer->status,
                    .retry_after = answer->header("retry-after"),
                    .body = answer->body,
                    .page = page,
                    .refusal = refusal},
                   request_, contract_, world_.clock.wall());
}

void Publisher::record_times(const HttpAnswer& answer) {
  metrics_.connect_s.set(answer.times.connect_ms / 1000);
  metrics_.tls_s.set(answer.times.tls_ms / 1000);
  metrics_.first_byte_s.set(answer.times.first_byte_ms / 1000);
  metrics_.total_s.set(answer.times.total_ms / 1000);
  metrics_.http_version.set(answer.http_version);
}

void Publisher::observe_clock(const HttpAnswer& answer, Duration round_trip) {
  if (!answer.header("age").empty()) return;  // A cache's: its date is of another time.
  const Instant now = world_.clock.now();
  skew_.observe(answer.header("date"), world_.clock.wall(), round_trip, now);
  const auto estimate = skew_.estimate(now);
  if (!estimate) return;
  if (estimate->least_ms() > skew_to_warn_ms)
    clocks_.bad(
        {{"ahead_of_the_endpoint_ms", estimate->skew_ms}, {"error_ms", estimate->error_ms}});
  else
    clocks_.good();
}

void Publisher::on_accepted(const PublicationResult& result, double round_trip_s) {
  accepted_at_ = world_.clock.now();
  accepted_version_ = sent_version_;
  last_.failed_in_a_row = 0;
  last_.paused = paused();  // One that was on its way when that changed was cancelled.
  dispute_.accepted(request_.term);
  access_.token_accepted();
  backoff_.reset();
  // What comes late is not to become larger.
  if (round_trip_s <= config_.timeout_share * to_seconds(config_.refresh_period))
    batch_limit_.accepted();
  full_due_ = result.answer.full_wanted;
  publishing_.good();
  if (!result.answer_was_lost) {
    note_rejections(result.answer);
    apply_feedback(result.answer);
  }
  check_round_trip(round_trip_s);
}

// Of the targets of this publication the answer says which are rejected; the others are as before.
void Publisher::note_rejections(const PublicationAnswer& answer) {
  const bool takes_none = answer.accepted == 0 && answer.rejected.empty();
  if (!takes_none && answer.rejected.empty() && rejected_.empty()) return rejections_.good();
  for (const auto& target : request_.targets) {
    rejected_.erase(target.id);
    if (takes_none) rejected_.insert(target.id);
  }
  for (const auto& target : answer.rejected)
    if (index_of_.contains(target.id)) rejected_.insert(target.id);
  last_.rejected_targets = rejected_.size();
  metrics_.targets_rejected.add(
      static_cast<double>(takes_none ? request_.targets.size() : answer.rejected.size()));
  if (rejected_.empty()) return rejections_.good();
  const bool named = !answer.rejected.empty();
  rejections_.bad({{"count", rejected_.size()},
                   {"first", named ? answer.rejected[0].id : *rejected_.begin()},
                   {"code", named ? answer.rejected[0].code : "accepted is 0"}});
}

void Publisher::on_refused(const PublicationResult& result, const InFlight& sent,
                           double round_trip_s) {
  const Instant now = world_.clock.now();
  full_due_ = true;
  has_more_ = false;
  publishing_.bad({{"outcome", to_string(result.outcome)}, {"why", result.detail}});
  if (result.outcome == PublicationOutcome::fenced) {
    world_.log.warn("fenced", {{"term", gate_.term()}, {"by", result.fenced_by}});
    return on_change(gate_.fence(result.fenced_by));
  }
  if (result.sequence_refused && dispute_.conflict(request_.term, result.held_from))
    return on_dispute(result);
  if (result.outcome == PublicationOutcome::unauthorised) {
    ++last_.failed_in_a_row;
    access_.token_refused(sent.token);
    return cycle_.retry_at(now);  // As soon as there is another token.
  }
  if (result.too_large && batch_limit_.too_large(request_.targets.size())) {
    world_.log.info("publication_split", {{"targets", batch_limit_.limit()}});
    return cycle_.retry_at(now);
  }
  if (result.encoding_refused && sent.encoding != Encoding::identity) {
    encodings_.exclude(sent.encoding);
    world_.log.info("encoding_refused", {{"encoding", to_string(sent.encoding)}});
    return cycle_.retry_at(now);
  }
  ++last_.failed_in_a_row;  // What was only to be split or encoded otherwise is no failure.
  if (last_.status == 429) cycle_.suspend_prompts(now + prompt_suspension);
  if (last_.status == 0 && round_trip_s >= to_seconds(sent.timeout)) {
    timeout_.timed_out();
    batch_limit_.timed_out(request_.targets.size());
  }
  // The endpoint is ahead of us in our own term (we were restarted). If it does not say how far,
  // the clock does: no count of publications is beyond it.
  if (result.sequence_refused)
    sequence_ =
        std::max(sequence_, result.sequence_held > 0
                                ? result.sequence_held
                                : static_cast<std::uint64_t>(ms_since_1970(world_.clock.wall())));
  const Duration asked = result.retry_after.value_or(Duration::zero());
  last_.detail += pause_words(asked, world_.clock.wall());
  back_off(asked);
}

// A copy of this cluster may have better statistics or worse; what is certain is that one target
// must not be offered by two. The elector gives the term back when it hears that it is stopped.
void Publisher::on_dispute(const PublicationResult& result) {
  last_.detail = fmt::format(
      "another cluster publishes under this name: {} holds term {} with sequence {}",
      result.held_node.empty() ? "a publisher that is not named" : "node " + result.held_node,
      request_.term, result.sequence_held);
  disputed_term_ = request_.term;
  disputed_at_ = world_.clock.now();
  metrics_.disputes.add();
  world_.log.error("cluster_disputed",
                   {{"term", request_.term},
                    {"why", last_.detail},
                    {"remedy",
                     "stop the copy, or give one of the two another name: pacelinectl topology "
                     "rename"}});
  on_change(gate_.give_up_term("another cluster publishes under this name"));
}

void Publisher::back_off(Duration at_least) {
  const Duration delay = backoff_.next(world_.random.uniform());
  const std::uint64_t skipped = cycle_.skipped();
  cycle_.retry_at(world_.clock.now() + std::max(delay, at_least));
  metrics_.skipped.add(static_cast<double>(cycle_.skipped() - skipped));
}

void Publisher::apply_feedback(const PublicationAnswer& answer) {
  const bool other_epoch = answer.epoch != epoch_;
  if (other_epoch) {
    // An endpoint that counts anew has forgotten its offers too, unless this one was full.
    if (!request_.full) full_due_ = true;
    for (std::uint32_t i = 0; i < feedback_.size(); ++i) feedback_.set(i, {});
    epoch_ = answer.epoch;
  }
  for (const OfferFeedback& target : answer.feedback) {
    const auto found = index_of_.find(target.id);
    if (found == index_of_.end()) {
      metrics_.feedback_unknown.add();
      continue;
    }
    const std::uint32_t index = found->second;
    const TargetFeedback& before = feedback_.row(index);
    if (target.counts.sent < before.sent || target.counts.answered < before.answered) {
      metrics_.feedback_fell.add();
      continue;
    }
    offers_.record_feedback(index, target.counts.sent - before.sent, target.counts.pending);
    feedback_.set(index, target.counts);
  }
  if (other_epoch || !feedback_of_term_) feedback_.force_keyframe();
  feedback_of_term_ = true;
  feedback_.publish({.epoch = answer.epoch, .term = answer.term, .sequence = answer.sequence});
}

void Publisher::check_round_trip(double round_trip_s) {
  const double period_s = to_seconds(config_.refresh_period);
  metrics_.round_trip_s.observe(round_trip_s);
  metrics_.round_trip_share.set(round_trip_s / period_s);
  const double limit_s = config_.warn_share * period_s;
  const auto fits =
      capacity_.targets_within(limit_s, std::max(metrics_.bytes_per_target.value(), 1.0));
  metrics_.capacity_targets.set(fits.value_or(-1));
  slow_in_a_row_ = round_trip_s > limit_s ? slow_in_a_row_ + 1 : 0;
  if (slow_in_a_row_ >= slow_to_warn)
    round_trips_.bad({{"round_trip_s", round_trip_s},
                      {"period_s", period_s},
                      {"targets", offers_.size()},
                      {"targets_that_fit", fits.value_or(-1)}});
  else if (slow_in_a_row_ == 0)
    round_trips_.good();
}

}  // namespace paceline::publisher
