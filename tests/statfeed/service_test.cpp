// statfeed's shell: what it answers, what it makes of ages and states, when it publishes, what it logs.
#include "services/statfeed/service.h"

#include <algorithm>

#include "tests/statfeed/fed.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace statfeed;

TEST_CASE("an operator's switch is answered with how statfeed stands, or refused with why",
          "[statfeed]") {
  Fed fed;
  CHECK(fed.ask(Question::switch_server).error().detail.find("no server is in use yet") !=
        std::string::npos);
  fed.open(0);
  fed.run(2s, {0});
  CHECK(fed.ask(Question::switch_server).error().detail.find("backup is not usable") !=
        std::string::npos);
  fed.open(1);
  fed.run(2s, {0, 1});

  const auto told = fed.ask(Question::switch_server);

  REQUIRE(told);
  CHECK(Fed::field(*told, "in_use") == "backup");
  CHECK(Fed::field(*told, "in_use_because") == "asked");
  CHECK(Fed::field(*told, "switches") == "1");
  CHECK(fed.statfeed->failover().in_use() == 1);
  CHECK(fed.row(0).quality == StatQuality::provisional);
  CHECK(fed.line("source_switched").find("to=backup why=asked") != std::string::npos);
  CHECK(fed.ask(Question::switch_server));  // And back.
  CHECK(fed.statfeed->failover().in_use() == 0);
}

TEST_CASE("status, unseen and keyframes are answered", "[statfeed]") {
  Fed fed;
  fed.statfeed->began(0);
  fed.say_all(0, 0, 5);
  fed.statfeed->became(0, {.complete = true, .pushing = true});
  fed.run(2s, {0});

  const auto status = fed.ask(Question::status);
  const auto unseen = fed.ask(Question::unseen);

  REQUIRE(status);
  CHECK(Fed::field(*status, "in_use") == "primary");
  CHECK(Fed::field(*status, "primary") == "http://primary");
  CHECK(Fed::field(*status, "primary_mode") == "push");
  CHECK(Fed::field(*status, "backup_up") == "false");
  CHECK(Fed::field(*status, "targets_not_visible") == "1");
  CHECK(Fed::field(*status, "targets_version") == fed.config.targets.version());
  REQUIRE(unseen);
  CHECK(unseen->fields.size() == usual_kind_count);
  CHECK(unseen->fields[0].first == "t01");
  CHECK(unseen->fields[0].second.starts_with("logged_in\tunheard\tGroupAgents\tg01\t"));
  // A frame is no StatusReply: only whether it is given is of interest.
  const auto keyframe = [&](const char* shard) {
    bool given = false;
    fed.asker.bus.ask(fed.world.self, encode(request_of(Question::keyframe, {"stat", shard})), 1s,
                      [&](Result<Bytes> answer) {
                        const auto reply = answer ? decode<ControlReply>(*answer) : fail("");
                        given = reply && reply->ok && !reply->body.empty();
                      });
    fed.sim.run_for(10ms);
    return given;
  };
  CHECK(keyframe("0"));
  CHECK_FALSE(keyframe("1"));
}

TEST_CASE("what agents hold and may hold is told where the site has it, else it is unknown",
          "[statfeed]") {
  Fed fed;
  fed.statfeed->began(0);
  for (std::uint32_t i = 0; i < usual_kind_count; ++i)
    fed.say(0, 0, static_cast<StatisticKind>(i), 5);
  fed.statfeed->became(0, {.complete = true});
  fed.run(2s, {0});
  CHECK(fed.row(0).quality == StatQuality::good);
  CHECK(fed.row(0).slots == 0);
  CHECK(fed.row(0).in_handling == -1);

  fed.say(0, 0, StatisticKind::in_handling, 0);  // Nothing is held: not the same as unknown.
  fed.say(0, 0, StatisticKind::slots, 15);
  fed.run(1s, {0});
  CHECK(fed.row(0).slots == 15);
  CHECK(fed.row(0).in_handling == 0);

  const StatisticUpdate lost{.statistic = statistic_of(0, StatisticKind::in_handling),
                             .status = StatisticUpdate::Status::invalid};
  fed.statfeed->updated(0, {&lost, 1});
  fed.run(1s, {0});
  CHECK(fed.row(0).in_handling == -1);
}

TEST_CASE("rows are stale while the only server calls itself Unavailable", "[statfeed]") {
  Fed fed;
  fed.open(0);
  fed.run(2s, {0});
  REQUIRE(fed.row(0).quality == StatQuality::good);

  fed.statfeed->became(0, {.complete = true, .available = false});
  fed.run(2s, {0});

  CHECK(fed.row(0).quality == StatQuality::stale);
  CHECK(fed.row(0).busy == 5);
  CHECK(fed.sim.count("statistics_lost") == 1);
  CHECK(fed.line("statistics_lost").find("last=primary") != std::string::npos);
  fed.statfeed->became(0, {.complete = true});
  fed.run(2s, {0});
  CHECK(fed.row(0).quality == StatQuality::provisional);
  CHECK(fed.sim.count("statistics_found") == 1);
  CHECK(fed.sim.count("source_switched") == 1);  // The first choice.
  fed.run(10s, {0});
  CHECK(fed.row(0).quality == StatQuality::good);
  CHECK(fed.sim.count("statistics_lost") == 1);
}

TEST_CASE("silence is a loss, told once, and its end is found again", "[statfeed]") {
  Fed fed;
  fed.open(0);
  fed.run(2s, {0});

  fed.statfeed->heard(0);
  fed.sim.run_for(4900ms);
  CHECK(fed.row(0).age_s == 0);  // Not longer than `silence`.
  CHECK(fed.sim.count("statistics_lost") == 0);
  fed.sim.run_for(2s);
  CHECK(fed.row(0).age_s >= 5);
  CHECK(fed.row(0).quality == StatQuality::good);
  CHECK(fed.sim.count("statistics_lost") == 1);
  fed.sim.run_for(5s);  // Beyond the channel's stale bound of 10 s.
  CHECK(fed.row(0).quality == StatQuality::stale);

  fed.run(1s, {0});

  CHECK(fed.row(0).quality == StatQuality::provisional);
  CHECK(fed.row(0).age_s == 0);
  CHECK(fed.sim.count("statistics_lost") == 1);
  CHECK(fed.sim.count("statistics_found") == 1);
}

TEST_CASE("the first quality that applies is a row's", "[statfeed]") {
  Fed fed;
  fed.open(0);
  fed.open(1);
  fed.run(2s, {0, 1});
  const StatisticUpdate lost{.statistic = statistic_of(1, StatisticKind::ready),
                             .status = StatisticUpdate::Status::invalid};
  for (const int server : {0, 1}) fed.statfeed->updated(server, {&lost, 1});
  fed.ask(Question::switch_server);

  CHECK(fed.row(0).quality == StatQuality::provisional);
  CHECK(fed.row(1).quality == StatQuality::not_visible);
  fed.statfeed->became(1, {.complete = true, .available = false});
  fed.statfeed->became(0, {.complete = true, .available = false});
  fed.run(2s, {0, 1});
  CHECK(fed.row(0).quality == StatQuality::stale);  // In the grace period, too.
  CHECK(fed.row(1).quality == StatQuality::not_visible);
}

TEST_CASE(
    "what entered while statfeed stood still is counted once, whichever server tells it first",
    "[statfeed]") {
  Fed fed;
  fed.open(0);
  fed.open(1);
  fed.run(3s, {0, 1});
  const int first = GENERATE(0, 1);
  CAPTURE(first);
  const auto settle = [&] {
    fed.sim.run_for(2s);
    fed.run(15s, {0, 1});
  };
  fed.sim.run_for(12s);  // Nobody is heard.

  fed.say(first, 0, StatisticKind::entered, 35);  // Its session is being filled again.
  fed.sim.run_for(2s);
  fed.say(1 - first, 0, StatisticKind::entered, 35);
  fed.statfeed->heard(1);
  settle();
  REQUIRE(fed.statfeed->failover().in_use() == 1);
  CHECK(fed.row(0).entered == 30);

  for (const int server : {0, 1}) fed.say(server, 0, StatisticKind::entered, 40);
  settle();
  CHECK(fed.row(0).entered == 35);
  CHECK(fed.ask(Question::switch_server));
  CHECK(fed.row(0).entered == 35);
}

TEST_CASE("what a server tells that was away is in the totals already, also if it is used at once",
          "[statfeed]") {
  Fed fed;
  fed.open(0);
  fed.open(1);
  fed.run(3s, {0, 1});
  fed.say(0, 0, StatisticKind::entered, 35);
  fed.run(10s, {0});  // The backup is away.
  fed.say(1, 0, StatisticKind::entered, 35);
  fed.statfeed->heard(1);

  CHECK(fed.ask(Question::switch_server));

  CHECK(fed.row(0).entered == 30);
  fed.say(1, 0, StatisticKind::entered, 37);
  fed.run(1s, {1});
  CHECK(fed.row(0).entered == 32);
}

TEST_CASE("a row asked for value by value is as old as its oldest needed value", "[statfeed]") {
  Fed fed;
  fed.open(0, {.complete = true, .each_ages = true});
  fed.say(0, 0, StatisticKind::in_queue, 1, 3s);
  fed.say(0, 0, StatisticKind::not_ready, 1, 1h);  // Not needed: its age is nobody's.

  fed.run(4s, {0});

  CHECK(fed.row(0).age_s >= 6);
  CHECK(fed.row(0).age_s <= 7);
  CHECK(fed.row(1).age_s <= 4);
  CHECK(fed.row(0).quality == StatQuality::good);
  fed.say_all(0, 1, 6);
  fed.run(5s, {0});  // However often the server is heard: that one value was not told again.
  CHECK(fed.row(0).quality == StatQuality::stale);
  CHECK(fed.row(1).quality == StatQuality::good);
  fed.say_all(0, 0, 7);
  fed.run(1s, {0});
  CHECK(fed.row(0).quality == StatQuality::good);
}

TEST_CASE("a polled row that is told no more grows old, whatever else is told", "[statfeed]") {
  Fed fed;
  fed.open(0, {.complete = true, .polled = true});
  const auto run = [&](std::chrono::seconds length) {
    for (; length > 0s; length -= 1s) {
      fed.say_all(0, 1, 6);
      fed.run(1s, {0});
    }
  };

  run(4s);
  CHECK(fed.row(0).age_s == 0);  // Not longer than `silence`.
  run(4s);
  CHECK(fed.row(0).age_s >= 6);
  CHECK(fed.row(0).quality == StatQuality::good);
  run(5s);
  CHECK(fed.row(0).quality == StatQuality::stale);
  CHECK(fed.row(1).quality == StatQuality::good);
  CHECK(fed.row(1).age_s == 0);
}

TEST_CASE("what was pushed does not grow old at once when it begins to be polled", "[statfeed]") {
  Fed fed;
  fed.open(0, {.complete = true, .pushing = true});
  fed.run(1min, {0});

  fed.statfeed->became(0, {.complete = true, .polled = true});
  fed.run(3s, {0});

  CHECK(fed.row(0).quality == StatQuality::good);
  CHECK(fed.row(0).age_s == 0);
}

TEST_CASE("a delay that is known is part of every row's age", "[statfeed]") {
  StatfeedConfig config;
  config.value_delay = {3s, 4500ms};
  Fed fed{2, config};
  fed.open(0);
  fed.open(1);
  fed.run(2s, {0, 1});

  CHECK(fed.row(0).age_s == 3);
  CHECK(fed.row(0).quality == StatQuality::good);
  fed.ask(Question::switch_server);
  CHECK(fed.row(0).age_s == 4.5);
}

TEST_CASE("what timestamps say of the way that values took is shown", "[statfeed]") {
  Fed fed;
  fed.open(0);
  fed.open(1);
  const StatisticUpdate late{
      .statistic = 0, .timestamp_ms = ms_since_1970(fed.world.clock.wall()) - 7000, .value = 1};
  fed.run(2s, {0, 1});
  fed.statfeed->updated(0, {&late, 1});
  fed.run(2s, {0, 1});

  const auto told = fed.ask(Question::status);

  REQUIRE(told);
  CHECK(Fed::field(*told, "primary_value_lag") == "9.0s by its timestamps");
  CHECK(Fed::field(*told, "backup_value_lag") == "0.0s by its timestamps");
}

TEST_CASE("of a server that the site does not have nothing is exported", "[statfeed]") {
  Fed fed{2, {}, 1};
  fed.open(0);
  fed.run(2s, {0});

  const auto text = to_prometheus_text(fed.world.metrics.snapshot());

  CHECK(text.find("server=\"primary\"") != std::string::npos);
  CHECK(text.find("server=\"backup\"") == std::string::npos);
  const auto told = fed.ask(Question::status);
  REQUIRE(told);
  CHECK(Fed::field(*told, "backup").empty());
}

TEST_CASE("a push that is doubted says so in the status", "[statfeed]") {
  Fed fed;
  fed.open(0, {.complete = true, .pushing = true});
  fed.run(1s, {0});
  CHECK(Fed::field(*fed.ask(Question::status), "primary_push") == "trusted");

  fed.statfeed->became(0, {.complete = true, .polled = true, .doubt = "busy of t01: pushed 1"});

  CHECK(Fed::field(*fed.ask(Question::status), "primary_push") == "doubted: busy of t01: pushed 1");
}

TEST_CASE("a change goes out within the settling time, and something every period", "[statfeed]") {
  Fed fed{2, {.debounce = 50ms, .period = 1s}};
  World& ear = fed.sim.process({"a", "pacer", 0});
  std::vector<Duration> arrived;
  ear.bus.subscribe("stat", [&](const Address&, Payload) { arrived.push_back(fed.sim.elapsed()); });
  fed.open(0);
  fed.run(3s, {0});

  REQUIRE(fed.sim.run_until([&, before = arrived.size()] { return arrived.size() > before; }, 2s));
  fed.sim.run_for(300ms);
  const auto before = arrived.size();
  fed.say(0, 1, StatisticKind::busy, 9);
  fed.sim.run_for(55ms);  // And what the bus takes.
  CHECK(arrived.size() == before + 1);
  CHECK(fed.row(1).busy == 9);

  fed.sim.run_for(20s);  // Nothing is heard any more.
  for (std::size_t i = 1; i < arrived.size(); ++i) CHECK(arrived[i] - arrived[i - 1] <= 1005ms);
}

TEST_CASE("what is not visible is said once for each change, by twenty names, and after a reload",
          "[statfeed]") {
  Fed fed{25};
  fed.statfeed->began(0);
  for (std::uint32_t slot = 0; slot < 25; ++slot)
    for (std::uint32_t i = 0; i < statistic_kind_count; ++i)
      if (static_cast<StatisticKind>(i) != StatisticKind::in_queue)
        fed.say(0, slot, static_cast<StatisticKind>(i), 5);
  fed.statfeed->became(0, {.complete = true});

  fed.run(10s, {0});

  CHECK(fed.sim.count("statistics_not_visible") == 1);
  CHECK(fed.sim.count("targets_not_visible") == 1);
  CHECK(fed.line("targets_not_visible").find("t19 lacks in_queue (unheard)") != std::string::npos);
  CHECK(fed.line("targets_not_visible").find("t20 lacks") == std::string::npos);
  CHECK(fed.line("statistics_not_visible").find(" 25") != std::string::npos);
  fed.statfeed->take_targets(fed.config.targets);
  fed.run(3s, {0});
  CHECK(fed.sim.count("targets_reloaded") == 1);
  CHECK(fed.sim.count("statistics_not_visible") == 2);
  CHECK(fed.sim.count("targets_not_visible") == 2);
  for (std::uint32_t slot = 0; slot < 25; ++slot) fed.say(0, slot, StatisticKind::in_queue, 0);
  fed.run(3s, {0});
  CHECK(fed.sim.count("targets_not_visible") == 2);
  CHECK(fed.sim.count("targets_visible") == 1);
}

TEST_CASE(
    "where each value ages by itself, silence about most targets is left for a server that knows "
    "them",
    "[statfeed]") {
  StatfeedConfig config;
  config.stale = 4s;
  Fed fed{4, config};
  const SourceState fed_state{.complete = true, .each_ages = true};
  fed.open(0, fed_state);
  fed.open(1, fed_state);
  const auto second = [&](std::uint32_t of_primary) {
    for (std::uint32_t slot = 0; slot < of_primary; ++slot) fed.say_all(0, slot, 5);
    for (std::uint32_t slot = 0; slot < 4; ++slot) fed.say_all(1, slot, 5);
    fed.run(1s, {0, 1});
  };
  for (int i = 0; i < 8; ++i) second(4);
  REQUIRE(fed.statfeed->failover().in_use() == 0);
  CHECK(fed.row(3).quality == StatQuality::good);

  for (int i = 0; i < 7; ++i) second(1);
  CHECK(fed.row(0).quality == StatQuality::good);
  CHECK(fed.row(3).quality == StatQuality::stale);
  CHECK(fed.line("statistics_old").find("server=primary targets=3 of=4 older_than=4s") !=
        std::string::npos);
  for (int i = 0; i < 12; ++i) second(1);

  CHECK(fed.statfeed->failover().in_use() == 1);
  CHECK(fed.line("source_switched").find("why=blind") != std::string::npos);
  for (int i = 0; i < 12; ++i) second(1);
  CHECK(fed.row(3).quality == StatQuality::good);
  CHECK(fed.line("statistics_old_over") != "");
}

TEST_CASE("numbers that were old when they were sent are old, however lively their sender",
          "[statfeed]") {
  StatfeedConfig config;
  config.stale = 4s;
  Fed fed{1, config};
  fed.open(0, {.complete = true, .each_ages = true});
  for (int age = 0; age < 8; ++age) {
    for (std::uint32_t i = 0; i < statistic_kind_count; ++i)
      fed.say(0, 0, static_cast<StatisticKind>(i), 5, std::chrono::seconds{age});
    fed.run(1s, {0});
  }

  CHECK(fed.row(0).quality == StatQuality::stale);
  CHECK(fed.row(0).age_s >= 7);
  CHECK(fed.sim.count("statistics_old") == 1);
}

}  // namespace paceline::test
