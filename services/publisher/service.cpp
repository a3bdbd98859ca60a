#include "services/publisher/service.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/base/patience.h"
#include "common/wire/codec.h"
#include "services/publisher/compress.h"

namespace paceline {
namespace {

constexpr Duration longest_sleep = 1s;
constexpr int slow_to_warn = 3;             // Round trips in a row; one may be slow for any reason.
constexpr std::size_t least_targets = 100;  // In one request, however often the endpoint says 413.
constexpr std::size_t max_token_bytes = 256u << 10;
constexpr std::size_t max_probe_bytes = 64u << 10;
constexpr std::size_t answer_bytes_base = 256u << 10;
constexpr std::size_t answer_bytes_per_target = 1024;

std::int64_t to_ms(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

double to_ms(Duration duration) {
  return to_seconds(duration) * 1000;
}

// Tries after a failure come within the period, then less often, up to eight periods apart.
Backoff::Policy retry_policy(Duration period) {
  return {.floor = period / 8, .first = period / 2, .most = 8 * period};
}

}  // namespace

Publisher::Publisher(const PublisherConfig& config, World& world, Http& http)
    : config_{config},
      world_{world},
      http_{http},
      contract_{config.is_webhook ? webhook_contract(config.webhook)
                                  : paceline_contract(config.cluster)},
      publication_url_{config.base_service_url + contract_.path},
      figures_{world.metrics},
      gate_{{.node = config.node,
             .boot = config.boot,
             .incarnation = world.incarnation,
             .guard = config.guard}},
      token_{Token::Policy{}},
      cycle_{config.refresh_period},
      backoff_{retry_policy(config.refresh_period)},
      offers_{config.ids, config.channels},
      shard_heard_(static_cast<std::size_t>(config.pacers)),
      pace_{world,
            "pace",
            {.stale = config.pace_stale},
            config.ids,
            [this](const Address& from, const PaceCycle&, const std::vector<std::uint32_t>&) {
              const auto shard = static_cast<std::size_t>(from.index);
              if (shard < shard_heard_.size()) shard_heard_[shard] = world_.clock.now();
            }},
      feedback_{world, "feedback", {.ids = config.ids, .keyframe = config.feedback_keyframe}},
      limit_{static_cast<std::size_t>(config.max_targets)},
      publishing_{world.log, "publishing_failed"},
      fetching_{world.log, "token_failed"},
      round_trips_{world.log, "round_trip_slow"},
      pacing_{world.log, "pace_stale"},
      rejections_{world.log, "targets_rejected"},
      grants_{world.log, "grant_refused"},
      desk_{world} {
  CHECK(config.pacers >= 1 && config.pacers <= 64);
  request_.cluster = config_.cluster;
  request_.node = config_.node;
  request_.refresh_period_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(config_.refresh_period).count();
  number_targets();
  desk_.status([this](StatusReply& reply) { fill_status(reply); });
  desk_.keyframe("feedback", -1, [this] { return feedback_.keyframe(); });
  desk_.question("report", [this](const auto&) -> Result<Bytes> { return encode(report()); });
  world_.bus.subscribe("grant", [this](const Address&, Payload bytes) { on_grant(bytes); });
  report_timer_ = world_.timers.every(config_.report_period, [this] { send_report(); });
  figures_.capacity_targets.set(-1);
  wake_ = world_.timers.after(Duration::zero(), [this] { step(); });
}

Publisher::~Publisher() {
  world_.timers.cancel(wake_);
  world_.timers.cancel(report_timer_);
  cancel_publication();
  if (token_call_) http_.cancel(*token_call_);
  if (probe_call_) http_.cancel(*probe_call_);
}

void Publisher::number_targets() {
  index_of_.clear();
  shard_of_.clear();
  for (std::uint32_t i = 0; i < config_.ids.size(); ++i) {
    index_of_.emplace(config_.ids[i], i);
    shard_of_.push_back(static_cast<std::uint8_t>(shard_of(config_.ids[i], config_.pacers)));
  }
}

std::string Publisher::take_targets(std::vector<std::string> ids, std::vector<std::string> channels,
                                    std::string version) {
  std::size_t stay = 0;
  for (const auto& id : ids) stay += index_of_.contains(id) ? 1 : 0;
  const auto summary = fmt::format("{} targets: {} added, {} removed", ids.size(),
                                   ids.size() - stay, config_.ids.size() - stay);
  config_.ids = std::move(ids);
  config_.channels = std::move(channels);
  config_.targets_version = std::move(version);
  number_targets();
  pace_.reset_ids(config_.ids);
  feedback_.reset_ids(config_.ids);
  offers_ = Offers{config_.ids, config_.channels};
  full_due_ = true;
  is_left_ = false;
  world_.log.info("targets_reloaded", {{"what", summary}});
  return summary;
}

// ---- What is due now

void Publisher::step() {
  const Instant now = world_.clock.now();
  on_change(gate_.tick(now));
  if (token_.wants_fetch(now)) fetch_token(now);
  if (stop_until_)
    step_stop(now);
  else if (!gate_.open()) {
    if (!probe_call_ && now >= probe_at_) probe(now);
  } else if (!publication_ && token_.usable(now)) {
    if (is_left_)
      publish(now, true);
    else if (cycle_.due(now))
      publish(now, false);
  }
  schedule(world_.clock.now());
}

void Publisher::schedule(Instant now) {
  Instant next = now + longest_sleep;
  if (const auto token = token_.next()) next = std::min(next, *token);
  if (stop_until_) {
    if (*stop_until_ > now) next = std::min(next, *stop_until_);
  } else if (gate_.open()) {
    next = std::min(next, gate_.closes_at());
    if (!publication_ && token_.usable(now)) next = std::min(next, is_left_ ? now : cycle_.next());
  } else if (!probe_call_) {
    next = std::min(next, probe_at_);
  }
  world_.timers.cancel(wake_);
  wake_ = world_.timers.after(std::max(next - now, Duration::zero()), [this] { step(); });
}

void Publisher::on_grant(Payload bytes) {
  const auto grant = decode<Grant>(bytes);
  if (!grant) return grants_.bad({{"why", grant.error().detail}});
  grants_.good();
  const std::uint64_t ignored = gate_.ignored();
  on_change(gate_.hear(*grant, world_.clock.now()));
  figures_.grants_ignored.add(static_cast<double>(gate_.ignored() - ignored));
  step();
}

void Publisher::on_change(Gate::Change change) {
  switch (change) {
    case Gate::Change::none:
      return;
    case Gate::Change::opened:
      cancel_publication();
      if (gate_.term() !=
          request_.term) {  // A term of its own: its first publication raises the fence.
        sequence_ = 0;
        limit_ = static_cast<std::size_t>(config_.max_targets);
        feedback_of_term_ = false;
        backoff_.reset();
        cycle_.start(world_.clock.now());
      }
      full_due_ = true;
      world_.log.info("gate_opened", {{"term", gate_.term()}});
      break;
    case Gate::Change::closed:
      cancel_publication();
      full_due_ = true;
      world_.log.info("gate_closed", {{"term", gate_.term()}, {"why", gate_.why()}});
      break;
  }
  send_report();
}

// ---- A publication

// Rows of a shard that is silent beyond the bound are worth nothing: nothing is allowed for its
// targets.
void Publisher::refresh_offers(Instant now) {
  std::size_t silent = 0;
  std::uint64_t is_fresh = 0;  // One bit a shard: there are at most 64.
  for (std::size_t shard = 0; shard < shard_heard_.size(); ++shard) {
    const auto& heard = shard_heard_[shard];
    if (heard && now - *heard <= config_.pace_stale)
      is_fresh |= std::uint64_t{1} << shard;
    else
      ++silent;
  }
  if (silent > 0)
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
  is_left_ = continued ? offers_.fill_rest(request_, limit_) : offers_.fill(request_, full, limit_);
  contract_.encode(request_, body_);
  if (!config_.gzip || !compress_gzip(body_, config_.gzip_level, config_.gzip_least, packed_))
    packed_.clear();
}

/// One request of a publication; `continued`: another one of the same cycle, for the targets left.
void Publisher::publish(Instant now, bool continued) {
  const bool full =
      !continued && (full_due_ || !contract_.deltas || since_full_ + 1 >= config_.full_every);
  if (!continued) {
    refresh_offers(now);
    const std::uint64_t skipped = cycle_.skipped();
    cycle_.sent(now);
    figures_.skipped.add(static_cast<double>(cycle_.skipped() - skipped));
    since_full_ = full ? 0 : since_full_ + 1;
  }
  make_request(full, continued);
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
  HttpRequest request = request_to("POST", publication_url_,
                                   request_timeout(config_.refresh_period, config_.timeout_share));
  request.headers = {{"Authorization", "Bearer " + token_.text()},
                     {"Content-Type", "application/json"}};
  request.max_answer_bytes = answer_bytes_base + answer_bytes_per_target * offers_.size();
  if (packed_.empty()) {
    request.body = body_;
  } else {
    request.headers.emplace_back("Content-Encoding", "gzip");
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
  publication_ = InFlight{
      .call = 0, .sent_at = now, .token = token_.text(), .sent_bytes = sent_bytes, .last = last};
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
    figures_.connect_s.set(answer->times.connect_ms / 1000);
    figures_.tls_s.set(answer->times.tls_ms / 1000);
    figures_.first_byte_s.set(answer->times.first_byte_ms / 1000);
  } else {
    verdict.detail = answer.error().detail;
  }
  last_.outcome = verdict.outcome;
  last_.status = answer ? answer->status : 0;
  last_.detail = verdict.detail;
  last_.round_trip_ms = round_trip_s * 1000;
  endpoint_reachable_ = answer && answer->status < 500;
  figures_.outcome(verdict.outcome).add();
  if (verdict.outcome == PublicationOutcome::accepted) {
    if (answer->times.tls_ms == 0 && answer->times.connect_ms == 0)  // A handshake is another line.
      capacity_.observe(static_cast<double>(sent.sent_bytes + answer->body.size()), round_trip_s);
    on_accepted(verdict, round_trip_s);
  } else {
    on_refused(verdict, sent);
  }
  send_report();
  if (sent.last) return finish_stop();
  step();
}

void Publisher::on_accepted(const Verdict& verdict, double round_trip_s) {
  accepted_at_ = world_.clock.now();
  token_.accepted();
  backoff_.reset();
  full_due_ = false;
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

void Publisher::on_refused(const Verdict& verdict, const InFlight& sent) {
  const Instant now = world_.clock.now();
  full_due_ = true;
  is_left_ = false;
  publishing_.bad({{"outcome", to_string(verdict.outcome)}, {"why", verdict.detail}});
  if (verdict.outcome == PublicationOutcome::fenced) {
    world_.log.warn("fenced", {{"term", gate_.term()}, {"by", verdict.fenced_by}});
    return on_change(gate_.fence(verdict.fenced_by));
  }
  if (verdict.outcome == PublicationOutcome::unauthorised) {
    token_.refused(now, sent.token, world_.random.uniform());
    return cycle_.retry_at(now);  // As soon as there is another token.
  }
  if (verdict.too_large && limit_ > least_targets) {
    limit_ = std::max(std::min(limit_, request_.targets.size()) / 2, least_targets);
    world_.log.info("publication_split", {{"targets", limit_}});
    return cycle_.retry_at(now);
  }
  // The endpoint is ahead of us in our own term (we were restarted): no count of cycles is beyond
  // the clock.
  if (verdict.sequence_refused)
    sequence_ = std::max(sequence_, static_cast<std::uint64_t>(to_ms(world_.clock.wall())));
  const Duration delay = backoff_.next(world_.random.uniform());
  const std::uint64_t skipped = cycle_.skipped();
  cycle_.retry_at(now + std::max(delay, verdict.retry_after.value_or(Duration::zero())));
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
    if (target.counts.sent > before.sent) offers_.used(index);
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

// ---- Token and probe

HttpRequest Publisher::request_to(std::string method, std::string url, Duration timeout) const {
  HttpRequest request;
  request.method = std::move(method);
  request.url = std::move(url);
  request.timeout = timeout;
  request.ca_file = config_.ca_file;
  request.proxy = config_.proxy;
  return request;
}

void Publisher::fetch_token(Instant now) {
  token_.fetching(now);
  HttpRequest request = request_to("POST", config_.base_auth_url, config_.token_timeout);
  request.headers = {
      {"Authorization", basic_authorization(config_.client_id, config_.client_secret)},
      {"Content-Type", "application/x-www-form-urlencoded"},
      {"Accept", "application/json"}};
  request.body = "grant_type=client_credentials";
  request.max_answer_bytes = max_token_bytes;
  token_call_ = http_.send(std::move(request),
                           [this](Result<HttpAnswer> answer) { on_token(std::move(answer)); });
}

void Publisher::on_token(Result<HttpAnswer> answer) {
  token_call_.reset();
  std::optional<Duration> retry_after;
  Result<TokenAnswer> token = [&]() -> Result<TokenAnswer> {
    if (!answer) return tl::unexpected(answer.error());
    retry_after = parse_retry_after(answer->header("retry-after"), world_.clock.wall());
    if (answer->status != 200)
      return fail(Errc::refused, fmt::format("HTTP status {}", answer->status));
    return decode_token_answer(answer->body);
  }();
  if (token) {
    token_.fetched(*token);
    figures_.tokens.add();
    fetching_.good();
  } else {
    token_.failed(world_.clock.now(), retry_after, world_.random.uniform());
    figures_.token_failures.add();
    fetching_.bad({{"why", token.error().detail}});
  }
  step();
}

// A node that may not publish still finds out whether it could; any answer at all will do. It also
// keeps the connection and its TLS session warm, so that a takeover starts with a request, not with
// a handshake.
void Publisher::probe(Instant now) {
  probe_at_ = now + config_.probe_period;
  HttpRequest request =
      request_to("GET", publication_url_, std::min<Duration>(config_.probe_period, 5s));
  request.max_answer_bytes = max_probe_bytes;
  probe_call_ = http_.send(std::move(request), [this](Result<HttpAnswer> answer) {
    probe_call_.reset();
    endpoint_reachable_ = answer && answer->status < 500;
    step();
  });
}

// ---- Stop

void Publisher::stop(std::function<void()> done) {
  if (stop_until_) return;
  stopped_ = std::move(done);
  stop_until_ = world_.clock.now() + config_.stop_bound;
  world_.log.info("stopping", {{"term", gate_.term()}, {"open", gate_.open()}});
  on_change(gate_.shut());
  step();
}

void Publisher::step_stop(Instant now) {
  if (publication_ || said_last_) return;  // on_answer() goes on.
  if (gate_.is_over(now)) return finish_stop();
  if (now < *stop_until_) return;
  if (!gate_.may_send_last(now) || !token_.usable(now)) return finish_stop();
  publish_last();
}

void Publisher::publish_last() {
  said_last_ = true;
  for (std::uint32_t i = 0; i < offers_.size(); ++i)
    offers_.set(i, nothing(PaceState::disabled, PaceReason::disabled));
  // Targets beyond the limit are not named: a full publication allows them nothing.
  make_request(true, false);
  is_left_ = false;
  world_.log.info("final_zero", {{"term", gate_.term()}, {"sequence", sequence_}});
  send(true);
  if (!publication_) finish_stop();
}

void Publisher::finish_stop() {
  if (auto done = std::exchange(stopped_, nullptr)) done();
}

// ---- What others may know

double Publisher::pace_age_s(Instant now) const {
  Duration oldest{};
  for (const auto& heard : shard_heard_) {
    if (!heard) return -1;
    oldest = std::max(oldest, now - *heard);
  }
  return to_seconds(oldest);
}

PublicationReport Publisher::report() const {
  const Instant now = world_.clock.now();
  PublicationReport report = last_;
  report.node = config_.node;
  report.incarnation = world_.incarnation;
  report.report = reports_;
  report.pid = config_.pid;
  report.open = gate_.may_send(now);
  report.term = gate_.term();
  report.stopped_term = gate_.stopped_term();
  report.fenced_by = gate_.fenced_by();
  report.period_ms = to_ms(config_.refresh_period);
  report.cycles = cycle_.cycles();
  report.skipped_cycles = cycle_.skipped();
  report.since_accepted_s = accepted_at_ ? to_seconds(now - *accepted_at_) : -1;
  report.pace_age_s = pace_age_s(now);
  report.endpoint_reachable = endpoint_reachable_;
  return report;
}

void Publisher::send_report() {
  ++reports_;
  const PublicationReport now = report();
  figures_.gate_open.set(now.open ? 1 : 0);
  figures_.term.set(static_cast<double>(now.term));
  figures_.sequence.set(static_cast<double>(now.sequence));
  figures_.pace_age_s.set(now.pace_age_s);
  figures_.since_accepted_s.set(now.since_accepted_s);
  figures_.endpoint_reachable.set(now.endpoint_reachable ? 1 : 0);
  world_.bus.publish("publication", encode(now));
}

void Publisher::fill_status(StatusReply& reply) const {
  const PublicationReport now = report();
  reply.fields.insert(
      reply.fields.end(),
      {{"gate", now.open ? "open" : "closed: " + gate_.why()},
       {"term", std::to_string(now.term)},
       {"sequence", std::to_string(now.sequence)},
       {"outcome", to_string(now.outcome)},
       {"detail", now.detail},
       {"targets", fmt::format("{} of {}", now.targets, offers_.size())},
       {"targets_version", config_.targets_version},
       {"bytes", fmt::format("{} as {}", now.body_bytes, now.sent_bytes)},
       {"round_trip", fmt::format("{:.1f} ms of {:.0f} ms", now.round_trip_ms, now.period_ms)},
       {"capacity", fmt::format("{:.0f} targets", figures_.capacity_targets.value())},
       {"cycles", fmt::format("{} sent, {} skipped", now.cycles, now.skipped_cycles)},
       {"since_accepted", fmt::format("{:.1f} s", now.since_accepted_s)},
       {"pace_age", fmt::format("{:.1f} s", now.pace_age_s)},
       {"endpoint", now.endpoint_reachable ? "reachable" : "not reachable"}});
}

}  // namespace paceline
