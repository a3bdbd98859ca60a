#include "tests/statfeed/sim_pair.h"

#include <algorithm>

namespace paceline::test {

SimPair::SimPair(SimWorld& sim, World& world, Centre& centre)
    : sim_{sim},
      world_{world},
      servers_{sim.process({world.self.node, "statservers", 0})},
      centre_{centre} {
  for (auto& side : sides) side.server.emplace(centre_, StatServer::Options{}, ++seed_);
  timer_ = servers_.timers.every(200ms, [this] { tick(); });
}

SimPair::~SimPair() {
  servers_.timers.cancel(timer_);
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
  reset(side);
}

void SimPair::forget(int index) {
  auto& side = sides[static_cast<std::size_t>(index)];
  side.server->forget();
  reset(side);
}

void SimPair::reset(Side& side) {
  for (const auto& [client, held] : side.held)
    deliver(held.call, fail(Errc::unavailable, "connection reset"));
  side.held.clear();
  side.due.clear();
}

HttpCall SimPair::send(HttpRequest request, Done done) {
  const auto call = ++last_;
  calls_[call] = std::move(done);
  world_.timers.after(request.timeout,
                      [this, call] { finish(call, fail(Errc::unavailable, "timed out")); });
  auto& side = sides[request.url.find("//backup") == std::string::npos ? 0 : 1];
  servers_.timers.after(2ms, [this, call, &side, request = std::move(request)] {
    if (!side.up) return deliver(call, fail(Errc::unavailable, "connection refused"));
    serve(side, call, request);
  });
  return call;
}

// When statfeed gets to read it.
void SimPair::deliver(HttpCall call, Result<HttpAnswer> answer) {
  world_.timers.after(Duration::zero(), [this, call, answer = std::move(answer)]() mutable {
    finish(call, std::move(answer));
  });
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
  deliver(call, std::move(answer));
}

void SimPair::serve(Side& side, HttpCall call, const HttpRequest& request) {
  std::string cookie;
  for (const auto& [name, value] : request.headers)
    if (name == "Cookie") cookie = value.substr(value.find('=') + 1);
  std::string body;
  const auto path = request.url.substr(request.url.find("/v3/") + 3);
  if (path == "/notifications") {
    auto reply = side.server->receive(decode_bayeux(request.body).value(), cookie, moment());
    const bool late = push_delay > Duration::zero();
    if (reply.hold || (reply.news && late)) {
      side.held[reply.client] = {.call = call, .until = moment().now + reply.wait};
      return;
    }
    if (!reply.client.empty() && !late)
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
  std::vector<BayeuxMessage> messages;
  if (const auto due = side.due.find(client);
      due == side.due.end() || due->second <= moment().now) {
    messages = side.server->take(client, moment());
    side.due.erase(client);
  }
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
      reset(side);
      continue;
    }
    const Instant now = moment().now;
    const auto clients = side.server->refresh(moment());
    std::erase_if(side.due, [&](const auto& due) {
      return std::ranges::find(clients, due.first) == clients.end();
    });
    for (const auto& client : clients) side.due.try_emplace(client, now + push_delay);
    for (auto next = side.held.begin(); next != side.held.end();) {
      const auto held = next++;
      const auto due = side.due.find(held->first);
      if ((due == side.due.end() || due->second > now) && held->second.until > now) continue;
      tell(side, held->first, held->second.call);
      side.held.erase(held);
    }
  }
}

PairedStatfeed::PairedStatfeed(SimWorld& sim, const std::string& node, Centre& centre,
                               StatfeedConfig wanted)
    : world{sim.process({node, "statfeed", 0})},
      config{std::move(wanted)},
      pair{sim, world, centre} {
  config.servers = {"http://primary/statistics/v3", "http://backup/statistics/v3"};
  for (const auto& planned : centre.model().targets) {
    Target target;
    target.id = planned.id;
    target.group = planned.group;
    target.queue = planned.queue;
    config.targets.all.push_back(target);
  }
  statfeed.emplace(config, world);
  for (std::size_t i = 0; i < 2; ++i) {
    adapters[i].emplace(
        StatisticsAdapter::Options{config.servers[i], config.access, config.session},
        static_cast<int>(i), *statfeed, statfeed->targets_index(), statfeed->mapping(), world,
        pair);
    statfeed->attach(static_cast<int>(i), *adapters[i]);
    adapters[i]->start();
  }
}

}  // namespace paceline::test
