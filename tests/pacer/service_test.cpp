// The pacer's shell on virtual time: a statfeed and a publisher speak, a subscriber hears the pace.
#include <algorithm>
#include <map>

#include "common/base/hash.h"
#include "tests/pacer/node_of_pacer.h"
#include "tests/support/catch.h"

namespace paceline::test {
TEST_CASE("free agents are given invitations within a second of the first statistics",
          "[pacer][scenario]") {
  const auto seed = GENERATE(range(0u, 200u));
  CAPTURE(seed);
  NodeOfPacer node{seed};
  node.feed->set(0, calm_stat());

  node.sim.run_for(2s);

  REQUIRE(node.heard->known(0));
  CHECK(node.heard->row(0).max_pending == 4);
  CHECK(node.heard->row(0).reason == PaceReason::warm_up);
  CHECK(node.heard->row(1).reason == PaceReason::not_visible);
  CHECK(node.heard->row(1).max_pending == 0);
}

TEST_CASE(
    "free slots of agents with several chats are given invitations, and explain says how known",
    "[pacer][scenario]") {
  PacerConfig config = one_shard({"figures", "option", "agents"});
  config.shard.targets[1].options.capacity = 3;
  NodeOfPacer node{1, config};
  for (std::uint32_t i = 0; i < 3; ++i) node.feed->set(i, calm_stat());
  TargetStat told = calm_stat();
  told.slots = 30;
  told.in_handling = 23;
  node.feed->set(0, told);
  World& asker = node.sim.process({"a", "asker", 0});
  const auto idle = [&](const char* target) {
    Result<Explanation> got = fail("never answered");
    ask_control<Explanation>(asker.bus, {"a", "pacer", 0}, request_of(Question::explain, {target}),
                             5s, [&](auto answer) { got = std::move(answer); });
    node.sim.run_for(200ms);
    REQUIRE(got);
    const auto step = std::ranges::find(got->steps, "idle", &ExplanationStep::name);
    REQUIRE(step != got->steps.end());
    return *step;
  };

  node.sim.run_for(2s);

  CHECK(node.heard->row(0).max_pending == 7);
  CHECK(idle("figures").value == 7);
  CHECK(idle("figures").note.find("in_handling") != std::string::npos);
  CHECK(node.heard->row(1).max_pending == 4);
  CHECK(idle("option").note.find("estimate") != std::string::npos);
  CHECK(node.heard->row(2).max_pending == 4);
  CHECK(idle("agents").note.empty());
  CHECK(node.heard->row(0).ready == 4);  // Agents, as the site counts them.
}

TEST_CASE("a silent statfeed means zero within its bound and invitations again after it speaks",
          "[pacer][scenario]") {
  const auto seed = GENERATE(range(0u, 200u));
  CAPTURE(seed);
  NodeOfPacer node{seed};
  node.feed->set(0, calm_stat());
  node.sim.run_for(2s);

  node.speaking = false;
  node.sim.run_for(4s);

  CHECK(node.heard->row(0).max_pending == 0);
  CHECK(node.heard->row(0).state == PaceState::stale);
  CHECK(node.heard->row(0).reason == PaceReason::stale_statistics);

  node.speaking = true;
  node.sim.run_for(2s);

  CHECK(node.heard->row(0).max_pending > 0);
  CHECK(node.sim.count("statistics_silent") == 1);
}

TEST_CASE("a target keeps its goal in the days of its time zone", "[pacer][scenario]") {
  PacerConfig config = one_shard({"sales", "help"});
  config.shard.targets[0].options.time_zone = *TimeZone::named("America/Los_Angeles");
  config.shard.targets[0].options.day_begins = 4h;
  NodeOfPacer node{1, config};
  node.feed->set(0, calm_stat());
  node.feed->set(1, calm_stat());
  const auto wall = node.sim.process({"a", "asker", 0}).clock.wall();
  const LocalDay day = local_day(config.shard.targets[0].options.time_zone, 4h, wall);

  node.sim.run_for(2s);

  const auto& own = node.pacer->decision(0).explanation;
  CHECK(own.window_age_s == Approx(to_seconds(wall - day.begins) + 1).margin(1.1));
  CHECK(own.window_length_s == Approx(to_seconds(day.ends - day.begins)));
  CHECK(node.pacer->decision(1).explanation.window_length_s == 24 * 3600);
  const double to_utc_day = to_seconds(wall.time_since_epoch() % Duration{24h}) + 2;
  CHECK(node.pacer->decision(1).explanation.window_age_s == Approx(to_utc_day - 1).margin(1.1));
}

TEST_CASE("with a time scale a target's days pass as fast as the pacer's windows",
          "[pacer][scenario]") {
  PacerConfig config = one_shard({"sales", "help"});
  config.time_scale = 3600;
  config.tuning.stale_after_s = 36'000;
  config.shard.targets[0].options.day_begins =
      6h;  // Six hours of a UTC day later than the other's.
  NodeOfPacer node{1, config};
  node.feed->set(0, calm_stat());
  node.feed->set(1, calm_stat());

  node.sim.run_for(30s);

  const double own = node.pacer->decision(0).explanation.window_age_s;
  const double pacers = node.pacer->decision(1).explanation.window_age_s;
  CHECK(std::fmod(pacers - own + 24 * 3600, 24 * 3600) == Approx(6 * 3600).margin(3 * 3600));
}

TEST_CASE("what was learned survives a kill", "[pacer][scenario]") {
  NodeOfPacer node{1};
  node.feed->set(0, calm_stat());
  TargetFeedback feedback;
  for (int i = 1; i <= 60; ++i) {
    feedback.sent += 2;
    feedback.accepted += 1;
    feedback.rejected += 1;
    node.publisher->set(0, feedback);
    node.publisher->publish({.epoch = "e", .term = 1, .sequence = static_cast<std::uint64_t>(i)});
    node.sim.run_for(1s);
  }
  node.sim.run_for(2s);
  const double before = node.heard->row(0).acceptance;
  REQUIRE(node.heard->row(0).reason != PaceReason::warm_up);
  node.pacer->save();

  node.stop();
  node.start();
  node.sim.run_for(2s);

  CHECK(node.heard->row(0).acceptance == Approx(before).margin(0.05));
  CHECK(node.heard->row(0).reason != PaceReason::warm_up);
  CHECK(node.sim.count("checkpoint_taken_up") == 1);
}

TEST_CASE("what another shard learned about a target goes with it", "[pacer][scenario]") {
  NodeOfPacer node{1, one_shard({"sales", "help"})};
  node.stop();
  Learned known{{.accepted = 40, .answers = 100, .answers_ever = 100}};
  Learned older{{.accepted = 90, .answers = 100, .answers_ever = 100}};
  const auto wall = node.sim.process({"a", "asker", 0}).clock.wall();
  node.store.bytes = encode_checkpoint({.saved = wall, .targets = {{"sales", known}}});
  node.store.siblings = {
      "damaged",
      encode_checkpoint({.saved = wall, .targets = {{"sales", older}, {"help", known}}})};
  node.feed->set(0, calm_stat());
  node.feed->set(1, calm_stat());

  node.start();
  node.sim.run_for(2s);

  CHECK(node.heard->row(0).acceptance == Approx(0.39).margin(0.02));
  CHECK(node.heard->row(1).acceptance == node.heard->row(0).acceptance);
  CHECK(node.sim.count("other_shards_checkpoint_taken_up") == 1);
  CHECK(node.sim.count("checkpoint_refused") == 1);
}

TEST_CASE("a pacer that starts late asks for a keyframe and paces", "[pacer][scenario]") {
  const auto seed = GENERATE(range(0u, 50u));
  CAPTURE(seed);
  NodeOfPacer node{seed};
  node.stop();
  node.feed->set(0, calm_stat());
  node.sim.run_for(7s);

  node.start();
  node.sim.run_for(1500ms);

  CHECK(node.heard->row(0).max_pending == 4);
}

TEST_CASE("feedback of a publisher that was master before does not turn back the counters",
          "[pacer][scenario]") {
  NodeOfPacer node{3};
  node.feed->set(0, calm_stat());
  const TargetFeedback late{.sent = 50, .accepted = 20, .rejected = 30};
  node.publisher->set(0, late);
  node.publisher->publish({.epoch = "e", .term = 2, .sequence = 5});
  node.sim.run_for(1s);

  node.publisher->set(0, {.sent = 10, .accepted = 4, .rejected = 6});
  node.publisher->publish({.epoch = "e", .term = 1, .sequence = 900});
  node.sim.run_for(1s);

  CHECK(node.sim.count("feedback_refused") == 0);
  CHECK(node.heard->row(0).pending == 0);
}

namespace {

// A target's group at a time, the same in every run.
TargetStat stat_at(const std::string& id, std::uint64_t step) {
  const auto salt = fnv1a(id);
  const auto agents = static_cast<std::int32_t>(8 + salt % 5);
  const auto busy = static_cast<std::int32_t>((salt / 7 + step * (3 + salt % 4)) % 11 %
                                              static_cast<std::uint64_t>(agents));
  return {.quality = StatQuality::good,
          .logged_in = agents,
          .ready = agents - busy,
          .busy = busy,
          .in_queue = static_cast<std::int32_t>(step % 9 == 0),
          .entered = 3 * step,
          .answered = 3 * step - step / 5,
          .abandoned = step / 5};
}

TargetFeedback feedback_at(std::uint64_t step) {
  return {.sent = 4 * step,
          .accepted = 2 * step,
          .rejected = 2 * step,
          .answered = 2 * step - step / 11,
          .abandoned = step / 11};
}

// What was decided about every chat target, half second by half second; with a reload in the midst
// that adds, removes, reorders and changes others.
std::map<std::string, std::vector<TargetPace>> decided(unsigned seed, bool reload,
                                                       bool pacer_first) {
  PacerConfig config = one_shard({"sales", "gone", "help", "tuned", "moved", "care"});
  for (auto& target : config.shard.targets)
    if (target.id == "gone" || target.id == "tuned" || target.id == "moved")
      target.media_channel = "callback";
  NodeOfPacer node{seed, config, "b"};
  node.sim.link(
      {.delay_min = 1ms, .delay_max = 1ms});  // How old statistics are tells in a decision.
  node.speaking = false;
  node.sim.run_for(130ms);  // Between two ticks of the pacer, whatever a message takes.
  auto targets = config.shard.targets;
  std::map<std::string, std::vector<TargetPace>> all;
  std::vector<std::string> ids = node.ids;
  for (std::uint64_t step = 1; step <= 240; ++step) {
    if (reload && step == 120) {
      std::erase_if(targets, [](const Target& target) { return target.id == "gone"; });
      std::ranges::reverse(targets);
      targets.insert(targets.begin() + 1, {.id = "new", .media_channel = "callback"});
      for (auto& target : targets) {
        if (target.id == "tuned") target.options.optimization_goal = 20;
        if (target.id == "moved") target.group = "another";
      }
      ids.clear();
      for (const auto& target : targets) ids.push_back(target.id);
      if (pacer_first) node.pacer->take_targets({targets, {}}, "2");
      node.feed->reset_ids(ids);
      node.publisher->reset_ids(ids);
    }
    if (reload && step == 123 && !pacer_first) node.pacer->take_targets({targets, {}}, "2");
    for (std::uint32_t i = 0; i < ids.size(); ++i) {
      node.feed->set(i, stat_at(ids[i], step));
      node.publisher->set(i, feedback_at(step));
    }
    node.feed->publish({});
    node.publisher->publish({.epoch = "e", .term = 1, .sequence = step});
    node.sim.run_for(500ms);
    for (std::uint32_t i = 0; i < node.ids.size(); ++i) {
      const auto& id = node.ids[i];
      if (id == "sales" || id == "help" || id == "care") all[id].push_back(node.heard->row(i));
      if (id == "gone" && step == 240) CHECK(node.heard->known(i) != reload);
      if (id == "tuned" && (step < 119 || step > 124))
        CHECK(node.heard->row(i).goal == (reload && step > 124 ? 20 : 3));
      if (id != "moved" || step != 125) continue;
      const auto place = std::ranges::find(targets, id, &Target::id) - targets.begin();
      const auto& decision = node.pacer->decision(static_cast<std::uint32_t>(place));
      CHECK((decision.explanation.outcomes < 50) ==
            reload);  // What the other group taught is forgotten.
    }
  }
  CHECK(node.sim.count("statistics_silent") == 0);
  return all;
}

}  // namespace

TEST_CASE("a reload adds removes and changes targets and no decision about any other differs",
          "[pacer][scenario]") {
  const auto seed = GENERATE(range(0u, 20u));
  const bool pacer_first = GENERATE(true, false);
  CAPTURE(seed, pacer_first);

  const auto without = decided(seed, false, pacer_first);
  const auto with = decided(seed, true, pacer_first);

  REQUIRE(without.size() == 3);
  CHECK(without == with);
}

TEST_CASE("an operator gets an explanation with every figure", "[pacer][scenario]") {
  NodeOfPacer node{4};
  node.feed->set(0, calm_stat());
  node.sim.run_for(2s);
  World& asker = node.sim.process({"a", "watch", 0});
  Result<Explanation> got = fail("not answered");

  ask_control<Explanation>(asker.bus, {"a", "pacer", 0}, request_of(Question::explain, {"sales"}),
                           1s, [&](Result<Explanation> answer) { got = std::move(answer); });
  node.sim.run_for(1s);

  REQUIRE(got);
  CHECK(got->reason == PaceReason::warm_up);
  CHECK(!got->sentence.empty());
  CHECK(got->steps.size() > 40);
}

}  // namespace paceline::test
