#include "tests/statfeed/fake_stat_server.h"

#include <algorithm>

#include "common/base/url.h"

namespace paceline::test {
namespace {

constexpr Duration hold = 30s;

Result<HttpAnswer> json(std::string body) {
  return HttpAnswer{.status = 200, .headers = {}, .body = std::move(body), .times = {}};
}

Result<HttpAnswer> plain(int status) {
  return HttpAnswer{.status = status, .headers = {}, .body = "no", .times = {}};
}

std::int64_t now_ms(World& world) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(world.clock.now().time_since_epoch())
             .count() +
         1'000'000;
}

}  // namespace

void FakeStatServer::set(const std::string& object, const std::string& name, double value) {
  values_[{object, name}] = value;
  changed_.emplace_back(object, name);
}

void FakeStatServer::restart() {
  clients_.clear();
  subscriptions_.clear();
  held_.clear();
  changed_.clear();
  ++life_;
  for (auto& [key, value] : values_)
    if (key.second.starts_with("Total")) value = 0;
}

void FakeStatServer::tell_state(const std::string& word) {
  state = word;
  BayeuxMessage message;
  message.channel = service_channel;
  message.service_state = word;
  for (auto& [client, waiting] : clients_) waiting.push_back(message);
}

StatisticValue FakeStatServer::value_of(const StatisticRequest& request, std::int64_t at) const {
  StatisticValue value;
  value.statistic_id = request.statistic_id;
  value.timestamp_ms = at;
  const auto found = values_.find({request.object_id, request.name});
  value.valid = valid && found != values_.end();
  if (value.valid) value.value = found->second;
  if (!own_ids) return value;
  value.statistic_id = "own/" + request.object_id + "/" + request.name;
  if (!names_values) return value;
  value.object_id = request.object_id;
  value.object_type = request.object_type;
  value.name = request.name;
  return value;
}

void FakeStatServer::send(const Answer& answer, std::string body) const {
  if (meddle) meddle(body);
  answer(json(std::move(body)));
}

void FakeStatServer::flush(World& world) {
  std::vector<StatisticValue> news;
  for (const auto& [id, statistics] : subscriptions_)
    for (const auto& one : statistics)
      if (std::ranges::find(changed_, std::pair{one.object_id, one.name}) != changed_.end())
        news.push_back(value_of(one, now_ms(world)));
  changed_.clear();
  if (!news.empty() && !frozen)
    for (auto& [client, waiting] : clients_) {
      BayeuxMessage message;
      message.channel = updates_channel;
      message.statistics = news;
      waiting.push_back(std::move(message));
    }
  for (auto held = held_.begin(); held != held_.end();) {
    auto& waiting = clients_[held->client];
    if (waiting.empty() && world.clock.now() < held->until && !frozen && !wants_handshakes) {
      ++held;
      continue;
    }
    BayeuxMessage reply;
    reply.channel = "/meta/connect";
    reply.successful = true;
    if (wants_handshakes) {
      reply.reconnect = "handshake";
      reply.interval_ms = 0;
    }
    waiting.push_back(reply);
    std::string body;
    encode_bayeux(waiting, body);
    waiting.clear();
    const auto answer = std::move(held->answer);
    held = held_.erase(held);
    send(answer, std::move(body));
  }
}

void FakeStatServer::serve(const HttpRequest& request, World& world, Answer answer) {
  ++requests_;
  if (!up) return answer(fail(Errc::unavailable, "connection refused"));
  if (silent) return;
  if (status != 0) return answer(plain(status));
  std::string body;
  const auto path = request.url.substr(request.url.find("/v3/") + 3);
  if (path == "/notifications") {
    if (!push) return answer(plain(404));
    std::vector<BayeuxMessage> replies;
    const auto messages = decode_bayeux(request.body).value();
    for (const auto& message : messages) {
      BayeuxMessage reply;
      reply.channel = message.channel;
      reply.successful = true;
      if (message.channel == "/meta/handshake") {
        reply.client_id = "client" + std::to_string(life_) + "-" + std::to_string(++handshakes_);
        clients_[reply.client_id];
      } else if (!clients_.contains(message.client_id)) {
        reply.successful = false;
        reply.error = "402::unknown client";
        reply.reconnect = "handshake";
      } else if (message.channel == "/meta/disconnect") {
        clients_.erase(message.client_id);
      } else if (message.channel == "/meta/connect") {
        const auto asked = message.timeout_ms >= 0 ? std::chrono::milliseconds{message.timeout_ms}
                                                   : std::chrono::milliseconds{30'000};
        held_.push_back({message.client_id, std::move(answer),
                         world.clock.now() + std::min<Duration>(asked, hold)});
        return flush(world);
      }
      replies.push_back(std::move(reply));
    }
    encode_bayeux(replies, body);
    return send(answer, std::move(body));
  }
  SubscriptionAnswer told;
  if (request.method == "POST") {
    auto asked = decode_subscription(request.body).value();
    told.subscription_id = asked.operation_id;
    auto& kept = subscriptions_[asked.operation_id];
    for (auto& one : asked.statistics) {
      if (values_.contains({one.object_id, one.name})) {
        told.statistics.push_back(value_of(one, now_ms(world)));
        kept.push_back(std::move(one));
      } else {
        told.errors.push_back({one.statistic_id, 31, "unknown object"});
      }
    }
  } else {
    const auto id = path.substr(15, path.find('/', 15) - 15);
    const auto found = subscriptions_.find(id.substr(0, id.find('?')));
    if (found == subscriptions_.end()) return answer(plain(404));
    if (request.method == "DELETE") {
      subscriptions_.erase(found);
      return answer(plain(200));
    }
    if (poll_status != 0) return answer(plain(poll_status));
    for (const auto& one : found->second) {
      if (silent_polls || one.object_id == mute) continue;
      const auto value = value_of(one, now_ms(world));
      if (path.find("statisticIds=") == path.npos ||
          path.find(percent_encoded(value.statistic_id)) != path.npos)
        told.statistics.push_back(value);
    }
  }
  encode_subscription_answer(told, body);
  send(answer, std::move(body));
}

FakeHttp::FakeHttp(World& world, FakeStatServer& primary, FakeStatServer& backup)
    : world_{world}, servers_{&primary, &backup} {
  timer_ = world.timers.every(50ms, [this] {
    for (auto* server : servers_)
      if (server->up && !server->silent) server->flush(world_);
  });
}

FakeHttp::~FakeHttp() {
  world_.timers.cancel(timer_);
}

HttpCall FakeHttp::send(HttpRequest request, Done done) {
  const auto call = ++last_;
  calls_[call] = std::move(done);
  world_.timers.after(request.timeout,
                      [this, call] { finish(call, fail(Errc::unavailable, "timed out")); });
  auto* server = servers_[request.url.find("//backup") == request.url.npos ? 0 : 1];
  world_.timers.after(1ms, [this, call, server, request = std::move(request)] {
    server->serve(request, world_, [this, call](Result<HttpAnswer> answer) {
      world_.timers.after(1ms, [this, call, answer = std::move(answer)] { finish(call, answer); });
    });
  });
  return call;
}

void FakeHttp::finish(HttpCall call, Result<HttpAnswer> answer) {
  const auto entry = calls_.find(call);
  if (entry == calls_.end()) return;
  const auto done = std::move(entry->second);
  calls_.erase(entry);
  done(std::move(answer));
}

}  // namespace paceline::test
