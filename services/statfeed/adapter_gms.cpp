#include "services/statfeed/adapter_gms.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/base/retry_after.h"
#include "common/wire/gms.h"

namespace paceline::statfeed {
namespace {

constexpr Duration retry_min = 250ms;
constexpr Duration least_pause = 1s;  // After an answer that asks for patience.
constexpr Duration longest_age = 24h;
constexpr std::size_t max_answer_bytes = 64u << 10;
constexpr std::size_t max_why = 200;
constexpr std::array<double, 8> round_trip_buckets{0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60};

const char* name_of(int server) {
  return server == 0 ? "primary" : "backup";
}

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
      http_{http},
      access_{options_.access, name_of(server), world, http},
      schedule_{options_.policy.schedule, mapping},
      url_{options_.url + (options_.policy.internal ? "/internal_statistic" : "/statistic")},
      max_age_{
          "max-age=" +
          std::to_string(
              std::chrono::duration_cast<std::chrono::seconds>(options_.policy.max_age).count())},
      fault_{world.log, std::string{name_of(server)} + "_request_failed"},
      requests_{world.metrics.counter("paceline_statfeed_requests_total",
                                      "HTTP requests to the server.",
                                      {{"server", name_of(server)}})},
      failures_{world.metrics.counter("paceline_statfeed_request_failures_total",
                                      "HTTP requests that failed or were answered with an error.",
                                      {{"server", name_of(server)}})},
      refused_{world.metrics.counter("paceline_statfeed_answers_refused_total",
                                     "Answers or values that could not be used.",
                                     {{"server", name_of(server)}})},
      round_trip_{world.metrics.histogram("paceline_statfeed_round_trip_seconds",
                                          "Of requests that are not held by the server.",
                                          round_trip_buckets, {{"server", name_of(server)}})},
      round_{world.metrics.gauge("paceline_statfeed_round_seconds",
                                 "Of the last round in which every statistic was asked for.",
                                 {{"server", name_of(server)}})} {
}

GmsAdapter::~GmsAdapter() {
  world_.timers.cancel(wake_);
  for (const auto call : out_) http_.cancel(call);
}

void GmsAdapter::start() {
  access_.start([this] {
    started_ = true;
    listener_.began(server_);
    schedule_.rebuild(targets_index_.order());
    tell_state();
    pump();
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
  world_.timers.cancel(wake_);
  for (const auto call : out_) http_.cancel(call);
  out_.clear();
}

void GmsAdapter::pump() {
  if (!started_) return;
  const Instant now = world_.clock.now();
  const auto parallel = static_cast<std::size_t>(options_.policy.parallel);
  while (out_.size() < parallel && now >= paused_until_) {
    const auto statistic = schedule_.next(now);
    if (!statistic) break;
    ask(*statistic);
  }
  world_.timers.cancel(wake_);
  wake_ = 0;
  if (out_.size() >= parallel) return;  // The next answer comes here again.
  const Instant due = std::max(schedule_.due(now), paused_until_);
  wake_ = world_.timers.after(std::max<Duration>(due - now, 1ms), [this] { pump(); });
}

void GmsAdapter::ask(Statistic statistic) {
  const auto slot = slot_of(statistic);
  const auto& source = mapping_[kind_of(statistic)];
  auto wanted = request_for(mapping_, targets_index_.target(slot), kind_of(statistic));
  const auto& policy = options_.policy;
  HttpRequest request = access_.request("POST", url_);
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
  requests_.add();
  const Asked asked{statistic, targets_index_.generation(slot), access_.key()};
  const auto sent = std::make_shared<HttpCall>(0);
  *sent = http_.send(std::move(request), [this, asked, sent](Result<HttpAnswer> answer) {
    out_.erase(*sent);
    hear(asked, answer);
    pump();
  });
  out_.insert(*sent);
}

void GmsAdapter::hear(const Asked& asked, const Result<HttpAnswer>& answer) {
  if (!answer || answer->status >= 400) failures_.add();
  if (!answer) return trouble(asked, answer.error().detail, Duration::zero());
  round_trip_.observe(answer->times.total_ms / 1000);
  const int status = answer->status;
  if (status == 401) access_.refused(asked.key);
  if (status == 200 || status == 403) {
    const auto told = decode_gms_answer(answer->body);
    if (told && status == 200 && told->value)
      return take(asked, StatisticUpdate::Status::value, *told->value, age_of(*answer));
    if (told && status == 200 && told->message.empty())
      return take(asked, StatisticUpdate::Status::invalid, 0, age_of(*answer));
    if (told && status == 403 && !told->message.empty())
      return take(asked, StatisticUpdate::Status::unseen, 0, Duration::zero());
    if (status == 200) {
      refused_.add();
      return trouble(asked, told ? told->message : "unreadable: " + told.error().detail,
                     Duration::zero());
    }
  }
  const auto after = parse_retry_after(answer->header("retry-after"), world_.clock.wall());
  trouble(asked, "HTTP " + std::to_string(status) + ": " + answer->body.substr(0, max_why),
          after.value_or(status < 500 ? least_pause : Duration::zero()));
}

void GmsAdapter::take(const Asked& asked, StatisticUpdate::Status status, double value,
                      Duration age) {
  access_.accepted();
  fault_.good();
  pause_ = Duration::zero();
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
    world_.log.info("session_opened", {{"server", name_of(server_)}, {"how", "one by one"}});
  if (schedule_.complete()) listener_.heard(server_);
  round_.set(to_seconds(schedule_.round()));
  tell_state();
}

// The question comes first again, after a pause for all.
void GmsAdapter::trouble(const Asked& asked, const std::string& why, Duration at_least) {
  fault_.bad({{"why", why}});
  if (targets_index_.knows({asked.generation, asked.statistic}))
    schedule_.answered(asked.statistic, PollSchedule::Answer::failed, world_.clock.now());
  const Instant now = world_.clock.now();
  if (now >= paused_until_) {  // Otherwise one of those that were out when the pause began.
    pause_ =
        pause_ == Duration::zero() ? retry_min : std::min(2 * pause_, options_.policy.retry_max);
    const double share = 0.5 + 0.5 * world_.random.uniform();
    paused_until_ = now + from_seconds(to_seconds(pause_) * share);
  }
  paused_until_ = std::max(paused_until_, now + at_least);
  tell_state();
}

void GmsAdapter::tell_state() {
  listener_.became(server_, {.complete = schedule_.complete(),
                             .available = true,
                             .pushing = false,
                             .lost = pause_ > retry_min,
                             .each_ages = true,
                             .unseen = schedule_.unseen()});
}

}  // namespace paceline::statfeed
