#include "services/statfeed/adapter_statistics.h"

#include <algorithm>
#include <array>

#include "common/base/retry_after.h"

namespace paceline::statfeed {
namespace {

constexpr std::size_t max_cookies = 8;
constexpr std::size_t max_cookie_bytes = 4096;
constexpr std::array<double, 8> round_trip_buckets{0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60};

Duration retry_after(const HttpAnswer& answer, WallTime now) {
  return parse_retry_after(answer.header("retry-after"), now).value_or(Duration::zero());
}

const char* name_of(int server) {
  return server == 0 ? "primary" : "backup";
}

}  // namespace

StatisticsAdapter::StatisticsAdapter(Options options, int server, SourceListener& listener,
                                     const TargetsIndex& targets_index, const Mapping& mapping,
                                     World& world, Http& http)
    : options_{std::move(options)},
      server_{server},
      listener_{listener},
      world_{world},
      http_{http},
      access_{options_.access, name_of(server), world, http},
      session_{options_.session, mapping, targets_index, world.random.bits()},
      session_fault_{world.log, std::string{name_of(server)} + "_session_lost"},
      request_fault_{world.log, std::string{name_of(server)} + "_request_failed"},
      requests_{world.metrics.counter("paceline_statfeed_requests_total",
                                      "HTTP requests to the server.",
                                      {{"server", name_of(server)}})},
      failures_{world.metrics.counter("paceline_statfeed_request_failures_total",
                                      "HTTP requests that failed or were answered with an error.",
                                      {{"server", name_of(server)}})},
      refused_{world.metrics.counter("paceline_statfeed_answers_refused_total",
                                     "Answers or values that could not be used.",
                                     {{"server", name_of(server)}})},
      bytes_{world.metrics.counter("paceline_statfeed_answer_bytes_total",
                                   "Bytes of the server's answers.",
                                   {{"server", name_of(server)}})},
      round_trip_{world.metrics.histogram("paceline_statfeed_round_trip_seconds",
                                          "Of requests that are not held by the server.",
                                          round_trip_buckets, {{"server", name_of(server)}})} {
}

StatisticsAdapter::~StatisticsAdapter() {
  world_.timers.cancel(wake_);
  for (const auto call : out_) http_.cancel(call);
}

void StatisticsAdapter::start() {
  started_ = true;
  access_.start([this] {
    if (started_) carry(session_.start(world_.clock.now()));
  });
}

void StatisticsAdapter::targets_changed(const TargetsIndex::Change& change) {
  if (session_.started()) carry(session_.targets_changed(change, world_.clock.now()));
}

void StatisticsAdapter::stop() {
  started_ = false;
  world_.timers.cancel(wake_);
  for (auto& call : session_.stop(world_.clock.now()).calls) send(std::move(call));
}

void StatisticsAdapter::carry(Session::Step step) {
  if (step.new_session) {
    cookies_.clear();
    listener_.began(server_);
  }
  if (!step.updates.empty()) listener_.updated(server_, step.updates);
  if (step.heard) listener_.heard(server_);
  listener_.became(server_, {.complete = session_.complete(),
                             .available = session_.available(),
                             .pushing = session_.pushing(),
                             .lost = session_.lost(),
                             .unseen = session_.unseen()});
  if (step.heard && step.notes.empty()) {
    session_fault_.good();
    request_fault_.good();
  }
  for (const auto& note : step.notes) tell(note);
  if (step.refused > 0) refused_.add(step.refused);
  for (auto& call : step.calls) send(std::move(call));
  world_.timers.cancel(wake_);
  wake_ = world_.timers.after(std::max(step.wake - world_.clock.now(), Duration::zero()),
                              [this] { carry(session_.tick(world_.clock.now())); });
}

void StatisticsAdapter::tell(const Session::Note& note) {
  if (note.event == "session_lost")  // `why` may end as an HTTP body does.
    return session_fault_.bad(
        {{"why", note.why.substr(0, note.why.find_last_not_of("\r\n ") + 1)}});
  if (note.event == "request_failed") return request_fault_.bad({{"why", note.why}});
  world_.log.info(note.event, {{"server", name_of(server_)}, {"how", note.why}});
}

// ---- HTTP

void StatisticsAdapter::send(Session::Call call) {
  HttpRequest request = access_.request(std::move(call.method), options_.url + call.path);
  request.timeout = call.timeout;
  if (!call.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  if (!cookies_.empty()) {
    std::string all;
    for (const auto& [name, value] : cookies_)
      all += (all.empty() ? "" : "; ") + name + "=" + value;
    request.headers.emplace_back("Cookie", std::move(all));
  }
  request.body = std::move(call.body);
  requests_.add();
  const auto sent = std::make_shared<HttpCall>(0);
  *sent = http_.send(std::move(request), [this, id = call.id, kind = call.kind, key = access_.key(),
                                          sent](Result<HttpAnswer> answer) {
    out_.erase(*sent);
    if (answer && answer->status == 401) access_.refused(key);
    if (answer && answer->status < 300) access_.accepted();
    if (!answer || answer->status >= 400) failures_.add();
    if (answer) {
      bytes_.add(static_cast<double>(answer->body.size()));
      if (kind != Session::Call::Kind::connect) round_trip_.observe(answer->times.total_ms / 1000);
      keep_cookies(answer->headers);
    }
    if (!started_) return;
    const auto wall = world_.clock.wall();
    const auto reply = answer.map([wall](const HttpAnswer& good) -> Session::Reply {
      return {.status = good.status, .body = good.body, .retry_after = retry_after(good, wall)};
    });
    carry(session_.answered(id, reply, world_.clock.now()));
  });
  out_.insert(*sent);
}

// Name and value only: all our requests go to the one server that set them.
void StatisticsAdapter::keep_cookies(const HttpHeaders& headers) {
  for (const auto& [key, value] : headers) {
    if (key != "set-cookie") continue;
    const auto pair = std::string_view{value}.substr(0, value.find(';'));
    const auto equals = pair.find('=');
    if (equals == pair.npos || equals == 0 || pair.size() > max_cookie_bytes) continue;
    const std::string name{pair.substr(0, equals)};
    if (equals + 1 == pair.size())
      cookies_.erase(name);
    else if (cookies_.size() < max_cookies || cookies_.contains(name))
      cookies_[name] = pair.substr(equals + 1);
  }
}

}  // namespace paceline::statfeed
