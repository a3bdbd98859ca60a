#include "services/statfeed/adapter_statistics.h"

#include <algorithm>
#include <utility>

#include "common/ports/http_refusal.h"

namespace paceline::statfeed {
namespace {

constexpr std::size_t max_cookies = 8;
constexpr std::size_t max_cookie_bytes = 4096;
constexpr std::uint64_t batches_read = 3;  // Whole, until what was refused is over.

bool is_failure(const Session::Note& note) {
  return note.event == "session_lost" || note.event == "request_failed";
}

}  // namespace

StatisticsAdapter::StatisticsAdapter(Options options, int server, SourceListener& listener,
                                     const TargetsIndex& targets_index, const Mapping& mapping,
                                     World& world, Http& http)
    : options_{std::move(options)},
      server_{server},
      listener_{listener},
      world_{world},
      http_{server, options_.access, world, http},
      session_{options_.session, mapping, targets_index, world.random.bits()},
      session_fault_{world.log, std::string{server_name(server)} + "_session_lost"},
      push_fault_{world.log, std::string{server_name(server)} + "_push_contradicted"},
      unchecked_fault_{world.log, std::string{server_name(server)} + "_push_unchecked"},
      values_fault_{world.log, std::string{server_name(server)} + "_values_refused", batches_read},
      contradictions_{world.metrics.counter(
          "paceline_statfeed_push_contradictions_total",
          "Sessions begun anew because polls showed for long what the push did not tell.",
          {{"server", server_name(server)}})},
      doubted_{world.metrics.gauge("paceline_statfeed_push_doubted",
                                   "1 from a contradiction between push and polls until the push "
                                   "was right for long, and while "
                                   "polls fail so that it cannot be checked.",
                                   {{"server", server_name(server)}})} {
}

StatisticsAdapter::~StatisticsAdapter() {
  world_.timers.cancel(wake_);
}

void StatisticsAdapter::start() {
  started_ = true;
  http_.start(
      [this] {
        if (started_) carry(session_.start(world_.clock.now()));
      },
      [this] {
        if (started_) tell_state();
      });
}

void StatisticsAdapter::targets_changed(const TargetsIndex::Change& change) {
  if (session_.started()) carry(session_.targets_changed(change, world_.clock.now()));
}

void StatisticsAdapter::stop() {
  started_ = false;
  world_.timers.cancel(wake_);
  for (auto& call : session_.stop(world_.clock.now()).calls) send(std::move(call), cookies_);
}

void StatisticsAdapter::carry(Session::Step step) {
  Cookies before;  // Of the session that is left.
  if (step.new_session) {
    before = std::exchange(cookies_, {});
    ++sessions_;
    listener_.began(server_);
  }
  if (!step.updates.empty()) listener_.updated(server_, step.updates);
  if (step.heard) listener_.heard(server_);
  if (step.heard && std::ranges::none_of(step.notes, is_failure)) {
    session_fault_.good();
    http_.succeeded();
  }
  for (const auto& note : step.notes) tell(note);
  tell_state();
  const std::string unchecked = session_.unchecked();
  if (step.all_read && step.refused == 0) values_fault_.good();
  if (unchecked.empty())
    unchecked_fault_.good();
  else if (!unchecked_fault_.is_bad())
    unchecked_fault_.bad({{"why", unchecked}});
  doubted_.set(doubt().empty() ? 0 : 1);
  if (step.refused > 0) http_.unusable(step.refused);
  for (auto& call : step.calls) {
    const bool leaves = call.kind == Session::Call::Kind::disconnect && step.new_session;
    send(std::move(call), leaves ? before : cookies_);
  }
  world_.timers.cancel(wake_);
  wake_ = world_.timers.after(std::max(step.wake - world_.clock.now(), Duration::zero()),
                              [this] { carry(session_.tick(world_.clock.now())); });
}

std::string StatisticsAdapter::doubt() const {
  return session_.doubt().empty() ? session_.unchecked() : session_.doubt();
}

void StatisticsAdapter::tell_state() {
  listener_.became(server_, {.complete = session_.complete(),
                             .available = session_.available(),
                             .pushing = session_.pushing(),
                             .lost = session_.lost(),
                             .polled = session_.polling(),
                             .unseen = session_.unseen(),
                             .doubt = doubt(),
                             .trouble = http_.trouble()});
}

void StatisticsAdapter::tell(const Session::Note& note) {
  if (note.event == "session_lost") {  // `why` may end as an HTTP body does.
    const auto why = note.why.substr(0, note.why.find_last_not_of("\r\n ") + 1);
    http_.troubled(why);
    return session_fault_.bad({{"why", why}});
  }
  if (note.event == "request_failed") return http_.failed(note.why);
  if (note.event == "values_refused") return values_fault_.bad({{"why", note.why}});
  if (note.event == "push_trusted") return push_fault_.good();
  if (note.event == "push_contradicted") {
    contradictions_.add();
    return push_fault_.bad({{"why", note.why}});
  }
  world_.log.info(note.event, {{"server", server_name(server_)}, {"how", note.why}});
}

// ---- HTTP

void StatisticsAdapter::send(Session::Call call, const Cookies& cookies) {
  std::string url = options_.url + call.path;
  HttpRequest request = http_.request(std::move(call.method), url);
  request.timeout = call.timeout;
  if (!call.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  if (!cookies.empty()) {
    std::string all;
    for (const auto& [name, value] : cookies) all += (all.empty() ? "" : "; ") + name + "=" + value;
    request.headers.emplace_back("Cookie", std::move(all));
  }
  request.body = std::move(call.body);
  const bool held = call.kind == Session::Call::Kind::connect;
  http_.send(std::move(request), held,
             [this, id = call.id, session = sessions_,
              url = std::move(url)](const Result<HttpAnswer>& answer) {
               if (answer && session == sessions_) keep_cookies(answer->headers);
               if (!started_) return;
               const auto reply = answer.map([&](const HttpAnswer& good) -> Session::Reply {
                 return {.status = good.status,
                         .body = good.body,
                         .retry_after = http_.retry_after(good).value_or(Duration::zero()),
                         .refusal = good.status >= 300 ? http_refusal(good, url) : ""};
               });
               carry(session_.answered(id, reply, world_.clock.now()));
             });
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
