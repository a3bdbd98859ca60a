#include "services/publisher/service_access.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/retry_after.h"

namespace paceline::publisher {
namespace {

constexpr std::size_t max_token_bytes = 256u << 10;
constexpr std::size_t max_probe_bytes = 64u << 10;
constexpr Duration longest_probe = 5s;
constexpr Duration probe_again = 1s;  // After one that failed.

}  // namespace

Access::Access(const PublisherConfig& config, World& world, Http& http, Figures& figures,
               std::string probe_url, Hooks hooks)
    : config_{config},
      world_{world},
      http_{http},
      figures_{figures},
      probe_url_{std::move(probe_url)},
      hooks_{std::move(hooks)},
      token_{Token::Policy{}},
      fetching_{world.log, "token_failed"} {
}

Access::~Access() {
  if (token_call_) http_.cancel(*token_call_);
  if (probe_call_) http_.cancel(*probe_call_);
}

void Access::step(Instant now, bool may_probe) {
  if (token_.wants_fetch(now)) fetch_token(now);
  if (may_probe && !probe_call_ && now >= probe_at_) probe(now);
}

std::optional<Instant> Access::next(bool may_probe) const {
  std::optional<Instant> next = token_.next();
  if (may_probe && !probe_call_) next = next ? std::min(*next, probe_at_) : probe_at_;
  return next;
}

void Access::token_refused(const std::string& text) {
  token_.refused(world_.clock.now(), text, world_.random.uniform());
}

HttpRequest Access::request_to(std::string method, std::string url, Duration timeout) const {
  HttpRequest request;
  request.method = std::move(method);
  request.url = std::move(url);
  request.timeout = timeout;
  request.ca_file = config_.ca_file;
  request.proxy = config_.proxy;
  return request;
}

void Access::fetch_token(Instant now) {
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

void Access::on_token(Result<HttpAnswer> answer) {
  token_call_.reset();
  reach_.token_service(answer ? answer->status : 0);
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
  hooks_.changed();
}

// A node that may not publish still finds out whether it could; any answer of the endpoint's own
// will do. It also keeps the connection and its TLS session warm, so that a takeover starts with a
// request, not with a handshake.
void Access::probe(Instant now) {
  probe_at_ = now + config_.probe_period;
  HttpRequest request =
      request_to("GET", probe_url_, std::min(config_.probe_period, longest_probe));
  request.max_answer_bytes = max_probe_bytes;
  probe_call_ = http_.send(std::move(request), [this](Result<HttpAnswer> answer) {
    probe_call_.reset();
    reach_.endpoint(answer ? answer->status : 0);
    if (!answer || answer->status >= 500)
      probe_at_ = std::min(probe_at_, world_.clock.now() + probe_again);
    if (answer) hooks_.probe_answer(*answer);
    hooks_.changed();
  });
}

}  // namespace paceline::publisher
