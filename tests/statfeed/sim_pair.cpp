#include "tests/statfeed/sim_pair.h"

namespace paceline::test {

SimPair::SimPair(SimWorld& sim, World& world, Centre& centre)
    : sim_{sim}, world_{world}, centre_{centre} {
  for (auto& side : sides) side.server.emplace(centre_, StatServer::Options{}, ++seed_);
  timer_ = world.timers.every(200ms, [this] { tick(); });
}

SimPair::~SimPair() {
  world_.timers.cancel(timer_);
}

Timestamp SimPair::moment() const {
  const Instant now{sim_.elapsed()};
  return {
      .now = now,
      .wall_ms =
          1'700'000'000'000 +
          std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count()};
}

void SimPair::restart(int index) {
  auto& side = sides[static_cast<std::size_t>(index)];
  side.server.emplace(centre_, StatServer::Options{}, ++seed_);
  side.server->reset_counters();
  for (const auto& [client, call] : side.held)
    finish(call, fail(Errc::unavailable, "connection reset"));
  side.held.clear();
}

HttpCall SimPair::send(HttpRequest request, Done done) {
  const auto call = ++last_;
  calls_[call] = std::move(done);
  world_.timers.after(request.timeout,
                      [this, call] { finish(call, fail(Errc::unavailable, "timed out")); });
  auto& side = sides[request.url.find("//backup") == std::string::npos ? 0 : 1];
  world_.timers.after(2ms, [this, call, &side, request = std::move(request)] {
    if (!side.up) return finish(call, fail(Errc::unavailable, "connection refused"));
    serve(side, call, request);
  });
  return call;
}

void SimPair::finish(HttpCall call, Result<HttpAnswer> answer) {
  const auto entry = calls_.find(call);
  if (entry == calls_.end()) return;
  const auto done = std::move(entry->second);
  calls_.erase(entry);
  done(std::move(answer));
}

void SimPair::answer(HttpCall call, std::string body, HttpHeaders headers, int status) {
  HttpAnswer answer;
  answer.status = status;
  answer.body = std::move(body);
  answer.headers = std::move(headers);
  finish(call, std::move(answer));
}

void SimPair::serve(Side& side, HttpCall call, const HttpRequest& request) {
  std::string cookie;
  for (const auto& [name, value] : request.headers)
    if (name == "Cookie") cookie = value.substr(value.find('=') + 1);
  std::string body;
  const auto path = request.url.substr(request.url.find("/v3/") + 3);
  if (path == "/notifications") {
    auto reply = side.server->receive(decode_bayeux(request.body).value(), cookie, moment());
    if (reply.hold) {
      side.held[reply.client] = call;
      return;
    }
    if (!reply.client.empty())
      for (auto& message : side.server->take(reply.client, moment()))
        reply.messages.insert(reply.messages.begin(), std::move(message));
    encode_bayeux(reply.messages, body);
    HttpHeaders headers;
    if (!reply.new_cookie.empty())
      headers.emplace_back("set-cookie", "STATISTICS_SESSIONID=" + reply.new_cookie);
    return answer(call, std::move(body), std::move(headers));
  }
  SubscriptionAnswer told;
  if (request.method == "POST") {
    told = side.server->subscribe(decode_subscription(request.body).value(), cookie, moment());
  } else {
    const auto id = path.substr(15, path.find_first_of("/?", 15) - 15);
    std::vector<std::string> ids;
    if (const auto at = path.find("statisticIds="); at != std::string::npos)
      ids.push_back(path.substr(at + 13));
    auto values = side.server->values(id, ids, moment());
    if (!values) return answer(call, "{}", {}, 404);
    told = *std::move(values);
  }
  encode_subscription_answer(told, body);
  answer(call, std::move(body));
}

void SimPair::tell(Side& side, const std::string& client, HttpCall call) {
  auto messages = side.server->take(client, moment());
  BayeuxMessage connect;
  connect.channel = "/meta/connect";
  connect.successful = true;
  messages.push_back(std::move(connect));
  std::string body;
  encode_bayeux(messages, body);
  answer(call, std::move(body));
}

void SimPair::tick() {
  centre_.advance(sim_.elapsed());
  for (auto& side : sides) {
    if (!side.up) {
      for (const auto& [client, call] : side.held)
        finish(call, fail(Errc::unavailable, "connection reset"));
      side.held.clear();
      continue;
    }
    for (const auto& client : side.server->refresh(moment())) {
      const auto held = side.held.find(client);
      if (held == side.held.end()) continue;
      const auto call = held->second;
      side.held.erase(held);
      tell(side, client, call);
    }
  }
}

}  // namespace paceline::test
