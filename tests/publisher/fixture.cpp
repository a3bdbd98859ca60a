#include "tests/publisher/fixture.h"

#include <algorithm>

#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/wire/codec.h"
#include "tests/support/http_answer.h"

namespace paceline::test {
using namespace publisher;
namespace {

const Address publisher_address{"a", "publisher", 0};
const Address elector_address{"a", "elector", 0};

constexpr std::string_view empty_publication =
    R"({"version":1,"cluster":"c","node":"a","term":257,"sequence":1,"timestamp":1,"validUntil":1,)"
    R"("refreshPeriodMs":1,"mode":"full","targets":[]})";

}  // namespace

HttpCall FakeEndpoint::send(HttpRequest request, Done done) {
  const HttpCall call = ++last_;
  const bool is_publication = request.method == "POST" && request.url.ends_with("/publications");
  in_flight_[call] = is_publication;
  if (!is_publication) (request.method == "GET" ? last_probe : last_token_request) = request;
  if (is_publication) {
    const auto encoding = std::find_if(request.headers.begin(), request.headers.end(),
                                       [](auto& h) { return h.first == "Content-Encoding"; });
    const bool packed = encoding != request.headers.end();
    encodings.push_back(packed ? encoding->second : "");
    auto decoded = decode_publication(packed ? empty_publication : request.body);
    CHECK(decoded.has_value());
    published.push_back({world_->clock.now(), *std::move(decoded), request.headers[0].second});
    most_in_flight = std::max<std::size_t>(
        most_in_flight, static_cast<std::size_t>(std::count_if(in_flight_.begin(), in_flight_.end(),
                                                               [](auto& c) { return c.second; })));
  }
  const Duration delay =
      is_publication && delay_of
          ? delay_of(published.back().request)
          : delay_min + from_seconds(world_->random.uniform() * to_seconds(delay_max - delay_min));
  world_->timers.after(std::min(delay, request.timeout), [this, call, delay, request, done] {
    if (in_flight_.erase(call) == 0) return;
    auto answer_now = answer_to(request);  // It arrived, even if its answer came too late.
    if (delay >= request.timeout) answer_now = fail(Errc::unavailable, "timed out");
    if (answer_now && !announces.empty())
      answer_now->headers.emplace_back("accept-encoding", announces);
    if (answer_now && !date.empty()) answer_now->headers.emplace_back("date", date);
    done(std::move(answer_now));
  });
  return call;
}

void FakeEndpoint::cancel(HttpCall call) {
  if (in_flight_.erase(call) > 0) ++cancelled;
}

Result<HttpAnswer> FakeEndpoint::answer_to(const HttpRequest& request) {
  if (request.method == "GET") {
    ++probes;
    return answered(probe_status, "");
  }
  if (request.url.ends_with("/oauth/token")) {
    ++tokens;
    if (token_status != 200) return answered(token_status, token_refusal);
    return answered(200, R"({"access_token":"token-)" + std::to_string(tokens) +
                             R"(","token_type":"bearer","expires_in":300})");
  }
  const auto decoded = decode_publication(encodings.back().empty() ? std::string_view{request.body}
                                                                   : empty_publication);
  return answer ? answer(*decoded) : accept(*decoded);
}

Result<HttpAnswer> FakeEndpoint::accept(const PublicationRequest& request) {
  const bool stands = request.full || (request.term == term_ && request.sequence == sequence_ + 1);
  if (request.term < term_ || (request.term == term_ && request.sequence <= sequence_) || !stands) {
    ++refused;
    std::string held =
        R"({"term":)" + std::to_string(term_) + R"(,"sequence":)" + std::to_string(sequence_);
    if (names_publisher && incarnation_ > 0)
      held += R"(,"incarnation":)" + std::to_string(incarnation_) + R"(,"node":")" + node_ + '"';
    return answered(409, held + "}");
  }
  term_ = request.term;
  sequence_ = request.sequence;
  incarnation_ = request.incarnation;
  node_ = request.node;
  PublicationAnswer reply{.term = term_,
                          .sequence = sequence_,
                          .accepted = request.targets.size(),
                          .epoch = epoch,
                          .rejected = {},
                          .feedback = {},
                          .full_wanted = full_wanted};
  for (const auto& target : request.targets) {
    accepted.insert(target.id);
    counts[target.id].sent += static_cast<std::uint64_t>(target.offer.proactive);
    reply.feedback.push_back({target.id, counts[target.id]});
  }
  std::string body;
  encode_publication_answer(reply, body);
  return answered(200, std::move(body));
}

Fixture::Fixture(std::uint64_t seed, std::function<void(PublisherConfig&)> adapt, Duration keyframe)
    : sim{seed} {
  config.cluster = "c";
  config.node = "a";
  config.pacers = 2;
  config.base_auth_url = "https://login.test/oauth/token";
  config.base_service_url = "https://api.test/api/";
  config.client_id = "id";
  config.client_secret = "secret";
  config.boot = "boot-1";
  config.gzip = config.zstd = false;
  config.pace_stale = 5s;
  config.prompt_gap = 0s;  // Unless a test is about them.
  for (int i = 0; i < 6; ++i) config.ids.push_back("t" + std::to_string(i));
  config.channels.assign(config.ids.size(), "chat");
  if (adapt) adapt(config);
  for (const auto& id : config.ids) config.shards.push_back(shard_of(id, config.pacers));

  elector = &sim.process(elector_address);
  elector->bus.subscribe("publication", [this](const Address&, Payload bytes) {
    reports.push_back(*decode<PublicationReport>(bytes));
  });
  feedback = std::make_unique<StateReader<TargetFeedback>>(
      *elector, "feedback", StateReader<TargetFeedback>::Options{}, config.ids, nullptr);
  world = &sim.process(publisher_address);
  endpoint = std::make_unique<FakeEndpoint>(*world);
  publisher = std::make_unique<Publisher>(config, *world, *endpoint);
  for (int shard = 0; shard < config.pacers; ++shard) {
    World& pacer = sim.process({"a", "pacer", shard});
    pacers.push_back(&pacer);
    std::vector<std::string> ids;
    for (const auto& id : config.ids)
      if (shard_of(id, config.pacers) == shard) ids.push_back(id);
    rows_.push_back(std::make_unique<StateWriter<TargetPace>>(
        pacer, "pace",
        StateWriter<TargetPace>::Options{.ids = ids, .keyframe = keyframe, .shard = shard}));
    pacer.timers.every(100ms, [this, shard] {
      const auto index = static_cast<std::size_t>(shard);
      if (!silent_[index]) rows_[index]->publish(cycles[index]);
    });
  }
  pace(1);
}

Fixture::~Fixture() {
  publisher.reset();
}

void Fixture::restart() {
  publisher.reset();
  world = &sim.process(publisher_address);
  endpoint->move_to(*world);
  publisher = std::make_unique<Publisher>(config, *world, *endpoint);
}

void Fixture::pace(int proactive, double reactive_state) {
  TargetPace row;
  row.state = PaceState::ok;
  row.reason = PaceReason::granted;
  row.proactive = proactive;
  row.max_pending = proactive;
  row.reactive_state = reactive_state;
  for (auto& rows : rows_)
    for (std::uint32_t i = 0; i < rows->size(); ++i) rows->set(i, row);
}

Grant Fixture::grant_message(std::uint64_t term, Duration life) {
  Grant grant;
  grant.node = "a";
  grant.incarnation = elector->incarnation;
  grant.sequence = ++grants_;
  grant.term = term;
  grant.expires_ns = (elector->clock.now() + life).time_since_epoch().count();
  grant.boot = "boot-1";
  grant.publisher = world->incarnation;
  return grant;
}

void Fixture::grant(std::uint64_t term, Duration life) {
  elector->bus.publish("grant", encode(grant_message(term, life)));
}

}  // namespace paceline::test
