#include "tests/publisher/simulated_endpoint.h"

#include <fmt/chrono.h>

#include "common/base/check.h"
#include "common/wire/codec.h"
#include "tests/simulator/small_centres.h"
#include "tests/support/http_answer.h"

namespace paceline::test {
namespace {

constexpr int targets = 6;

std::vector<std::string> target_ids() {
  std::vector<std::string> ids;
  for (int i = 0; i < targets; ++i) ids.push_back("t" + std::to_string(i));
  return ids;
}

CentreModel slow_centre() {
  auto kind = plain_kind(10);
  kind.answer_delay = {Shape::lognormal, 300, 0};
  kind.invitation_life = 10min;
  return centre_with(kind, targets);
}

std::string date_of(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT",
                     fmt::gmtime(static_cast<std::time_t>(seconds)));
}

}  // namespace

SimulatedEndpoint::SimulatedEndpoint(SimWorld& sim)
    : cloud{sim.process({"cloud", "endpoint", 0})},
      centre{slow_centre(), 1},
      rules{centre, {.epoch = "e"}},
      sim_{sim} {
  sim.keep_within_node({"pace", "grant", "publication", "feedback"});
}

HttpAnswer SimulatedEndpoint::take(const HttpRequest& request) {
  HttpAnswer answer = answered(405, "");
  if (request.url.ends_with("/oauth/token")) {
    answer = answered(200, R"({"access_token":"t","token_type":"bearer","expires_in":3600})");
  } else if (request.method == "POST") {
    const auto publication = decode_publication(request.body);
    CHECK(publication.has_value());
    centre.advance(sim_.elapsed());
    const auto now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
        cloud.clock.wall().time_since_epoch());
    const auto verdict = rules.receive(*publication, now_ms.count(), 1);
    answer.status = verdict.status;
    if (verdict.status == 200)
      encode_publication_answer(verdict.answer, answer.body);
    else
      answer.body = fmt::format(R"({{"term":{},"sequence":{},"incarnation":{},"node":"{}"}})",
                                verdict.fence.term, verdict.fence.sequence,
                                verdict.fence.incarnation, verdict.fence.node);
  }
  answer.headers.emplace_back("date", date_of(cloud.clock.wall()));
  if (!age.empty()) answer.headers.emplace_back("age", age);
  return answer;
}

std::int32_t SimulatedEndpoint::allowance() {
  centre.advance(sim_.elapsed());
  return centre.allowance(0);
}

HttpCall Way::send(HttpRequest request, Done done) {
  const auto [call, finish] = calls_.add(std::move(done));
  const bool is_publication = request.url.ends_with("/publications") && request.method == "POST";
  const bool is_lost = is_publication && answers_to_lose > 0;
  const bool is_repeated = is_publication && !is_lost && requests_to_repeat > 0;
  answers_to_lose -= is_lost ? 1 : 0;
  requests_to_repeat -= is_repeated ? 1 : 0;
  const Duration delay = is_publication ? answer_delay : 1ms;
  world_.timers.after(request.timeout,
                      [finish] { finish(fail(Errc::unavailable, "no answer in time")); });
  endpoint_.cloud.timers.after(1ms, [endpoint = &endpoint_, request, is_lost, is_repeated, delay,
                                     finish] {
    auto answer = endpoint->take(request);
    if (is_repeated) answer = endpoint->take(request);
    if (is_lost) return;
    endpoint->cloud.timers.after(delay, [finish, answer = std::move(answer)] { finish(answer); });
  });
  return call;
}

Site::Site(SimWorld& sim, SimulatedEndpoint& endpoint, std::string host)
    : sim_{sim},
      endpoint_{endpoint},
      host_{std::move(host)},
      elector_{sim.process({host_, "elector", 0})},
      rows_{sim.process({host_, "pacer", 0}),
            "pace",
            {.ids = target_ids(), .keyframe = 1s, .shard = 0}} {
  config_.cluster = "c";
  config_.node = "a";
  config_.base_auth_url = "https://login.test/oauth/token";
  config_.base_service_url = "https://api.test/api/";
  config_.client_id = "id";
  config_.client_secret = "secret";
  config_.boot = "boot";
  config_.gzip = config_.zstd = false;
  config_.prompt_gap = 0s;
  config_.ids = target_ids();
  config_.channels.assign(config_.ids.size(), "chat");
  config_.shards.assign(config_.ids.size(), 0);
  TargetPace row;
  row.state = PaceState::ok;
  row.reason = PaceReason::granted;
  row.proactive = 50;
  row.max_pending = 10;
  for (std::uint32_t i = 0; i < rows_.size(); ++i) rows_.set(i, row);
  elector_.timers.every(100ms, [this] { rows_.publish({}); });
  start();
}

Site::~Site() {
  publisher_.reset();
}

// Incarnations are wall clocks: those of two hosts differ.
void Site::start() {
  publisher_.reset();
  world_ = &sim_.process({host_, "publisher", 0});
  world_->incarnation = 1000 * world_->incarnation + host_.size();
  way = std::make_unique<Way>(*world_, endpoint_);
  publisher_ = std::make_unique<Publisher>(config_, *world_, *way);
}

void Site::restart() {
  const std::uint64_t term = report().term;
  start();
  grant(term);
}

void Site::grant(std::uint64_t term) {
  Grant grant;
  grant.node = config_.node;
  grant.incarnation = elector_.incarnation;
  grant.sequence = ++grants_;
  grant.term = term;
  grant.expires_ns = (elector_.clock.now() + 59s).time_since_epoch().count();
  grant.boot = config_.boot;
  grant.publisher = world_->incarnation;
  elector_.bus.publish("grant", encode(grant));
}

}  // namespace paceline::test
