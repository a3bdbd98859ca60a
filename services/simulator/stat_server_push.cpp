// The half of a Stat Server that is CometD: handshakes, sessions, and what they listen to.
#include <algorithm>

#include "services/simulator/stat_server.h"

namespace paceline::simulator {
namespace {

constexpr std::string_view offered_type = "long-polling";
constexpr std::size_t max_told_bytes = 256;

BayeuxMessage refusal(const BayeuxMessage& message, std::string error, std::string reconnect) {
  BayeuxMessage reply;
  reply.channel = message.channel;
  reply.id = message.id;
  reply.client_id = message.client_id;
  reply.successful = false;
  reply.error = std::move(error);
  reply.subscription = message.subscription;
  reply.subscriptions = message.subscriptions;
  reply.reconnect = std::move(reconnect);
  return reply;
}

// Bayeux 1.0, 2.1.2: a code, what it is about, and a sentence for people.
BayeuxMessage type_refused(const BayeuxMessage& message, std::string_view types,
                           std::string reconnect) {
  return refusal(
      message,
      "301:" + std::string{types.substr(0, max_told_bytes)} + ":connection types not supported",
      std::move(reconnect));
}

BayeuxMessage consent(const BayeuxMessage& message, const std::string& client) {
  BayeuxMessage reply;
  reply.channel = message.channel;
  reply.id = message.id;
  reply.client_id = client;
  reply.successful = true;
  reply.subscription = message.subscription;
  reply.subscriptions = message.subscriptions;
  return reply;
}

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const auto& word : words) all += (all.empty() ? "" : ",") + word;
  return all;
}

bool covers(std::string_view subscription, std::string_view channel) {
  return subscription == channel || subscription == "/statistics/v3/*" ||
         subscription == "/statistics/v3/**" || subscription == "/**";
}

}  // namespace

StatServer::Reply StatServer::receive(const std::vector<BayeuxMessage>& messages,
                                      std::string_view cookie, Timestamp timestamp) {
  Reply reply;
  for (const BayeuxMessage& message : messages) {
    const MetaChannel channel = meta_channel(message.channel);
    if (channel == MetaChannel::handshake) {
      reply.messages.push_back(handshake(message, cookie, reply.new_cookie, timestamp));
      continue;
    }
    std::string key;
    Session* session = session_of_client(message.client_id, &key);
    if (!session || (sticky_ && key != cookie)) {
      reply.messages.push_back(refusal(message, "402::unknown client", "handshake"));
      continue;
    }
    session->seen = timestamp.now;
    switch (channel) {
      case MetaChannel::handshake:
        break;  // Above.
      case MetaChannel::connect:
        if (!message.connection_type.empty() && message.connection_type != offered_type) {
          reply.messages.push_back(type_refused(message, message.connection_type, "handshake"));
          break;
        }
        reply.client = session->client;
        reply.wait = wait_of(message);
        // The first one is answered at once (Bayeux 1.0), the others wait for something to tell.
        if (std::exchange(session->connected_once, true) && reply.wait > Duration::zero()) {
          reply.news = !session->outbox.empty() || session->tell_service;
          reply.hold = !reply.news;
        }
        reply.messages.push_back(consent(message, session->client));
        reply.messages.back().reconnect = "retry";
        break;
      case MetaChannel::subscribe:
        reply.messages.push_back(listen(message, *session, true));
        break;
      case MetaChannel::unsubscribe:
        reply.messages.push_back(listen(message, *session, false));
        break;
      case MetaChannel::disconnect:
        reply.messages.push_back(consent(message, session->client));
        reply.gone = session->client;
        drop_session(key);
        break;
      case MetaChannel::none:
        reply.messages.push_back(refusal(message, "404::unknown channel", ""));
        break;
    }
  }
  if (reply.messages.size() > 1) reply.hold = reply.news = false;
  return reply;
}

// A client may ask for less patience than the server has (Bayeux 1.0, 3.4).
Duration StatServer::wait_of(const BayeuxMessage& connect) const {
  using std::chrono::milliseconds;
  const auto most = std::chrono::duration_cast<milliseconds>(options_.connect_timeout);
  return connect.timeout_ms < 0 ? most : std::min(most, milliseconds{connect.timeout_ms});
}

// A client that shakes hands again keeps its cookie and begins anew, without subscriptions.
BayeuxMessage StatServer::handshake(const BayeuxMessage& message, std::string_view cookie,
                                    std::string& new_cookie, Timestamp timestamp) {
  const auto& types = message.connection_types;
  if (!types.empty() && std::ranges::find(types, offered_type) == types.end())
    return type_refused(message, joined(types), "none");
  std::string key{cookie};
  if (sessions_.contains(key))
    drop_session(key);
  else
    key = new_cookie = fresh_id();
  if (sessions_.size() >= options_.max_sessions) {
    new_cookie.clear();
    return refusal(message, "503::too many sessions", "retry");
  }
  auto& session = sessions_[key];
  session = {.client = fresh_id(), .seen = timestamp.now};
  auto answer = consent(message, session.client);
  answer.reconnect = "retry";
  answer.timeout_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(options_.connect_timeout).count();
  answer.interval_ms = 0;
  return answer;
}

// Of a list all are taken or none.
BayeuxMessage StatServer::listen(const BayeuxMessage& message, Session& session, bool on) {
  auto channels = message.subscriptions;
  if (channels.empty()) channels.push_back(message.subscription);
  bool updates = false;
  bool service = false;
  for (const auto& channel : channels) {
    const bool covers_updates = covers(channel, updates_channel);
    const bool covers_service = covers(channel, service_channel);
    if (!covers_updates && !covers_service) return refusal(message, "403::no such channel", "");
    updates = updates || covers_updates;
    service = service || covers_service;
  }
  if (updates) session.updates = on;
  if (service) session.service = session.tell_service = on;
  return consent(message, session.client);
}

}  // namespace paceline::simulator
