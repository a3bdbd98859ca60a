#include "services/publisher/service_access.h"

#include <algorithm>
#include <utility>

#include "common/ports/http_refusal.h"

namespace paceline::publisher {
namespace {

constexpr std::size_t max_probe_bytes = 64u << 10;
constexpr Duration longest_probe = 5s;
constexpr Duration probe_again = 1s;  // After one that failed.

}  // namespace

Access::Access(const PublisherConfig& config, World& world, Http& http, PublisherMetrics& metrics,
               std::string probe_url, Hooks hooks)
    : config_{config},
      world_{world},
      http_{http},
      metrics_{metrics},
      probe_url_{std::move(probe_url)},
      hooks_{std::move(hooks)},
      credentials_{world,
                   http,
                   {.request = request_to("POST", config.base_auth_url, config.token_timeout),
                    .client_id = config.client_id,
                    .client_secret = config.client_secret,
                    .fault_event = "token_failed",
                    .read_secret = config.read_secret},
                   [this](bool fetched, int) {
                     reachability_.token_service(fetched);
                     (fetched ? metrics_.tokens : metrics_.token_failures).add();
                     hooks_.changed();
                   }} {
}

Access::~Access() {
  if (probe_call_) http_.cancel(*probe_call_);
}

void Access::step(Instant now, bool may_probe) {
  if (!std::exchange(is_started_, true)) credentials_.start();
  if (may_probe && !probe_call_ && now >= probe_at_) probe(now);
}

std::optional<Instant> Access::next(bool may_probe) const {
  return may_probe && !probe_call_ ? std::optional{probe_at_} : std::nullopt;
}

HttpRequest Access::request_to(std::string method, std::string url, Duration timeout) const {
  HttpRequest request = publisher::request_to(config_, std::move(method), std::move(url));
  request.timeout = timeout;
  return request;
}

// A node that may not publish still finds out whether it could; any answer below 500 will do. It
// also keeps the connection and its TLS session warm, so that a takeover starts with a request, not
// with a handshake.
void Access::probe(Instant now) {
  probe_at_ = now + config_.probe_period;
  HttpRequest request =
      request_to("GET", probe_url_, std::min(config_.probe_period, longest_probe));
  request.max_answer_bytes = max_probe_bytes;
  probe_call_ = http_.send(std::move(request), [this, now](Result<HttpAnswer> answer) {
    probe_call_.reset();
    reachability_.endpoint(answer ? answer->status : 0);
    const bool failed = !answer || answer->status >= 500;
    probe_error_ = !failed  ? ""
                   : answer ? http_refusal(*answer, probe_url_)
                            : answer.error().detail;
    if (failed) probe_at_ = std::min(probe_at_, world_.clock.now() + probe_again);
    if (answer) hooks_.probe_answer(*answer, world_.clock.now() - now);
    hooks_.changed();
  });
}

}  // namespace paceline::publisher
