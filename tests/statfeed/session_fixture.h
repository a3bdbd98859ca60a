// A session whose calls are answered by hand, and its time.
#pragma once

#include <algorithm>
#include <deque>

#include "services/statfeed/session.h"
#include "tests/statfeed/start.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace statfeed;

using Kind = Session::Call::Kind;

// A session with its calls, answered by hand.
struct SessionFixture {
  explicit SessionFixture(Session::Policy policy = {})
      : session{policy, mapping, targets_index, 7} {
    targets_index.apply({{"t1", "g1", "q1"}, {"t2", "g2", "q2"}});
  }

  Session::Step& keep(Session::Step step) {
    for (auto& call : step.calls) out.push_back(call);
    last = std::move(step);
    return last;
  }
  Session::Step& begin() { return keep(session.start(now)); }
  Session::Step& tick(Duration later) {
    now += later;
    return keep(session.tick(now));
  }
  Session::Call take(Kind kind) {
    for (auto call = out.begin(); call != out.end(); ++call)
      if (call->kind == kind) {
        const auto found = *call;
        out.erase(call);
        return found;
      }
    FAIL("no such call is out");
    return {};
  }
  bool has(Kind kind) const {
    return std::ranges::any_of(out, [&](const auto& call) { return call.kind == kind; });
  }
  Session::Step& answer(const Session::Call& call, int status, std::string_view body) {
    return keep(session.answered(call.id, Session::Reply{status, body, {}}, now));
  }
  Session::Step& fail_call(const Session::Call& call) {
    return keep(session.answered(call.id, fail(Errc::unavailable, "connection refused"), now));
  }
  void shake_hands() {
    answer(take(Kind::handshake), 200,
           R"([{"channel":"/meta/handshake","successful":true,"clientId":"c1"}])");
    answer(
        take(Kind::join), 200,
        R"([{"channel":"/meta/subscribe","successful":true},{"channel":"/meta/subscribe","successful":true}])");
  }
  // Grants a subscription: every statistic has the value 1.
  Session::Step& grant(const Session::Call& call, std::size_t leave_out = 0) {
    const auto request = decode_subscription(call.body).value();
    SubscriptionAnswer answered;
    answered.subscription_id = request.operation_id;
    for (std::size_t i = leave_out; i < request.statistics.size(); ++i) {
      StatisticValue value;
      value.statistic_id = request.statistics[i].statistic_id;
      value.timestamp_ms = 1000;
      value.value = 1;
      answered.statistics.push_back(value);
      ids.push_back(value.statistic_id);
    }
    std::string body;
    encode_subscription_answer(answered, body);
    return answer(call, 200, body);
  }
  void open_all() {
    while (has(Kind::open)) grant(take(Kind::open));
  }

  Mapping mapping = default_mapping();
  TargetsIndex targets_index;
  Session session;
  Instant now = start;
  std::deque<Session::Call> out;
  std::vector<std::string> ids;
  Session::Step last;
};

inline constexpr const char* connected = R"([{"channel":"/meta/connect","successful":true}])";

}  // namespace paceline::test
