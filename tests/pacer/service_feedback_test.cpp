// Whose feedback a pacer takes: on virtual time, with liars and handovers.
#include "common/wire/codec.h"
#include "tests/pacer/node_of_pacer.h"
#include "tests/support/catch.h"

namespace paceline::test {
namespace {

// What came of `cycles` publications: of two invitations each, one is accepted.
TargetFeedback after(std::uint64_t cycles) {
  return {.sent = 2 * cycles, .accepted = cycles, .rejected = cycles, .answered = cycles};
}

// The publisher of another node.
struct OtherPublisher {
  OtherPublisher(SimWorld& sim, const std::string& node, const std::vector<std::string>& ids)
      : world{sim.process({node, "publisher", 0})}, desk{world}, writer{world, "feedback", {ids}} {
    desk.keyframe("feedback", -1, [this] { return writer.keyframe(); });
  }
  void say(const TargetFeedback& row, const FeedbackHead& head) {
    writer.set(0, row);
    writer.publish(head);
  }
  World& world;
  ControlServer desk;
  StateWriter<TargetFeedback> writer;
};

constexpr TargetFeedback poison{.sent = 5, .accepted = 5, .pending = 1'000'000};
const FeedbackHead absurd{.epoch = "x", .term = largest_term, .sequence = UINT64_MAX};

// Feedback of the master every second.
void speak(NodeOfPacer& node, std::uint64_t from, std::uint64_t to) {
  for (auto cycle = from; cycle <= to; ++cycle) {
    node.publisher->set(0, after(cycle));
    node.publisher->publish({.epoch = "e", .term = 1, .sequence = cycle});
    node.sim.run_for(1s);
  }
}

std::string line_of(const SimWorld& sim, std::string_view event) {
  for (const auto& each : sim.log())
    if (each.event == event) return each.line;
  return "";
}

// What is paced while a standby lies, and while it does not.
std::vector<TargetPace> paced(unsigned seed, bool lies) {
  NodeOfPacer node{seed};
  node.sim.link({.delay_min = 1ms, .delay_max = 1ms});
  OtherPublisher standby{node.sim, "b", node.ids};
  node.feed->set(0, calm_stat());
  std::vector<TargetPace> rows;
  for (std::uint64_t cycle = 1; cycle <= 60; ++cycle) {
    if (lies && cycle >= 20) standby.say(poison, absurd);
    node.publisher->set(0, after(cycle));
    node.publisher->publish({.epoch = "e", .term = 1, .sequence = cycle});
    node.sim.run_for(1s);
    rows.push_back(node.heard->row(0));
  }
  CHECK(node.sim.count("feedback_of_no_master") == (lies ? 1 : 0));
  return rows;
}

}  // namespace

TEST_CASE("what a standby says of feedback changes nothing", "[pacer][scenario]") {
  const auto honest = paced(1, false);
  const auto poisoned = paced(1, true);

  CHECK(honest.back().acceptance > 0.4);
  CHECK(poisoned.back().acceptance == honest.back().acceptance);
  CHECK(poisoned.back().pending == honest.back().pending);
  CHECK(poisoned.back().state == PaceState::ok);
}

TEST_CASE("feedback of a standby is counted and told with its name when it begins and ends",
          "[pacer][scenario]") {
  NodeOfPacer node{1};
  OtherPublisher standby{node.sim, "b", node.ids};
  node.sim.run_for(1s);

  for (int i = 0; i < 5; ++i) {
    standby.say(poison, absurd);
    node.sim.run_for(1s);
  }

  CHECK(node.sim.count("feedback_of_no_master") == 1);
  CHECK(line_of(node.sim, "feedback_of_no_master").find("node=b held_for_master=a") !=
        std::string::npos);
  CHECK(node.sim.count("feedback_of_no_master_over") == 0);

  node.sim.run_for(31s);

  CHECK(line_of(node.sim, "feedback_of_no_master_over").find("node=b count=5") !=
        std::string::npos);
}

TEST_CASE("a standby's empty word is no lie", "[pacer][scenario]") {
  NodeOfPacer node{1};
  OtherPublisher standby{node.sim, "b", node.ids};

  for (int i = 0; i < 10; ++i) {
    standby.writer.publish({});
    node.sim.run_for(1s);
  }

  CHECK(node.sim.count("feedback_of_no_master") == 0);
}

TEST_CASE("feedback goes on over a handover", "[pacer][scenario]") {
  const auto seed = GENERATE(range(0u, 50u));
  CAPTURE(seed);
  NodeOfPacer node{seed};
  OtherPublisher next{node.sim, "b", node.ids};
  node.feed->set(0, calm_stat());
  speak(node, 1, 30);
  REQUIRE(node.heard->row(0).state == PaceState::ok);

  // The new master's first word comes before our elector has named it, and it says no more for long.
  next.say({.sent = 60, .accepted = 30, .rejected = 28, .answered = 30, .pending = 2},
           {.epoch = "e", .term = 2, .sequence = 1});
  node.sim.run_for(100ms);
  node.elector->holds("b");
  node.sim.run_for(2s);

  CHECK(node.heard->row(0).pending == 2);
  CHECK(node.heard->row(0).state == PaceState::ok);
  CHECK(node.sim.count("feedback_of_no_master") == 0);
}

TEST_CASE("a former master's last words count until the new one speaks", "[pacer][scenario]") {
  NodeOfPacer node{3};
  OtherPublisher next{node.sim, "b", node.ids};
  node.feed->set(0, calm_stat());
  speak(node, 1, 30);
  node.elector->holds("");
  node.sim.run_for(1s);

  TargetFeedback last = after(30);
  last.pending = 3;
  node.publisher->set(0, last);
  node.publisher->publish({.epoch = "e", .term = 1, .sequence = 31});
  node.sim.run_for(1s);
  CHECK(node.heard->row(0).pending == 3);

  node.elector->holds("b");
  next.say(after(31), {.epoch = "e", .term = 2, .sequence = 1});
  node.sim.run_for(1s);
  CHECK(node.heard->row(0).pending == 0);

  last.pending = 9;
  node.publisher->set(0, last);
  node.publisher->publish({.epoch = "e", .term = 1, .sequence = 32});
  node.sim.run_for(1s);
  CHECK(node.heard->row(0).pending == 0);
}

TEST_CASE("an absurd term of a master is forgotten with its mastership", "[pacer][scenario]") {
  NodeOfPacer node{4};
  OtherPublisher liar{node.sim, "b", node.ids};
  node.feed->set(0, calm_stat());
  node.elector->holds("b");
  node.sim.run_for(1s);
  liar.say(poison, absurd);
  node.sim.run_for(1s);

  node.elector->holds("a");
  node.sim.run_for(1s);
  speak(node, 1, 40);

  CHECK(node.heard->row(0).pending == 0);
  CHECK(node.heard->row(0).acceptance > 0.4);
  CHECK(node.heard->row(0).state == PaceState::ok);
}

TEST_CASE("whom a silent elector held last goes on counting", "[pacer][scenario]") {
  NodeOfPacer node{5};
  node.feed->set(0, calm_stat());
  speak(node, 1, 10);

  node.elector.reset();
  speak(node, 11, 60);

  CHECK(node.heard->row(0).state == PaceState::ok);
  CHECK(node.heard->row(0).acceptance > 0.4);
}

TEST_CASE("an elector of another node does not say whose feedback counts", "[pacer][scenario]") {
  NodeOfPacer node{6};
  OtherPublisher standby{node.sim, "b", node.ids};
  FakeElector liar{node.sim.process({"b", "elector", 0}), "b"};
  node.feed->set(0, calm_stat());
  node.sim.run_for(1s);

  standby.say(poison, absurd);
  node.sim.run_for(2s);

  CHECK(node.heard->row(0).pending < 100);
  CHECK(node.heard->row(0).state == PaceState::degraded);
}

TEST_CASE("feedback that stops makes the targets degraded and explain says why",
          "[pacer][scenario]") {
  NodeOfPacer node{7};
  node.feed->set(0, calm_stat());
  speak(node, 1, 10);
  REQUIRE(node.heard->row(0).state == PaceState::ok);

  node.sim.run_for(33s);

  CHECK(node.heard->row(0).state == PaceState::degraded);
  World& asker = node.sim.process({"a", "watch", 0});
  Result<Explanation> got = fail("not answered");
  ask_control<Explanation>(asker.bus, {"a", "pacer", 0}, request_of(Question::explain, {"sales"}),
                           1s, [&](Result<Explanation> answer) { got = std::move(answer); });
  node.sim.run_for(1s);
  REQUIRE(got);
  for (const auto& step : got->steps)
    if (step.name == "feedback_age_s") CHECK(step.note == "it stopped: what is pending is a guess");

  speak(node, 11, 13);
  CHECK(node.heard->row(0).state == PaceState::ok);
}

TEST_CASE("a heartbeat that is none is told once and does not change who is held for master",
          "[pacer][scenario]") {
  NodeOfPacer node{1};
  node.feed->set(0, calm_stat());
  node.sim.run_for(1s);
  World& garbler = node.sim.process({"a", "elector", 7});
  for (int i = 0; i < 3; ++i) garbler.bus.publish("heartbeat", Bytes{0xc1});
  node.sim.run_for(1s);

  node.publisher->set(0, {.sent = 50, .accepted = 20, .rejected = 30});
  node.publisher->publish({.epoch = "e", .term = 1, .sequence = 1});
  node.sim.run_for(1s);

  CHECK(node.sim.count("heartbeat_refused") == 1);
  CHECK(node.sim.count("heartbeat_refused_over") == 1);
  CHECK(node.sim.count("feedback_of_no_master") == 0);
  CHECK(node.heard->row(0).state == PaceState::ok);  // Its feedback counts.
}

}  // namespace paceline::test
