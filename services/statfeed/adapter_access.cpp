#include "services/statfeed/adapter_access.h"

#include <algorithm>

#include "common/base/retry_after.h"

namespace paceline::statfeed {
namespace {

constexpr Duration token_timeout = 10s;
constexpr std::size_t max_token_answer = 1u << 20;

}  // namespace

ServerAccess::ServerAccess(StatServerAccess settings, const std::string& server, World& world,
                           Http& http)
    : settings_{std::move(settings)},
      world_{world},
      http_{http},
      basic_{settings_.user.empty() ? "" : basic_password(settings_.user, settings_.password)},
      fault_{world.log, server + "_token_refused"} {
}

ServerAccess::~ServerAccess() {
  world_.timers.cancel(timer_);
  if (call_) http_.cancel(*call_);
}

void ServerAccess::start(std::function<void()> ready) {
  if (settings_.auth_url.empty()) return ready();
  ready_ = std::move(ready);
  renew();
}

HttpRequest ServerAccess::bare(std::string method, std::string url) const {
  HttpRequest request;
  request.method = std::move(method);
  request.url = std::move(url);
  request.ca_file = settings_.ca_file;
  request.client_certificate_file = settings_.client_certificate_file;
  request.client_key_file = settings_.client_key_file;
  request.proxy = settings_.proxy;
  request.headers.emplace_back("Accept", "application/json");
  return request;
}

HttpRequest ServerAccess::request(std::string method, std::string url) const {
  HttpRequest request = bare(std::move(method), std::move(url));
  if (!settings_.api_key.empty()) request.headers.emplace_back("x-api-key", settings_.api_key);
  const auto& token = settings_.bearer.empty() ? token_.text() : settings_.bearer;
  if (!token.empty())
    request.headers.emplace_back("Authorization", "Bearer " + token);
  else if (!basic_.empty())
    request.headers.emplace_back("Authorization", basic_);
  return request;
}

void ServerAccess::refused(std::uint64_t key) {
  if (settings_.auth_url.empty() || key != key_) return;
  token_.refused(world_.clock.now(), token_.text(), world_.random.uniform());
  renew();
}

// Fetches when it is time, and comes again when it will be.
void ServerAccess::renew() {
  const Instant now = world_.clock.now();
  if (token_.wants_fetch(now)) return fetch();
  world_.timers.cancel(timer_);
  if (const auto next = token_.next())
    timer_ = world_.timers.after(std::max(*next - now, Duration::zero()), [this] { renew(); });
}

void ServerAccess::fetch() {
  token_.fetching(world_.clock.now());
  HttpRequest request = bare("POST", settings_.auth_url);
  request.timeout = token_timeout;
  request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  request.headers.emplace_back("Authorization",
                               basic_authorization(settings_.client_id, settings_.client_secret));
  request.body = "grant_type=client_credentials";
  request.max_answer_bytes = max_token_answer;
  call_ = http_.send(std::move(request),
                     [this](Result<HttpAnswer> answer) { take(std::move(answer)); });
}

void ServerAccess::take(Result<HttpAnswer> answer) {
  call_.reset();
  std::optional<Duration> retry_after;
  const auto token = [&]() -> Result<TokenAnswer> {
    if (!answer) return tl::unexpected(answer.error());
    retry_after = parse_retry_after(answer->header("retry-after"), world_.clock.wall());
    if (answer->status != 200) return fail(Errc::refused, "HTTP " + std::to_string(answer->status));
    return decode_token_answer(answer->body);
  }();
  if (token) {
    token_.fetched(*token);
    ++key_;
    fault_.good();
  } else {
    token_.failed(world_.clock.now(), retry_after, world_.random.uniform());
    fault_.bad({{"why", token.error().detail}});
  }
  renew();
  if (token && ready_) std::exchange(ready_, nullptr)();
}

}  // namespace paceline::statfeed
