#include "services/statfeed/adapter_gms.h"

#include <algorithm>
#include <charconv>

#include "common/ports/http_refusal.h"
#include "common/wire/gms.h"
#include "services/statfeed/pause.h"

namespace paceline::statfeed {
namespace {

constexpr Duration retry_min = 250ms;
constexpr Duration least_pause = 1s;  // After an answer that asks to wait.
constexpr Duration longest_age = 24h;
constexpr std::size_t max_answer_bytes = 64u << 10;
constexpr std::size_t max_why = 200;

// The header Age: how old the value was already.
Duration age_of(const HttpAnswer& answer) {
  const auto text = answer.header("age");
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size() || seconds < 0)
    return Duration::zero();
  return std::min<Duration>(std::chrono::seconds{std::min<std::int64_t>(seconds, 86'400)},
                            longest_age);
}

}  // namespace

GmsAdapter::GmsAdapter(Options options, int server, SourceListener& listener,
                       const TargetsIndex& targets_index, const Mapping& mapping, World& world,
                       Http& http)
    : options_{std::move(options)},
      server_{server},
      listener_{listener},
      targets_index_{targets_index},
      mapping_{mapping},
      world_{world},
      http_{server, options_.access, world, http},
      schedule_{options_.policy.schedule, mapping},
      url_{options_.url + (options_.policy.internal ? "/internal_statistic" : "/statistic")},
      max_age_{"max-age=" + std::to_string(options_.policy.max_age / std::chrono::seconds{1})},
      backoff_{{.first = retry_min, .most = std::max(retry_min, options_.policy.retry_max)}},
      round_{world.metrics.gauge("paceline_statfeed_round_seconds",
                                 "Of the last round in which every statistic was asked for.",
                                 {{"server", server_name(server)}})} {
}

GmsAdapter::~GmsAdapter() {
  world_.timers.cancel(wake_);
}

void GmsAdapter::start() {
  http_.start(
      [this] {
        started_ = true;
        listener_.began(server_);
        schedule_.rebuild(targets_index_.order());
        tell_state();
        pump();
      },
      [this] {
        if (!stopped_) tell_state();
      });
}

void GmsAdapter::targets_changed(const TargetsIndex::Change& change) {
  if (!started_) return;
  schedule_.remove(change.removed);
  schedule_.add(change.added);
  pump();
}

void GmsAdapter::stop() {
  started_ = false;
  stopped_ = true;
  world_.timers.cancel(wake_);
  http_.cancel_all();
}

void GmsAdapter::pump() {
  if (!started_) return;
  const Instant now = world_.clock.now();
  const auto parallel = static_cast<std::size_t>(options_.policy.parallel);
  while (http_.out() < parallel && now >= paused_until_) {
    const auto statistic = schedule_.next(now);
    if (!statistic) break;
    ask(*statistic);
  }
  world_.timers.cancel(wake_);
  wake_ = 0;
  if (http_.out() >= parallel) return;  // The next answer comes here again.
  const Instant due = std::max(schedule_.due(now), paused_until_);
  wake_ = world_.timers.after(std::max<Duration>(due - now, 1ms), [this] { pump(); });
}

void GmsAdapter::ask(Statistic statistic) {
  const auto slot = slot_of(statistic);
  const auto& source = mapping_[kind_of(statistic)];
  auto wanted = request_for(mapping_, targets_index_.target(slot), kind_of(statistic));
  const auto& policy = options_.policy;
  HttpRequest request = http_.request("POST", url_);
  request.timeout = policy.request_timeout;
  request.max_answer_bytes = max_answer_bytes;
  request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  request.headers.emplace_back("Cache-Control", max_age_);
  encode_gms_question({.object_id = std::move(wanted.object_id),
                       .object_type = std::move(wanted.object_type),
                       .tenant = policy.tenant,
                       .tenant_password = policy.tenant_password,
                       .metric = std::move(wanted.name),
                       .filter = source.filter,
                       .notification_mode = "NoNotification",
                       .time_profile = source.time_profile,
                       .time_range = source.time_range,
                       .time_range2 = source.time_range2},
                      policy.metric_key, request.body);
  const Asked asked{statistic, targets_index_.generation(slot)};
  http_.send(std::move(request), false, [this, asked](const Result<HttpAnswer>& answer) {
    on_answer(asked, answer);
    pump();
  });
}

void GmsAdapter::on_answer(const Asked& asked, const Result<HttpAnswer>& answer) {
  if (!answer) return pause_after(asked, answer.error().detail, Duration::zero());
  const int status = answer->status;
  if (status == 200 || status == 403) {
    const auto told = decode_gms_answer(answer->body);
    if (told && status == 200 && told->value)
      return take(asked, StatisticUpdate::Status::value, *told->value, age_of(*answer));
    if (told && status == 200 && told->message.empty())
      return take(asked, StatisticUpdate::Status::invalid, 0, age_of(*answer));
    if (told && status == 403 && !told->message.empty())
      return take(asked, StatisticUpdate::Status::unseen, 0, Duration::zero());
    if (status == 200) {
      http_.unusable(1);
      return pause_after(asked, told ? told->message : "unreadable: " + told.error().detail,
                         Duration::zero());
    }
  }
  pause_after(asked, http_refusal(*answer).substr(0, max_why),
              http_.retry_after(*answer).value_or(status < 500 ? least_pause : Duration::zero()));
}

void GmsAdapter::take(const Asked& asked, StatisticUpdate::Status status, double value,
                      Duration age) {
  http_.accepted();
  http_.succeeded();
  backoff_.reset();
  // Of a target that left meanwhile, perhaps for another in its slot.
  if (!targets_index_.knows({asked.generation, asked.statistic})) return;
  schedule_.answered(asked.statistic,
                     status == StatisticUpdate::Status::unseen ? PollSchedule::Answer::unseen
                                                               : PollSchedule::Answer::value,
                     world_.clock.now());
  const StatisticUpdate update{.statistic = asked.statistic,
                               .status = status,
                               .timestamp_ms = 0,
                               .value = value,
                               .age = age};
  listener_.updated(server_, {&update, 1});
  if (schedule_.complete() && !std::exchange(opened_, true))
    world_.log.info("session_opened", {{"server", server_name(server_)}, {"how", "one by one"}});
  if (schedule_.complete()) listener_.heard(server_);
  round_.set(to_seconds(schedule_.round()));
  tell_state();
}

// What was asked comes first again, after a pause for all.
void GmsAdapter::pause_after(const Asked& asked, const std::string& why, Duration at_least) {
  http_.failed(why);
  const Instant now = world_.clock.now();
  if (targets_index_.knows({asked.generation, asked.statistic}))
    schedule_.answered(asked.statistic, PollSchedule::Answer::failed, now);
  // Otherwise one of those that were out when the pause began.
  if (now >= paused_until_)
    paused_until_ = now + backoff_.next(at_least_half(world_.random.uniform()));
  paused_until_ = std::max(paused_until_, now + at_least);
  tell_state();
}

void GmsAdapter::tell_state() {
  listener_.became(server_, {.complete = schedule_.complete(),
                             .available = true,
                             .pushing = false,
                             .lost = backoff_.failures() >= 2,
                             .each_ages = true,
                             .unseen = schedule_.unseen(),
                             .trouble = http_.trouble()});
}

}  // namespace paceline::statfeed
