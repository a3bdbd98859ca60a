#include "services/statfeed/adapter_statistics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

namespace paceline {
namespace {

constexpr std::size_t max_cookies = 8;
constexpr std::size_t max_cookie_bytes = 4096;
constexpr std::size_t max_token_bytes = 16u << 10;
constexpr Duration token_timeout = 10s;
constexpr Duration token_retry = 5s;
constexpr std::array<double, 8> round_trip_buckets{0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60};

std::string base64(std::string_view text) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k)
      out.push_back(i + k > text.size() ? '=' : digits[bits >> (18 - 6 * k) & 63]);
  }
  return out;
}

// Retry-After in seconds; a date is taken for none.
Duration retry_after(const HttpAnswer& answer) {
  const auto text = answer.header("retry-after");
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return Duration::zero();
  return std::chrono::seconds{std::clamp(value, 0, 3600)};
}

const char* name_of(int server) {
  return server == 0 ? "primary" : "backup";
}

}  // namespace

StatisticsAdapter::StatisticsAdapter(Options options, int server, SourceListener& listener,
                                     const Roster& roster, const Mapping& mapping, World& world,
                                     Http& http)
    : options_{std::move(options)},
      server_{server},
      listener_{listener},
      world_{world},
      http_{http},
      session_{options_.session, mapping, roster, world.random.bits()},
      token_{options_.access.bearer},
      session_fault_{world.log, std::string{name_of(server)} + "_session_lost"},
      request_fault_{world.log, std::string{name_of(server)} + "_request_failed"},
      token_fault_{world.log, std::string{name_of(server)} + "_token_refused"},
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
  world_.timers.cancel(token_timer_);
  for (const auto call : out_) http_.cancel(call);
}

void StatisticsAdapter::start() {
  started_ = true;
  if (!options_.access.auth_url.empty()) return renew_token();
  carry(session_.start(world_.clock.now()));
}

void StatisticsAdapter::targets_changed(const Roster::Change& change) {
  if (started_) carry(session_.targets_changed(change, world_.clock.now()));
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
  if (!step.readings.empty()) listener_.read(server_, step.readings);
  if (step.heard) listener_.heard(server_);
  listener_.became(server_, {.complete = session_.complete(),
                             .available = session_.available(),
                             .pushing = session_.pushing(),
                             .unseen = session_.unseen()});
  if (step.heard && step.notes.empty()) {
    session_fault_.good();
    request_fault_.good();
  }
  for (const auto& note : step.notes) tell(note);
  if (step.refused > 0) refused_.add(step.refused);
  if (step.unauthorised && !options_.access.auth_url.empty()) renew_token();
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

HttpRequest StatisticsAdapter::request_to(std::string url) const {
  HttpRequest request;
  request.url = std::move(url);
  request.ca_file = options_.access.ca_file;
  request.client_certificate_file = options_.access.client_certificate_file;
  request.client_key_file = options_.access.client_key_file;
  request.proxy = options_.access.proxy;
  return request;
}

void StatisticsAdapter::send(Session::Call call) {
  HttpRequest request = request_to(options_.url + call.path);
  request.method = std::move(call.method);
  request.timeout = call.timeout;
  request.headers.emplace_back("Accept", "application/json");
  if (!call.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  if (!options_.access.api_key.empty())
    request.headers.emplace_back("x-api-key", options_.access.api_key);
  if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
  if (!cookies_.empty()) {
    std::string all;
    for (const auto& [name, value] : cookies_)
      all += (all.empty() ? "" : "; ") + name + "=" + value;
    request.headers.emplace_back("Cookie", std::move(all));
  }
  request.body = std::move(call.body);
  requests_.add();
  const auto sent = std::make_shared<HttpCall>(0);
  *sent = http_.send(
      std::move(request), [this, id = call.id, kind = call.kind, sent](Result<HttpAnswer> answer) {
        out_.erase(*sent);
        if (!answer || answer->status >= 400) failures_.add();
        if (answer) {
          bytes_.add(static_cast<double>(answer->body.size()));
          if (kind != Session::Call::Kind::connect)
            round_trip_.observe(answer->times.total_ms / 1000);
          keep_cookies(answer->headers);
        }
        if (!started_) return;
        const auto reply = answer.map([](const HttpAnswer& good) -> Session::Reply {
          return {.status = good.status, .body = good.body, .retry_after = retry_after(good)};
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
    if (cookies_.size() < max_cookies || cookies_.contains(name))
      cookies_[name] = pair.substr(equals + 1);
  }
}

// ---- The access token (OAuth2 client credentials)

void StatisticsAdapter::renew_token() {
  if (renewing_) return;
  renewing_ = true;
  world_.timers.cancel(token_timer_);
  HttpRequest request = request_to(options_.access.auth_url);
  request.method = "POST";
  request.timeout = token_timeout;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                     {"Accept", "application/json"},
                     {"Authorization", "Basic " + base64(options_.access.client_id + ":" +
                                                         options_.access.client_secret)}};
  request.body = "grant_type=client_credentials";
  request.max_answer_bytes = 1u << 20;
  const auto sent = std::make_shared<HttpCall>(0);
  *sent = http_.send(std::move(request), [this, sent](Result<HttpAnswer> answer) {
    out_.erase(*sent);
    renewing_ = false;
    take_token(answer);
  });
  out_.insert(*sent);
}

void StatisticsAdapter::take_token(const Result<HttpAnswer>& answer) {
  Duration again = token_retry;
  std::string why;
  if (!answer) {
    why = answer.error().detail;
  } else if (answer->status != 200) {
    why = "HTTP " + std::to_string(answer->status);
    again = std::max(again, retry_after(*answer));
  } else {
    const auto json = nlohmann::json::parse(answer->body, nullptr, false);
    const auto token = json.is_object() ? json.find("access_token") : json.end();
    if (!json.is_object() || token == json.end() || !token->is_string() ||
        token->get_ref<const std::string&>().size() > max_token_bytes) {
      why = "no access_token in the answer";
    } else {
      token_ = token->get<std::string>();
      const auto life = json.find("expires_in");
      const double seconds = life != json.end() && life->is_number() ? life->get<double>() : 300;
      again = from_seconds(std::clamp(seconds, 30.0, 172'800.0) * 0.8);
    }
  }
  if (why.empty())
    token_fault_.good();
  else
    token_fault_.bad({{"why", why}});
  token_timer_ = world_.timers.after(again, [this] { renew_token(); });
  if (why.empty() && started_ && !session_.started()) carry(session_.start(world_.clock.now()));
}

}  // namespace paceline
