#include "services/simulator/adapter_statserver.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace paceline {
namespace {

constexpr std::string_view base_path = "/statistics/v3";
constexpr std::string_view session_cookie = "STATISTICS_SESSIONID=";
constexpr std::size_t max_hanging = 256;

std::string cookie_of(const ServerRequest& request) {
  const std::string_view cookies = request.header("cookie");
  const auto at = cookies.find(session_cookie);
  if (at == std::string_view::npos) return {};
  const auto value = cookies.substr(at + session_cookie.size());
  return std::string{value.substr(0, std::min(value.find(';'), value.size()))};
}

ServerAnswer failure(int status, int code, const std::string& message) {
  nlohmann::json body;
  body["status"] = {{"code", code}, {"message", message}};
  return {.status = status,
          .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
          .headers = {}};
}

ServerAnswer answer_of(const SubscriptionAnswer& answer) {
  ServerAnswer sent;
  encode_subscription_answer(answer, sent.body);
  return sent;
}

std::vector<std::string> listed(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    if (comma > 0) parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
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
  const auto fault = options_.primary ? faults.primary : faults.backup;
  const auto resets = options_.primary ? faults.primary_resets : faults.backup_resets;
  if (fault != fault_) {
    fault_ = fault;
    if (fault == ServerFault::down)
      stop();
    else if (!http_)
      start(true);
    if (fault != ServerFault::hang) hanging_.clear();
    server_->set_valid(fault != ServerFault::invalid);
  }
  if (resets != resets_) {
    resets_ = resets;
    server_->reset_counters();
  }
}

void StatServerAdapter::serve(ServerRequest request, Responder respond) {
  if (fault_ == ServerFault::hang) {
    if (hanging_.size() == max_hanging) hanging_.erase(hanging_.begin());
    hanging_.push_back(std::move(respond));
    return;
  }
  world_.advance();
  std::string_view path = request.path;
  if (!path.starts_with(base_path)) return respond.send(failure(404, 404, "no such path"));
  path.remove_prefix(base_path.size());
  if (path.starts_with("/notifications")) {
    if (request.method == "POST") return hear(request, std::move(respond));
    return respond.send(failure(405, 405, "POST only"));
  }
  if (path == "/subscriptions" && request.method == "POST") return subscribe(request, respond);
  if (path.starts_with("/subscriptions/")) {
    path.remove_prefix(std::string_view{"/subscriptions/"}.size());
    const auto slash = std::min(path.find('/'), path.size());
    const std::string_view id = path.substr(0, slash);
    const std::string_view rest = path.substr(slash);
    if (rest.empty() && request.method == "DELETE") {
      if (!server_->unsubscribe(id)) return respond.send(failure(404, 404, "no such subscription"));
      return respond.send({.body = R"({"status":{"code":0}})", .headers = {}});
    }
    if (rest == "/statistic-values" && request.method == "GET") {
      const auto values =
          server_->values(id, listed(request.parameter("statisticIds")), world_.moment());
      if (!values) return respond.send(failure(404, 404, values.error().detail));
      return respond.send(answer_of(*values));
    }
  }
  respond.send(failure(404, 404, "no such path or method"));
}

void StatServerAdapter::subscribe(const ServerRequest& request, Responder& respond) {
  const auto wanted = decode_subscription(request.body);
  if (!wanted) return respond.send(failure(400, 400, wanted.error().detail));
  auto answer = server_->subscribe(*wanted, cookie_of(request), world_.moment());
  if (answer.code != 0) return respond.send(failure(200, answer.code, answer.message));
  if (request.parameter("verbose") == "OFF") answer.statistics.clear();
  respond.send(answer_of(answer));
}

void StatServerAdapter::hear(const ServerRequest& request, Responder respond) {
  const auto messages = decode_bayeux(request.body);
  if (!messages) return respond.send(failure(400, 400, messages.error().detail));
  const Moment moment = world_.moment();
  auto reply = server_->hear(*messages, cookie_of(request), moment);
  // A second connect request of a client ends the wait of its first.
  if (const auto earlier = held_.find(reply.client); earlier != held_.end()) {
    if (earlier->second.respond.alive()) tell(earlier->first, earlier->second);
    held_.erase(earlier);
  }
  if (reply.hold) {
    held_.insert_or_assign(reply.client, Held{.respond = std::move(respond),
                                              .connect = std::move(reply.messages),
                                              .until = moment.now + server_->connect_timeout()});
    return;
  }
  ServerAnswer answer;
  if (!reply.client.empty() && world_.faults().push_delay == Duration::zero())
    for (auto& message : server_->take(reply.client, moment))
      reply.messages.insert(reply.messages.begin(), std::move(message));
  encode_bayeux(reply.messages, answer.body);
  if (!reply.new_cookie.empty())
    answer.headers.emplace_back("Set-Cookie",
                                std::string{session_cookie} + reply.new_cookie + "; Path=/");
  respond.send(std::move(answer));
}

void StatServerAdapter::tell(const std::string& client, Held& held) {
  auto messages = server_->take(client, world_.moment());
  messages.insert(messages.end(), held.connect.begin(), held.connect.end());
  ServerAnswer answer;
  encode_bayeux(messages, answer.body);
  held.respond.send(std::move(answer));
}

void StatServerAdapter::tick() {
  world_.advance();
  if (!http_ || fault_ == ServerFault::hang) return;
  const Moment moment = world_.moment();
  for (const std::string& client : server_->refresh(moment)) {
    const auto waiting = held_.find(client);
    if (waiting == held_.end() || !waiting->second.respond.alive()) continue;
    auto& held = waiting->second;
    if (!held.ready) held.ready = moment.now + world_.faults().push_delay;
    if (moment.now < *held.ready) continue;
    tell(client, held);
    held_.erase(waiting);
  }
  for (auto next = held_.begin(); next != held_.end();) {
    const auto current = next++;
    auto& [client, held] = *current;
    if (held.respond.alive() && moment.now < held.until) continue;
    if (held.respond.alive()) tell(client, held);
    held_.erase(current);
  }
}

}  // namespace paceline
