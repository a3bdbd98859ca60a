#include <algorithm>

#include "common/base/backoff.h"
#include "common/base/check.h"
#include "services/publisher/service.h"

namespace paceline::publisher {
namespace {

constexpr int slow_to_warn = 3;        // Round trips in a row; one may be slow for any reason.
constexpr Duration prompts_rest = 1h;  // After a 429: what the period needs comes first.
constexpr std::size_t answer_bytes_base = 256u << 10;
constexpr std::size_t answer_bytes_per_target = 1024;

std::int64_t to_ms(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

// Rows of a shard that is silent beyond the bound are worth nothing: nothing is allowed for its
// targets.
void Publisher::refresh_offers(Instant now) {
  const std::uint64_t is_fresh = shards_.fresh(now);
  if (const std::size_t silent = shards_.silent(now); silent > 0)
    pacing_.bad({{"silent_shards", silent}, {"bound", config_.pace_stale}});
  else
    pacing_.good();
  const Offer stale = nothing(PaceState::stale, PaceReason::stale_statistics);
  for (std::uint32_t i = 0; i < offers_.size(); ++i) {
    const bool fresh = (is_fresh >> shard_of_[i] & 1) != 0 && pace_.known(i);
    offers_.set(i, fresh ? offer_of(pace_.row(i)) : stale);
  }
}

/// Fills request_, body_ and packed_ under the gate's term.
void Publisher::make_request(bool full, bool continued) {
  const WallTime wall = world_.clock.wall();
  request_.term = gate_.term();
  request_.sequence = ++sequence_;
  request_.timestamp_ms = to_ms(wall);
  request_.valid_until_ms = to_ms(wall + config_.valid_periods * config_.refresh_period);
  is_left_ = continued ? offers_.fill_rest(request_, parts_.limit())
                       : offers_.fill(request_, full, parts_.limit());
  contract_.encode(request_, body_);
  packed_as_ = compressor_.pack(encodings_.choose(), body_, packed_);
}

/// One request of a publication. If the rest of one outlasts the period, it goes out as it is by
/// then, and the beat is its own.
void Publisher::publish(Instant now, Occasion occasion) {
  const bool is_beat = occasion == Occasion::beat;
  const bool full =
      occasion != Occasion::rest &&
      (full_due_ || !contract_.deltas || (is_beat && since_full_ + 1 >= config_.full_every));
  if (cycle_.due(now)) {
    refresh_offers(now);
    const std::uint64_t skipped = cycle_.skipped();
    cycle_.sent(now);
    figures_.skipped.add(static_cast<double>(cycle_.skipped() - skipped));
  } else if (occasion == Occasion::prompt) {
    cycle_.sent_prompt(now);
    figures_.prompts.add();
  }
  if (is_beat) since_full_ = full ? 0 : since_full_ + 1;
  make_request(full, occasion == Occasion::rest);
  figures_.make_s.observe(to_seconds(world_.clock.now() - now));
  send(false);
}

void Publisher::send(bool last) {
  const Instant now = world_.clock.now();
  // Asked again, with everything done that takes time: from here to the wire is what `guard`
  // covers.
  if (last ? !gate_.may_send_last(now) : !gate_.may_send(now)) {
    --sequence_;
    full_due_ = true;
    return on_change(gate_.tick(now));
  }
  const Duration timeout = request_timeout(config_.refresh_period, config_.timeout_share);
  const std::string& token = access_.token().text();
  HttpRequest request = access_.request_to("POST", publication_url_, timeout);
  request.headers = {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}};
  request.max_answer_bytes = answer_bytes_base + answer_bytes_per_target * offers_.size();
  if (packed_as_ == Encoding::identity) {
    request.body = body_;
  } else {
    request.headers.emplace_back("Content-Encoding", to_string(packed_as_));
    request.body = packed_;
  }
  const std::size_t sent_bytes = request.body.size();
  last_.sequence = request_.sequence;
  last_.targets = request_.targets.size();
  last_.body_bytes = body_.size();
  last_.sent_bytes = sent_bytes;
  (request_.full ? figures_.full : figures_.delta).add();
  figures_.targets.add(static_cast<double>(request_.targets.size()));
  figures_.body_bytes.add(static_cast<double>(body_.size()));
  figures_.sent_bytes.add(static_cast<double>(sent_bytes));
  if (request_.full && !request_.targets.empty())
    figures_.bytes_per_target.set(static_cast<double>(sent_bytes) /
                                  static_cast<double>(request_.targets.size()));
  publication_ = InFlight{.call = 0,
                          .sent_at = now,
                          .token = token,
                          .encoding = packed_as_,
                          .sent_bytes = sent_bytes,
                          .timeout = timeout,
                          .last = last};
  publication_->call = http_.send(
      std::move(request), [this](Result<HttpAnswer> answer) { on_answer(std::move(answer)); });
}

void Publisher::cancel_publication() {
  is_left_ = false;
  if (!publication_) return;
  http_.cancel(publication_->call);
  publication_.reset();
  figures_.cancelled.add();
}

void Publisher::on_answer(Result<HttpAnswer> answer) {
  CHECK(publication_);
  const InFlight sent = *std::exchange(publication_, std::nullopt);
  const Instant now = world_.clock.now();
  const double round_trip_s = to_seconds(now - sent.sent_at);
  Verdict verdict;
  if (answer) {
    verdict = judge({.status = answer->status,
                     .retry_after = answer->header("retry-after"),
                     .location = answer->header("location"),
                     .body = answer->body},
                    request_, contract_, world_.clock.wall());
    figures_.answer_bytes.add(static_cast<double>(answer->body.size()));
    figures_.wire_bytes.add(static_cast<double>(answer->wire_bytes));
    ++last_.requests;
    last_.wire_bytes += answer->wire_bytes;
    note_times(*answer);
    encodings_.heard(answer->header("accept-encoding"));
  } else {
    verdict.detail = answer.error().detail;
  }
  last_.outcome = verdict.outcome;
  last_.status = answer ? answer->status : 0;
  last_.detail = verdict.detail;
  last_.round_trip_ms = round_trip_s * 1000;
  access_.published(last_.status);
  cycle_.answered(now, now - sent.sent_at);
  figures_.outcome(verdict.outcome).add();
  if (verdict.outcome == PublicationOutcome::accepted) {
    if (answer->times.tls_ms == 0 && answer->times.connect_ms == 0)  // A handshake is another line.
      capacity_.observe(static_cast<double>(sent.sent_bytes + answer->body.size()), round_trip_s);
    on_accepted(verdict, round_trip_s);
  } else {
    on_refused(verdict, sent, round_trip_s);
  }
  send_report();
  if (sent.last) return finish_stop();
  step();
}

void Publisher::note_times(const HttpAnswer& answer) {
  figures_.connect_s.set(answer.times.connect_ms / 1000);
  figures_.tls_s.set(answer.times.tls_ms / 1000);
  figures_.first_byte_s.set(answer.times.first_byte_ms / 1000);
  figures_.total_s.set(answer.times.total_ms / 1000);
  figures_.http_version.set(answer.http_version);
}

void Publisher::on_accepted(const Verdict& verdict, double round_trip_s) {
  accepted_at_ = world_.clock.now();
  access_.token_accepted();
  backoff_.reset();
  parts_.accepted();
  full_due_ = verdict.answer.full_wanted;
  publishing_.good();
  const auto& rejected = verdict.answer.rejected;
  last_.rejected_targets = rejected.size();
  figures_.targets_rejected.add(static_cast<double>(rejected.size()));
  if (rejected.empty())
    rejections_.good();
  else
    rejections_.bad(
        {{"count", rejected.size()}, {"first", rejected[0].id}, {"code", rejected[0].code}});
  take_feedback(verdict.answer);
  watch_round_trip(round_trip_s);
}

void Publisher::on_refused(const Verdict& verdict, const InFlight& sent, double round_trip_s) {
  const Instant now = world_.clock.now();
  full_due_ = true;
  is_left_ = false;
  publishing_.bad({{"outcome", to_string(verdict.outcome)}, {"why", verdict.detail}});
  if (verdict.outcome == PublicationOutcome::fenced) {
    world_.log.warn("fenced", {{"term", gate_.term()}, {"by", verdict.fenced_by}});
    return on_change(gate_.fence(verdict.fenced_by));
  }
  if (verdict.outcome == PublicationOutcome::unauthorised) {
    access_.token_refused(sent.token);
    return cycle_.retry_at(now);  // As soon as there is another token.
  }
  if (verdict.too_large && parts_.too_large(request_.targets.size())) {
    world_.log.info("publication_split", {{"targets", parts_.limit()}});
    return cycle_.retry_at(now);
  }
  if (verdict.encoding_refused && sent.encoding != Encoding::identity) {
    encodings_.refused(sent.encoding);
    world_.log.info("encoding_refused", {{"encoding", to_string(sent.encoding)}});
    return cycle_.retry_at(now);
  }
  if (last_.status == 429) cycle_.rest_prompts(now + prompts_rest);
  if (last_.status == 0 && round_trip_s >= to_seconds(sent.timeout))
    parts_.timed_out(request_.targets.size());
  // The endpoint is ahead of us in our own term (we were restarted). If it does not say how far: no
  // count of cycles is beyond the clock.
  if (verdict.sequence_refused)
    sequence_ = std::max(sequence_, verdict.sequence_held > 0
                                        ? verdict.sequence_held
                                        : static_cast<std::uint64_t>(to_ms(world_.clock.wall())));
  back_off(verdict.retry_after.value_or(Duration::zero()));
}

void Publisher::back_off(Duration at_least) {
  const Duration delay = backoff_.next(world_.random.uniform());
  const std::uint64_t skipped = cycle_.skipped();
  cycle_.retry_at(world_.clock.now() + std::max(delay, at_least));
  figures_.skipped.add(static_cast<double>(cycle_.skipped() - skipped));
}

void Publisher::take_feedback(const PublicationAnswer& answer) {
  const bool other_epoch = answer.epoch != epoch_;
  if (other_epoch) {
    // Whoever counts anew has forgotten what it was told, too, unless it was told everything just
    // now.
    if (!request_.full) full_due_ = true;
    for (std::uint32_t i = 0; i < feedback_.size(); ++i) feedback_.set(i, {});
    epoch_ = answer.epoch;
  }
  for (const OfferFeedback& target : answer.feedback) {
    const auto found = index_of_.find(target.id);
    if (found == index_of_.end()) {
      figures_.feedback_unknown.add();
      continue;
    }
    const std::uint32_t index = found->second;
    const TargetFeedback& before = feedback_.row(index);
    if (target.counts.sent < before.sent || target.counts.answered < before.answered) {
      figures_.feedback_fell.add();
      continue;
    }
    offers_.heard(index, target.counts.sent - before.sent, target.counts.pending);
    feedback_.set(index, target.counts);
  }
  if (other_epoch || !feedback_of_term_) feedback_.force_keyframe();
  feedback_of_term_ = true;
  feedback_.publish({.epoch = answer.epoch, .term = answer.term, .sequence = answer.sequence});
}

void Publisher::watch_round_trip(double round_trip_s) {
  const double period_s = to_seconds(config_.refresh_period);
  figures_.round_trip_s.observe(round_trip_s);
  figures_.round_trip_share.set(round_trip_s / period_s);
  const double limit_s = config_.warn_share * period_s;
  const auto fits =
      capacity_.targets_within(limit_s, std::max(figures_.bytes_per_target.value(), 1.0));
  figures_.capacity_targets.set(fits.value_or(-1));
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
