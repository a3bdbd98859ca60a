// What a session takes for a confirmation of its numbers, and what not.
#include <algorithm>
#include <set>

#include "services/statfeed/session.h"
#include "tests/statfeed/session_fixture.h"

namespace paceline::test {
using namespace statfeed;
namespace {

std::string values(const std::vector<std::string>& ids, double number) {
  SubscriptionAnswer answer;
  for (const auto& id : ids) {
    StatisticValue value;
    value.statistic_id = id;
    value.value = number;
    answer.statistics.push_back(value);
  }
  std::string body;
  encode_subscription_answer(answer, body);
  return body;
}

std::string asked_id(const Session::Call& poll) {
  const auto at = poll.path.find("&statisticIds=");
  return at == poll.path.npos ? "" : poll.path.substr(at + 14);
}

void open(SessionFixture& fixture) {
  fixture.begin();
  fixture.shake_hands();
  fixture.open_all();
}

}  // namespace

TEST_CASE("a connect without values is no news, and does not put off the sign of life",
          "[statfeed]") {
  SessionFixture fixture{{.liveness = 2s}};
  open(fixture);

  CHECK_FALSE(fixture.answer(fixture.take(Kind::connect), 200, connected).heard);
  for (int i = 0; i < 7; ++i) {
    fixture.tick(250ms);
    if (fixture.has(Kind::connect)) fixture.answer(fixture.take(Kind::connect), 200, connected);
  }
  fixture.tick(250ms);

  CHECK(fixture.has(Kind::poll));
  CHECK_FALSE(fixture.session.lost());
}

TEST_CASE("signs of life are asked of one statistic after the other, until all had their turn",
          "[statfeed]") {
  SessionFixture fixture{{.liveness = 2s, .reconcile = 0s, .batches = {.size = 5}}};
  open(fixture);
  std::set<std::string> asked;
  for (std::size_t i = 0; i < fixture.ids.size(); ++i) {
    fixture.tick(2s);
    const auto poll = fixture.take(Kind::poll);
    asked.insert(asked_id(poll));
    CHECK(fixture.answer(poll, 200, values({asked_id(poll)}, 1)).heard);
  }

  CHECK(asked.size() == 2 * usual_kind_count);
}

TEST_CASE("a sign of life without the statistic confirms nothing, and the whole batch is asked for",
          "[statfeed]") {
  SessionFixture fixture{{.liveness = 2s, .reconcile = 0s}};
  open(fixture);
  fixture.tick(2s);

  CHECK_FALSE(fixture.answer(fixture.take(Kind::poll), 200, values({}, 0)).heard);

  CHECK(asked_id(fixture.take(Kind::poll)).empty());
}

TEST_CASE("a poll that tells nothing of a batch opens its subscription again", "[statfeed]") {
  SessionFixture fixture{{.push = false, .poll_period = 2s}};
  fixture.begin();
  fixture.open_all();
  fixture.tick(2s);

  const auto& step = fixture.answer(fixture.take(Kind::poll), 200, values({}, 0));

  CHECK_FALSE(step.heard);
  fixture.tick(1s);
  CHECK(fixture.has(Kind::open));
  CHECK(fixture.has(Kind::close));  // The old one, if it is there.
}

TEST_CASE("a statistic that two polls in a row leave out is unseen, and seen when it is told again",
          "[statfeed]") {
  SessionFixture fixture{{.push = false, .poll_period = 2s}};
  fixture.begin();
  fixture.open_all();
  const auto gone = fixture.ids.front();
  const std::vector<std::string> others{fixture.ids.begin() + 1, fixture.ids.end()};
  const auto unseen = [](const Session::Step& step) {
    return std::ranges::count(step.updates, StatisticUpdate::Status::unseen,
                              &StatisticUpdate::status);
  };
  fixture.tick(2s);

  CHECK(unseen(fixture.answer(fixture.take(Kind::poll), 200, values(others, 1))) == 0);
  fixture.tick(500ms);  // Asked for again at once: it may have been by chance.
  const auto& second = fixture.answer(fixture.take(Kind::poll), 200, values(others, 1));
  CHECK(unseen(second) == 1);
  CHECK(second.heard);
  fixture.tick(2s);
  const auto& whole = fixture.answer(fixture.take(Kind::poll), 200, values(fixture.ids, 1));
  CHECK(unseen(whole) == 0);
  CHECK(whole.updates.size() == fixture.ids.size());
}

TEST_CASE("a difference that lasts renews the session, and the second time it is polled",
          "[statfeed]") {
  SessionFixture fixture{{.liveness = 2s, .push_patience = 30s, .push_again = 5min}};
  open(fixture);
  for (int round = 0; round < 2; ++round) {
    CAPTURE(round);
    bool renewed = false;
    for (int i = 0; i < 100 && !renewed; ++i) {
      fixture.tick(1s);
      while (fixture.has(Kind::poll)) {
        const auto poll = fixture.take(Kind::poll);
        const auto one = asked_id(poll);
        const auto& step =
            fixture.answer(poll, 200, one.empty() ? values(fixture.ids, 2) : values({one}, 2));
        renewed = renewed || step.new_session;
        if (step.new_session) break;
      }
    }
    REQUIRE(renewed);
    CHECK(fixture.now - start >= 30s);
    CHECK(std::ranges::count(fixture.last.notes, "push_contradicted", &Session::Note::event) == 1);
    CHECK_FALSE(fixture.session.doubt().empty());
    CHECK(fixture.take(Kind::disconnect).body.find("c1") != std::string::npos);
    fixture.ids.clear();
    if (round == 1) break;
    std::erase_if(fixture.out, [](const auto& call) { return call.kind == Kind::connect; });
    fixture.shake_hands();
    fixture.open_all();
  }
  CHECK_FALSE(fixture.session.pushing());
  CHECK(fixture.has(Kind::open));
  CHECK_FALSE(fixture.has(Kind::handshake));
}

TEST_CASE("a session that pushes rightly for a whole period is trusted again", "[statfeed]") {
  SessionFixture fixture{{.liveness = 2s, .reconcile = 1min, .push_patience = 10s}};
  open(fixture);
  double number = 2;
  bool trusted = false;
  for (int i = 0; i < 300 && !trusted; ++i) {
    fixture.tick(1s);
    if (fixture.has(Kind::handshake)) {
      number = 1;  // What the new session is told.
      fixture.ids.clear();
      std::erase_if(fixture.out, [](const auto& call) { return call.kind == Kind::connect; });
      fixture.shake_hands();
      fixture.open_all();
      fixture.tick(1s);
      fixture.answer(
          fixture.take(Kind::connect), 200,
          R"([{"channel":"/statistics/v3/updates","data":{"statistics":[{"statisticId":")" +
              fixture.ids.front() +
              R"(","value":1}]}},{"channel":"/meta/connect","successful":true}])");
    }
    while (fixture.has(Kind::poll)) {
      const auto poll = fixture.take(Kind::poll);
      const auto one = asked_id(poll);
      const auto& step = fixture.answer(
          poll, 200, one.empty() ? values(fixture.ids, number) : values({one}, number));
      for (const auto& note : step.notes) trusted = trusted || note.event == "push_trusted";
      if (step.new_session) break;
    }
  }

  CHECK(trusted);
  CHECK(fixture.session.doubt().empty());
  CHECK(fixture.session.pushing());
}

}  // namespace paceline::test
