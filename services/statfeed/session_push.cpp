// The half of a session that is CometD: handshake, join, and one connect always out.
#include <algorithm>

#include "common/base/ascii.h"
#include "services/statfeed/session.h"

namespace paceline::statfeed {
namespace {

constexpr Duration longest_connect = 120s;   // That a server's advice may ask for.
constexpr int connect_failures_to_lose = 5;  // Answers in a row that say neither yes nor 402.

// By its advice, or since it does not know us: 402 as Bayeux has it, 401 as faye says it, without advice.
bool wants_handshake(const BayeuxMessage& answer) {
  return answer.reconnect == "handshake" || answer.error.starts_with("402") ||
         answer.error.starts_with("401");
}

}  // namespace

// ---- Requests

void Session::send_handshake(Instant now, Step& step) {
  BayeuxMessage message;
  message.channel = channel_name(MetaChannel::handshake);
  message.id = "1";
  encode_bayeux({message}, send(Call::Kind::handshake, "POST", "/notifications",
                                policy_.request_timeout, 0, now, step)
                               .body);
}

void Session::send_join(Instant now, Step& step) {
  std::vector<BayeuxMessage> messages(2);
  messages[0].subscription = updates_channel;
  messages[1].subscription = service_channel;
  for (auto& message : messages) {
    message.channel = channel_name(MetaChannel::subscribe);
    message.id = std::to_string(2 + (&message - messages.data()));
    message.client_id = client_;
  }
  encode_bayeux(
      messages,
      send(Call::Kind::join, "POST", "/notifications", policy_.request_timeout, 0, now, step).body);
  phase_ = Phase::joining;
}

void Session::send_connect(Instant now, Step& step) {
  BayeuxMessage message;
  message.channel = channel_name(MetaChannel::connect);
  message.client_id = client_;
  message.connection_type = "long-polling";
  // Asks the server to answer within the liveness period even if it has nothing to tell.
  message.timeout_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(policy_.liveness).count();
  const Duration timeout = std::max(policy_.liveness, connect_timeout_) + policy_.request_timeout;
  auto& call = send(Call::Kind::connect, "POST", "/notifications", timeout, 0, now, step);
  message.id = std::to_string(call.id);
  encode_bayeux({message}, call.body);
  connecting_ = true;
  connect_sent_ = now;
}

// ---- Answers

void Session::refuse_push(std::string why, Instant now, Step& step) {
  step.notes.push_back({"push_refused", std::move(why)});
  pushed_ = false;
  connecting_ = false;
  push_again_at_ = now + policy_.push_again;
  batches_.poll_soon(now);
  phase_ = Phase::running;
}

void Session::on_push_reply(const PendingCall& pending, const Result<Reply>& reply, Instant now,
                            Step& step) {
  const bool connect = pending.kind == Call::Kind::connect;
  if (connect) connecting_ = false;
  if (ok(reply)) return on_messages(pending, reply->body, now, step);
  if (!reply) {
    if (connect) return retry_connect("connect: " + why_of(reply), Duration::zero(), now, step);
    return lose(why_of(reply), Duration::zero(), now, step);
  }
  const bool temporary =
      reply->status == 401 || reply->status == 403 || reply->status == 429 || reply->status >= 500;
  if (reply->status == 429) paused_until_ = now + std::max(reply->retry_after, least_pause);
  if (connect && temporary && ++connect_failures_ < connect_failures_to_lose)
    return retry_connect("connect: " + why_of(reply), reply->retry_after, now, step);
  if (pending.kind == Call::Kind::handshake && !temporary)
    return refuse_push(why_of(reply), now, step);
  lose(why_of(reply), reply->retry_after, now, step);
}

void Session::on_messages(const PendingCall& pending, std::string_view body, Instant now,
                          Step& step) {
  const auto messages = decode_bayeux(body);
  if (!messages) {
    ++step.refused;
    const auto why = "unreadable: " + messages.error().detail;
    if (pending.kind == Call::Kind::handshake) return refuse_push(why, now, step);
    if (pending.kind == Call::Kind::join) return lose(why, Duration::zero(), now, step);
    return retry_connect("connect: " + why, Duration::zero(), now, step);
  }
  const BayeuxMessage* meta = nullptr;
  bool joined = true;
  for (const auto& message : *messages) {
    take(message.statistics, How::pushed, pending, now, nullptr, step);
    refuse(message.unreadable, step);
    if (!message.service_state.empty()) {
      const bool available = same_word(message.service_state, "available");
      if (available != available_) step.notes.push_back({"service_state", message.service_state});
      available_ = available;
    }
    const MetaChannel channel = meta_channel(message.channel);
    if (channel == MetaChannel::subscribe && !message.successful.value_or(false)) joined = false;
    if (channel != MetaChannel::none && (!meta || meta->successful.value_or(false)))
      meta = &message;
  }
  if (!meta) {
    ++step.refused;
    if (pending.kind != Call::Kind::connect)
      return lose("no answer to our message", Duration::zero(), now, step);
    if (!step.updates.empty()) hear(step, now);
    connect_at_ = now + pause();
    return;
  }
  keep_advice(*meta);
  switch (pending.kind) {
    case Call::Kind::handshake:
      return on_handshake(*meta, now, step);
    case Call::Kind::join:
      return on_joined(*meta, joined, now, step);
    default:
      return on_connected(*meta, now, step);
  }
}

// Advice holds until other advice comes (Bayeux 1.0, section 3.4).
void Session::keep_advice(const BayeuxMessage& answer) {
  using std::chrono::milliseconds;
  if (answer.interval_ms >= 0)
    interval_ = milliseconds{std::min<std::int64_t>(answer.interval_ms, 60'000)};
  if (answer.timeout_ms >= 0)
    connect_timeout_ = std::min<Duration>(
        milliseconds{std::min<std::int64_t>(answer.timeout_ms, 1'000'000)}, longest_connect);
}

void Session::on_handshake(const BayeuxMessage& answer, Instant now, Step& step) {
  if (answer.successful.value_or(false) && !answer.client_id.empty()) {
    client_ = answer.client_id;
    return send_join(now, step);
  }
  const auto why = "handshake refused: " + answer.error;
  if (answer.reconnect == "handshake" || answer.reconnect == "retry")
    return lose(why, interval_, now, step);
  refuse_push(why, now, step);
}

void Session::on_joined(const BayeuxMessage& answer, bool joined, Instant now, Step& step) {
  if (answer.successful.value_or(false) && joined) {
    phase_ = Phase::running;
    connect_at_ = now + interval_;
    return;
  }
  const auto why = "subscribing refused: " + answer.error;
  if (wants_handshake(answer)) return lose(why, interval_, now, step);
  refuse_push(why, now, step);
}

void Session::on_connected(const BayeuxMessage& answer, Instant now, Step& step) {
  if (answer.successful.value_or(false)) {
    connect_failures_ = 0;
    // A server that answers with nothing to tell is there, and confirms no number.
    if (!step.updates.empty()) hear(step, now);
    if (answer.reconnect == "handshake") {
      leave(now, step);
      return begin_anew("the server wants another handshake", interval_, now, step);
    }
    if (!begun_anew_ || now - *begun_anew_ >= calm) backoff_.reset();
    if (answer.reconnect == "none") return refuse_push("the server wants no more", now, step);
    // Nor must it set the pace: least of all if it has nothing to tell.
    const Duration least = policy_.liveness / (step.updates.empty() ? 8 : 100);
    connect_at_ = std::max(now + interval_, connect_sent_ + least);
    return;
  }
  if (wants_handshake(answer)) {
    client_.clear();
    return begin_anew(answer.error, interval_, now, step);
  }
  if (answer.reconnect == "none")
    return refuse_push("the server wants no more: " + answer.error, now, step);
  retry_connect("connect: " + answer.error, interval_, now, step);
}

// The session may well be alive: only the server's word (402) ends it.
void Session::retry_connect(std::string why, Duration at_least, Instant now, Step& step) {
  connect_at_ = now + std::max(pause(), std::min(at_least, longest_retry_after));
  step.notes.push_back({"request_failed", std::move(why)});
}

}  // namespace paceline::statfeed
