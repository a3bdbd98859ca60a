#include "services/simulator/adapter_statserver.h"

#include <algorithm>
#include <charconv>

#include "services/simulator/statistics_api.h"

namespace paceline::simulator {
namespace {

constexpr std::string_view base_path = "/statistics/v3";
constexpr std::string_view polled_path = "/workspace/v3/reporting";  // Without push.
constexpr std::string_view gms_path = "/genesys/1";
constexpr std::string_view session_cookie = "STATISTICS_SESSIONID=";

std::string cookie_of(const ServerRequest& request) {
  const std::string_view cookies = request.header("cookie");
  const auto at = cookies.find(session_cookie);
  if (at == std::string_view::npos) return {};
  const auto value = cookies.substr(at + session_cookie.size());
  return std::string{value.substr(0, std::min(value.find(';'), value.size()))};
}

ServerAnswer failure(int status, std::string message) {
  return {.status = status, .body = api_failure(status, std::move(message)).body, .headers = {}};
}

std::optional<Duration> max_age_of(const ServerRequest& request) {
  constexpr std::string_view key = "max-age=";
  const auto header = request.header("cache-control");
  const auto at = header.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  std::int64_t seconds = 0;
  const auto digits = header.substr(at + key.size());
  if (std::from_chars(digits.data(), digits.data() + digits.size(), seconds).ec != std::errc{})
    return std::nullopt;
  return std::chrono::seconds{std::clamp<std::int64_t>(seconds, 0, 86'400)};
}

int status_of(ServerFault fault) {
  switch (fault) {
    case ServerFault::too_many:
      return 429;
    case ServerFault::unauthorised:
      return 401;
    case ServerFault::forbidden:
      return 403;
    case ServerFault::failing:
      return 503;
    case ServerFault::up:
    case ServerFault::down:
    case ServerFault::hang:
    case ServerFault::invalid:
    case ServerFault::unavailable:
    case ServerFault::no_push:
    case ServerFault::truncated:
      break;
  }
  return 0;
}

// `statisticIds=a,b` as well as `statisticIds=a&statisticIds=b`.
std::vector<std::string> listed_ids(const ServerRequest& request) {
  std::vector<std::string> ids;
  const auto [first, last] = request.query.equal_range("statisticIds");
  for (auto each = first; each != last; ++each)
    for (std::string_view text = each->second; !text.empty();) {
      const auto comma = std::min(text.find(','), text.size());
      if (comma > 0) ids.emplace_back(text.substr(0, comma));
      text.remove_prefix(std::min(comma + 1, text.size()));
    }
  return ids;
}

}  // namespace

StatServerAdapter::StatServerAdapter(Loop& loop, SimulatedWorld& world, Log& log, Options options)
    : loop_{loop}, world_{world}, log_{log}, options_{std::move(options)} {
  start(false);
  // Later, for a fault may come due while this very server is being asked something.
  world_.on_faults([this](const Faults&) {
    loop_.cancel(following_);
    following_ = loop_.after(Duration::zero(), [this] { follow(world_.faults()); });
  });
  timer_ = loop_.every(world_.tick(), [this] { tick(); });
}

StatServerAdapter::~StatServerAdapter() {
  loop_.cancel(timer_);
  loop_.cancel(following_);
  stop();
}

void StatServerAdapter::start(bool fresh_counters) {
  world_.advance();
  server_.emplace(world_.centre(), options_.server, ++options_.seed);
  gms_.emplace(*server_);
  if (fresh_counters) server_->reset_counters();
  http_.emplace(loop_,
                HttpServer::Options{.address = options_.address,
                                    .port = options_.port,
                                    .certificate_pem = {},
                                    .key_pem = {},
                                    .max_connections = 256},
                [this](ServerRequest request, Responder respond) {
                  serve(std::move(request), std::move(respond));
                });
  options_.port = http_->port();
  log_.info("statserver_started",
            {{"server", options_.primary ? "primary" : "backup"}, {"port", options_.port}});
}

void StatServerAdapter::stop() {
  held_.clear();
  hanging_.clear();
  if (!http_) return;
  http_.reset();
  log_.info("statserver_stopped", {{"server", options_.primary ? "primary" : "backup"}});
}

void StatServerAdapter::follow(const Faults& faults) {
  const ServerFaults& mine = options_.primary ? faults.primary : faults.backup;
  if (mine.state != fault_) {
    fault_ = mine.state;
    if (fault_ == ServerFault::down)
      stop();
    else if (!http_)
      start(true);
    if (fault_ != ServerFault::hang) hanging_.clear();
  }
  server_->set_valid(fault_ != ServerFault::invalid);
  server_->set_service_state(fault_ == ServerFault::unavailable ? "Unavailable" : "Available");
  server_->set_lag(mine.lag);
  server_->set_hidden(faults.hidden);
  server_->set_disorder(faults.push_disorder);
  server_->set_sticky(faults.sticky_cookie);
  due_.clear();  // `push_delay` may be another one now.
  if (std::exchange(resets_, mine.resets) != mine.resets) server_->reset_counters();
  if (std::exchange(forgets_, mine.forgets) != mine.forgets) {
    server_->forget();
    held_.clear();
  }
}

// Half of it while answers are to be truncated.
void StatServerAdapter::send(Responder& respond, ServerAnswer answer) const {
  if (fault_ == ServerFault::truncated) answer.body.resize(answer.body.size() / 2);
  respond.send(std::move(answer));
}

void StatServerAdapter::serve(ServerRequest request, Responder respond) {
  if (fault_ == ServerFault::hang) {
    if (hanging_.size() == max_hanging) hanging_.erase(hanging_.begin());
    hanging_.push_back(std::move(respond));
    return;
  }
  world_.advance();
  if (const int status = status_of(fault_)) {
    auto answer = failure(status, "as the fault wants it");
    if (status == 429 || status == 503)
      answer.headers.emplace_back(
          "Retry-After",
          std::to_string(
              std::chrono::ceil<std::chrono::seconds>(world_.faults().retry_after).count()));
    return send(respond, std::move(answer));
  }
  std::string_view path = request.path;
  if (path.starts_with(gms_path)) return ask_gms(request, respond);
  const bool pushes = path.starts_with(base_path) && fault_ != ServerFault::no_push;
  if (!path.starts_with(base_path) && !path.starts_with(polled_path))
    return send(respond, failure(404, "no such path"));
  path.remove_prefix(path.starts_with(base_path) ? base_path.size() : polled_path.size());
  if (path.starts_with("/notifications") && pushes) {
    if (request.method == "POST") return receive(request, std::move(respond));
    return send(respond, failure(405, "POST only"));
  }
  auto told = answer_statistics(*server_,
                                {.method = request.method,
                                 .path = path,
                                 .statistic_ids = listed_ids(request),
                                 .object_id = request.parameter("objectId"),
                                 .object_type = request.parameter("objectType"),
                                 .verbose = request.parameter("verbose"),
                                 .cookie = cookie_of(request),
                                 .body = request.body},
                                world_.timestamp());
  send(respond, {.status = told.status, .body = std::move(told.body), .headers = {}});
}

void StatServerAdapter::ask_gms(const ServerRequest& request, Responder& respond) {
  const auto path = std::string_view{request.path}.substr(gms_path.size());
  const bool internal = path == "/internal_statistic";
  if ((!internal && path != "/statistic") || request.method != "POST")
    return send(respond, failure(404, "POST /genesys/1/statistic or internal_statistic"));
  if (!internal && request.header("authorization") != options_.authorization) {
    ServerAnswer refused{.status = 401, .body = "", .headers = {}};
    refused.headers.emplace_back("WWW-Authenticate", "Basic realm=\"gms\"");
    return send(respond, std::move(refused));
  }
  auto told = gms_->answer(request.body, max_age_of(request), world_.timestamp());
  ServerAnswer answer{.status = told.status, .body = std::move(told.body), .headers = {}};
  answer.headers.emplace_back(
      "Age", std::to_string(std::chrono::duration_cast<std::chrono::seconds>(told.age).count()));
  send(respond, std::move(answer));
}

void StatServerAdapter::receive(const ServerRequest& request, Responder respond) {
  const auto messages = decode_bayeux(request.body);
  if (!messages) return send(respond, failure(400, messages.error().detail));
  const Timestamp timestamp = world_.timestamp();
  auto reply = server_->receive(*messages, cookie_of(request), timestamp);
  // A second connect request of a client ends the wait of its first; so does the session's end.
  for (const auto& client : {reply.client, reply.gone})
    if (const auto earlier = held_.find(client); earlier != held_.end()) {
      if (earlier->second.respond.alive()) tell(earlier->first, earlier->second);
      held_.erase(earlier);
    }
  // What is pushed late waits in a request that is kept, too.
  const bool late = world_.faults().push_delay > Duration::zero();
  if (reply.hold || (reply.news && late)) {
    held_.insert_or_assign(reply.client, Held{.respond = std::move(respond),
                                              .connect = std::move(reply.messages),
                                              .until = timestamp.now + reply.wait});
    return;
  }
  ServerAnswer answer;
  if (!reply.client.empty() && !late)
    for (auto& message : server_->take(reply.client, timestamp))
      reply.messages.insert(reply.messages.begin(), std::move(message));
  encode_bayeux(reply.messages, answer.body);
  if (!reply.new_cookie.empty())
    answer.headers.emplace_back("Set-Cookie",
                                std::string{session_cookie} + reply.new_cookie + "; Path=/");
  send(respond, std::move(answer));
}

// What there is to tell, or what is not late enough yet to be told.
void StatServerAdapter::tell(const std::string& client, Held& held) {
  const Timestamp timestamp = world_.timestamp();
  std::vector<BayeuxMessage> messages;
  if (const auto due = due_.find(client); due == due_.end() || timestamp.now >= due->second) {
    messages = server_->take(client, timestamp);
    due_.erase(client);
  }
  messages.insert(messages.end(), held.connect.begin(), held.connect.end());
  ServerAnswer answer;
  encode_bayeux(messages, answer.body);
  send(held.respond, std::move(answer));
}

void StatServerAdapter::tick() {
  world_.advance();
  if (!http_ || fault_ == ServerFault::hang) return;
  const Timestamp timestamp = world_.timestamp();
  const auto clients = server_->refresh(timestamp);
  std::erase_if(due_, [&](const auto& due) {
    return std::ranges::find(clients, due.first) == clients.end();
  });
  for (const std::string& client : clients) {
    const auto due = due_.try_emplace(client, timestamp.now + world_.faults().push_delay).first;
    const auto waiting = held_.find(client);
    if (waiting == held_.end() || !waiting->second.respond.alive()) continue;
    if (timestamp.now < due->second) continue;
    tell(client, waiting->second);
    held_.erase(waiting);
  }
  for (auto next = held_.begin(); next != held_.end();) {
    const auto current = next++;
    auto& [client, held] = *current;
    if (held.respond.alive() && timestamp.now < held.until) continue;
    if (held.respond.alive()) tell(client, held);
    held_.erase(current);
  }
}

}  // namespace paceline::simulator
