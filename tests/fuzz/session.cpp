// A Stat Server that answers anything: each line is what the session's oldest call is answered, or time that passes.
//
//   +1500                milliseconds pass
//   -                    no answer
//   200 BODY             $0 to $9 stand for ids that the session asked for, $s for its last subscription, $c for the
//                        next /meta/connect in place of the oldest call
#include <algorithm>
#include <charconv>
#include <cmath>
#include <deque>

#include "services/statfeed/session.h"
#include "tests/fuzz/fuzz.h"

namespace paceline::fuzz {
namespace {

using namespace statfeed;

class Server {
 public:
  explicit Server(Session::Policy policy) : session_{policy, mapping_, index_, 7} {
    index_.apply({{"t1", "g1", "q1"}, {"t2", "g2", "q2"}});
    keep(session_.start(now_));
  }

  void line(std::string_view line) {
    if (line.starts_with('+')) return pass(line.substr(1));
    auto call = line.find("$c") == line.npos ? calls_.begin() : find(Session::Call::Kind::connect);
    if (call == calls_.end()) return pass("100");
    const auto id = call->id;
    calls_.erase(call);
    if (line.starts_with('-'))
      return keep(session_.answered(id, fail(Errc::unavailable, "refused"), now_));
    const auto status = number(take_part(line, ' '), 0, 999);
    const auto body = filled(line);
    const auto wait = status == 429 || status == 503 ? Duration{30s} : Duration::zero();
    keep(session_.answered(id, Session::Reply{static_cast<int>(status), body, wait}, now_));
  }

  // The server as it should be: in the end every session is whole again.
  void recover() {
    for (int i = 0; i < 4000 && !(session_.complete() && !session_.lost()); ++i) {
      if (calls_.empty()) {
        pass("1000");
        continue;
      }
      const auto call = calls_.front();
      calls_.pop_front();
      const auto body = good(call);
      keep(session_.answered(call.id, Session::Reply{200, body, {}}, now_));
      if (call.kind == Session::Call::Kind::connect) pass("2000");
    }
    CHECK(session_.complete() && !session_.lost());
    const auto step = session_.stop(now_);
    CHECK(step.calls.size() <= 201);
  }

 private:
  static std::int64_t number(std::string_view text, std::int64_t low, std::int64_t high) {
    std::int64_t value = low;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return std::clamp(value, low, high);
  }

  std::deque<Session::Call>::iterator find(Session::Call::Kind kind) {
    return std::ranges::find(calls_, kind, &Session::Call::kind);
  }

  void pass(std::string_view ms) {
    now_ += std::chrono::milliseconds{number(ms, 0, 3'600'000)};
    keep(session_.tick(now_));
  }

  void keep(const Session::Step& step) {
    CHECK(step.wake > now_);
    for (const auto& update : step.updates) {
      CHECK(slot_of(update.statistic) < index_.capacity());
      CHECK(std::isfinite(update.value) && update.age >= Duration::zero());
    }
    for (const auto& note : step.notes) CHECK(!note.event.empty());
    if (step.new_session) calls_.clear();  // Answers to older calls are ignored, and not given.
    for (const auto& call : step.calls) {
      CHECK(call.timeout > Duration::zero() && call.path.starts_with('/'));
      calls_.push_back(call);
      if (call.kind == Session::Call::Kind::open) learn(call.body);
    }
    CHECK(calls_.size() <= 1000);
  }

  void learn(const std::string& body) {
    const auto request = decode_subscription(body);
    CHECK(request.has_value());
    subscription_ = request->operation_id;
    ids_.clear();
    for (const auto& statistic : request->statistics) ids_.push_back(statistic.statistic_id);
  }

  std::string filled(std::string_view body) const {
    std::string out;
    for (std::size_t i = 0; i < body.size(); ++i) {
      if (body[i] != '$' || i + 1 == body.size()) {
        out += body[i];
        continue;
      }
      const char word = body[++i];
      const auto at = static_cast<std::size_t>(word - '0');
      if (word == 's')
        out += subscription_;
      else if (word >= '0' && word <= '9' && at < ids_.size())
        out += ids_[at];
    }
    return out;
  }

  std::string good(const Session::Call& call) const {
    using Kind = Session::Call::Kind;
    if (call.kind == Kind::handshake)
      return R"([{"channel":"/meta/handshake","successful":true,"clientId":"c1","advice":{"interval":0}}])";
    if (call.kind == Kind::join)
      return R"([{"channel":"/meta/subscribe","successful":true},{"channel":"/meta/subscribe","successful":true}])";
    if (call.kind == Kind::connect)
      return R"([{"channel":"/meta/connect","successful":true,"advice":{"reconnect":"retry","interval":0}}])";
    SubscriptionAnswer answer;
    answer.subscription_id = subscription_;
    for (const auto& id : ids_) {
      StatisticValue value;
      value.statistic_id = id;
      value.value = 1;
      answer.statistics.push_back(value);
    }
    if (call.kind == Kind::open) {
      const auto request = decode_subscription(call.body).value();
      answer.subscription_id = request.operation_id;
      answer.statistics.clear();
      for (const auto& statistic : request.statistics) {
        StatisticValue value;
        value.statistic_id = statistic.statistic_id;
        answer.statistics.push_back(value);
      }
    }
    std::string body;
    encode_subscription_answer(answer, body);
    return body;
  }

  Mapping mapping_ = default_mapping();
  TargetsIndex index_;
  Session session_;
  Instant now_{1h};
  std::deque<Session::Call> calls_;
  std::string subscription_;
  std::vector<std::string> ids_;
};

}  // namespace

FUZZ(session) {
  const auto choice = take_choice(input, 4);
  Server server{{.push = (choice & 1) == 0, .verbose = (choice & 2) == 0, .batches = {.size = 4}}};
  for (int lines = 0; !input.empty() && lines < 200; ++lines) server.line(take_part(input, '\n'));
  server.recover();
}

}  // namespace paceline::fuzz
