#include "services/publisher/service.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/backoff.h"
#include "common/base/check.h"
#include "common/wire/codec.h"

namespace paceline::publisher {
namespace {

constexpr Duration longest_sleep = 1s;

// In publications: this start of the publisher as a number that every JSON reader takes exactly. Of
// nanoseconds since 1970 the low 53 bits are those of 104 days.
std::uint64_t said_incarnation(std::uint64_t incarnation) {
  return std::max<std::uint64_t>(incarnation & largest_contract_number, 1);
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
      metrics_{world.metrics},
      gate_{{.node = config.node,
             .boot = config.boot,
             .incarnation = world.incarnation,
             .guard = config.guard}},
      access_{config_,
              world,
              http,
              metrics_,
              publication_url_,
              {.changed = [this] { step(); },
               .probe_answer =
                   [this](const HttpAnswer& answer, Duration round_trip) {
                     encodings_.learn(answer.header("accept-encoding"));
                     observe_clock(answer, round_trip);
                   }}},
      cycle_{config.refresh_period, contract_.deltas ? config.prompt_gap : Duration::zero()},
      backoff_{retry_policy(config.refresh_period)},
      offers_{config.ids, config.channels},
      encodings_{{.gzip = config.gzip, .zstd = config.zstd}},
      compressor_{{.gzip_level = config.gzip_level,
                   .zstd_level = config.zstd_level,
                   .least = config.compress_least}},
      pace_{world,
            "pace",
            {.stale = config.pace_stale, .shards = config.pacers, .rows = config.most_rows},
            config.ids,
            [this](const Address&, const PaceCycle&, const std::vector<std::uint32_t>& changed) {
              on_pace(changed);
            }},
      feedback_{world, "feedback", {.ids = config.ids, .keyframe = config.feedback_keyframe}},
      batch_limit_{static_cast<std::size_t>(config.max_targets)},
      timeout_{request_timeout(config.refresh_period, config.timeout_share),
               config.valid_periods * config.refresh_period},
      dispute_{said_incarnation(world.incarnation)},
      publishing_{world.log, "publishing_failed"},
      round_trips_{world.log, "round_trip_slow"},
      pacing_{world.log, "pace_stale"},
      rejections_{world.log, "targets_rejected"},
      grants_{world.log, "grant_refused"},
      clocks_{world.log, "clock_differs"},
      control_{world} {
  request_.cluster = config_.cluster;
  request_.node = config_.node;
  request_.incarnation = said_incarnation(world.incarnation);
  const auto period_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(config_.refresh_period).count();
  request_.refresh_period_ms = period_ms;
  request_.valid_for_ms = config_.valid_periods * period_ms;
  number_targets();
  control_.status([this](StatusReply& reply) { fill_status(reply); });
  control_.keyframe("feedback", -1, [this] { return feedback_.keyframe(); });
  control_.question(Question::report,
                    [this](const auto&) -> Result<Bytes> { return encode(report()); });
  world_.bus.subscribe("grant", [this](const Address&, Payload bytes) { on_grant(bytes); });
  report_timer_ = world_.timers.every(config_.report_period, [this] { send_report(); });
  metrics_.capacity_targets.set(-1);
  wake_ = world_.timers.after(Duration::zero(), [this] { step(); });
}

Publisher::~Publisher() {
  world_.timers.cancel(wake_);
  world_.timers.cancel(report_timer_);
  cancel_publication();
}

void Publisher::number_targets() {
  index_of_.clear();
  CHECK(config_.shards.size() == config_.ids.size());
  for (std::uint32_t i = 0; i < config_.ids.size(); ++i) index_of_.emplace(config_.ids[i], i);
}

std::string Publisher::take_targets(std::vector<std::string> ids, std::vector<std::string> channels,
                                    std::vector<int> shards, std::string version) {
  std::size_t stay = 0;
  for (const auto& id : ids) stay += index_of_.contains(id) ? 1 : 0;
  auto summary = fmt::format("{} targets: {} added, {} removed", ids.size(), ids.size() - stay,
                             config_.ids.size() - stay);
  const bool is_same =
      ids == config_.ids && channels == config_.channels && shards == config_.shards;
  config_.targets_version = std::move(version);
  if (is_same) {  // Options are the pacers': what they decide by them goes out as it comes.
    world_.log.info("targets_reloaded", {{"what", summary}});
    return summary;
  }
  config_.ids = std::move(ids);
  config_.channels = std::move(channels);
  config_.shards = std::move(shards);
  number_targets();
  pace_.reset_ids(config_.ids);
  feedback_.reset_ids(config_.ids);
  offers_ = Offers{config_.ids, config_.channels};
  rejected_.clear();
  cancel_publication();  // Its acceptance would not be that of a full publication of these.
  full_due_ = true;
  world_.log.info("targets_reloaded", {{"what", summary}});
  return summary;
}

// ---- What is due now

void Publisher::step() {
  const Instant now = world_.clock.now();
  on_change(gate_.tick(now));
  access_.step(now, !stop_until_ && !gate_.open());
  if (stop_until_) {
    step_stop(now);
  } else if (gate_.open() && !publication_ && access_.token().usable(now)) {
    if (has_more_)
      publish(now, Occasion::next_batch);
    else if (cycle_.due(now))
      publish(now, Occasion::period);
    else if (cycle_.prompt_due(now))
      publish(now, Occasion::prompt);
  }
  schedule(world_.clock.now());
}

void Publisher::schedule(Instant now) {
  Instant next = now + longest_sleep;
  if (const auto access = access_.next(!stop_until_ && !gate_.open()))
    next = std::min(next, *access);
  if (stop_until_) {
    if (*stop_until_ > now) next = std::min(next, *stop_until_);
  } else if (gate_.open()) {
    next = std::min(next, gate_.closes_at());
    if (!publication_ && access_.token().usable(now))
      next = std::min(next, has_more_ ? now : cycle_.next(now));
  }
  world_.timers.cancel(wake_);
  wake_ = world_.timers.after(std::max(next - now, Duration::zero()), [this] { step(); });
}

void Publisher::on_pace(const std::vector<std::uint32_t>& changed) {
  if (!gate_.open() || full_due_ || paused()) return;
  bool is_urgent = false;
  for (const std::uint32_t index : changed) {
    offers_.set(index, offer_of(pace_.row(index)));
    is_urgent = is_urgent || offers_.is_urgent(index);
  }
  if (!is_urgent) return;
  cycle_.request_prompt();
  step();
}

void Publisher::on_grant(Payload bytes) {
  const auto grant = decode<Grant>(bytes);
  if (!grant) return grants_.bad({{"why", grant.error().detail}});
  grants_.good();
  const std::uint64_t ignored = gate_.ignored();
  on_change(gate_.receive(*grant, world_.clock.now()));
  metrics_.grants_ignored.add(static_cast<double>(gate_.ignored() - ignored));
  if (gate_.ignored() == ignored && grant->term != 0) take_pause(grant->pause);
  step();
}

// What is on its way says what does not hold any more; where the endpoint refuses, it keeps its time.
void Publisher::take_pause(const std::string& why) {
  const bool was_paused = paused();
  pause_ = why;
  if (paused() == was_paused) return;
  world_.log.info(paused() ? "paused" : "resumed", {{"term", gate_.term()}, {"why", why}});
  if (!gate_.open()) return;
  cancel_publication();
  full_due_ = true;
  if (last_.failed_in_a_row == 0) cycle_.start(world_.clock.now());
}

void Publisher::on_change(Gate::Change change) {
  switch (change) {
    case Gate::Change::none:
      return;
    case Gate::Change::opened:
      cancel_publication();
      // The first publication of another term goes out at once: it raises the fence.
      if (gate_.term() != request_.term) {
        sequence_ = 0;
        batch_limit_.reset();
        encodings_.reset();
        feedback_of_term_ = false;
        last_.paused = false;
        backoff_.reset();
        cycle_.start(world_.clock.now());
      }
      full_due_ = true;
      accepted_version_.clear();  // Others may have published meanwhile.
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
  if (publication_ || sent_last_) return;  // on_answer() goes on.
  if (gate_.is_over(now)) return finish_stop();
  if (now < *stop_until_) return;
  if (!gate_.may_send_last(now) || !access_.token().usable(now)) return finish_stop();
  publish_last();
}

void Publisher::publish_last() {
  sent_last_ = true;
  for (std::uint32_t i = 0; i < offers_.size(); ++i)
    offers_.set(i, nothing(PaceState::disabled, PaceReason::disabled));
  // Targets beyond the limit are not named: a full publication allows them nothing.
  make_request(true, false);
  has_more_ = false;
  world_.log.info("final_zero", {{"term", gate_.term()}, {"sequence", sequence_}});
  send(true);
  if (!publication_) finish_stop();
}

void Publisher::finish_stop() {
  if (auto done = std::exchange(stopped_, nullptr)) done();
}

}  // namespace paceline::publisher
