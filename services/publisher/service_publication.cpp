#include <algorithm>

#include "common/base/backoff.h"
#include "services/publisher/service.h"

namespace paceline::publisher {
namespace {

constexpr std::size_t answer_bytes_base = 256u << 10;
constexpr std::size_t answer_bytes_per_target = 1024;
constexpr std::size_t kept_bytes = 256u << 10;  // Of a body, for the next one.

// What a full publication of thousands of targets took is given back.
void give_back(std::string& body) {
  if (body.capacity() > kept_bytes) std::string{}.swap(body);
}

}  // namespace

// A shard that is silent beyond the bound is worth nothing: nothing is allowed for its targets. In a
// pause nothing is allowed to anybody; who comes by himself is served as before.
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
  const Offer none = nothing(PaceState::disabled, PaceReason::paused);
  for (std::uint32_t i = 0; i < offers_.size(); ++i) {
    if (paused()) {
      offers_.set(i, none);
      continue;
    }
    const bool heard = current[static_cast<std::size_t>(config_.shards[i])] && pace_.known(i);
    offers_.set(i, heard ? offer_of(pace_.row(i)) : stale);
  }
}

// Fills request_, body_ and compressed_ under the gate's term.
void Publisher::make_request(bool full, bool continued) {
  const WallTime wall = world_.clock.wall();
  request_.term = gate_.term();
  request_.sequence = ++sequence_;
  request_.timestamp_ms = ms_since_1970(wall);
  request_.valid_until_ms = ms_since_1970(wall + config_.valid_periods * config_.refresh_period);
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
  // A stop waits for the last one.
  HttpRequest request = http_request(
      last ? request_timeout(config_.refresh_period, config_.timeout_share) : timeout_.value());
  record_sent(request.body.size());
  publication_ = InFlight{.call = 0,
                          .sent_at = now,
                          .token = access_.token().text(),
                          .encoding = body_encoding_,
                          .sent_bytes = request.body.size(),
                          .timeout = request.timeout,
                          .last = last};
  publication_->call = http_.send(
      std::move(request), [this](Result<HttpAnswer> answer) { on_answer(std::move(answer)); });
  give_back(body_);
  give_back(compressed_);
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
  sent_version_ = config_.targets_version;
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

}  // namespace paceline::publisher
