#include <algorithm>

#include "common/base/backoff.h"
#include "common/base/check.h"
#include "services/publisher/service.h"

namespace paceline::publisher {
namespace {

constexpr int slow_to_warn = 3;             // Round trips in a row; one may be slow for any reason.
constexpr Duration prompt_suspension = 1h;  // After a 429: what the period needs comes first.
constexpr std::size_t answer_bytes_base = 256u << 10;
constexpr std::size_t answer_bytes_per_target = 1024;

std::int64_t to_ms(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

// A shard that is silent beyond the bound is worth nothing: nothing is allowed for its targets.
void Publisher::refresh_offers(Instant now) {
  std::vector<bool> current(static_cast<std::size_t>(config_.pacers));  // By shard.
  for (const auto& [stream, sender] : pace_.senders())
    if (const auto shard = static_cast<std::size_t>(sender.address.index);
        shard < current.size() && pace_.is_current(sender, now))
      current[shard] = true;
  if (const auto silent = std::count(current.begin(), current.end(), false); silent > 0)
    pacing_.bad({{"silent_shards", silent}, {"bound", config_.pace_stale}});
  else
    pacing_.good();
  const Offer stale = nothing(PaceState::stale, PaceReason::stale_statistics);
  for (std::uint32_t i = 0; i < offers_.size(); ++i)
    offers_.set(i, current[shard_of_[i]] && pace_.known(i) ? offer_of(pace_.row(i)) : stale);
}

// [s] Since the rows of the most silent shard were brought up to date; -1 = one never were.
double Publisher::pace_age_s(Instant now) const {
  std::vector<Instant> updated(static_cast<std::size_t>(config_.pacers));  // By shard.
  for (const auto& [stream, sender] : pace_.senders())
    if (const auto shard = static_cast<std::size_t>(sender.address.index); shard < updated.size())
      updated[shard] = std::max(updated[shard], sender.updated);
  const Instant oldest = *std::min_element(updated.begin(), updated.end());
  return oldest == Instant{} ? -1 : to_seconds(now - oldest);
}

// Fills request_, body_ and compressed_ under the gate's term.
void Publisher::make_request(bool full, bool continued) {
  const WallTime wall = world_.clock.wall();
  request_.term = gate_.term();
  request_.sequence = ++sequence_;
  request_.timestamp_ms = to_ms(wall);
  request_.valid_until_ms = to_ms(wall + config_.valid_periods * config_.refresh_period);
  has_more_ = continued ? offers_.fill_next(request_, batch_limit_.limit())
                        : offers_.fill(request_, full, batch_limit_.limit());
  contract_.encode(request_, body_);
  body_encoding_ = compressor_.compress(encodings_.choose(), body_, compressed_);
}

// One request. If the batches of a publication outlast the period, the next one says what is true
// by then, and counts as the request of its period.
void Publisher::publish(Instant now, Occasion occasion) {
  const bool is_period = occasion == Occasion::period;
  const bool full =
      occasion != Occasion::next_batch &&
      (full_due_ || !contract_.deltas || (is_period && since_full_ + 1 >= config_.full_every));
  if (cycle_.due(now)) {
    refresh_offers(now);
    const std::uint64_t skipped = cycle_.skipped();
    cycle_.sent(now);
    metrics_.skipped.add(static_cast<double>(cycle_.skipped() - skipped));
  } else if (occasion == Occasion::prompt) {
    cycle_.sent_prompt(now);
    metrics_.prompts.add();
  }
  if (is_period) since_full_ = full ? 0 : since_full_ + 1;
  make_request(full, occasion == Occasion::next_batch);
  metrics_.make_s.observe(to_seconds(world_.clock.now() - now));
  send(false);
}

void Publisher::send(bool last) {
  const Instant now = world_.clock.now();
  // Asked again when all that takes time is done: from here to the wire is what `guard` covers.
  if (last ? !gate_.may_send_last(now) : !gate_.may_send(now)) {
    --sequence_;
    full_due_ = true;
    return on_change(gate_.tick(now));
  }
  const Duration timeout = request_timeout(config_.refresh_period, config_.timeout_share);
  HttpRequest request = http_request(timeout);
  record_sent(request.body.size());
  publication_ = InFlight{.call = 0,
                          .sent_at = now,
                          .token = access_.token().text(),
                          .encoding = body_encoding_,
                          .sent_bytes = request.body.size(),
                          .timeout = timeout,
                          .last = last};
  publication_->call = http_.send(
      std::move(request), [this](Result<HttpAnswer> answer) { on_answer(std::move(answer)); });
}

HttpRequest Publisher::http_request(Duration timeout) const {
  HttpRequest request = access_.request_to("POST", publication_url_, timeout);
  request.headers = {{"Authorization", "Bearer " + access_.token().text()},
                     {"Content-Type", "application/json"}};
  request.max_answer_bytes = answer_bytes_base + answer_bytes_per_target * offers_.size();
  const bool is_compressed = body_encoding_ != Encoding::identity;
  if (is_compressed) request.headers.emplace_back("Content-Encoding", to_string(body_encoding_));
  request.body = is_compressed ? compressed_ : body_;
  return request;
}

void Publisher::record_sent(std::size_t sent_bytes) {
  const std::size_t targets = request_.targets.size();
  last_.sequence = request_.sequence;
  last_.targets = targets;
  last_.body_bytes = body_.size();
  last_.sent_bytes = sent_bytes;
  (request_.full ? metrics_.full : metrics_.delta).add();
  metrics_.targets.add(static_cast<double>(targets));
  metrics_.body_bytes.add(static_cast<double>(body_.size()));
  metrics_.sent_bytes.add(static_cast<double>(sent_bytes));
  if (request_.full && targets > 0)
    metrics_.bytes_per_target.set(static_cast<double>(sent_bytes) / static_cast<double>(targets));
}

void Publisher::cancel_publication() {
  has_more_ = false;
  if (!publication_) return;
  http_.cancel(publication_->call);
  publication_.reset();
  metrics_.cancelled.add();
}

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
  return interpret({.status = answer->status,
                    .retry_after = answer->header("retry-after"),
                    .location = answer->header("location"),
                    .body = answer->body},
                   request_, contract_, world_.clock.wall());
}

void Publisher::record_times(const HttpAnswer& answer) {
  metrics_.connect_s.set(answer.times.connect_ms / 1000);
  metrics_.tls_s.set(answer.times.tls_ms / 1000);
  metrics_.first_byte_s.set(answer.times.first_byte_ms / 1000);
  metrics_.total_s.set(answer.times.total_ms / 1000);
  metrics_.http_version.set(answer.http_version);
}

void Publisher::on_accepted(const PublicationResult& result, double round_trip_s) {
  accepted_at_ = world_.clock.now();
  access_.token_accepted();
  backoff_.reset();
  batch_limit_.accepted();
  full_due_ = result.answer.full_wanted;
  publishing_.good();
  const auto& rejected = result.answer.rejected;
  last_.rejected_targets = rejected.size();
  metrics_.targets_rejected.add(static_cast<double>(rejected.size()));
  if (rejected.empty())
    rejections_.good();
  else
    rejections_.bad(
        {{"count", rejected.size()}, {"first", rejected[0].id}, {"code", rejected[0].code}});
  apply_feedback(result.answer);
  check_round_trip(round_trip_s);
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
  if (result.outcome == PublicationOutcome::unauthorised) {
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
  if (last_.status == 429) cycle_.suspend_prompts(now + prompt_suspension);
  if (last_.status == 0 && round_trip_s >= to_seconds(sent.timeout))
    batch_limit_.timed_out(request_.targets.size());
  // The endpoint is ahead of us in our own term (we were restarted). If it does not say how far,
  // the clock does: no count of publications is beyond it.
  if (result.sequence_refused)
    sequence_ = std::max(sequence_, result.sequence_held > 0
                                        ? result.sequence_held
                                        : static_cast<std::uint64_t>(to_ms(world_.clock.wall())));
  back_off(result.retry_after.value_or(Duration::zero()));
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
