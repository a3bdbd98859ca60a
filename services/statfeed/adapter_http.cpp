#include "services/statfeed/adapter_http.h"

#include <memory>

#include "common/base/retry_after.h"
#include "services/statfeed/source.h"

namespace paceline::statfeed {
namespace {

constexpr std::array<double, 8> round_trip_buckets{0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60};

}  // namespace

ServerHttp::ServerHttp(int server, StatServerAccess access, World& world, Http& http)
    : world_{world},
      http_{http},
      access_{std::move(access), server_name(server), world, http},
      fault_{world.log, std::string{server_name(server)} + "_request_failed"},
      requests_{world.metrics.counter("paceline_statfeed_requests_total",
                                      "HTTP requests to the server.",
                                      {{"server", server_name(server)}})},
      failures_{world.metrics.counter("paceline_statfeed_request_failures_total",
                                      "HTTP requests that failed or were answered with an error.",
                                      {{"server", server_name(server)}})},
      unusable_{world.metrics.counter("paceline_statfeed_answers_refused_total",
                                      "Answers or values that could not be used.",
                                      {{"server", server_name(server)}})},
      bytes_{world.metrics.counter("paceline_statfeed_answer_bytes_total",
                                   "Bytes of the server's answers.",
                                   {{"server", server_name(server)}})},
      round_trip_{world.metrics.histogram("paceline_statfeed_round_trip_seconds",
                                          "Of requests that are not held by the server.",
                                          round_trip_buckets, {{"server", server_name(server)}})} {
}

void ServerHttp::send(HttpRequest request, bool held, Done done) {
  requests_.add();
  const auto sent = std::make_shared<HttpCall>(0);
  *sent = http_.send(std::move(request), [this, sent, held, key = access_.key(),
                                          done = std::move(done)](Result<HttpAnswer> answer) {
    out_.erase(*sent);
    if (!answer || answer->status >= 400) failures_.add();
    if (answer) {
      bytes_.add(static_cast<double>(answer->body.size()));
      if (!held) round_trip_.observe(answer->times.total_ms / 1000);
      refused_ = answer->status == 401;
      if (refused_) access_.refused(key);
      if (answer->status < 300) access_.accepted();
    }
    done(answer);
  });
  out_.insert(*sent);
}

std::string ServerHttp::trouble() const {
  if (const auto why = access_.token_trouble(); !why.empty()) return "no access token: " + why;
  if (trouble_.empty() || !refused_) return trouble_;
  return "it refuses " + access_.credentials() + ": " + trouble_;
}

void ServerHttp::cancel_all() {
  for (const auto call : out_) http_.cancel(call);
  out_.clear();
}

std::optional<Duration> ServerHttp::retry_after(const HttpAnswer& answer) const {
  return parse_retry_after(answer.header("retry-after"), world_.clock.wall());
}

}  // namespace paceline::statfeed
