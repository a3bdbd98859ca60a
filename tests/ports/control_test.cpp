#include "common/ports/control.h"

#include "tests/support/catch.h"
#include "tests/support/sim_world.h"

namespace paceline::test {
namespace {

template <class Answer>
Result<Answer> asked(SimWorld& sim, World& from, const Address& whom, ControlRequest request) {
  Result<Answer> result = fail("never answered");
  ask_control<Answer>(from.bus, whom, std::move(request), 500ms,
                      [&](Result<Answer> answer) { result = std::move(answer); });
  sim.run_for(2s);
  return result;
}

}  // namespace

TEST_CASE("every process answers status and metrics", "[ports]") {
  SimWorld sim{1};
  auto& pacer = sim.process({"a", "pacer", 0});
  auto& operator_world = sim.process({"a", "pacelinectl", 0});
  ControlServer control{pacer};
  control.status([](StatusReply& reply) { reply.fields.push_back({"targets", "50"}); });

  const auto status =
      asked<StatusReply>(sim, operator_world, pacer.self, request_of(Question::status));
  const auto metrics =
      asked<MetricsReply>(sim, operator_world, pacer.self, request_of(Question::metrics));

  REQUIRE(status);
  CHECK(status->fields.front() == std::pair<std::string, std::string>{"process", "a/pacer/0"});
  CHECK(status->fields.back().second == "50");
  REQUIRE(metrics);
  CHECK_FALSE(metrics->families.empty());
}

TEST_CASE("an unknown question is refused with those that are known", "[ports]") {
  SimWorld sim{1};
  auto& pacer = sim.process({"a", "pacer", 0});
  auto& operator_world = sim.process({"a", "pacelinectl", 0});
  ControlServer control{pacer};

  const auto answer =
      asked<StatusReply>(sim, operator_world, pacer.self, {.question = "dance", .arguments = {}});

  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::refused);
  CHECK(answer.error().detail.find(
            "'dance'; it knows status, metrics, loglevel, reload, keyframe") != std::string::npos);
}

TEST_CASE("a question to nobody ends at its deadline", "[ports]") {
  SimWorld sim{1};
  auto& operator_world = sim.process({"a", "pacelinectl", 0});

  const auto answer =
      asked<StatusReply>(sim, operator_world, {"a", "pacer", 9}, request_of(Question::status));

  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::unavailable);
}

TEST_CASE("garbage at the control socket is answered and counted", "[ports]") {
  SimWorld sim{1};
  auto& pacer = sim.process({"a", "pacer", 0});
  auto& stranger = sim.process({"a", "stranger", 0});
  ControlServer control{pacer};
  Result<Bytes> answer = fail("never answered");

  stranger.bus.ask(pacer.self, Bytes{1, 2, 3}, 500ms,
                   [&](Result<Bytes> a) { answer = std::move(a); });
  sim.run_for(1s);

  REQUIRE(answer);
  const auto reply = decode<ControlReply>(*answer);
  REQUIRE(reply);
  CHECK_FALSE(reply->ok);
  CHECK(pacer.metrics.counter("paceline_control_refused_total", "").value() == 1);
}

TEST_CASE("a process of another node may ask for rows and status and nothing else", "[ports]") {
  SimWorld sim{1};
  auto& publisher = sim.process({"a", "publisher", 0});
  auto& ours = sim.process({"a", "watch", 0});
  auto& theirs = sim.process({"b", "pacer", 0});
  publisher.reload = [] { return Result<std::string>{"done"}; };
  ControlServer control{publisher};
  control.keyframe("feedback", -1, [] { return Bytes{}; });

  const auto by_ours = asked<StatusReply>(sim, ours, publisher.self, request_of(Question::reload));
  const auto status = asked<StatusReply>(sim, theirs, publisher.self, request_of(Question::status));
  const auto reload = asked<StatusReply>(sim, theirs, publisher.self, request_of(Question::reload));
  const auto level =
      asked<StatusReply>(sim, theirs, publisher.self, request_of(Question::loglevel, {"error"}));

  CHECK(by_ours);
  CHECK(status);
  REQUIRE_FALSE(reload);
  CHECK(reload.error().detail == "only processes of node a may ask reload");
  CHECK_FALSE(level);
  CHECK(publisher.metrics.counter("paceline_control_refused_total", "").value() == 2);
  CHECK(sim.count("question_not_for_other_nodes") == 1);
}

}  // namespace paceline::test
